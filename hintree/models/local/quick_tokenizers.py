"""Tell which tokenizers of the library ``tokenizers`` take linear time and little memory, whatever the text."""

import json
from collections.abc import Iterator
from typing import Any

from hintree.models.local.pre_tokenizers import is_known

LONGEST_WORD, LONGEST_TOKEN, LONGEST_AFFIX = 100, 500, 64
"""Characters of a word of a WordPiece vocabulary, of a token, and of what is put before or after one; time and the
length of texts grow with them."""
LONGEST_STAGE, LONGEST_TEMPLATE = 10_000, 1000
"""Characters of the description of a stage, and pieces of a template times their tokens."""
QUICK_STAGES = {
    *("NFC", "NFD", "NFKC", "NFKD", "Nmt", "Lowercase", "StripAccents", "Strip", "Prepend", "Replace"),
    *("BertNormalizer", "BertPreTokenizer", "ByteLevel", "Split", "Metaspace", "Digits", "Punctuation", "Whitespace"),
    *("WhitespaceSplit", "CharDelimiterSplit", "UnicodeScripts", "ByteFallback", "Fuse", "WordPiece"),
    *("BPEDecoder", "CTC", "TemplateProcessing", "BertProcessing", "RobertaProcessing", "Sequence"),
}  # fmt: skip
"""Types of stages whose time does not depend on a table of the file's; regular expressions are looked at apart."""


def is_quick(backend: Any) -> bool:
    """Tell whether a tokenizer of the library may run in this process."""
    stages = (backend.normalizer, backend.pre_tokenizer, backend.decoder, backend.post_processor)
    present = [stage for stage in stages if stage is not None]
    return all(is_quick_stage(stage.__getstate__()) for stage in present) and has_short_tokens(backend)


def has_short_tokens(backend: Any) -> bool:
    """Tell whether no token, word or affix is so long that looking for it, or writing it, takes more than linear time.

    Added tokens are looked for as the normalizer writes them, which must be a quick one.
    """
    model, kind = backend.model, type(backend.model).__name__
    if kind == "WordPiece" and model.max_input_chars_per_word > LONGEST_WORD:
        return False
    affixes = [getattr(model, name, None) or "" for name in ("continuing_subword_prefix", "end_of_word_suffix")]
    added = [token.content for token in backend.get_added_tokens_decoder().values()]
    if max(map(len, added), default=0) <= LONGEST_TOKEN and backend.normalizer is not None:
        added = [backend.normalizer.normalize_str(token) for token in added]
    tokens = [*added, *backend.get_vocab()]
    return max(map(len, tokens), default=0) <= LONGEST_TOKEN and max(map(len, affixes)) <= LONGEST_AFFIX


def is_quick_stage(state: bytes) -> bool:
    """Tell whether a stage takes linear time and makes no long text, given its description as JSON."""
    if len(state) > LONGEST_STAGE:
        return False
    parts = list(parts_of(json.loads(state)))
    expressions = {part["Regex"] for part in parts if isinstance(part.get("Regex"), str)}
    types = {part["type"] for part in parts if isinstance(part.get("type"), str)}
    prefixes = [str(part.get("prepend", "")) for part in parts]
    return (
        all(map(is_known, expressions))
        and types <= QUICK_STAGES
        and max(map(len, prefixes)) <= LONGEST_AFFIX
        and all(template_size(part) <= LONGEST_TEMPLATE for part in parts if part.get("type") == "TemplateProcessing")
    )


def template_size(part: dict[str, Any]) -> int:
    """Return the number of pieces of a template times the number of all tokens that they may stand for."""
    pieces = [*part.get("single", ()), *part.get("pair", ())]
    return len(pieces) * max(1, sum(len(token.get("ids", ())) for token in part.get("special_tokens", {}).values()))


def parts_of(state: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in the description of a stage."""
    if isinstance(state, dict):
        yield state
    if isinstance(state, dict | list):
        for part in state.values() if isinstance(state, dict) else state:
            yield from parts_of(part)
