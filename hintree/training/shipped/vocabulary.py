"""The lab's tokenizer: one token per word, number, label, punctuation mark and line break.

Whole-number tokens let a model of a million weights learn arithmetic (docs/lab.md). A word outside the lab becomes
``<unk>``, which is how a question from outside the lab is detected.
"""

import re
from dataclasses import replace
from functools import cache

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from hintree.lab.book import FIRST, LINKS, SECOND, VERBS
from hintree.lab.difficulty import WIDE
from hintree.lab.families.sharing import SPARE_VESSELS
from hintree.lab.families.shopping import SPARE_GOODS
from hintree.lab.families.wording import SPARE_NAMES
from hintree.lab.forms import CRITIQUES, FAULTS, LABELS, NO, NONE, YES
from hintree.lab.generate import FAMILIES, problems
from hintree.lab.problem import MAX_VALUE, gold
from hintree.models.local.pre_tokenizers import LAB

SPECIAL = ["<pad>", "<unk>", "<s>", "</s>"]
PIECE = "|".join([*map(re.escape, LABELS), LAB])
FACTS = 28
"""Largest label of a fact."""
ALL = replace(WIDE, branching=0.5)
SPARE = (*SPARE_NAMES, *SPARE_GOODS, *SPARE_VESSELS, *(f"{thing}s" for thing in (*SPARE_GOODS, *SPARE_VESSELS)))
BOOK = (*FIRST, *SECOND, *LINKS, *VERBS, *VERBS.values(), *(f"{verb}s" for verb in VERBS.values()))
SAID = (
    *LABELS,
    YES,
    NO,
    NONE,
    *FAULTS.values(),
    *(text.format(label="the quote answer") for text in CRITIQUES.values()),
)
ASKED = (re.sub(r"{\w+}", "", question.text) for family in FAMILIES.values() for question in family.questions)
TEXTS = " ".join((*SAID, *ASKED, *SPARE, *BOOK))
"""The texts of hintree/lab/forms.py and the words that a sample of problems may not hold."""


@cache
def words() -> list[str]:
    """Return every word and mark that a lab text can hold, sorted; collected from a large fixed sample."""
    found = set(re.findall(PIECE, f"{TEXTS} , : check again look up + - * / = [ ] “ ”"))
    for problem in problems("train", range(1, 11), n=3000, seed=0, families=tuple(FAMILIES), difficulty=ALL):
        lines = [problem.question, *(text for pair in gold(problem) for text in pair)]
        found.update(piece for line in lines for piece in re.findall(PIECE, line))
    return sorted(piece for piece in found if not re.search(r"\d|\n", piece))


def build_tokenizer(context: int = 1024) -> PreTrainedTokenizerFast:
    """Build an ordinary fast Hugging Face tokenizer; lab texts survive encoding and decoding unchanged."""
    numbers = [str(i) for i in range(MAX_VALUE + 1)]
    labels = [f"({i})" for i in range(1, FACTS + 1)]
    pieces = [*SPECIAL, *numbers, *labels, "\n", *words()]
    inner = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token="<unk>"))
    inner.normalizer = normalizers.NFKC()
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(PIECE), behavior="removed", invert=True)
    inner.decoder = decoders.Sequence(
        [
            decoders.WordPiece(prefix="<no prefix>", cleanup=True),
            decoders.Fuse(),
            decoders.Replace(" \n", "\n"),
            decoders.Replace("\n ", "\n"),
            *(decoders.Replace(*pair) for pair in ((" :", ":"), ("“ ", "“"), (" ”", "”"), ("[ ", "["), (" ]", "]"))),
        ]
    )
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", SPECIAL.index("<s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )
