"""The text of the question: its field, with the story or passage that it is about before it."""

from collections.abc import Mapping
from typing import Any

from hintree.data.case import RowError, is_empty, show
from hintree.data.chat import is_chat, read_chat
from hintree.data.names import CHAT, QUESTION, STORY, Row

INLINE = ("body", "story")
"""Stories that the question continues in the same paragraph."""


def read_question(row: Row, named: str = "") -> tuple[str, str]:
    """Return the question and the solution that a chat gives to it, "" where there is none.

    Args:
        row: The fields.
        named: Field of the question; several are joined by "+". "" looks for the usual names and puts the story first.

    Raises:
        RowError: There is no question, or it is not a text.
    """
    if named:
        return read_named(row, named)
    found = row.first(QUESTION)
    if found is None or (is_empty(found[1]) and not isinstance(found[1], str) and row.value(CHAT) is not None):
        found = row.first(CHAT)
    if found is None:
        raise RowError(f"no question: a field named {', '.join(QUESTION[:6])}, ... is looked for; found: {row.found()}")
    name, value = found
    text, solution = as_text(row, value, listed=name == "turns")
    if name == "instruction":
        text = "\n\n".join([text, *taken(row, "input", text)])
    return with_story(row, text), solution


def read_named(row: Row, named: str) -> tuple[str, str]:
    """Return the text of the field, or of the fields joined by "+", that the user names. Raises RowError."""
    parts = [named] if row.lookup(named) is not None else named.split("+")
    read = [as_text(row, row.named(part, "--question-field")) for part in parts]
    return join_sentences([text for text, _ in read]), read[-1][1]


def as_text(row: Row, value: Any, *, listed: bool = False) -> tuple[str, str]:
    """Return a question's text, and the solution if the value is a chat. Raises RowError."""
    if is_chat(value):
        chat = read_chat(value)
        row.left_out += chat.left_out
        value, solution = chat.question, chat.solution
    else:
        solution = ""
        if listed and isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, Mapping):  # {"stem": ..., "choices": [...]}
            value = next((value[name] for name in ("stem", "text", "question") if name in value), value)
    if not isinstance(value, str) or not value.strip():
        raise RowError(f"the question is not a text but {show(value)}")
    return value, solution


def with_story(row: Row, question: str) -> str:
    """Return the question with the story, passage or table that it is about before it."""
    text = question
    for name in reversed(STORY):
        for story in taken(row, name, question):
            text = join_sentences([story, text]) if name in INLINE else f"{story}\n\n{text}"
    return text


def taken(row: Row, name: str, question: str) -> list[str]:
    """Return the text of a field in a list, an empty one if it has no text or the question holds it already."""
    story = row.fields.get(name)
    if not isinstance(story, str) or is_empty(story):
        return []
    row.used.add(name)
    return [] if story.strip() in question else [story.strip()]


def join_sentences(parts: list[str]) -> str:
    """Return texts joined by blanks, with a comma after one that does not end in punctuation."""
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.rstrip()
        whole += (" " if whole and not whole[-1].isalnum() and whole[-1] not in ")$%" else ", ") + part.lstrip()
    return whole
