"""State of an interrupted PRM training, kept in FOLDER.unfinished beside the model's folder.

The folder holds the settings, the examples in parts as they are made, a checkpoint of the weights and, last, the model,
which is moved to its folder when it is complete.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from hintree.data import Case
from hintree.errors import UsageError
from hintree.whole_files import cut_torn_line, write_whole

PART_SIZE = 32
"""Problems whose examples are made in one batch, and written before the next batch starts."""
SETTINGS, EXAMPLES, MODEL = "settings.json", "examples.jsonl", "model"

Example = TypeVar("Example", bound=tuple[Any, ...])


def begin(out: Path, settings: Mapping[str, Any]) -> Path:
    """Return the state folder of a training: a new one, or that of an interrupted training of the same settings.

    Raises:
        UsageError: The interrupted training had other settings.
    """
    work = out.with_name(f"{out.name}.unfinished")
    file = work / SETTINGS
    work.mkdir(parents=True, exist_ok=True)
    if not file.is_file():
        write_whole(file, json.dumps(settings, indent=1) + "\n")
    elif (there := json.loads(file.read_text(encoding="utf-8"))) != settings:
        other = next(key for key in settings if there.get(key) != settings[key])
        raise UsageError(
            f"{work}: holds an unfinished training with {other}={there.get(other)!r}, not {settings[other]!r}; "
            "finish it with the same settings, remove it, or give another --out"
        )
    return work


def in_parts(
    cases: Sequence[Case],
    make: Callable[[Sequence[Case]], list[Example]],
    kind: Callable[..., Example],
    work: Path,
    size: int = PART_SIZE,
) -> list[Example]:
    """Return the examples of all problems; parts that an interrupted training has made are read from its file.

    Args:
        cases: Problems.
        make: Makes the examples of some problems; they must not depend on the other problems.
        kind: Builds an example from its JSON fields.
        work: The state folder, in which one line is written per ``size`` problems.
        size: Problems of a part; the same as before for a training that is resumed.
    """
    file = work / EXAMPLES
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.is_file() else []
    whole = [line for line in lines if line.endswith("\n")]
    cut_torn_line(file)
    parts = [json.loads(line) for line in whole]
    starts = range(0, len(cases), size)
    with file.open("a", encoding="utf-8") as out:
        for start in tqdm(starts[len(parts) :], initial=len(parts), total=len(starts), desc="examples", delay=2):
            parts.append(make(cases[start : start + size]))
            out.write(json.dumps(parts[-1]) + "\n")
            out.flush()
            os.fsync(out.fileno())
    return [kind(*fields) for part in parts for fields in part]


def move_to_output(work: Path, out: Path) -> None:
    """Move the model to its folder, which is empty or does not exist, and remove the state folder."""
    if out.is_dir():
        out.rmdir()
    (work / MODEL).rename(out)
    shutil.rmtree(work)
