"""SSR: the pick, the tracks and the vote; on a tiny model with a chat template, and on the shipped models."""

from dataclasses import replace

import pytest

import hintree
from hintree.lab import problems
from hintree.models import load_model
from hintree.policies import shipped_format
from hintree.policies.paths import path_of
from hintree.policies.strategies import POOL, strategies
from hintree.search import SSR, Budget, Hint, HintKind, Problem, Rewrite, StrategyRequest, select, selection_of, to_dict
from tests.support.scripted import Scripted, scores, solve_one, steps, trail, written
from tests.support.shared_models import shared_pool

PRESET = hintree.PRESETS["ssr"]
QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
PICKED = (Hint("one", HintKind.STRATEGY), None, Hint("three", HintKind.STRATEGY))


def strategies_of(letters):
    return tuple(Hint(POOL[letter], HintKind.STRATEGY) if letter in POOL else None for letter in letters)


def test_the_pool_has_twelve_different_strategies_and_m_is_none_of_them():
    assert "".join(POOL) == "ABCDEFGHIJKL" and len(set(POOL.values())) == 12


@pytest.mark.parametrize(
    ("reply", "letters"),
    [
        (" B, E, K", "BEK"),
        ("(C), (A) and (L).", "CAL"),
        ("**D**\n\nF\n\nG, because", "DFG"),
        ("A, B, C, D", "ABC"),
        ("M, B, M", "MBM"),
        ("L", "LMM"),
        ("E, E, E", "EMM"),
        ("A, Z, B", "AMM"),
        ("a, b, c", "MMM"),
        ("B C and D", "BCD"),
        ("B. Work backward, A. Work forward", "BMM"),
        ("I choose B, C and D", "MMM"),
        ("A good choice is B", "MMM"),
        ("I'd say B, C", "MMM"),
        ("I\u2019d say B, C", "MMM"),
        ("BCD", "MMM"),
        ("The answer is 7.", "MMM"),
        ("", "MMM"),
        ("\x1b[2J<script>{question}", "MMM"),
        ("!" * 5000 + "A, B, C", "MMM"),
    ],
)
def test_a_reply_is_read_as_letters_and_whatever_else_it_says_is_unknown(reply, letters):
    assert strategies(reply, 3) == strategies_of(letters)


def test_a_conversation_has_the_strategy_among_its_instructions_at_every_step_and_plain_lines_have_none():
    strategy = strategies_of("B")[0]
    for name in ("default", "lab"):
        form = shipped_format(name)
        for before in ([], ["one"], ["one", "two"]):
            path = path_of("Q?", before)
            plain = form.step(Problem("Q?"), path, None)
            if path:
                path[0].hint = strategy
            prompt = form.step(Problem("Q?"), path, None if path else strategy, keep_hints=True)
            assert (prompt.user, prompt.assistant) == (plain.user, plain.assistant)
            assert prompt.system.startswith(plain.system)
            assert (prompt.system == plain.system) == (name == "lab")
            assert prompt.system.endswith(f"Strategy: {strategy.text}") == (name == "default")


LINES = {
    "": ["a", "b", "c"],
    **{f"{x}/{x}2": [f"{x}3=7"] for x in "ac"},
    "b/b2": ["b3=9"],
    **{x: [f"{x}2"] for x in "abc"},
    "B": ["b2"],
    "B/b2": ["b3=9"],
}


def cast_of(lines=LINES, by_place=None):
    teacher = Scripted(
        lambda request: (
            PICKED if isinstance(request, StrategyRequest) else written("B" if request.node.depth == 0 else "t")
        )
    )
    return {"reasoner": steps(lines), "teacher": teacher, "scorer": scores(by_place or {}, 0.9)}


def test_the_teacher_picks_once_and_all_tracks_grow_in_one_batch_a_step():
    roles = cast_of()
    tree = solve_one(roles, SSR(), PRESET.rewrite).tree
    assert [type(request) for request in roles["teacher"].requests()] == [StrategyRequest]
    assert [len(batch) for batch in roles["reasoner"].batches] == [3, 3, 3]
    assert [(node.step.text, node.hint) for node in tree.root.children] == list(zip("abc", PICKED, strict=True))
    assert all(node.hint is None for node in tree if node.depth > 1)


def test_a_rewritten_first_step_keeps_the_strategy_of_its_track():
    low = cast_of(by_place={"c": 0.1, "b": 0.7})
    tree = solve_one(low, SSR(), PRESET.rewrite).tree
    new = {node.replaces: node for node in tree.root.children if node.author == "teacher"}
    assert {tree.nodes[old].step.text: node.hint for old, node in new.items()} == {"b": None, "c": PICKED[2]}
    assert [request.hint for request in low["teacher"].requests() if not isinstance(request, StrategyRequest)] == [
        None,
        PICKED[2],
    ]


def test_a_unique_majority_wins_and_else_the_highest_mean_score():
    search = SSR()
    tree = solve_one(cast_of(by_place={"b": 1.0, "b/b2": 1.0, "b/b2/b3=9": 1.0}), search, Rewrite(0)).tree
    assert select(tree, selection_of(search)).answer == "7"
    apart = LINES | {"c/c2": ["c3=8"]}
    means = {"a": 0.8, "b": 1.0, "b/b2": 0.9, "b/b2/b3=9": 0.8, "c": 0.85}
    tree = solve_one(cast_of(apart, means), search, Rewrite(0)).tree
    found = select(tree, selection_of(search))
    assert (found.answer, trail(found.node)) == ("9", "b/b2/b3=9")
    tied = LINES | {"c/c2": ["c3"]}
    tree = solve_one(cast_of(tied, {"c": 1.0, "c/c2": 1.0, "a": 0.95}), SSR(depth=3), Rewrite(0)).tree
    assert select(tree, selection_of(search)).answer == "7"


class Teacher:
    """A loaded model that is listened to, and whose picks are put into its mouth."""

    def __init__(self, model, letters):
        self.model, self.letters, self.requests = model, letters, []
        self.name, self.parameters, self.chat = "teacher", model.parameters, model.chat

    def generate(self, requests):
        self.requests += requests
        done = self.model.generate(requests)
        pairs = zip(requests, done, strict=True)
        return [d._replace(text=self.letters) if r.prompt.assistant == "Letters:" else d for r, d in pairs]


def test_a_model_with_a_chat_template_picks_judges_and_writes_by_its_strategies(chat_model):
    simple, search = [Problem("How much is 2 + 2?"), Problem("And 3 + 4?")], SSR(depth=2)
    teacher, reasoner = Teacher(load_model(str(chat_model)), "B, M, K"), Teacher(load_model(str(chat_model)), "")
    short = {"base": "default", "step": {"by": "text", "ends": ["\n\n"], "max_tokens": 48}}  # random texts do not end
    solver = hintree.Solver(PRESET, reasoner=reasoner, teacher=teacher, search=search, seed=2, protocol=short)
    solutions = list(solver.solve_many(simple, progress=False))
    assert len(solutions) == len(simple)
    for solution in solutions:
        drafts = [node for node in solution.tree.root.children if node.author == "reasoner"]
        assert [node.hint for node in drafts] == list(strategies_of("BMK"))
        assert str(solution.stop_reason) == "complete"
        written = sum(node.step.tokens for node in solution.tree if node.author == "teacher")
        assert 0 < solution.ledger["teacher"].generated_tokens - written <= 12
    picks = [r for r in teacher.requests if r.prompt.assistant == "Letters:"]
    assert [r.prompt.user.count("\nM. Unknown") for r in picks] == [1, 1] and "2 + 2" in picks[0].prompt.user
    for model in (teacher, reasoner):
        instructions = {r.prompt.system for r in model.requests if r.prompt.system}
        assert len(instructions) == 3
        assert {any(s.endswith(str(strategy)) for s in instructions) for strategy in strategies_of("BK")} == {True}
    for roles, model in ((("teacher", "scorer"), teacher.model), (("reasoner",), reasoner.model)):
        found = [sum(getattr(s.ledger[r], name) for s in solutions for r in roles) for name in model.usage._fields]
        assert found == list(model.usage)


def test_what_a_random_model_picks_is_unknown_and_paid_for(chat_model):
    solver = hintree.Solver(PRESET, reasoner="embedded:student", teacher=str(chat_model), search=SSR(depth=1))
    solution = solver.solve(QUESTION)
    assert all(node.hint is None for node in solution.tree)
    assert solution.ledger["teacher"].calls > sum(node.author == "teacher" for node in solution.tree)


ASKED = [Problem(p.question, p.id) for p in problems("test", (2, 4), n=4, seed=11)]


def test_the_shipped_models_write_three_tracks_without_a_strategy_and_vote():
    solutions = list(hintree.Solver("ssr", seed=3, pool=shared_pool()).solve_many(ASKED, progress=False))
    assert len(solutions) == len(ASKED)
    for solution in solutions:
        first = [node for node in solution.tree.root.children if node.author == "reasoner"]
        assert [node.index for node in first] == [0, 1, 2]
        assert all(node.hint is None for node in solution.tree)
        steps = sum(node.author == "teacher" for node in solution.tree)
        assert solution.ledger["teacher"].calls == steps
        votes = [node.step.answer for node in solution.tree.terminals()]
        assert votes.count(solution.answer) == max(map(votes.count, votes))
    assert any(solution.ledger["teacher"].calls for solution in solutions)


def test_without_teacher_tokens_the_shipped_student_writes_its_own_trees_byte_for_byte():
    def grown(preset):
        solver = hintree.Solver(preset, seed=3, budget=Budget(teacher_tokens=0), pool=shared_pool())
        solver.pool.forget()
        return [to_dict(one.tree) for one in solver.solve_many(ASKED, progress=False)]

    assert grown(PRESET) == grown(replace(PRESET, rewrite=None))
