"""Recordings: every answer of a run in a file, to resume it where it was killed, or to replay it without models.

A search is a function of the answers to its questions, so these are all there is to save. A question is known by its
place in the tree, its role, and the texts it stands on, not by when it was asked: a recording also answers another
search, or the same with other settings, as far as that asks what was asked before.
"""

import json
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from threading import Lock
from typing import Any

from hintree.errors import UsageError
from hintree.search.core.ledger import Usage
from hintree.search.core.requests import Answer, Ask, Hint, Hinted, Pick, Score, Step
from hintree.search.core.run import Answerer
from hintree.search.core.seeds import seed_of
from hintree.search.core.tree import Written

FORMAT = {"format": "hintree-recording", "version": 1}


class ReplayError(UsageError):
    """A search asks what the recording does not hold, and there is no model to ask."""


class Recording:
    """A file of answers, read at first and then appended to, one JSON line each.

    What is written is on disk before a search goes on, so a killed run loses no more than the answers under way. A last
    line that was cut off is dropped.

    Args:
        path: The file; it need not exist.

    Raises:
        UsageError: The file is no recording, or cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = Lock()
        self.answers: dict[str, list[Any]] = {}
        self.parameters: dict[str, int] = {}
        lines = self._lines()
        for row in lines[1:]:
            if "role" in row:
                self.parameters[row["role"]] = row["parameters"]
            else:
                self.answers[row["key"]] = row["answer"]

    def wrap(self, answerers: Mapping[str, Answerer]) -> dict[str, Answerer]:
        """Answerers that look here first, ask the given ones what is missing, and write down what they say.

        A role that is recorded and has no answerer here answers from the recording alone.
        """
        for role, answerer in answerers.items():
            if self.parameters.get(role) != answerer.parameters:
                self.parameters[role] = answerer.parameters
                self._append([{"role": role, "parameters": answerer.parameters}])
        free = {role for role, answerer in answerers.items() if answerer.free}
        return {
            role: Answerer(Replay(self, answerers.get(role)), n, role in free) for role, n in self.parameters.items()
        }

    def add(self, rows: Sequence[tuple[str, Answer[Any]]]) -> None:
        """Write answers down."""
        packed = [(key, [pack(answer.value), *answer.usage]) for key, answer in rows]
        with self._lock:
            self._append([{"key": key, "answer": answer} for key, answer in packed])
            self.answers |= dict(packed)

    def _lines(self) -> list[dict[str, Any]]:
        """The rows of the file, which is made if there is none; a torn last line is cut off."""
        try:
            if not self.path.exists() or not self.path.stat().st_size:
                self.path.write_text(json.dumps(FORMAT) + "\n")
            text = self.path.read_bytes()
            whole = text[: text.rfind(b"\n") + 1]
            if whole != text:
                self.path.write_bytes(whole)
            rows = [json.loads(line) for line in whole.splitlines()]
        except (OSError, ValueError) as error:
            raise UsageError(f"{self.path} cannot be read or written as a recording: {error}") from error
        if not rows or not isinstance(rows[0], dict) or any(rows[0].get(k) != v for k, v in FORMAT.items()):
            raise UsageError(f"{self.path} is not a hintree recording of version {FORMAT['version']}")
        return rows

    def _append(self, rows: Sequence[dict[str, Any]]) -> None:
        with self.path.open("a") as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows))


class Replay:
    """Answers the questions of one role from a recording, and those it does not hold from the live answerer, if any."""

    def __init__(self, recording: Recording, live: Answerer | None) -> None:
        self.recording = recording
        self.live = live

    def __call__(self, asks: Sequence[Ask[Any]]) -> list[Answer[Any] | Exception]:
        """The answers in order."""
        keys = [key_of(ask) for ask in asks]
        new = [i for i, key in enumerate(keys) if key not in self.recording.answers]
        fresh: dict[int, Answer[Any] | Exception] = {}
        if new and self.live is not None:
            fresh = dict(zip(new, self.live.answer([asks[i] for i in new]), strict=True))
            self.recording.add([(keys[i], answer) for i, answer in fresh.items() if isinstance(answer, Answer)])
        return [fresh.get(i) or self._known(ask, key) for i, (ask, key) in enumerate(zip(asks, keys, strict=True))]

    def _known(self, ask: Ask[Any], key: str) -> Answer[Any] | Exception:
        found = self.recording.answers.get(key)
        if found is None:
            place = f"step {ask.node.depth + 1}" if not isinstance(ask, Score) else f"step {ask.node.depth}"
            return ReplayError(f"the recording ends here: it has no answer of the {ask.role} for {place}")
        value, *usage = found
        return Answer(unpack(ask, value), Usage(*usage))


def key_of(ask: Ask[Any]) -> str:
    """A name for a question: its place and role, and the texts it stands on."""
    texts = [ask.tree.problem.question, *(node.step.text for node in ask.node.path())]
    if isinstance(ask, Step):
        texts.append(repr(ask.hint))
        texts += [] if ask.tokens is None else [repr(ask.tokens)]
    if isinstance(ask, Hint):
        texts.append(repr(ask.avoid))
    return f"{seed_of(ask.seed, type(ask).__name__, texts):016x}"


def pack(value: Written | Hinted | tuple[str | None, ...] | float | None) -> Any:
    """An answer as plain data; a score that is no number as None."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Hinted):
        return [value.text, value.tokens]
    return float(value) if isinstance(value, Real) else None


def unpack(ask: Ask[Any], value: Any) -> Written | Hinted | tuple[str | None, ...] | float | None:
    """The answer that ``pack`` made plain."""
    if isinstance(ask, Step):
        return Written(*value)
    if isinstance(ask, Pick):
        return tuple(value)
    return Hinted(*value) if isinstance(ask, Hint) else value
