"""The worker: a process that loads math-verify once, and forks a child of itself to compare answers.

The child is what hostile answers may break: it runs under the limits below, and the kernel kills it at the deadline,
even inside a single long multiplication. Then the next child is forked, which takes milliseconds instead of the second
that loading takes. The channel is a socket that came as standard input: one JSON line each way, so nothing that is
printed can be taken for a verdict. Questions are numbered, so a verdict is never taken for that of another question.
When the other end closes, both processes end.
"""

import json
import mmap
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from typing import NoReturn

MEMORY = 2**30
"""Bytes of address space of a child."""
FILES = 32
"""Files a child may have open; it can write to none."""
LONGEST_NUMBER = 5000
"""Digits to which an integer may be written out."""


def main(seconds: float) -> None:
    """Serve until the channel closes. ``seconds``: time limit of one comparison."""
    channel = socket.socket(fileno=os.dup(0))
    empty = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(empty, stream)
    try:
        from hintree.grade import symbolic  # noqa: F401  # loaded once, for all children
    except Exception as error:
        send(channel, {"error": f"{type(error).__name__}: {error}"})
        return
    send(channel, {"ready": os.getpid()})
    current = mmap.mmap(-1, 8)  # shared with the child: the number of the last question that it took
    while True:
        child = os.fork()
        if not child:
            serve(channel, current, seconds)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:  # the channel closed
            return
        send(channel, {"number": int.from_bytes(current[:]), "same": False})


def serve(channel: socket.socket, current: mmap.mmap, seconds: float) -> NoReturn:
    """The child: compare until the channel closes, or until it is killed."""
    limit()
    with suppress(OSError), channel.makefile("rb", buffering=0) as lines:
        while line := lines.readline():
            number, pairs = json.loads(line)
            current[:] = number.to_bytes(8)
            signal.setitimer(signal.ITIMER_REAL, seconds)  # nobody handles the signal: it kills
            verdict = any(judge(*pair) for pair in pairs)
            signal.setitimer(signal.ITIMER_REAL, 0)
            send(channel, {"number": number, "same": verdict})
    os._exit(0)


def limit() -> None:
    """Take away what comparing does not need."""
    sys.set_int_max_str_digits(LONGEST_NUMBER)
    limits = {resource.RLIMIT_AS: MEMORY, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0}
    for what, most in (limits | {resource.RLIMIT_NOFILE: FILES}).items():
        with suppress(ValueError, OSError):  # not every system has every limit
            resource.setrlimit(what, (most, most))


def judge(reference: str, answer: str) -> bool:
    """Whether two values are the same; whatever goes wrong with an answer, it is not."""
    from hintree.grade.symbolic import same_value

    try:
        return same_value(reference, answer)
    except Exception:
        return False


def send(channel: socket.socket, message: dict[str, object]) -> None:
    """One line of JSON."""
    channel.sendall(json.dumps(message).encode() + b"\n")
