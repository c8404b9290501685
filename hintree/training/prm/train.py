"""Train a PRM or a PPM on top of any language model, in TRL's token-classification format.

The PRM minimises binary cross-entropy at the end of every step (Math-Shepherd, arXiv 2312.08935, equation 4). The PPM
minimises a pairwise ranking loss over preferred steps (rStar-Math, arXiv 2501.04519, equation 4). The saved model loads
with ``hintree --scorer FOLDER`` and in transformers' token-classification pipeline.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedModel
from transformers import logging as transformers_logging

from hintree.errors import UsageError
from hintree.models.local.classifier import Coded, LocalClassifier
from hintree.models.local.folder import check_folder
from hintree.models.local.gguf_header import is_gguf
from hintree.models.local.load import explain, fetched, locate, pick_device
from hintree.models.local.manifest import write_manifest
from hintree.scorers import FAMILIES, FILE, PRM, PRMSpec
from hintree.search import Passage
from hintree.search.core.seeds import seed_of
from hintree.training.loop import restore, save_point, trim_log
from hintree.training.lora import add_lora, merge_lora
from hintree.training.prm.pairs import StepPreference
from hintree.training.prm.rows import LabelledSolution
from hintree.whole_files import full_disk_reported, write_whole

SAVE_AFTER = 120.0
"""Seconds between two checkpoints."""


class Recipe(NamedTuple):
    """Hyperparameters of a PRM or PPM training.

    epochs: Passes over the examples; at least 1.
    batch: Examples per optimizer step; at least 1.
    rate: Peak learning rate of AdamW; it warms up over a tenth of the steps, then decays linearly to zero.
    seed: Seed of the head's initial weights and of the order of the examples.
    layers: Number of last layers to train, with the final norm and the head; None for the whole model.
    lora: Rank of LoRA adapters, which are trained with the head and merged into the saved model; 0 for none.
    """

    epochs: int = 2
    batch: int = 16
    rate: float = 1e-4
    seed: int = 0
    layers: int | None = None
    lora: int = 0


def new_model(base: str, spec: PRMSpec, labels: int, recipe: Recipe, device: str = "auto") -> PRM[LocalClassifier]:
    """Return a token-classification model on a base model, with a new head unless the base has one.

    Raises:
        ModelError: The base cannot be loaded.
        UsageError: It is a GGUF file, or has fewer layers than are to be trained.
    """
    if is_gguf(base):
        raise UsageError(
            f"base model {base}: a GGUF file cannot be trained; name the safetensors model it was made from"
        )
    folder = locate(base)
    torch.manual_seed(recipe.seed)
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()  # that the head is new is what is wanted
    try:
        folder = fetched(folder)
        check_folder(Path(folder), base)
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        names = {0: "wrong", 1: "right"} if labels == 2 else {0: "value"}
        model = AutoModelForTokenClassification.from_pretrained(
            folder,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            num_labels=labels,
            id2label=names,
            label2id={name: i for i, name in names.items()},
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise explain(base, folder, error) from error
    finally:
        transformers_logging.set_verbosity(level)
    model.to(pick_device(device))
    if recipe.layers is not None:
        freeze(model, recipe.layers)
    classifier = LocalClassifier(base, model, tokenizer, head=spec.reading())
    if recipe.lora:
        classifier.model = add_lora(model, recipe.lora, recipe.seed, "TOKEN_CLS")
    return PRM(classifier, spec)


def freeze(model: PreTrainedModel, layers: int) -> None:
    """Freeze all but the last layers, the final norm and the head. Raises UsageError if there are too few layers."""
    stacks = [part for part in model.base_model.modules() if isinstance(part, torch.nn.ModuleList)]
    stack = max(stacks, key=len)
    if layers > len(stack):
        raise UsageError(f"--layers {layers}: {model.config.model_type} has {len(stack)} layers here")
    for frozen in (model.get_input_embeddings(), *stack[: len(stack) - layers]):
        frozen.requires_grad_(False)


def train_prm(prm: PRM[LocalClassifier], rows: Sequence[LabelledSolution], recipe: Recipe, work: Path) -> float:
    """Train on labelled solutions and return the mean loss of the last tenth of the steps.

    ``work`` is the folder of checkpoint and losses; see ``minimise``.
    """
    coded = [encode(prm, row.question, row.steps, row.passages) for row in rows]

    def loss(i: int, model: LocalClassifier) -> Tensor:
        first = rows[i].first
        logits = label_logits(model, coded[i])[first:]
        right = torch.tensor(rows[i].labels[first:], device=logits.device)
        target = torch.stack([1 - right, right], -1)
        return torch.nn.functional.cross_entropy(logits, target, reduction="mean")

    return minimise(prm.model, len(rows), loss, recipe, "prm", work)


def train_ppm(prm: PRM[LocalClassifier], pairs: Sequence[StepPreference], recipe: Recipe, work: Path) -> float:
    """Train on preferred steps and return the mean loss of the last tenth of the steps.

    The loss of a prefix is the mean of -log sigmoid(r+ - r-) over all its pairs.
    """
    coded = [
        [[encode(prm, b.question, [*b.steps, last]) for last in side] for side in (b.better, b.worse)] for b in pairs
    ]

    def loss(i: int, model: LocalClassifier) -> Tensor:
        better, worse = (torch.stack([label_logits(model, one)[-1, 0] for one in side]) for side in coded[i])
        return -torch.nn.functional.logsigmoid(better[:, None] - worse[None, :]).mean()

    return minimise(prm.model, len(pairs), loss, recipe, "ppm", work)


def encode(prm: PRM[LocalClassifier], question: str, steps: Sequence[str], passages: Sequence[Passage] = ()) -> Coded:
    """Return token ids and scoring positions of a solution, exactly as at inference."""
    (coded,) = prm.model.encode(prm.texts(question, steps, passages), whole=prm.spec.whole, bos=prm.bos)
    return coded


def label_logits(model: LocalClassifier, coded: Coded) -> Tensor:
    """Return the label logits at the scoring positions, float32, shape [positions, labels]."""
    ids, marks = coded
    logits: Tensor = model.model(input_ids=torch.tensor([ids], device=model.model.device)).logits
    return logits[0, marks].float()


def minimise(
    model: LocalClassifier,
    examples: int,
    loss: Callable[[int, LocalClassifier], Tensor],
    recipe: Recipe,
    name: str,
    work: Path,
) -> float:
    """Minimise the mean loss of the examples with AdamW; return the mean loss of the last tenth of the steps.

    An interrupted training resumes from its last checkpoint in the folder ``work``, which also holds the loss of every
    step.

    Raises:
        UsageError: There are no examples.
    """
    if not examples:
        raise UsageError(f"there is nothing to train the {name} on: no example came out of these problems; give more")
    batches, net = epoch_batches(examples, recipe), model.model
    trained = [weight for weight in net.parameters() if weight.requires_grad]
    optim = torch.optim.AdamW(trained, lr=recipe.rate, betas=(0.9, 0.98), weight_decay=0.01)
    point, losses, saved = work / "resume.pt", work / "losses.jsonl", time.monotonic()
    start, _ = restore(point, net, [optim])
    trim_log(losses, start)
    net.train()
    with losses.open("a") as log:
        steps = range(start, len(batches))
        for step in tqdm(steps, desc=f"training {name}", unit="step", delay=2, initial=start, total=len(batches)):
            torch.manual_seed(seed_of(recipe.seed, step))  # what drops out is the same after an interruption
            optim.param_groups[0]["lr"] = recipe.rate * rate_factor(step, len(batches))
            total = optimizer_step(net, optim, (loss(i, model) / len(batches[step]) for i in batches[step]))
            log.write(json.dumps({"step": step + 1, "loss": total}) + "\n")
            log.flush()
            if time.monotonic() - saved > SAVE_AFTER:
                save_point(point, net, [optim], step + 1, 0.0)
                saved = time.monotonic()
    net.eval()
    model.forget()
    last = [json.loads(line)["loss"] for line in losses.read_text().splitlines()[-max(1, len(batches) // 10) :]]
    return float(sum(last) / len(last))


def epoch_batches(examples: int, recipe: Recipe) -> list[list[int]]:
    """Return the example indices of every step: all of them once per epoch, shuffled anew each time."""
    rng = random.Random(recipe.seed)
    order = [i for _ in range(recipe.epochs) for i in rng.sample(range(examples), examples)]
    return [order[i : i + recipe.batch] for i in range(0, len(order), recipe.batch)]


def rate_factor(step: int, steps: int) -> float:
    """Return the learning rate of a step as a fraction of its peak, in (0, 1]."""
    return min(1.0, (step + 1) / max(1, steps // 10), (steps - step) / max(1, 0.7 * steps))


def optimizer_step(net: PreTrainedModel, optim: torch.optim.Optimizer, losses: Iterable[Tensor]) -> float:
    """Take one optimizer step on the sum of some losses, backpropagated one by one; return the sum."""
    total = 0.0
    for part in losses:
        part.backward()
        total += float(part.detach())
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optim.step()
    optim.zero_grad(set_to_none=True)
    return total


def save(prm: PRM[LocalClassifier], folder: Path) -> None:
    """Write model, tokenizer, PRM spec and manifest; LoRA adapters are merged into the model first."""
    model: Any = prm.model.model
    with full_disk_reported(folder.parent):
        (merge_lora(model) if hasattr(model, "merge_and_unload") else model).save_pretrained(folder)
        prm.model.tokenizer.save_pretrained(folder)
    write_whole(folder / FILE, prm.spec.to_yaml())
    write_manifest(folder)


def default_spec(base: str, kind: str) -> PRMSpec:
    """Return the default format of a new model: the lab's on the lab's models, TRL's on any other."""
    return FAMILIES["ppm" if kind == "ppm" else "lab" if base.startswith("embedded:") else "trl"]


def with_trained_head(spec: PRMSpec, trained: PRMSpec) -> PRMSpec:
    """Return a declaration with the head that is trained in place of label tokens or of tensors of its own."""
    if spec.head == "labels":
        return spec
    head = {name: getattr(trained, name) for name in ("head", "labels", "tensors", "right", "activation", "scale")}
    return replace(spec, **head)
