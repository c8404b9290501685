"""Run models of the lab on lab problems, one chain each, and say what came out."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hintree.experiments.lab.check import Verdict, check_step
from hintree.experiments.lab.problem import LabProblem
from hintree.search import Answerer, Beam, Ledger, Node, Problem, Tree, choose, drive


class Chain(NamedTuple):
    """One solution attempt.

    problem: What was asked.
    nodes: Its steps.
    verdicts: The exact checker's judgement of each step.
    right: Whether the final answer is right.
    ledger: What it cost.
    """

    problem: LabProblem
    nodes: list[Node]
    verdicts: list[Verdict]
    right: bool
    ledger: Ledger

    def until_error(self) -> int:
        """Number of steps up to and including the first wrong one; all steps if none is wrong."""
        return next((i + 1 for i, verdict in enumerate(self.verdicts) if not verdict.right), len(self.verdicts))


def run_chains(problems: Sequence[LabProblem], answerers: Mapping[str, Answerer], seed: int = 0) -> list[Chain]:
    """One chain per problem, in order."""
    truth = {problem.id: problem for problem in problems}
    trees = [Tree(Problem(problem.question, problem.id), seed) for problem in truth.values()]
    runs = drive(((tree, Beam(1, 1).grow(tree)) for tree in trees), answerers, live=256)
    done = {run.tree.problem.id: chain(truth[run.tree.problem.id], run.tree, run.ledger) for run in runs}
    return [done[name] for name in truth]


def chain(problem: LabProblem, tree: Tree, ledger: Ledger) -> Chain:
    """The only path of a tree, judged."""
    nodes = choose(tree).node.path()
    steps = [node.step.text for node in nodes]
    verdicts = [check_step(problem, steps[:i], step) for i, step in enumerate(steps)]
    return Chain(problem, nodes, verdicts, choose(tree).answer == str(problem.answer), ledger)
