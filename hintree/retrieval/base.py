"""The contract of retrievers, and the bounds of what they return."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from hintree.errors import RetrieverError
from hintree.search.core.actions import Passage
from hintree.view.text import storable

LONGEST_PASSAGE, LONGEST_ID = 4000, 120
"""Characters of a passage and of its id; a longer one is cut."""
CONTROL = re.compile(
    r"<(?=[|\uff5c])|<(?=/?(?:s|think|start_of_turn|end_of_turn|eos|bos|tool_call|tool_response)>)|<(?=<SYS>>)|\[(?=/?INST\])"
)
"""Matches the first character of a string that chat models use as a control token."""
MOST_PASSAGES = 100
"""Passages of one look-up."""


@runtime_checkable
class Retriever(Protocol):
    """Interface of any object that looks passages up; enough for ``Solver(retriever=...)``.

    It may also have ``parameters``, the weights of its model, and ``count_tokens(query)``, the tokens that the model
    reads for a query; the ledger books both. Where the tokens depend on what is found, as a reranker's do, it has
    ``search_counted(queries, k)`` instead, which returns (passages, tokens) for each query. ``seconds`` limits one call
    (120 without it, None for no limit); a late one fails, and goes on in a thread of its own.
    """

    def search(self, queries: Sequence[str], k: int) -> Sequence[Sequence[Passage] | RetrieverError]:
        """Return at most ``k`` passages for each query, best first; no passage for a query that finds none.

        A RetrieverError in the place of a query's passages fails the look-ups of that query only.

        Raises:
            RetrieverError: It cannot be searched; the look-ups of this batch fail.
        """
        ...


def bounded(passage: Passage) -> Passage:
    """Return a passage as one line of bounded length, whose id cannot be taken for the end of its brackets.

    Control characters and line breaks become blanks, so that a passage never holds what looks like the line of another.
    Control strings of chats get a blank ("< |im_end|>"): a local tokenizer never reads them as control tokens, but a
    model server may.
    """
    name = CONTROL.sub(r"\g<0> ", one_line(passage.id[: 4 * LONGEST_ID])).replace("[", "(").replace("]", ")")
    text = CONTROL.sub(r"\g<0> ", one_line(passage.text[: 4 * LONGEST_PASSAGE]))
    return Passage(name[:LONGEST_ID], text[:LONGEST_PASSAGE], passage.score)


def one_line(text: str) -> str:
    """Return a text without control characters and surrogates, its blanks as single ones."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in storable(text))
    return " ".join(text.split())
