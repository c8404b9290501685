"""Comparison of the local runtime with ``generate`` on a tiny random checkpoint of every text-generation class.

Prints one line per model type, and how many are right, refused and wrong::

    python -m tests.support.architectures [TYPE ...]
"""

import json
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING,
    GenerationConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers import logging as transformers_logging
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from hintree.errors import CheckpointError
from hintree.models import Completion, GenerationRequest, Prompt, load_model
from hintree.models.local.model import LocalModel
from hintree.models.local.text import encode
from tests.support.tiny_configs import tiny_config

TYPES = tuple(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
CONTROL = ("<pad>", "<s>")
CHARACTERS = [*map(chr, range(32, 127)), "\n"]
START = "Let x = 3. Then"
TOKENS = 300
"""Greedy tokens of the first text; those that branch off and go back have a fifth of it."""
NO_CACHE = ("blt", "xlstm")
"""Types whose ``generate`` fails in transformers unless its cache is switched off."""
LARGEST = 30_000_000
"""Most parameters of a model made here."""
TOLERANCE = {"float64": 1e-4, "float32": 1e-3}
"""Largest difference of a token's probability from that of ``generate``, by number format."""


class Outcome(NamedTuple):
    """Result for one model type.

    Attributes:
        verdict: "right", "refused" or "wrong".
        served: "prefix trie", or how its rows are computed.
        detail: The message of the error, or where a text differs.
    """

    kind: str
    verdict: str
    served: str = ""
    detail: str = ""


class GreedyText(NamedTuple):
    """A greedy continuation, and the probability of each of its tokens."""

    text: str
    probabilities: Sequence[float]


def character_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer with one token per character, so that text and tokens are the same."""
    inner = Tokenizer(models.BPE({token: i for i, token in enumerate([*CONTROL, *CHARACTERS])}, []))
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>")


def save_random(kind: str, folder: Path) -> None:
    """Save a random model of a type; where transformers cannot build it, its configuration with a tensor of no use."""
    character_tokenizer().save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps({"model_type": kind}))
    try:
        config = tiny_config(kind)
        config.save_pretrained(folder)
        save_config(config, folder)
    except Exception:  # a package is missing, or the class needs another model
        save_file({"weight": torch.zeros(1)}, folder / "model.safetensors", {"format": "pt"})


def save_config(config: PreTrainedConfig, folder: Path) -> None:
    """Save a random model of a configuration, without an end token; it never writes a control token."""
    torch.manual_seed(0)
    kind = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None)
    if kind is None or kind.config_class is not type(config):  # a text model is published as part of the whole model
        kind = MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING.get(type(config), kind)
    with torch.device("meta"):
        if (size := kind(config).num_parameters()) > LARGEST:
            raise ValueError(f"{kind.__name__} of {config.model_type} has {size} parameters; shrink its configuration")
    model = kind(config).to(torch.float64)
    randomize(model)
    model.generation_config = GenerationConfig()
    model.save_pretrained(folder)


def randomize(model: PreTrainedModel) -> None:
    """Scale the weights so that each token depends on all earlier ones, and texts do not repeat at once."""
    tables = [t for t in (model.get_input_embeddings(), model.get_output_embeddings()) if t is not None]
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim >= 2:
                parameter.normal_(0, 2 * parameter.shape[-1] ** -0.5)
        for table in tables:
            table.weight.normal_()
        for table in tables:
            table.weight[: len(CONTROL)] = 0


def compare(kind: str, folder: Path, tokens: int = TOKENS) -> Outcome:
    """Return how the runtime serves a random model of a type, by its texts."""
    save_random(kind, folder)
    dtype = working_format(folder)
    try:
        local = load_model(str(folder), dtype=dtype)
    except CheckpointError as error:
        return Outcome(kind, "refused", detail=" ".join(str(error).replace(str(folder), "FOLDER").split()))
    stock = saved_class(folder).from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
    served = "prefix trie" if local.adapter else f"rows, {local.row_mode.value}"
    difference = compare_texts(local, stock, tokens, TOLERANCE[dtype])
    return Outcome(kind, "wrong" if difference else "right", served, difference)


def saved_class(folder: Path) -> type[PreTrainedModel]:
    """Return the class of transformers that a folder's model was saved from."""
    name = json.loads((folder / "config.json").read_text())["architectures"][0]
    return getattr(transformers, name)  # type: ignore[no-any-return]


def working_format(folder: Path) -> str:
    """Return "float64", which leaves no doubt about rounding, or "float32" for models that do not compute in it."""
    try:
        saved_class(folder).from_pretrained(folder, dtype=torch.float64)(torch.tensor([[2, 3]]))
    except Exception:  # any architecture may raise anything here; loading it is what the test is about
        return "float32"
    return "float64"


def compare_texts(local: LocalModel, stock: PreTrainedModel, tokens: int, tolerance: float) -> str:
    """Return where a text, two branches of it in one batch, or a text from an earlier step differ; "" if nowhere."""
    first = ours(local, [START], tokens)
    beginnings = [START, f"{START}{first[0].text[: tokens // 5]}A", f"{START}{first[0].text[: tokens // 2]}B, so"]
    back = f"{START}{first[0].text[: tokens // 12]}"
    written = first + ours(local, beginnings[1:], tokens // 5) + ours(local, [back], tokens // 5)
    for name, start, mine in zip(("whole", "branch", "branch", "rewound"), [*beginnings, back], written, strict=True):
        theirs = generated(stock, local, start, len(mine.probabilities))
        if mine.text != theirs.text:
            return f"{name} text: {mine.text[:40]!r}, not {theirs.text[:40]!r}"
        difference = max(abs(a - b) for a, b in zip(mine.probabilities, theirs.probabilities, strict=True))
        if difference > tolerance:
            return f"{name} text: a probability differs by {difference:.2g}"
    return ""


def ours(local: LocalModel, beginnings: list[str], tokens: int) -> list[GreedyText]:
    """Return the runtime's greedy continuations, generated together."""
    done = local.generate([GenerationRequest(Prompt("Q", text), max_tokens=tokens) for text in beginnings])
    return [GreedyText(one.text, one.probabilities) for one in done if isinstance(one, Completion)]


def generated(stock: PreTrainedModel, local: LocalModel, beginning: str, tokens: int) -> GreedyText:
    """Return the greedy continuation that ``generate`` writes."""
    ids = torch.tensor([encode(local.tokenizer, Prompt("Q", beginning))])
    out = stock.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=tokens,
        do_sample=False,
        pad_token_id=0,
        use_cache=stock.config.model_type not in NO_CACHE,
        return_dict_in_generate=True,
        output_logits=True,
    )
    written = out.sequences[0, ids.shape[1] :]
    chances = torch.stack([logits[0] for logits in out.logits]).softmax(-1).gather(1, written[:, None])[:, 0]
    return GreedyText(str(local.tokenizer.decode(written)), chances.tolist())


def report(kinds: Sequence[str]) -> None:
    """Print the outcome of each type, and the counts."""
    counts: Counter[str] = Counter()
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcome = compare(kind, Path(folder))
            except Exception as error:  # a crash is a wrong outcome, and the others follow
                outcome = Outcome(kind, "wrong", detail=f"{type(error).__name__}: {error}")
        counts[outcome.verdict] += 1
        print(f"{kind:26} {outcome.verdict:8} {outcome.served:16} {outcome.detail[:200]}".rstrip(), flush=True)
    print(", ".join(f"{n} {verdict}" for verdict, n in counts.items()), f"of {len(kinds)}")


def main() -> None:
    """Compare the types named on the command line, or all."""
    warnings.filterwarnings("ignore")
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    torch.set_num_threads(1)
    report(sys.argv[1:] or TYPES)


if __name__ == "__main__":
    main()
