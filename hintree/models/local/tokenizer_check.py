"""Open the tokenizer of a stranger in another process first, since its library may end the process that opens it."""

from functools import lru_cache
from pathlib import Path

from hintree.errors import CheckpointError
from hintree.models.child_answer import answer_of

FILE = "tokenizer.json"
TIMEOUT = 60.0
"""Maximum seconds of wall-clock time, beside the limit of CPU time in ``tokenizer_process``."""


def try_tokenizer(folder: Path, name: str) -> None:
    """Open the tokenizer of a folder in a process under limits; a file that was opened before is not opened again.

    Args:
        folder: Folder of the model. Without a tokenizer.json nothing is done.
        name: Names the model in errors.

    Raises:
        CheckpointError: The tokenizer cannot be opened, or exceeds a limit.
    """
    path = folder / FILE
    if not path.is_file():
        return
    state = path.stat()
    reason = refusal(str(path.resolve()), state.st_mtime_ns, state.st_size)
    if reason:
        raise CheckpointError(f"model {name}: {FILE} {reason}; fetch the model again, from a source that you trust")


@lru_cache(maxsize=64)
def refusal(path: str, _modified: int, _size: int) -> str:
    """Return why a tokenizer's file cannot be used, "" if it can; cached by the file's state."""
    answer = answer_of([str(Path(__file__).with_name("tokenizer_process.py")), path], TIMEOUT)
    if answer is None:
        return "ends the process that opens it, or exceeds its limits of 20 s of CPU time and of memory"
    return f"cannot be used: {' '.join(answer['error'].split())}" if "error" in answer else ""
