"""Tell which tokenizers of the library ``tokenizers`` take linear time and little memory, whatever the text."""

import json
from collections.abc import Iterator
from typing import Any

from hintree.models.local.pre_tokenizers import is_known

LONGEST_WORD, LONGEST_TOKEN = 1000, 500
"""Characters of a word of a WordPiece vocabulary, and of a token of the others: time is proportional to them."""
LONGEST_STAGE = 100_000
"""Characters of the description of a stage."""
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
    return has_short_tokens(backend) and all(
        is_quick_stage(stage.__getstate__()) for stage in stages if stage is not None
    )


def has_short_tokens(backend: Any) -> bool:
    """Tell whether no token and no word is so long that looking for it takes more than linear time."""
    kind = type(backend.model).__name__
    if kind == "WordPiece" and backend.model.max_input_chars_per_word > LONGEST_WORD:
        return False
    tokens = (
        backend.get_vocab() if kind == "Unigram" else [t.content for t in backend.get_added_tokens_decoder().values()]
    )
    return max(map(len, tokens), default=0) <= LONGEST_TOKEN


def is_quick_stage(state: bytes) -> bool:
    """Tell whether a stage takes linear time, given its description as JSON."""
    if len(state) > LONGEST_STAGE:
        return False
    parts = list(parts_of(json.loads(state)))
    expressions = {part["Regex"] for part in parts if isinstance(part.get("Regex"), str)}
    types = {part["type"] for part in parts if isinstance(part.get("type"), str)}
    return all(map(is_known, expressions)) and types <= QUICK_STAGES


def parts_of(state: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in the description of a stage."""
    if isinstance(state, dict):
        yield state
    if isinstance(state, dict | list):
        for part in state.values() if isinstance(state, dict) else state:
            yield from parts_of(part)
