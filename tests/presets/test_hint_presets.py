"""The presets of hints and plans, scripted; a few with the shipped models."""

import json
from dataclasses import replace

import pytest

import hintree
from hintree.errors import UsageError
from hintree.experiments.study.resolve import resolve
from hintree.lab import problems
from hintree.lab.controls import ShuffledHints, lab_hinter
from hintree.lab.problem import plan_text
from hintree.models import load_model
from hintree.policies import Hinting, HintWriter, Sampling, only_first, shipped_format
from hintree.policies.paths import path_of
from hintree.policies.protocol_file import find_protocol
from hintree.presets import settings_of
from hintree.presets.hints import HINTS
from hintree.presets.settings import preset_of
from hintree.search import (
    Budget,
    Handler,
    HintOutput,
    HintRequest,
    Lorid,
    Problem,
    Tree,
    choose,
    select,
    selection_of,
    to_dict,
)
from hintree.search.core.hints import Hint, HintKind
from hintree.search.core.position import Position
from hintree.yaml_file import parse
from tests.support.scripted import PARAMETERS, Scripted, random_roles, random_score, trail, written
from tests.support.shared_models import shared_pool

every = pytest.mark.parametrize("name", HINTS)
PLANNED = [name for name, one in HINTS.items() if one.hinting.when == "plan"]
PLAN = Hint("(2) Gina, (4) a pen.", HintKind.PLAN)
QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


def scripted_roles(**changed):
    roles = {role: who for role, who in random_roles(odd=False).items() if role in ("reasoner", "hinter")}
    return roles | changed


def solver_of(one, roles, **options):
    handlers = {role: Handler(handle, PARAMETERS[role]) for role, handle in roles.items()}
    return hintree.Solver(one, **handlers, **options)


def grown(one, roles, *, count=8, live=64, **options):
    questions = [Problem(f"question {i}", f"p{i}") for i in range(count)]
    return list(solver_of(one, roles, **options).solve_many(questions, live=live, progress=False))


def as_text(solutions):
    return [json.dumps(to_dict(one.tree)) for one in solutions]


@every
def test_the_same_seed_grows_the_same_trees_in_any_batch(name):
    first = as_text(grown(HINTS[name], scripted_roles(), seed=3))
    assert first == as_text(grown(HINTS[name], scripted_roles(), seed=3, live=1))
    assert first != as_text(grown(HINTS[name], scripted_roles(), seed=4))


@every
def test_the_ledger_equals_the_counters_of_the_handlers(name):
    roles = scripted_roles()
    solutions = grown(HINTS[name], roles)
    for role, who in roles.items():
        for figure, amount in who.usage()._asdict().items():
            assert sum(getattr(one.ledger[role], figure) for one in solutions) == amount
    assert all(one.ledger["teacher"].calls == 0 for one in solutions)


@every
def test_hints_are_asked_for_when_the_method_says_so(name):
    roles = scripted_roles()
    solutions = grown(HINTS[name], roles)
    steps = [node for one in solutions for node in one.tree.nodes[1:]]
    requests = roles["hinter"].requests()
    if name in PLANNED:
        assert all(request.node.parent is None for request in requests)
        assert all(node.hint is None for node in steps if node.depth > 1)
        assert all(not node.hint_dropped for node in steps)
    if name == "hintmr":
        assert len(requests) == len(steps) and all(node.hint for node in steps)
    elif name != "lorid":
        assert len(requests) == len(solutions)


def test_without_hinter_tokens_hintmr_is_the_reasoner_alone_byte_for_byte():
    broke = grown(HINTS["hintmr"], scripted_roles(), budget=Budget(hinter_tokens=0))
    roles = {"reasoner": random_roles(odd=False)["reasoner"]}
    assert as_text(broke) == as_text(grown(hintree.PRESETS["greedy"], roles, search=HINTS["hintmr"].search))


@every
def test_the_exported_tree_is_scored_to_the_same_answer(name):
    one = HINTS[name]
    for done in grown(one, scripted_roles() | {"scorer": random_roles()["scorer"]}):
        tree = Tree.from_json(done.tree.to_json())
        for node in tree:
            if node.score is not None:
                node.score = random_score(type("Request", (), {"tree": tree, "node": node}))
        assert select(tree, selection_of(one.search)).answer == done.answer


@every
def test_a_preset_survives_the_way_into_a_study_and_out_of_it(name):
    one = HINTS[name]
    again = preset_of(json.loads(json.dumps(settings_of(one))))
    assert (again.search, again.rewrite, again.sampling) == (one.search, one.rewrite, one.sampling)
    assert (again.keep_hints, again.hinting) == (one.keep_hints, one.hinting)
    assert one.source and one.differs and len(one.about) < 120


def test_hint_sources_and_switches_are_settings_of_an_arm():
    arms = """
problems: lab:test?n=2
arms:
  none: {preset: hintmr, hinter: none}
  tuned: hintmr
  untuned: {preset: hintmr, hinter: embedded:student}
  teacher: {preset: hintmr, hinter: embedded:teacher}
  oracle: {preset: hintmr, hinter: exact}
  shuffled: {preset: hintmr, hinter: other}
  masked: {preset: hintmr, hinting.leaks: mask}
  once: {preset: hintmr, hinting: {when: first}}
  kept: {preset: hintmr, keep_hints: true}
  exact plan: {preset: hawkeye, hinter: exact}
"""
    data = resolve(parse("s.yaml", arms)).data["arms"]
    assert data["masked"]["hinting"] == {"when": "each", "leaks": "mask"}
    assert data["once"]["hinting"] == {"when": "first", "leaks": "drop"}
    assert data["exact plan"]["hinting"]["when"] == "plan"
    with pytest.raises(UsageError, match="never"):
        resolve(parse("s.yaml", "problems: lab:test?n=1\narms: {a: {preset: hintmr, hinting.when: never}}\n"))


def one_answer(request, texts):
    """The reasoner's whole solution: "x=ANSWER", by the index of the chain."""
    return written(f"x{request.index}={texts[request.index]}")


def lorid(*answers, rounds=5):
    roles = scripted_roles(reasoner=Scripted(lambda request: one_answer(request, answers)))
    (done,) = grown(replace(HINTS["lorid"], search=Lorid(rounds)), roles, count=1)
    return done, roles


def test_lorid_returns_what_both_ways_have_stated_in_any_round():
    done, roles = lorid("1", "2", "3", "4", "2", "5", "9", "9")
    assert done.answer == "2" and len(roles["reasoner"].requests()) == 6
    nodes = {node.step.text: (node.status, node.reason) for node in done.tree.nodes[1:]}
    pruned = ("pruned", "steps 5 and 2 agree")
    assert nodes == {f"x{i}={a}": ("terminal", "") if a == "2" else pruned for i, a in enumerate("123425")}
    assert [request.hint is None for request in roles["reasoner"].requests()] == [True, False] * 3
    assert len(roles["hinter"].requests()) == 3


def test_lorid_votes_among_the_answers_that_both_ways_state():
    done, roles = lorid("1", "2", "2", "1")  # both at once: the first one wins the tie
    assert done.answer == "1" and len(roles["reasoner"].requests()) == 4
    assert {node.status for node in done.tree.nodes[1:]} == {"terminal"}


def test_lorid_votes_where_nothing_agrees():
    done, roles = lorid("1", "2", "1", "3", rounds=2)
    assert done.answer == "1" and len(roles["reasoner"].requests()) == 4
    agreed, roles = lorid("4", "4")
    assert agreed.answer == "4" and len(roles["reasoner"].requests()) == 2


def test_a_plan_stands_before_all_steps():
    def prompt_start(path_hint, steps, form):
        path = path_of("Q?", steps)
        if path:
            path[0].hint = path_hint
        return shipped_format(form).step(Problem("Q?"), path, None if path else path_hint).assistant

    assert prompt_start(PLAN, [], "lab") == f"Plan: {PLAN.text}\n"
    assert prompt_start(PLAN, ["one", "two"], "lab") == f"Plan: {PLAN.text}\none\ntwo\n"
    assert prompt_start(PLAN, [], "default") == f"Plan for all steps: {PLAN.text}\n\n"
    assert prompt_start(PLAN, ["one"], "default") == f"Plan for all steps: {PLAN.text}\n\none\n\n"
    assert prompt_start(Hint("use (2)."), ["one"], "lab") == "one\n"


def test_who_is_asked_first_only_answers_for_the_root_alone():
    hinter = Scripted(lambda request: HintOutput(Hint("look"), 2))
    tree = Tree(Problem("q"))
    child = tree.add(tree.root, written("a"), "reasoner")
    nodes = [(child, 0), (tree.root, 0), (child, 1)]
    answers = only_first(hinter)([HintRequest(tree, node, Position(sibling)) for node, sibling in nodes])
    assert [(a.value.hint, a.usage.calls) for a in answers] == [(None, 0), (Hint("look"), 1), (None, 0)]
    assert len(hinter.requests()) == 1 and only_first(hinter)([HintRequest(tree, child)])[0].value.tokens == 0
    assert len(hinter.batches) == 1


def test_shuffled_hints_are_those_of_another_problem_at_the_same_step():
    roles = scripted_roles(
        hinter=Scripted(lambda request: HintOutput(Hint(f"{request.tree.problem.id}/{trail(request.node)}"), 2))
    )
    solutions = grown(HINTS["hintmr"], roles, count=3)
    shuffled = ShuffledHints([one.tree for one in solutions])
    for i, one in enumerate(solutions):
        other = [node.hint for node in choose(solutions[(i + 1) % 3].tree).node.path()]
        for node in one.tree:
            (answer,) = shuffled([HintRequest(one.tree, node)])
            assert answer.value.hint == other[min(node.depth, len(other) - 1)] and answer.value.tokens == 0


def test_controls_write_plans_where_a_plan_is_asked_for():
    sample = list(problems("validation", n=2, seed=5))
    tree = Tree(Problem(sample[0].question, sample[0].id))
    for name, i in (("exact", 0), ("other", 1)):
        (answer,) = lab_hinter(name, [one.question for one in sample], planned=True).handle(
            [HintRequest(tree, tree.root)]
        )
        assert answer.value.hint == Hint(plan_text(sample[i]), HintKind.PLAN)


@pytest.mark.parametrize("values", [{"when": "never"}, {"leaks": "hide"}])
def test_hinting_accepts_what_it_knows(values):
    with pytest.raises(UsageError, match="is not one of"):
        Hinting(**values)


@pytest.mark.parametrize("name", ["hintmr", "hawkeye"])
def test_the_shipped_models_solve_with_it(name):
    *_, problem = problems("test", (4,), n=5, seed=0)
    done = hintree.Solver(name, pool=shared_pool()).solve(problem.question)
    assert done.answer == str(problem.answer)
    first, *rest = done.steps
    assert first.hint and (first.hint.kind is HintKind.PLAN) == (name == "hawkeye")
    assert all((node.hint is None) == (name == "hawkeye") for node in rest)
    assert (done.ledger["hinter"].calls == 1) == (name == "hawkeye")


def test_a_protocol_tells_a_hinter_which_hints_did_not_help(chat_model, monkeypatch):
    model = load_model(str(chat_model))
    heard = []
    monkeypatch.setattr(
        model, "generate", lambda requests: heard.extend(requests) or type(model).generate(model, requests)
    )
    tree = Tree(Problem(QUESTION))
    listed = find_protocol({"base": "default", "words": {"avoid": "Hints that did not help:{hints}. "}})
    retry = HintRequest(tree, tree.root, Position(1), (Hint("Ben's pens"), Hint("a sum")))
    HintWriter(model, Sampling(), protocol=listed)([HintRequest(tree, tree.root), retry])
    before, again = (request.prompt.user for request in heard)
    assert "did not help" not in before
    assert again.replace("Hints that did not help:\n- Ben's pens\n- a sum. ", "") == before != again
    HintWriter(model, Sampling())([retry])
    assert "a sum" not in heard[-1].prompt.user
