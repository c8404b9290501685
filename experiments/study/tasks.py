"""Plan the tasks of a study, and the smaller tasks after one that failed.

A task is one arm with one seed on some problems, which are solved in shared batches. If a task fails, its unfinished
problems are retried in smaller groups and at last alone. So a problem that crashes its worker is isolated in at most
three attempts and fails no other problem.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

ATTEMPTS = 3
"""Maximum number of attempts per problem: one and two retries."""


class Task(NamedTuple):
    """Problems by key for one arm and seed; ``attempt`` counts from 1."""

    arm: str
    seed: int
    problems: tuple[str, ...]
    attempt: int = 1


class TaskQueue:
    """Queue of tasks, arm by arm, so that models are loaded as rarely as possible."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self.waiting = deque(tasks)

    def next(self) -> Task | None:
        """Return the next task, None if the queue is empty."""
        return self.waiting.popleft() if self.waiting else None

    def again(self, task: Task, problems: Sequence[str]) -> bool:
        """Queue the unsolved problems of a task in smaller groups; return false if no attempt is left.

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
    """Return the tasks for all missing results, each of at most ``size`` problems.

    All arms of a seed come before the next seed, so that an interrupted study has complete seeds to compare.
    """
    there, arms = set(done), list(arms)
    tasks = []
    for seed in seeds:
        for arm in arms:
            missing = [problem for problem in problems if (arm, problem, seed) not in there]
            tasks += [Task(arm, seed, group) for group in groups(missing, size)]
    return tasks


def groups(problems: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """Split the problems into groups of ``size``; the last may be smaller."""
    return [tuple(problems[i : i + size]) for i in range(0, len(problems), size)]
