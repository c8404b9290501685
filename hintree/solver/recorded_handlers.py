"""Handlers of a solver, which may record to a file, or to a folder with one file per role and model.

A folder is shared by runs of many methods: each role's responses are in a file that is named by what made them, so that
a vote over sixteen solutions, and one that stops early, read the same solutions.
"""

import hashlib
import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hintree.errors import UsageError
from hintree.policies import Protocol
from hintree.policies.protocol_file import to_data
from hintree.search import Handler
from hintree.search.core.requests import Response
from hintree.solver.recorded_models import Maker
from hintree.solver.recording import Recording

Build = Callable[[Collection[str]], dict[str, Handler]]
"""Opens the models of some roles and returns their handlers."""


def recorded_handlers(
    path: str | Path | None, makers: Mapping[str, Maker], protocol: Protocol | None, off: Collection[str], build: Build
) -> dict[str, Handler]:
    """Return the handlers of all roles; with a recording, what it holds is served, and all else is recorded.

    No model is opened before a request that the recording lacks, if it names all of the models.

    Args:
        path: None to record nothing. A file, or a folder: one that exists, or a path that ends in a slash. Only one run
            at a time may write to a folder.
        makers: Facts about what makes the responses of each role.
        protocol: Form of all texts; None for the usual one.
        off: Roles that are turned off, which a file may hold nevertheless.
        build: Makes the live handlers.

    Raises:
        UsageError: The recording is of another model or other sampling, is no recording, or cannot be written.
        ModelError: A model cannot be opened.
    """
    if path is None:
        return build(makers)
    form = None if protocol is None else to_data(protocol)
    if str(path).endswith(os.sep) or Path(path).is_dir():
        return in_folder(Path(path), makers, form, build)
    recording = Recording(path, form)
    known = all(recording.makers.get(role) == maker for role, maker in makers.items())
    live = {role: later(role, recording.parameters[role], build) for role in makers} if known else build(makers)
    wrapped = recording.wrap(live, makers)
    return {role: handler for role, handler in wrapped.items() if role not in off}


def in_folder(
    folder: Path, makers: Mapping[str, Maker], form: Mapping[str, Any] | None, build: Build
) -> dict[str, Handler]:
    """Return handlers that record each role in a file of its own. Raises UsageError or ModelError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"the folder of recordings {folder} cannot be made: {error.strerror}") from error
    recordings = {role: Recording(folder / f"{role}-{digest(maker)}.jsonl", form) for role, maker in makers.items()}
    known = {role: one.parameters[role] for role, one in recordings.items() if role in one.parameters}
    live = {role: later(role, parameters, build) for role, parameters in known.items()}
    live |= build(makers.keys() - known.keys())
    handlers: dict[str, Handler] = {}
    for role, recording in recordings.items():
        handlers |= recording.wrap({role: live[role]}, {role: makers[role]})
    return handlers


def digest(maker: Maker) -> str:
    """Return eight hexadecimal digits that depend on a maker's facts."""
    return hashlib.sha256(json.dumps(maker, sort_keys=True).encode()).hexdigest()[:8]


def later(role: str, parameters: int, build: Build) -> Handler:
    """Return the handler of a model of known size, which is opened at the first request."""
    live = cache(lambda: build([role])[role])

    def handle(requests: Sequence[Any]) -> Sequence[Response[Any] | Exception]:
        return live().handle(requests)

    return Handler(handle, parameters)
