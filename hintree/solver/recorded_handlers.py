"""Handlers of a solver, which may record to a file, or to a folder with one file per role and model.

A folder is shared by runs of many methods: each role's responses are in a file that is named by what made them, so that
a vote over sixteen solutions, and one that stops early, read the same solutions.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from hintree.errors import UsageError
from hintree.policies import Protocol
from hintree.policies.protocol_file import to_data
from hintree.search import Handler
from hintree.search.core.requests import Response
from hintree.solver.folder_lock import lock_folder
from hintree.solver.model_origins import Origin
from hintree.solver.recorded_models import Maker, digest
from hintree.solver.recording import Recording

Build = Callable[[Collection[str]], dict[str, Handler]]
"""Opens the models of some roles and returns their handlers."""


def recorded_handlers(
    path: str | Path | None,
    makers: Mapping[str, Maker],
    origins: Callable[[], Mapping[str, Origin]],
    protocol: Protocol | None,
    off: Collection[str],
    build: Build,
) -> dict[str, Handler]:
    """Return the handlers of all roles; with a recording, what it holds is served, and all else is recorded.

    No model is opened before a request that the recording lacks, if it names all of the models.

    Args:
        path: None to record nothing. A file, or a folder: one that exists, or a path that ends in a slash. Only one
            process at a time may use a folder.
        makers: Facts about what makes the responses of each role.
        origins: Returns the origin of each role, for a folder.
        protocol: Form of all texts; None for the usual one.
        off: Roles that are turned off, which a file may hold nevertheless.
        build: Makes the live handlers.

    Raises:
        UsageError: The recording is of another model or other sampling, is no recording, or cannot be written; a folder
            is in use, or a role of it has a model without a name.
        ModelError: A model cannot be opened.
    """
    if path is None:
        return build(makers)
    form = None if protocol is None else to_data(protocol)
    if str(path).endswith(os.sep) or Path(path).is_dir():
        return in_folder(Path(path), makers, origins(), form, build)
    recording = Recording(path, form)
    known = all(recording.makers.get(role) for role in makers)
    live = {role: later(recording, role, build) for role in makers} if known else build(makers)
    wrapped = recording.wrap(live, makers)
    return {role: handler for role, handler in wrapped.items() if role not in off}


def in_folder(
    folder: Path,
    makers: Mapping[str, Maker],
    origins: Mapping[str, Origin],
    form: Mapping[str, Any] | None,
    build: Build,
) -> dict[str, Handler]:
    """Return handlers that record each role in a file of its own. Raises UsageError or ModelError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock_folder(folder)
    except OSError as error:
        raise UsageError(f"the folder of recordings {folder} cannot be made or used: {error.strerror}") from error
    names = {role: f"{role}-{digest([maker, origins[role].names])}.jsonl" for role, maker in makers.items()}
    recordings = {role: Recording(folder / name, form) for role, name in names.items()}
    for role, recording in recordings.items():
        check_files(recording, role, origins[role])
    live = {role: later(one, role, build) for role, one in recordings.items() if role in one.parameters}
    live |= build(makers.keys() - live.keys())
    handlers: dict[str, Handler] = {}
    for role, recording in recordings.items():
        handlers |= recording.wrap({role: live[role]}, {role: makers[role] | {"files": origins[role].files}})
    return handlers


def check_files(recording: Recording, role: str, origin: Origin) -> None:
    """Raise UsageError if a model's files have changed since it was recorded."""
    before = recording.makers.get(role, {}).get("files")
    for name, files in origin.files.items():
        if isinstance(before, dict) and before.get(name, files) != files:
            raise UsageError(
                f"the files of {name} have changed since {recording.path} was recorded: record in another folder, or "
                "delete this file"
            )


def later(recording: Recording, role: str, build: Build) -> Handler:
    """Return the handler of a recorded model, which is opened at the first request."""
    opened, opening = cache(lambda: build([role])[role]), Lock()

    def handle(requests: Sequence[Any]) -> Sequence[Response[Any] | Exception]:
        with opening:
            live = opened()
        return live.handle(requests)

    return Handler(handle, recording.parameters[role], role in recording.concurrent)
