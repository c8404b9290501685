"""Run models on lab problems, one chain each, and check every step exactly."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hintree.lab.checker import StepVerdict, check_step
from hintree.lab.problem import LabProblem
from hintree.search import Beam, Handler, Ledger, Node, Problem, Rewrite, Run, Search, Tree, choose, run_searches
from hintree.search.core.ledger import MODEL_ROLES


class CheckedChain(NamedTuple):
    """One solution with the verdicts of the exact checker.

    problem: The lab problem.
    nodes: Its steps.
    verdicts: The verdict on each step.
    right: Whether the final answer is right.
    ledger: Tokens and calls by role.
    """

    problem: LabProblem
    nodes: list[Node]
    verdicts: list[StepVerdict]
    right: bool
    ledger: Ledger

    def until_error(self) -> int:
        """Return the number of steps up to and including the first wrong one; all steps if none is wrong."""
        return next((i + 1 for i, verdict in enumerate(self.verdicts) if not verdict.right), len(self.verdicts))


def run_search(
    problems: Sequence[LabProblem | Problem],
    search: Search,
    handlers: Mapping[str, Handler],
    seed: int = 0,
    rule: Rewrite | None = None,
) -> list[Run]:
    """Run one search per problem and return the runs in the order of the problems.

    Args:
        problems: Problems.
        search: The search algorithm.
        handlers: Handlers by role.
        seed: Seed of every tree.
        rule: Escalation rule; None for no rewriting.
    """
    trees = [Tree(Problem(problem.question, problem.id), seed) for problem in problems]
    runs = run_searches(((tree, search.grow(tree, rule)) for tree in trees), handlers)
    done = {id(run.tree): run for run in runs}
    return [done[id(tree)] for tree in trees]


def run_chains(problems: Sequence[LabProblem], handlers: Mapping[str, Handler], seed: int = 0) -> list[CheckedChain]:
    """Run one chain per problem and check it; in the order of the problems."""
    runs = run_search(problems, Beam(1, 1), handlers, seed)
    return [chain(problem, choose(run.tree).node, run.ledger) for problem, run in zip(problems, runs, strict=True)]


def chain(problem: LabProblem, last: Node, ledger: Ledger) -> CheckedChain:
    """Check the path that ends in ``last``."""
    nodes = last.path()
    steps = [node.step.text for node in nodes]
    verdicts = [check_step(problem, steps[:i], step) for i, step in enumerate(steps)]
    right = bool(nodes) and nodes[-1].step.answer == str(problem.answer)
    return CheckedChain(problem, nodes, verdicts, right, ledger)


def cost(ledgers: Sequence[Ledger], *roles: str) -> dict[str, float]:
    """Return tokens and GFLOPs per problem of some roles together; of all of them if none is named.

    Tokens are the generated ones, or those read by a role that generates none.
    """
    accounts = [ledger[role] for ledger in ledgers for role in roles or MODEL_ROLES]
    tokens, gflops = sum(account.tokens() for account in accounts), sum(account.gflops() for account in accounts)
    return {"tokens": round(tokens / len(ledgers), 1), "gflops": round(gflops / len(ledgers), 4)}
