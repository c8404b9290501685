"""Plan the work of a study: tasks, and the smaller tasks that follow one that failed.

A task is one arm with one seed on some problems, which are worked on together. If a problem brings a task down, those
of its problems that were not solved are tried again in smaller groups, at last alone, so that a poison problem is found
in at most three attempts and takes no other problem with it.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

ATTEMPTS = 3
"""How often a problem is tried: once, and twice again."""


class Task(NamedTuple):
    """Some problems, by key, for one arm, by name; ``attempt`` counts from 1."""

    arm: str
    seed: int
    problems: tuple[str, ...]
    attempt: int = 1


class TaskQueue:
    """The tasks that wait, arm by arm, so that models are loaded as seldom as possible."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self.waiting = deque(tasks)

    def next(self) -> Task | None:
        """The next task, None if none waits."""
        return self.waiting.popleft() if self.waiting else None

    def again(self, task: Task, problems: Sequence[str]) -> bool:
        """Queue the problems of a task that were not solved, in smaller groups; False if they had all their attempts.

        The second attempt is in groups of the square root of the task's size, the third takes each problem alone.
        """
        if task.attempt == ATTEMPTS:
            return False
        alone = task.attempt + 1 == ATTEMPTS
        size = 1 if alone else math.isqrt(len(problems))
        self.waiting.extend(task._replace(problems=group, attempt=task.attempt + 1) for group in groups(problems, size))
        return True


def plan(
    arms: Iterable[str], seeds: Iterable[int], problems: Sequence[str], done: Iterable[tuple[str, str, int]], size: int
) -> list[Task]:
    """The tasks for all results that are not there yet, each of at most ``size`` problems.

    All arms of a seed come before the next seed, so that a study that is cut short has whole seeds to compare.
    """
    there, arms = set(done), list(arms)
    tasks = []
    for seed in seeds:
        for arm in arms:
            missing = [problem for problem in problems if (arm, problem, seed) not in there]
            tasks += [Task(arm, seed, group) for group in groups(missing, size)]
    return tasks


def groups(problems: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """The problems in groups of ``size``, the last of which may be smaller."""
    return [tuple(problems[i : i + size]) for i in range(0, len(problems), size)]
