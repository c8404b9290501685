"""Open a stranger's GGUF file in another process first, since llama.cpp may end the process that opens it."""

import json
import sys
from functools import lru_cache
from pathlib import Path

from hintree.errors import CheckpointError
from hintree.models.child_answer import answer_of

TIMEOUT = 600.0
"""Maximum seconds of wall-clock time, beside the limit of CPU time in ``file_process``."""
CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from hintree.models.llama_cpp.file_process import main; main(sys.argv[2])"
)


def check_file(name: str, path: Path) -> None:
    """Open a file in a process under limits; a file that was opened before in this process is not opened again.

    Raises:
        CheckpointError: llama.cpp cannot open it, ends that process, or exceeds a limit.
    """
    state = path.stat()
    reason = refusal(str(path.resolve()), state.st_mtime_ns, state.st_size)
    if reason:
        raise CheckpointError(f"model {name}: {reason}; fetch the file again, from a source that you trust")


@lru_cache(maxsize=64)
def refusal(path: str, _modified: int, _size: int) -> str:
    """Return why a file cannot be used, "" if it can; cached by the file's state."""
    answer = answer_of(["-c", CODE, json.dumps(sys.path), path], TIMEOUT)
    if answer is None:
        return "llama.cpp ends the process that opens the GGUF file, or exceeds its limits of CPU time and memory"
    return f"llama.cpp cannot load the file: {answer['error']}" if answer["error"] else ""
