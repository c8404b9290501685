"""Build the tokenizer that a GGUF file describes: vocabulary, merges, pre-tokenizer, control tokens, chat template.

Two kinds are read: byte-level BPE (``gpt2`` in GGUF) and SentencePiece BPE (``llama``).
"""

from collections.abc import Sequence
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from hintree.errors import CheckpointError
from hintree.models.local.gguf_header import SERVE, GGUFHeader
from hintree.models.local.pre_tokenizers import PRE_TOKENIZERS

CONTROL, USER_DEFINED, BYTE = 3, 4, 6
"""Types of tokens in GGUF."""
ENDS = frozenset(
    {
        *("<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>"),
        *("<eos>", "</s>", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
    }
)
"""Control tokens that end a text or a turn in every model that has them; few files name more than one of theirs."""


def read_tokenizer(header: GGUFHeader, name: str) -> PreTrainedTokenizerBase:
    """Return the tokenizer of a file.

    The bos token is set only if texts begin with it or the chat template writes it.

    Raises:
        CheckpointError: The vocabulary is of a kind that is not supported, or damaged.
    """
    own = {key.removeprefix("tokenizer.ggml."): value for key, value in header.metadata.items()}
    tokens, kind = own.get("tokens") or [], own.get("model")
    if not tokens or len(set(tokens)) < len(tokens):
        raise CheckpointError(f"model {name}: the vocabulary of the GGUF file is missing or holds a token twice")
    if own.get("add_bos_token") is True and own.get("bos_token_id") is None:
        raise CheckpointError(f"model {name}: the GGUF file says that texts begin with a bos token, and names none")
    try:
        if kind == "gpt2":
            backend = byte_level(own, name)
        elif kind == "llama":
            backend = sentencepiece(own, header.architecture)
        else:
            raise CheckpointError(
                f"model {name}: its tokenizer {str(kind)[:40]!r} is not read from GGUF, only gpt2 (byte-level BPE) and "
                f"llama (SentencePiece BPE); name the safetensors model it was made from, {SERVE}"
            )
        return with_control_tokens(backend, own, header.metadata.get("tokenizer.chat_template"))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"model {name}: the tokenizer of the GGUF file is damaged ({str(error)[:200]}); fetch or convert it again"
        ) from error
    except Exception as error:
        if type(error) is not Exception:  # tokenizers raises bare exceptions
            raise
        raise CheckpointError(
            f"model {name}: the tokenizer of the GGUF file is damaged ({str(error)[:200]})"
        ) from error


def end_ids(header: GGUFHeader) -> list[int]:
    """Return the ids of the tokens that end a text or a turn: those that the file names, and those of ``ENDS``.

    Files of Qwen2.5 name "<|im_end|>" alone, where generation_config.json of the same model has "<|endoftext|>", too.
    """
    named = (header.metadata.get(f"tokenizer.ggml.{end}_token_id") for end in ("eos", "eot", "eom"))
    tokens, kinds = (header.metadata.get(f"tokenizer.ggml.{of}") or () for of in ("tokens", "token_type"))
    known = (i for i, (token, kind) in enumerate(zip(tokens, kinds, strict=False)) if kind == CONTROL and token in ENDS)
    return list(dict.fromkeys([*(int(i) for i in named if i is not None), *known]))


def byte_level(own: dict[str, Any], name: str) -> Tokenizer:
    """Return byte-level BPE with the file's pre-tokenizer. Raises CheckpointError if that is unknown."""
    cut = PRE_TOKENIZERS.get(own.get("pre", "default"))
    if cut is None:
        raise CheckpointError(
            f"model {name}: its pre-tokenizer {str(own.get('pre', 'default'))[:40]!r} is unknown here, so texts would "
            f"be cut at other places than in its training; name the safetensors model it was made from, {SERVE}"
        )
    vocabulary = {token: i for i, token in enumerate(own["tokens"])}
    merges = [pair(merge) for merge in own["merges"]]
    backend = Tokenizer(models.BPE(vocabulary, merges, ignore_merges=cut.whole_words))
    splits = [pre_tokenizers.Split(Regex(split), "isolated") for split in cut.splits]
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [*splits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    backend.decoder = decoders.ByteLevel()
    own.setdefault("add_bos_token", cut.bos)
    return backend


def pair(merge: str) -> tuple[str, str]:
    """Return the two parts of a merge; the second may begin with a space."""
    first, _, second = merge.partition(" ")
    return first, second


def sentencepiece(own: dict[str, Any], architecture: str) -> Tokenizer:
    """Return SentencePiece BPE: merges from the tokens' scores, unknown characters as bytes."""
    tokens = [spelled(token) for token in own["tokens"]]
    scores = range(0, -len(tokens), -1) if architecture.startswith("gemma") else own["scores"]
    unknown = tokens[own.get("unknown_token_id", 0)]
    bpe = models.BPE(
        {token: i for i, token in enumerate(tokens)},
        merges_of(tokens, scores, own.get("token_type") or ()),
        unk_token=unknown,
        fuse_unk=True,
        byte_fallback=True,
    )
    backend = Tokenizer(bpe)
    prefix = own.get("add_space_prefix", True)
    steps = [normalizers.Prepend("\u2581")] * bool(prefix) + [normalizers.Replace(" ", "\u2581")]
    backend.normalizer = normalizers.Sequence(steps)
    backend.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
        + [decoders.Strip(" ", 1, 0)] * bool(prefix)
    )
    own.setdefault("add_bos_token", True)
    return backend


def spelled(token: str) -> str:
    """Return a token as the normalizer spells it: Gemma's tokens of several blanks are stored as blanks."""
    return "\u2581" * len(token) if token and not token.strip(" ") else token


def merges_of(tokens: Sequence[str], scores: Sequence[float], kinds: Sequence[int]) -> list[tuple[str, str]]:
    """Return all pairs of tokens that make a third one, those with the highest score first."""
    known = {token: i for i, token in enumerate(tokens)}
    found: list[tuple[float, int, int, str, str]] = []
    for i, token in enumerate(tqdm(tokens, desc="reading the vocabulary", unit="token", delay=2, mininterval=1)):
        if len(token) < 2 or (kinds and kinds[i] in (CONTROL, BYTE)):
            continue
        for at in range(1, len(token)):
            first, second = token[:at], token[at:]
            if first in known and second in known:
                found.append((-scores[i], known[first], known[second], first, second))
    return [(first, second) for *_, first, second in sorted(found)]


def with_control_tokens(backend: Tokenizer, own: dict[str, Any], template: str | None) -> PreTrainedTokenizerBase:
    """Return a tokenizer of transformers whose control tokens, ends and chat template are the file's."""
    tokens, kinds = own["tokens"], own.get("token_type") or []
    backend.add_special_tokens(
        [AddedToken(tokens[i], special=True, normalized=False) for i, kind in enumerate(kinds) if kind == CONTROL]
    )
    known = [tokens[i] for i, kind in enumerate(kinds) if kind == USER_DEFINED and backend.token_to_id(tokens[i]) == i]
    backend.add_tokens([AddedToken(token, special=False, normalized=False) for token in known])
    if backend.get_vocab_size() != len(tokens):
        raise ValueError(f"{backend.get_vocab_size()} tokens instead of {len(tokens)}")
    names = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}
    ids = {word: own.get(f"{key}_token_id") for word, key in names.items()}
    if not own["add_bos_token"] and "bos_token" not in (template or ""):
        ids["bos_token"] = None
    special = {word: tokens[i] for word, i in ids.items() if i is not None}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, **special)
    tokenizer.chat_template = template
    return tokenizer
