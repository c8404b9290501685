"""Mutual consistency (rStar, arXiv 2408.06195, 3.3): a second model completes cut solutions and agrees, or does not.

The completions are nodes below the last steps of the solutions, so that the tree holds what the agreement is computed
from. No reference answer is involved: a completion agrees with a solution if both state the same answer.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from hintree import grade
from hintree.search.core.actions import Action, Yield, kind_of, solution_path
from hintree.search.core.endings import Rejection
from hintree.search.core.nodes import prune
from hintree.search.core.position import Position
from hintree.search.core.requests import StepRequest, gather
from hintree.search.core.tree import Node, Tree

COMPLETE = Action("complete", Yield.COMPLETION, author="verifier")
"""The rest of a solution from a cut of it."""
FIRST_CUT, LAST_CUT = 0.2, 0.5
"""Shares of the words of a solution that its shortest and its longest cut keep."""


def cut_shares(cuts: int) -> list[float]:
    """Return the shares of the words that ``cuts`` cuts keep, evenly from ``FIRST_CUT`` to ``LAST_CUT``."""
    gap = (LAST_CUT - FIRST_CUT) / max(1, cuts - 1)
    return [round(FIRST_CUT + i * gap, 6) for i in range(cuts)]


def text_of(end: Node) -> tuple[str, ...]:
    """Return the texts of a solution, by which equal solutions are told."""
    return tuple(node.step.text for node in solution_path(end.path()))


async def complete_solutions(tree: Tree, finished: Sequence[Node], cuts: int) -> None:
    """Ask the verifier to complete every solution from ``cuts`` cuts, equal solutions once, all in one round.

    Args:
        tree: The grown tree.
        finished: Last steps of the solutions, which state answers.
        cuts: Cuts of each solution, at least 1.
    """
    different: dict[tuple[str, ...], Node] = {}
    for end in finished:
        different.setdefault(text_of(end), end)
    shares = list(enumerate(cut_shares(cuts)))
    asked = [(end, Position(i), share) for end in different.values() for i, share in shares]
    outputs = await gather(
        StepRequest(tree, end, position, "verifier", action=COMPLETE, cut=share) for end, position, share in asked
    )
    for (end, position, share), output in zip(asked, outputs, strict=True):
        if output is not None:
            node = tree.add(end, output, "verifier", position=position, action=COMPLETE)
            prune([node], Rejection.VOTE, f"completes the solution from {share:.0%} of its words")


def agreements(finished: Sequence[Node], choices: Sequence[str] = ()) -> dict[int, float]:
    """Return the share of its completions that agree with each solution, by id of its last step.

    Equal solutions share their completions; a solution without any is left out.
    """
    found: dict[tuple[str, ...], float] = {}
    for end in finished:
        answers = [node.step.answer for node in end.children if kind_of(node) is Yield.COMPLETION]
        if answers:
            stated = [answer for answer in answers if answer is not None]
            own, *others = grade.group([str(end.step.answer), *stated], choices)
            found[text_of(end)] = others.count(own) / len(answers)
    return {end.id: found[text_of(end)] for end in finished if text_of(end) in found}


def agreed_weights(
    classes: Mapping[int, int], rewards: Mapping[int, float], shares: Mapping[int, float]
) -> dict[int, float]:
    """Return the weight of each answer: the sum over its solutions of reward times agreement.

    Without any agreement it is the sum of the rewards. All three arguments are by id of a solution's last step.

    Args:
        classes: Number of its answer; equal answers have the same one.
        rewards: Its reward, at least 0.
        shares: Share of its completions that agree, in [0, 1]; solutions without completions are left out.
    """
    weights: dict[int, float] = defaultdict(float)
    for solution, answer in classes.items():
        weights[answer] += rewards[solution] * shares.get(solution, 0.0)
    return weights if any(weights.values()) else summed(classes, rewards)


def filtered_weights(
    classes: Mapping[int, int], rewards: Mapping[int, float], shares: Mapping[int, float], times: Mapping[int, int]
) -> dict[int, float]:
    """Return the weight of each answer by the rule of rStar's public code, in [0, 2] for rewards of at most 1.

    A solution is kept if at least half of its completions agree. An answer weighs its summed reward over the number of
    kept solutions, plus the share of its solutions that were kept. The public code lets a reference answer in where no
    kept solution has it; this function has none. Where no solution is kept, the weight is the sum of the rewards.

    Args:
        classes: Number of the answer of each solution; see ``agreed_weights``.
        rewards: Its reward, at least 0.
        shares: Share of its completions that agree, in [0, 1].
        times: How often the search came to the solution, at least 1.
    """
    kept = {solution: answer for solution, answer in classes.items() if shares.get(solution, 0.0) >= 0.5}
    if not kept:
        return summed(classes, rewards)
    total = sum(times[solution] for solution in kept)
    reward, survived, all_of = summed(kept, rewards), summed(kept, times), summed(classes, times)
    return {answer: reward[answer] / total + survived[answer] / all_of[answer] for answer in reward}


def summed(classes: Mapping[int, int], figures: Mapping[int, float]) -> dict[int, float]:
    """Return the sum of a figure over the solutions of each answer."""
    sums: dict[int, float] = defaultdict(float)
    for solution, answer in classes.items():
        sums[answer] += figures[solution]
    return sums
