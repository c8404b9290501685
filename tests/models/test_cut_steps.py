"""A step longer than one call's limit is generated in pieces, equal to the step generated at once."""

from dataclasses import replace

import pytest

from hintree import Problem
from hintree.lab.generate import problems
from hintree.policies import HintWriter, Sampling, StepWriter
from hintree.search import Beam, Handler, Tree, batched_driver, choose
from tests.support.shared_models import shared_model


def solved(question, *, tokens=None, hinter=False, keep_hints=False):
    """Solution, answer and hints of one greedy chain by the shipped student, at most so many tokens a call."""
    writer = StepWriter(shared_model("embedded:student"), Sampling(), keep_hints=keep_hints)
    if tokens:
        protocol = writer.format.protocol
        rule = replace(protocol.step, max_tokens=tokens)
        writer.format = replace(writer.format, protocol=replace(protocol, step=rule))
    roles = {"reasoner": Handler(writer)}
    if hinter:
        roles["hinter"] = Handler(HintWriter(shared_model("embedded:hinter"), Sampling()))
    tree = Tree(Problem(question))
    [run] = batched_driver([(tree, Beam(1, 1, depth=200).grow(tree))], roles)
    path = choose(tree).node.path()
    return writer.format.solution(path), choose(tree).answer, [n.hint for n in path if n.hint], run.ledger


@pytest.mark.parametrize("tokens", [11, 17])
@pytest.mark.parametrize("options", [{}, {"hinter": True}, {"hinter": True, "keep_hints": True}])
def test_a_step_in_pieces_is_the_step_written_at_once(tokens, options):
    for problem in problems("test", range(2, 5), n=3):
        text, answer, hints, whole = solved(problem.question, **options)
        assert answer is not None
        *pieces, ledger = solved(problem.question, tokens=tokens, **options)
        assert pieces == [text, answer, hints]
        assert ledger["reasoner"].calls > whole["reasoner"].calls
        assert ledger["hinter"].generated_tokens == whole["hinter"].generated_tokens
