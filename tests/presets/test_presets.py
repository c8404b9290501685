"""What holds for every method of step-level escalation, and what each of them does."""

import ast
import json
import math
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path

import pytest

from hintree.cli import main
from hintree.errors import UsageError
from hintree.experiments.study.resolve import resolve
from hintree.experiments.study.yaml_file import parse
from hintree.policies import Sampling
from hintree.presets import PRESETS, preset, settings_of
from hintree.presets.escalation import ESCALATION
from hintree.presets.settings import preset_of
from hintree.search import (
    MUR,
    Beam,
    Budget,
    GlimpRouter,
    Problem,
    Rewrite,
    Smart,
    Steer,
    StepOutput,
    StrategyRequest,
    choose,
    from_dict,
    select,
    selection_of,
    to_dict,
)
from hintree.search.algorithms.steer import high_probability
from hintree.search.core.position import FIRST_TOKEN, Position
from hintree.search.router import FEATURES, features, gain_probability
from tests.support.scripted import Scripted, random_roles, random_score, scores, solve, solve_one, steps, trail, trees, written

ROOT = Path(__file__).parents[2]
NEVER = {
    "glimprouter": GlimpRouter(math.inf, "any"),
    "steer": replace(ESCALATION["steer"].search, threshold=0.0),
    "mur": MUR(scaling=0.0),
}
"""Searches under which a method that has no rule leaves everything to the reasoner."""
ALWAYS = {"glimprouter": GlimpRouter(0.0), "steer": replace(ESCALATION["steer"].search, threshold=2.0)}
RULED = [name for name, one in ESCALATION.items() if one.rewrite is not None]
every = pytest.mark.parametrize("name", ESCALATION)


def cast_of(name, *, odd=True):
    """Scripted answerers of the roles that a preset has."""
    return {role: who for role, who in random_roles(odd=odd).items() if role in ESCALATION[name].role_models()}


def run(name, cast=None, **options):
    one = ESCALATION[name]
    return solve(cast or cast_of(name), one.search, one.rewrite, **options)


def as_text(runs):
    return {name: json.dumps(tree) for name, tree in trees(runs).items()}


def without_teacher(name):
    """The trees of the reasoner on its own: the same search without its rule; a chain where who writes is decided."""
    search = Beam(1, 1, depth=40) if name in ALWAYS else ESCALATION[name].search
    cast = cast_of(name)
    cast.pop("teacher", None)
    return as_text(solve(cast, search, count=8))


@every
def test_the_same_seed_grows_the_same_trees_in_any_company(name):
    first = as_text(run(name, count=8, seed=3))
    assert first == as_text(run(name, count=8, seed=3, live=1, order=-1))
    assert first != as_text(run(name, count=8, seed=4))


@every
def test_the_ledger_equals_the_counters_of_who_answered(name):
    cast = cast_of(name)
    runs = run(name, cast, count=8).values()
    for role, who in cast.items():
        for figure, amount in who.usage()._asdict().items():
            assert sum(getattr(run.ledger[role], figure) for run in runs) == amount


@every
def test_where_nothing_triggers_the_teacher_is_not_asked_and_the_tree_is_the_reasoners(name):
    one, cast = ESCALATION[name], cast_of(name)
    rule = None if one.rewrite is None else replace(one.rewrite, threshold=0)
    if name == "ssr":
        cast["teacher"] = Scripted(lambda ask: (None,) * ask.tracks)
    found = as_text(solve(cast, NEVER.get(name, one.search), rule, count=8))
    asked = cast["teacher"].asked() if "teacher" in cast else []
    assert [type(ask) for ask in asked] == ([StrategyRequest] * 8 if name == "ssr" else [])
    if name != "mur":
        assert found == without_teacher(name)


@every
def test_a_teacher_budget_of_0_gives_the_reasoners_tree_byte_for_byte(name):
    broke = run(name, count=8, budget=Budget(teacher_tokens=0))
    assert as_text(broke) == (as_text(run(name, count=8)) if name == "mur" else without_teacher(name))
    assert {run.ledger["teacher"].generated_tokens for run in broke.values()} == {0}


@pytest.mark.parametrize("name", [*RULED, *ALWAYS])
def test_where_everything_triggers_the_teacher_writes_whole_solutions(name):
    one = ESCALATION[name]
    rule = one.rewrite and replace(one.rewrite, threshold=1.01, accept="always", final=True)
    finished = 0
    for result in solve(cast_of(name, odd=False), ALWAYS.get(name, one.search), rule, count=10).values():
        for last in result.tree.terminals():
            assert {node.author for node in last.path()} == {"teacher"}
            finished += 1
    assert finished >= 10


@every
def test_the_exported_tree_is_scored_to_the_same_answer(name):
    for result in run(name, count=8).values():
        tree, search = from_dict(json.loads(json.dumps(to_dict(result.tree)))), ESCALATION[name].search
        for node in tree:
            if node.score is not None:
                ask = type("Ask", (), {"tree": tree, "node": node})
                node.score = random_score(ask)
        again, before = (select(t, selection_of(search)) for t in (tree, result.tree))
        assert (again.answer, again.node.id, again.confidence) == (before.answer, before.node.id, before.confidence)


def test_no_decision_can_reach_a_reference_answer():
    assert [field.name for field in fields(Problem)] == ["question", "id"]
    with pytest.raises((AttributeError, TypeError)):
        Problem("q").reference = "7"
    modules = [path for folder in ("search", "policies", "scorers") for path in (ROOT / folder).rglob("*.py")]
    for path in [*modules, *(ROOT / "hintree" / "presets").glob("*.py"), *(ROOT / "hintree" / "solver").glob("*.py")]:
        words = {
            getattr(node, key, "") for node in ast.walk(ast.parse(path.read_text())) for key in ("id", "attr", "arg")
        }
        assert not words & {"reference", "gold", "solution_text", "Case"}, path


@every
def test_a_preset_survives_the_way_into_a_study_and_out_of_it(name):
    one = ESCALATION[name]
    again = preset_of(json.loads(json.dumps(settings_of(one))))
    assert (again.search, again.rewrite, again.sampling) == (one.search, one.rewrite, one.sampling)
    assert one.source and one.differs and len(one.about) < 120


def test_every_preset_is_an_arm_whose_switches_can_be_set():
    text = "problems: lab:test?n=1&steps=2\narms:\n" + "".join(f"  {name}: {name}\n" for name in PRESETS)
    text += "  bon: {preset: smart, search.m: 1, rewrite.accept: better}\n"
    text += "  glimpse: {preset: glimprouter, grid: {search.threshold: [0.1, 0.2]}}\n"
    text += "  tlc: {preset: smart, scorer: confidence}\n"
    arms = resolve(parse("s.yaml", text)).data["arms"]
    assert (arms["bon"]["search"]["name"], arms["bon"]["search"]["n"], arms["bon"]["search"]["m"]) == ("smart", 16, 1)
    assert (arms["bon"]["rewrite"]["threshold"], arms["bon"]["rewrite"]["accept"]) == (0.9, "better")
    assert arms["glimpse / threshold=0.2"]["search"]["threshold"] == 0.2
    assert arms["specreason"]["scorer"] == "judge" and arms["specreason"]["hinter"] is None


def test_the_trim_study_sweeps_21_thresholds():
    text = (ROOT / "experiments" / "studies" / "trim_threshold.yaml").read_text().replace("n=200", "n=1")
    arms = resolve(parse("trim_threshold.yaml", text)).data["arms"]
    found = [arm["rewrite"]["threshold"] for name, arm in arms.items() if name.startswith("trim")]
    assert found == [round(0.05 * i, 2) for i in range(21)]


# What each method does


RSD = ESCALATION["rsd"].rewrite
SMART = ESCALATION["smart"].rewrite


def test_smart_with_one_beam_is_rsd():
    for odd in (True, False):
        ours = solve(random_roles(odd=odd), Smart(1, 1, depth=6), RSD, count=40)
        assert trees(ours) == trees(solve(random_roles(odd=odd), Beam(1, 1, depth=6), RSD, count=40))


SMART_LINES = {
    "": ["a", "b", "c", "d"],
    **{x: ["e=1", "f"] for x in "abcd"},
    **{f"{x}/f": ["g=2", "h=3"] for x in "abcd"},
    **{x.upper(): ["e=4", "f=5"] for x in "abcd"},
}
SMART_SCORES = {"a": 0.95, "b": 0.8, "c": 0.7, "d": 0.6, "B": 0.1}


def smart_cast():
    return {
        "reasoner": steps(SMART_LINES),
        "teacher": Scripted(lambda ask: written(ask.tree.nodes[1 + ask.position.sibling].step.text.upper())),
        "scorer": scores(SMART_SCORES, 0.92),
    }


def test_smart_prunes_first_then_pays_the_teacher_and_keeps_a_worse_step():
    cast = smart_cast()
    tree = solve_one(cast, Smart(4, 2), SMART).tree
    first = [(n.step.text, n.status, n.replaces) for n in tree.root.children]
    assert first == [
        ("a", "open", None),
        ("b", "rejected", None),
        ("c", "pruned", None),
        ("d", "pruned", None),
        ("B", "open", 2),
    ]
    assert len(cast["teacher"].asked()) == 1
    assert [len(node.children) for node in tree.root.children] == [2, 0, 0, 0, 2]


def test_smarts_switches():
    def asked(search=Smart(4, 2), **switches):  # noqa: B008
        cast = smart_cast()
        tree = solve_one(cast, search, replace(SMART, **switches)).tree
        return [trail(tree.nodes[node.replaces]) for node in tree if node.replaces is not None], tree

    assert asked(when="before")[0] == ["b", "c", "d"]
    assert asked(search=Smart(4, 1))[0] == ["b", "c", "d"]
    better = asked(accept="better")[1]
    assert [n.status for n in better.root.children] == ["open", "open", "pruned", "pruned", "rejected"]
    ends = {"scorer": scores({"a": 0.95}, 0.5)}
    for final in (False, True):
        cast = smart_cast() | ends | {"teacher": Scripted(lambda ask: written("t=9"))}
        tree = solve_one(cast, Smart(1, 1), replace(SMART, final=final)).tree
        assert [n.author for n in choose(tree).node.path()] == ["reasoner", "teacher" if final else "reasoner"]


def test_smart_stops_when_n_beams_have_ended_equal_ones_counted():
    cast = {"reasoner": Scripted(lambda ask: written("x=1" if ask.index < 3 else f"go {ask.node.depth}"))}
    cast["scorer"] = scores({})
    tree = solve_one(cast, Smart(4, 4, depth=9)).tree
    assert [len(batch) for batch in cast["reasoner"].batches] == [4, 4]
    assert Counter(node.status for node in tree.nodes[1:]) == {"terminal": 2, "pruned": 4, "open": 1, "failed": 1}


def test_smart_asks_the_teacher_once_for_drafts_that_are_equal():
    cast = smart_cast() | {"reasoner": Scripted(lambda ask: written("b" if ask.node.depth == 0 else "end=1"))}
    rule = replace(SMART, when="before", final=True)
    tree = solve_one(cast, Smart(4, 2), rule).tree
    assert [ask.node.depth for ask in cast["teacher"].asked()].count(0) == 1
    assert len({node.key for node in tree}) == len(tree)
    assert Counter(node.status for node in tree.root.children) == {"rejected": 1, "pruned": 3, "open": 1}


def test_beams_are_refilled_in_turn():
    cast = {
        "reasoner": Scripted(lambda ask: written(f"{ask.node.depth}{ask.index}{ask.node.id}")),
        "scorer": scores({}),
    }
    tree = solve_one(cast, Smart(7, 2, depth=2)).tree
    assert [len(node.children) for node in tree.root.children] == [3, 2, 2, 0, 0, 0, 0]


def chain(*sure, end="end=1"):
    """A reasoner whose first tokens, and steps, have these probabilities; the last step ends the solution."""

    def reply(ask):
        last = ask.node.depth == len(sure) - 1
        return written(end if last else f"{ask.author[0]}{ask.node.depth}.{ask.index}", sure=sure[ask.node.depth])

    return {"reasoner": Scripted(reply), "teacher": Scripted(reply), "scorer": Scripted(random_score)}


def test_glimprouter_decides_before_a_step_is_written_and_throws_nothing_away():
    cast = chain(0.9, 0.3, 0.9, 0.2)
    cast.pop("scorer")
    tree = solve_one(cast, GlimpRouter(0.5, "any")).tree
    assert [node.author for node in tree.nodes[1:]] == ["reasoner", "teacher", "reasoner", "teacher"]
    glances = [ask for ask in cast["reasoner"].asked() if ask.tokens == 1]
    drafts = [ask for ask in cast["reasoner"].asked() if ask.tokens is None]
    assert ([ask.node.depth for ask in glances], [ask.node.depth for ask in drafts]) == ([0, 1, 2, 3], [0, 2])
    assert {ask.position for ask in glances} == {FIRST_TOKEN}


@pytest.mark.parametrize("judged", [True, False])
def test_glimprouters_last_step_is_the_teachers(judged):
    cast = chain(0.9, 0.9)
    cast["teacher"] = Scripted(lambda ask: written("other=2"))
    if not judged:
        del cast["scorer"]
    tree = solve_one(cast, GlimpRouter(0.5)).tree
    assert [(n.author, n.status) for n in tree.nodes[1:]] == [
        ("reasoner", "open"), ("reasoner", "rejected"), ("teacher", "terminal"),
    ]  # fmt: skip


def test_steer_asks_which_group_a_confidence_is_of():
    mixture = (0.25, 0.4, 0.1, 0.75, 0.9, 0.05)
    for c in (0.2, 0.5, 0.6, 0.7, 0.9):
        low, high = (w * math.exp(-(((c - m) / s) ** 2) / 2) / s for w, m, s in (mixture[:3], mixture[3:]))
        assert high_probability(c, mixture) == pytest.approx(high / (low + high))
    assert 0 <= high_probability(0.0, (0.5, 0.1, 1e-3, 0.5, 0.9, 1e-3)) < 1e-9
    cast = chain(0.9, 0.4, 0.88, 0.5)
    tree = solve_one(cast, Steer(0.5, mixture)).tree
    assert [node.author for node in tree.nodes[1:]] == ["reasoner", "teacher", "reasoner", "teacher"]
    with pytest.raises(UsageError, match="Steer mixture="):
        Steer(mixture=(0.5, 0.5))


@pytest.mark.parametrize("search", [GlimpRouter(0.5), Steer()])
def test_who_decides_by_the_first_token_needs_to_know_about_it(search):
    """A server that tells no log-probabilities: nothing is known of a token, which is not certainty."""

    def silent(ask):
        return StepOutput("a", "delimiter", 1, 0.0, 0.0, 0.0)

    run = solve_one({"reasoner": Scripted(silent), "teacher": Scripted(silent)}, search)
    assert str(run.stop_reason).startswith(f"failed: {type(search).__name__} needs")


def test_mur_samples_again_where_a_step_is_less_certain_than_those_before():
    sure, gamma, alpha = (0.3, 0.9, 0.6, 0.97, 0.1), 0.8, 0.9
    cast = chain(*sure)
    tree = solve_one(cast, MUR(gamma, alpha, samples=3)).tree
    momentum, low = 0.0, []
    for depth, p in enumerate(sure):
        if p < gamma * math.exp(momentum) and 0 < depth < len(sure) - 1:
            low.append(depth)
        momentum = alpha * momentum + (1 - alpha) * math.log(p)
    assert low == [2]
    again = [ask.node.depth for ask in cast["reasoner"].asked() if ask.position.stages]
    assert again == [2] * 3
    judged = [ask.node for ask in cast["scorer"].asked()]
    assert {(node.depth, node.replaces is not None) for node in judged} == {(3, True)} and len(judged) == 3
    best = max(judged, key=lambda node: node.score)
    assert best in choose(tree).node.path()
    assert Counter(node.status for node in best.parent.children) == {"rejected": 1, "pruned": 2, "open": 1}


def test_mur_answers_by_its_one_path_even_if_a_sample_that_lost_was_an_answer():
    def write(ask):
        if ask.node.depth == 0:
            return written("go", sure=0.99)
        if ask.position.stages:
            return written(["on", "x=2", "x=3"][ask.position.sibling], sure=0.5)
        return written("x=1" if ask.node.step.text == "on" else "draft", sure=0.2)

    tree = solve_one({"reasoner": Scripted(write), "scorer": scores({"go/on": 0.9})}, MUR(samples=3)).tree
    assert trail(choose(tree).node) == "go/on/x=1" and tree.terminals() == [choose(tree).node]
    lines = {"scorer": scores({"go/draft": 0.9}, 0.1), "reasoner": Scripted(lambda ask: again(ask, write))}
    tree = solve_one(lines, MUR(samples=3)).tree
    assert trail(choose(tree).node) == "go/draft/x=4" and tree.terminals() == [choose(tree).node]


def again(ask, write):
    """As ``write``, but the first of the new samples is the draft."""
    if ask.node.step.text == "draft":
        return written("x=4", sure=0.2)
    return written("draft", sure=0.5) if ask.position == Position().rewritten(0) else write(ask)


def test_arbitrage_asks_the_teacher_where_its_step_would_be_better():
    weights = (0.5, -2.0, *[0.0] * (len(FEATURES) - 1))
    rule = replace(ESCALATION["arbitrage"].rewrite, weights=weights)
    for result in solve(random_roles(odd=False), Beam(1, 1), rule, count=30).values():
        for old in (node for node in result.tree if node.author == "reasoner"):
            wanted = 1 / (1 + math.exp(2.0 * features(old)[0] - 0.5)) > 0.5
            assert gain_probability(old, weights) == pytest.approx(1 / (1 + math.exp(2.0 * old.score - 0.5)))
            assert wanted == any(node.replaces == old.id for node in result.tree)
    with pytest.raises(UsageError, match=f"needs {1 + len(FEATURES)} of them"):
        Rewrite(trigger="advantage")


@pytest.mark.parametrize("margin", [0.0, 0.2])
def test_the_oracle_keeps_the_better_of_two_steps_that_are_both_written(margin):
    rule = replace(ESCALATION["arbitrage_oracle"].rewrite, margin=margin)
    kept = 0
    for result in solve(random_roles(odd=False), Beam(1, 1), rule, count=30).values():
        for new in (node for node in result.tree if node.replaces is not None):
            old = result.tree.nodes[new.replaces]
            assert (old.status == "rejected") == (new.score - old.score > margin)
            kept += old.status == "rejected"
        asked = sum(node.author == "reasoner" for node in result.tree)
        assert asked == sum(node.author == "teacher" for node in result.tree)
    assert kept > 10
    with pytest.raises(UsageError, match="margin"):
        Rewrite(margin=-0.1)


def test_unknown_names_get_the_nearest_one():
    with pytest.raises(UsageError, match="did you mean 'glimprouter'"):
        preset("glimpruter")


def test_the_command_line_lists_them_with_source_and_differences(capsys):
    assert main(["presets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")] == list(PRESETS)
    assert sum("source: " in line for line in lines) >= len(ESCALATION)
    assert main(["presets", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["smart"]["settings"]["search"] == {
        "name": "smart",
        "n": 16,
        "m": 4,
        "depth": 40,
        "aggregate": "last",
        "choice": "best",
    }
    assert set(found["rsd"]) == {"about", "source", "differs", "settings"}
    assert main(["presets", "smart"]) == 0
    assert "rewrite: threshold=0.9," in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["solve", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "the method, one of " + ", ".join(PRESETS) in shown


def test_every_preset_has_its_section_in_the_docs():
    text = (ROOT / "docs" / "presets.md").read_text()
    for name, one in ESCALATION.items():
        section = text.split(f"\n## `{name}`", 1)[1].split("\n## ", 1)[0]
        assert one.source.split("arXiv ")[1] in section


def test_sampling_of_smart_is_the_published_one():
    assert ESCALATION["smart"].sampling == Sampling(0.8, top_p=1.0, greedy_first=False)
