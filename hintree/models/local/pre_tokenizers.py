"""The expressions that cut a text before its parts are merged to tokens, of well-known tokenizers.

They are those of the vocabularies' own tokenizers, by the names that llama.cpp gives them. All take linear time
(tests/models/test_pre_tokenizers.py), so that a tokenizer with them may run in this process.
"""

import re
from typing import NamedTuple

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
ENDINGS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = ENDINGS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + REST
QWEN2 = ENDINGS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + REST
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CASED = r"[^\r\n\p{L}\p{N}]?"
SLASHED = r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TEKKEN = f"{CASED}{UPPER}*{LOWER}+|{CASED}{UPPER}+{LOWER}*" + r"|\p{N}" + SLASHED
GPT4O = f"{CASED}{UPPER}*{LOWER}+{ENDINGS}?|{CASED}{UPPER}+{LOWER}*{ENDINGS}?" + r"|\p{N}{1,3}" + SLASHED

LAB = r"\(\d+\)|\d+|[A-Za-z]+|\n|[^\sA-Za-z\d]"
"""The pieces of the lab's tokenizers, which the shipped models have."""
LINE_NAMES = re.compile(r"(?:[A-Za-z]{1,20}(?:\\-[a-z]{1,20})?:\|){0,32}")
"""Names of lines, such as ``Hint:``, that later versions of the lab's tokenizer find before these pieces."""


class PreTokenizer(NamedTuple):
    """Rules by which a text is cut before merging.

    splits: Expressions, applied one after the other to the pieces of the one before.
    whole_words: True if a piece that is a token needs no merges.
    bos: True if texts begin with the bos token unless the file says otherwise.
    """

    splits: tuple[str, ...]
    whole_words: bool = False
    bos: bool = False


DIGITS_APART = PreTokenizer((r"\p{N}", GPT2))
PRE_TOKENIZERS = {
    **dict.fromkeys(("llama3", "llama-v3", "llama-bpe", "falcon3", "pixtral"), PreTokenizer((LLAMA3,), True, True)),
    **dict.fromkeys(("dbrx", "smaug-bpe"), PreTokenizer((LLAMA3,))),
    **dict.fromkeys(("qwen2", "deepseek-r1-qwen", "stablelm2"), PreTokenizer((QWEN2,))),
    **dict.fromkeys(("gpt-2", "olmo", "mpt", "jais"), PreTokenizer((GPT2,))),
    **dict.fromkeys(("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone"), DIGITS_APART),
    "tekken": PreTokenizer((TEKKEN,), True, True),
    **dict.fromkeys(("gpt-4o", "llama4"), PreTokenizer((GPT4O,))),
}
"""Pre-tokenizers of byte-level vocabularies by llama.cpp's names."""

KNOWN = frozenset(split for known in PRE_TOKENIZERS.values() for split in known.splits)
"""All expressions."""


def is_known(expression: str) -> bool:
    """Tell whether an expression is one of a well-known tokenizer or of the lab's, and so takes linear time."""
    return expression in KNOWN or (
        expression.endswith(LAB) and LINE_NAMES.fullmatch(expression.removesuffix(LAB)) is not None
    )
