"""The worker: a process that loads math-verify once, and forks a child of itself to answer questions.

A child first gets a fraction of a second of CPU time, which nearly all questions leave unused. A question that needs
more is asked again of a fresh child, which counts the steps of algebra: it starts in the same state wherever and
whenever it is asked, so it stops at the same step. The limit on its CPU time is a far stop, for a single long
multiplication. The kernel enforces both, so nothing that a text starts outlives them.

The channel is a socket that came as standard input: one JSON line each way, so nothing that is printed can be taken for
a verdict. Questions are numbered, so a verdict is never taken for that of another question. When the other end closes,
both processes end.
"""

import gc
import json
import mmap
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from typing import NoReturn

from hintree.grade.steps import Steps, Stopped, stop

MEMORY = 2**30
"""Bytes of address space of a child."""
FILES = 32
"""Files a child may have open; it can write to none."""
LONGEST_NUMBER = 5000
"""Digits to which an integer may be written out."""
MOST = 500
"""Questions that a child answers before the next is forked."""
USED = 7
"""Exit status of a child that is used up."""
WARM = (
    ("value", r"\frac{\sqrt{2}}{2}", r"\frac{1}{\sqrt{2}}"),
    ("value", "(x+1)^2", "x^2+2x+1"),
    ("value", r"2\pi", "6.2831853"),
    ("value", r"\sin{(\frac{30 \pi}{180})}", "1/2"),
    ("value", r"x^2 < 4", r"x^2 \le 4"),
    ("value", r"\log_2 8", "3+4i"),
    ("equation", "2x+3y=6", "y=2-\\frac{2x}{3}"),
    ("equation", "\\ln x = 2", "x = e^2"),
)
"""Questions that are answered before the first child is forked, so that what they load is loaded once."""


def main(seconds: float, first: float) -> None:
    """Serve until the channel closes.

    Args:
        seconds: Limit on the CPU time of a question that is asked of a fresh child.
        first: Limit on the CPU time of a question that is asked the first time.
    """
    channel = socket.socket(fileno=os.dup(0))
    empty = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(empty, stream)
    try:
        for question in WARM:
            same(*question)
    except Exception as error:
        send(channel, {"error": f"{type(error).__name__}: {error}"})
        return
    gc.collect()
    gc.freeze()
    send(channel, {"ready": os.getpid()})
    current = mmap.mmap(
        -1, 16
    )  # shared with the child: the number of the last question that it took, and if it is fresh
    while True:
        child = os.fork()
        if not child:
            serve(channel, current, seconds, first)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:  # the channel closed
            return
        if status != USED:
            fresh = bool(current[8])
            killed = status in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP)  # by somebody else, not a limit
            verdict = "lost" if killed else "ungraded" if fresh else "slow"
            send(channel, {"number": int.from_bytes(current[:8]), "verdict": verdict})


def serve(channel: socket.socket, current: mmap.mmap, seconds: float, first: float) -> NoReturn:
    """Answer questions in the child until the channel closes, or until it is killed or used up."""
    limit()
    with suppress(OSError), channel.makefile("rb", buffering=0) as lines:
        for asked in range(MOST):
            line = lines.readline()
            if not line:
                os._exit(0)
            number, fresh, *question = json.loads(line)
            current[:9] = number.to_bytes(8) + bytes([fresh])
            signal.setitimer(signal.ITIMER_PROF, seconds if fresh else first)  # nobody handles the signal: it kills
            verdict = answer(question, counted=fresh)
            signal.setitimer(signal.ITIMER_PROF, 0)
            send(channel, {"number": number, "verdict": verdict})
            if fresh or verdict == "slow" or asked == MOST - 1:
                os._exit(USED)
    os._exit(0)


def answer(question: list[str], *, counted: bool) -> str:
    """Return "right", "wrong", "slow" if a fresh child must be asked, or "ungraded" if that has reached a limit.

    Args:
        question: Kind, reference and answer.
        counted: Whether steps are counted, as a fresh child does.
    """
    steps = Steps()
    beyond = "ungraded" if counted else "slow"
    try:
        if counted:
            steps.start()
        verdict = "right" if same(*question) else "wrong"
    except (Stopped, MemoryError, RecursionError):
        verdict = beyond
    except Exception:
        verdict = "wrong"  # math-verify or sympy cannot read or compare it
    finally:
        stop()
    return verdict if steps.left >= 0 else beyond


def limit() -> None:
    """Take away what comparing does not need."""
    sys.set_int_max_str_digits(LONGEST_NUMBER)
    limits = {resource.RLIMIT_AS: MEMORY, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0}
    for which, most in (limits | {resource.RLIMIT_NOFILE: FILES}).items():
        with suppress(ValueError, OSError):  # not every system has every limit
            resource.setrlimit(which, (most, most))


def same(kind: str, reference: str, answer: str) -> bool:
    """Compare two values, or two equations."""
    from hintree.grade.symbolic import same_equation, same_value

    return (same_equation if kind == "equation" else same_value)(reference, answer)


def send(channel: socket.socket, message: dict[str, object]) -> None:
    """Send one line of JSON."""
    channel.sendall(json.dumps(message).encode() + b"\n")
