"""Record every model output of a run in a file, to resume the run after a kill or to replay it without models.

A search is a function of the responses to its requests, so these are all there is to save. A request is identified by
its position in the tree, its role and the texts it depends on, not by the time it was made: a recording also serves
another search, or the same one with other settings, as far as that makes the same requests.
"""

import json
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from threading import Lock
from typing import Any, cast

from hintree.errors import UsageError
from hintree.search.core.hints import Hint, HintKind
from hintree.search.core.ledger import Usage
from hintree.search.core.old_versions import read_hint
from hintree.search.core.requests import (
    HintOutput,
    HintRequest,
    Request,
    Response,
    ScoreRequest,
    StepRequest,
    StrategyRequest,
)
from hintree.search.core.run import Handler
from hintree.search.core.seeds import seed_of
from hintree.search.core.tree import StepOutput

FORMAT = {"format": "hintree-recording", "version": 1}
KINDS: dict[type[Request[Any]], str] = {
    HintRequest: "Hint",
    StepRequest: "Step",
    ScoreRequest: "Score",
    StrategyRequest: "Pick",
}
"""Kinds of requests as the keys of recordings name them; a changed name would orphan every recording."""


class ReplayError(UsageError):
    """A search makes a request that the recording does not hold, and there is no model to serve it."""


class Recording:
    """A file of responses, one JSON line each, read when it is opened and appended to afterwards.

    A response is written before its search continues, so a killed run loses only the responses in flight. An incomplete
    last line is dropped.

    Args:
        path: The file; it need not exist.
        protocol: The protocol of the run as data, None for the usual one; responses under another are not served.

    Raises:
        UsageError: The file is no recording, or cannot be written.
    """

    def __init__(self, path: str | Path, protocol: Mapping[str, Any] | None = None) -> None:
        self.path = Path(path)
        self.protocol = "" if protocol is None else json.dumps(protocol, sort_keys=True)
        self._lock = Lock()
        self.answers: dict[str, list[Any]] = {}
        self.parameters: dict[str, int] = {}
        lines = self._lines()
        for row in lines[1:]:
            if "role" in row:
                self.parameters[row["role"]] = row["parameters"]
            else:
                self.answers[row["key"]] = row["answer"]

    def wrap(self, handlers: Mapping[str, Handler]) -> dict[str, Handler]:
        """Return handlers that serve recorded requests from the file and record the responses to all others.

        A role that is recorded and has no handler here is served from the recording alone.
        """
        for role, handler in handlers.items():
            if self.parameters.get(role) != handler.parameters:
                self.parameters[role] = handler.parameters
                self._append([{"role": role, "parameters": handler.parameters}])
        concurrent = {role for role, handler in handlers.items() if handler.concurrent}
        return {
            role: Handler(Replay(self, handlers.get(role)), n, role in concurrent)
            for role, n in self.parameters.items()
        }

    def add(self, rows: Sequence[tuple[str, Response[Any]]]) -> None:
        """Append responses to the file and keep them for replay."""
        packed = [(key, [pack(answer.value), *answer.usage, *mass_of(answer)]) for key, answer in rows]
        with self._lock:
            self._append([{"key": key, "answer": answer} for key, answer in packed])
            self.answers |= dict(packed)

    def _lines(self) -> list[dict[str, Any]]:
        """Return the rows of the file, creating it if there is none and truncating an incomplete last line."""
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
    """Serve the requests of one role from a recording, and those it does not hold from a live handler, if any."""

    def __init__(self, recording: Recording, live: Handler | None) -> None:
        self.recording = recording
        self.live = live

    def __call__(self, requests: Sequence[Request[Any]]) -> list[Response[Any] | Exception]:
        """Return the responses in order."""
        keys = [key_of(request, self.recording.protocol) for request in requests]
        new = [i for i, key in enumerate(keys) if key not in self.recording.answers]
        fresh: dict[int, Response[Any] | Exception] = {}
        if new and self.live is not None:
            fresh = dict(zip(new, self.live.handle([requests[i] for i in new]), strict=True))
            self.recording.add([(keys[i], answer) for i, answer in fresh.items() if isinstance(answer, Response)])
        return [
            fresh.get(i) or self._known(request, key)
            for i, (request, key) in enumerate(zip(requests, keys, strict=True))
        ]

    def _known(self, request: Request[Any], key: str) -> Response[Any] | Exception:
        found = self.recording.answers.get(key)
        if found is None:
            step = request.node.depth + (not isinstance(request, ScoreRequest))
            return ReplayError(f"the recording ends here: it has no answer of the {request.role} for step {step}")
        value, *numbers = found
        size = len(Usage._fields)
        return Response(unpack(request, value), Usage(*numbers[:size]), *numbers[size:])


def key_of(request: Request[Any], protocol: str = "") -> str:
    """Return the key of a request: its position and role, the texts it depends on, and the protocol if it is not usual.

    The conversation that a question belongs to is part of the texts.
    """
    problem = request.tree.problem
    texts = [problem.question, *(node.step.text for node in request.node.path())]
    texts += [repr((problem.system, problem.turns))] if problem.system or problem.turns else []
    texts += [protocol] if protocol else []
    if isinstance(request, StepRequest):
        texts.append(repr(None if request.hint is None else str(request.hint)))
        texts += [] if request.tokens is None else [repr(request.tokens)]
    if isinstance(request, HintRequest):
        texts.append(repr(tuple(map(str, request.avoid))))
    return f"{seed_of(request.seed, KINDS[type(request)], texts):016x}"


def mass_of(response: Response[Any]) -> list[float]:
    """Return the mass of a score's labels as a list, empty for any other response."""
    return [] if response.mass is None else [response.mass]


def pack(value: StepOutput | HintOutput | tuple[Hint | None, ...] | float | None) -> Any:
    """Return a value as plain data; a score that is not a number becomes None."""
    if isinstance(value, StepOutput):
        return [list(field) if isinstance(field, tuple) else field for field in without_defaults(value)]
    if isinstance(value, tuple):
        return [pack_hint(hint) for hint in cast(tuple[Hint | None, ...], value)]
    if isinstance(value, HintOutput):
        return [pack_hint(value.hint), value.tokens]
    return float(value) if isinstance(value, Real) else None


def unpack(request: Request[Any], value: Any) -> StepOutput | HintOutput | tuple[Hint | None, ...] | float | None:
    """Return the value that ``pack`` was given."""
    if isinstance(request, StepRequest):
        fields: list[Any] = [tuple(field) if isinstance(field, list) else field for field in value]
        return StepOutput(*fields)
    if isinstance(request, StrategyRequest):
        return tuple(map(unpack_hint, value))
    if isinstance(request, HintRequest):
        hint, tokens = value
        return HintOutput(unpack_hint(hint), tokens)
    return value  # type: ignore[no-any-return]


def without_defaults(step: StepOutput) -> tuple[Any, ...]:
    """Return the fields of a step up to the last one that differs from its default."""
    fields, defaults = list(step), list(StepOutput._field_defaults.values())
    required = len(fields) - len(defaults)
    while len(fields) > required and fields[-1] == defaults[len(fields) - 1 - required]:
        fields.pop()
    return tuple(fields)


def pack_hint(hint: Hint | None) -> list[str] | None:
    """Return a hint as its kind and its text."""
    return None if hint is None else [hint.kind.value, hint.text]


def unpack_hint(packed: Any) -> Hint | None:
    """Return a packed hint; recordings made before hints had kinds hold one line of text."""
    if packed is None or isinstance(packed, str):
        return read_hint(packed)
    kind, text = packed
    return Hint(text, HintKind(kind))
