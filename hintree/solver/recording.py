"""Record every model output of a run in a file, to resume the run after a kill or to replay it without models.

A search is a function of the responses to its requests, so these are all there is to save. A request is identified by
its position in the tree, its role and all that it depends on (request_keys.py), not by the time it was made: a
recording also serves another search, or the same one with other settings, as far as that makes the same requests.
"""

import io
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from hintree.bounded_files import parse_json, read_bytes
from hintree.errors import UsageError
from hintree.search.core.requests import Request, Response, ScoreRequest, StepRequest
from hintree.search.core.run import Handler
from hintree.solver.recorded_models import Maker, check_maker
from hintree.solver.recorded_values import pack_response, read_count, unpack_response
from hintree.solver.request_keys import key_by_texts, key_of

log = logging.getLogger(__name__)

FORMAT = {"format": "hintree-recording", "version": 1}
KEYS = {"keys": 2}
"""Entry of the first line where the keys are those of ``key_of``; without it they are those of ``key_by_texts``."""
LONGEST, LONGEST_LINE = 1 << 32, 1 << 25
"""Bytes of a recording, and of one line."""
MOST_VALUES = 500_000
"""Values of one line."""


class ReplayError(UsageError):
    """A search makes a request that the recording does not hold, and there is no model to serve it."""


class Recording:
    """A file of responses, one JSON line each, read when it is opened and appended to afterwards.

    A response is on the disk before its search continues, so a killed run or a power loss costs only the responses in
    flight. A write that fails is taken back, and damaged lines are left out with a warning: their requests are made
    again.

    Args:
        path: The file; it need not exist.
        protocol: The protocol of the run as data, None for the usual one; responses under another are not served.

    Raises:
        UsageError: The file is no recording, or cannot be written; also when a response is added.
    """

    def __init__(self, path: str | Path, protocol: Mapping[str, Any] | None = None) -> None:
        self.path = Path(path)
        self.protocol = "" if protocol is None else json.dumps(protocol, sort_keys=True)
        self._lock = Lock()
        self.answers: dict[str, str] = {}  # as JSON, which takes a fraction of the memory of its values
        self.parameters: dict[str, int] = {}
        self.makers: dict[str, Maker] = {}
        self.concurrent: set[str] = set()
        self.key_of = key_of
        for row in self._rows():
            if "role" in row:
                self.parameters[row["role"]] = row["parameters"]
                self.makers |= {row["role"]: row["made_by"]} if isinstance(row.get("made_by"), dict) else {}
                self.concurrent |= {row["role"]} if row.get("concurrent") is True else set()
            else:
                self.answers[row["key"]] = json.dumps(row["answer"])

    def wrap(self, handlers: Mapping[str, Handler], makers: Mapping[str, Maker] | None = None) -> dict[str, Handler]:
        """Return handlers that serve recorded requests from the file and record the responses to all others.

        A role that is recorded and has no handler here is served from the recording alone.

        Args:
            handlers: By role.
            makers: Model and sampling behind each handler; see ``recorded_models``.

        Raises:
            UsageError: A role was recorded with another model or other sampling; older recordings do not say.
        """
        makers = makers or {}
        for role in handlers:
            check_maker(self.path, role, self.makers.get(role, {}), makers.get(role, {}))
        for role, handler in handlers.items():
            made_by = makers.get(role, {})
            if self.parameters.get(role) != handler.parameters:
                self.parameters[role], self.makers[role] = handler.parameters, made_by
                served = {"concurrent": True} if handler.concurrent else {}
                self._append([{"role": role, "parameters": handler.parameters, "made_by": made_by} | served])
        concurrent = {role for role, handler in handlers.items() if handler.concurrent}
        return {
            role: Handler(Replay(self, handlers.get(role)), n, role in concurrent)
            for role, n in self.parameters.items()
        }

    def add(self, rows: Sequence[tuple[str, Response[Any]]]) -> None:
        """Append responses to the file and keep them for replay."""
        packed = [(key, pack_response(answer)) for key, answer in rows]
        with self._lock:
            self._append([{"key": key, "answer": answer} for key, answer in packed])
            self.answers |= {key: json.dumps(answer) for key, answer in packed}

    def _rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the file, creating it if there is none and truncating an incomplete last line."""
        try:
            if not self.path.exists() or (self.path.is_file() and not self.path.stat().st_size):
                self.path.write_text(json.dumps(FORMAT | KEYS) + "\n")
            text = read_bytes(self.path, LONGEST)
            lines = io.BytesIO(text[: text.rfind(b"\n") + 1])
            form = parse(lines.readline())
            if form is None or any(form.get(key) != value for key, value in FORMAT.items()):
                raise UsageError(f"{self.path} is not a hintree recording of version {FORMAT['version']}")
            self.key_of = key_of if form.get("keys") == KEYS["keys"] else key_by_texts
            if not text.endswith(b"\n"):
                os.truncate(self.path, text.rfind(b"\n") + 1)
                log.warning("%s: the last line is cut off; its request is made again", self.path)
        except UsageError:
            raise
        except (OSError, ValueError) as error:
            raise UsageError(f"{self.path} cannot be read or written as a recording: {error}") from error
        damaged = 0
        for line in lines:
            row = parse(line)
            if row is not None and is_row(row):
                yield row
            else:
                damaged += 1
        if damaged:
            log.warning("%s: %d damaged lines are left out; their requests are made again", self.path, damaged)

    def _append(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows to the disk, all or none. Raises UsageError."""
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        try:
            with self.path.open("ab", buffering=0) as file:
                end = file.seek(0, os.SEEK_END)
                try:
                    while data:
                        data = data[file.write(data) :]
                    os.fsync(file.fileno())
                except OSError:
                    with suppress(OSError):
                        file.truncate(end)
                    raise
        except OSError as error:
            raise UsageError(
                f"the recording {self.path} cannot be written ({error.strerror}); what it holds is kept, and the run "
                "can be resumed from it"
            ) from error


def parse(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a line; None if it is none."""
    try:
        row = parse_json(line, values=MOST_VALUES) if len(line) <= LONGEST_LINE else None
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def is_row(row: Mapping[str, Any]) -> bool:
    """Return True for a row of a role, or of a response; the response is checked when it is used."""
    if "role" not in row:
        return isinstance(row.get("key"), str) and "answer" in row
    try:
        read_count(row.get("parameters"))
    except ValueError:
        return False
    return isinstance(row["role"], str)


class Replay:
    """Serve the requests of one role from a recording, and those it does not hold from a live handler, if any."""

    def __init__(self, recording: Recording, live: Handler | None) -> None:
        self.recording = recording
        self.live = live

    def __call__(self, requests: Sequence[Request[Any]]) -> list[Response[Any] | Exception]:
        """Return the responses in order."""
        keys = [self.recording.key_of(request, self.recording.protocol) for request in requests]
        found: list[Response[Any] | Exception | None] = list(map(self._within_limit, requests, keys))
        new = [i for i, response in enumerate(found) if response is None]
        if new and self.live is not None:
            for i, response in zip(new, self.live.handle([requests[i] for i in new]), strict=True):
                found[i] = response
            made = [(i, found[i]) for i in new]
            self.recording.add(
                [(key_of_response(requests[i], keys[i], one), one) for i, one in made if isinstance(one, Response)]
            )
        return [missing(request) if one is None else one for request, one in zip(requests, found, strict=True)]

    def _within_limit(self, request: Request[Any], key: str) -> Response[Any] | None:
        """Return the recorded response that the request's limit of tokens allows; None if there is none."""
        found = self._recorded(request, key)
        limit = request.limit if isinstance(request, StepRequest) else None
        if limit is None or (found is not None and found.usage.generated_tokens <= limit):
            return found
        return self._recorded(request, cut_key(request, key))

    def _recorded(self, request: Request[Any], key: str) -> Response[Any] | None:
        """Return the recorded response; None if there is none, or a damaged one."""
        if key not in self.recording.answers:
            return None
        try:
            return unpack_response(request, json.loads(self.recording.answers[key]))
        except (ValueError, TypeError):
            log.warning("%s: a damaged response is left out; its request is made again", self.recording.path)
            del self.recording.answers[key]
            return None


def key_of_response(request: Request[Any], key: str, response: Response[Any]) -> str:
    """Return the key of a response: a step that its limit has cut does not stand for the whole step."""
    cut = isinstance(request, StepRequest) and request.is_cut(response.usage)
    return cut_key(request, key) if cut else key


def cut_key(request: Request[Any], key: str) -> str:
    """Return the key of a step that was cut at the limit of its request."""
    return f"{key}-{request.limit}" if isinstance(request, StepRequest) else key


def missing(request: Request[Any]) -> ReplayError:
    """Return the error for a request that the recording does not hold."""
    step = request.node.depth + (not isinstance(request, ScoreRequest))
    return ReplayError(f"the recording ends here: it has no answer of the {request.role} for step {step}")
