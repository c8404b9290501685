"""Loops and long paths: what repeats without an end fails or is cut, and what a good solution repeats is kept."""

import json

import pytest

from hintree.errors import UsageError
from hintree.grade import find_answer
from hintree.search import (
    Beam,
    BestOfN,
    PathLimits,
    Problem,
    Rejection,
    StepOutput,
    Tree,
    choose,
    from_dict,
    to_dict,
)
from hintree.search.core.loops import before_loop, loops, period_of_steps
from hintree.search.registry import SEARCHES, describe, make_search
from tests.support.growth import is_linear
from tests.support.scripted import Scripted, solve_one, steps, written

SOLUTION = [
    "We are to simplify the sum of the first four terms, where each term is half of the one before it.",
    "This simplifies to:",
    "\\[ 8 + 4 + 2 + 1 \\]",
    "We also need the product of the same terms, since the question asks for their quotient.",
    "This simplifies to:",
    "\\[ 8 \\cdot 4 \\cdot 2 \\cdot 1 \\]",
    *(f"Paragraph {i}: {i} + {i + 1} = {2 * i + 1}." for i in range(20)),
    "The answer is 15.",
]
"""A solution in the manner of public outputs: a sentence twice, and more than 17 paragraphs."""


def add_all(tree, texts, tokens=3):
    node = tree.root
    for text in texts:
        node = tree.add(node, written(text, tokens=tokens), "reasoner")
    return node


def lines_of(texts):
    return {"/".join(texts[:i]): [text] for i, text in enumerate(texts)}


SETTINGS = {
    "mcts": "simulations=40",
    "ab-mcts": "simulations=600,arms=reasoner",
    "glimprouter": "threshold=9,ending=any",
    "steer": "threshold=0,mixture=0.3+0.6+0.2+0.7+0.95+0.05",
    "mur": "depth=40",
    "revise": "rounds=0",
    "rstar": "depth=40,actions=step",
}
"""Settings of searches whose usual ones are too few for 27 steps, or need a teacher."""


def next_paragraph(request):
    """Write the solution's next paragraph; a first-token probe is answered by it too."""
    text = SOLUTION[request.node.depth]
    return StepOutput(text, "end" if text == SOLUTION[-1] else "delimiter", 20, 0.9, 0.5, 0.1, find_answer(text))


@pytest.mark.parametrize("name", SEARCHES)
def test_a_solution_of_27_paragraphs_with_a_sentence_said_twice_survives(name):
    search = make_search(name, SETTINGS.get(name, ""))
    tree = solve_one({"reasoner": Scripted(next_paragraph)}, search).tree
    found = choose(tree)
    assert (found.answer, [node.step.text for node in found.node.path()]) == ("15", SOLUTION)


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["a", "b", "b", "b"], "the same step, 3 times in a row"),
        (["x", "a", "b", "a", "b", "a", "b"], "the same 2 steps, 3 times in a row"),
        (["a", "b", "c"] * 3, "the same 3 steps, 3 times in a row"),
    ],
)
def test_a_path_that_ends_in_a_loop_fails_and_says_so_by_type(texts, reason):
    last = add_all(tree := Tree(Problem("q")), texts)
    assert (last.status, last.rejected_because, last.reason) == ("failed", Rejection.LOOP, reason)
    assert [node.status for node in tree.nodes[1:-1]] == ["open"] * (len(texts) - 1)
    assert from_dict(json.loads(json.dumps(to_dict(tree)))).nodes[-1].rejected_because is Rejection.LOOP


@pytest.mark.parametrize(
    "texts", [["a", "a"], ["a", "b", "a", "c", "a", "d"], ["a", "b", "a", "b", "a"], ["a", "b", "b"]]
)
def test_what_is_said_again_is_no_loop(texts):
    assert add_all(Tree(Problem("q")), texts).status == "open"


def test_a_finished_path_is_no_loop_and_not_too_long():
    last = add_all(Tree(Problem("q")), ["a!", "a!", "a!"])
    assert last.status == "terminal"
    tree = Tree(Problem("q"))
    tree.limits = PathLimits(path_tokens=6)
    assert add_all(tree, ["a", "x=1"], tokens=5).status == "terminal"


def test_repeats_is_a_setting_and_0_looks_for_no_loop():
    assert period_of_steps(["a", "a"], 2) == 1 and period_of_steps(["a"] * 50, 0) == 0
    lines = lines_of(["a"] * 9 + ["x=1"])
    for repeats, answer in ((0, "1"), (10, "1"), (9, None), (2, None)):
        assert choose(solve_one({"reasoner": steps(lines)}, Beam(1, 1, repeats=repeats)).tree).answer == answer, repeats
    assert make_search("beam", "repeats=5,path_tokens=90") == Beam(repeats=5, path_tokens=90)
    for settings in ("repeats=1", "repeats=-1", "path_tokens=0", "repeats=2.5", "path_tokens=none"):
        with pytest.raises(UsageError, match=r"Beam (repeats|path_tokens)="):
            make_search("beam", settings)


def test_a_path_is_given_up_when_its_tokens_are_spent():
    lines = lines_of([f"s{i}" for i in range(30)] + ["x=1"])
    tree = solve_one({"reasoner": steps(lines)}, BestOfN(1, path_tokens=30)).tree
    last = tree.nodes[-1]
    assert (last.depth, last.path_tokens, last.rejected_because) == (10, 30, Rejection.OUT_OF_TOKENS)
    assert last.reason == "30 tokens without an end"
    assert from_dict(to_dict(tree)).nodes[-1].path_tokens == 30
    assert choose(solve_one({"reasoner": steps(lines)}, BestOfN(1, path_tokens=94)).tree).answer == "1"


def test_every_search_has_the_limits_of_paths_and_lists_them_last():
    assert len(SEARCHES) == 25
    for name in SEARCHES:
        assert list(describe(name)[1].items())[-2:] == [("path_tokens", 4096), ("repeats", 3)]


LOOPS = {
    "sentence": (
        "6 + 12 = 18. The answer is 18." + " The answer is 18." * 15 + " The ans",
        "6 + 12 = 18. The answer is 18.",
    ),
    "line": ("Total:\n" + "The answer is 5.\n" * 14, "Total:\nThe answer is 5."),
    "two lines": ("We add.\n" + "First we add them.\nThen we take them away.\n" * 6, None),
    "from its beginning": ("The answer is 7. " * 20, "The answer is 7."),
    "interrupted statement": ("There are 3.\nThe answer is 12 + 12" + " + 12" * 60, "There are 3.\n"),
    "box": ("So it is 4.\n" + "\\boxed{4} " * 40, None),
    "numbered line": (
        "1. There are 10.\n2. Half is 5.\n" + "3. Calculate the rest of them.\n" * 9,
        "1. There are 10.\n2. Half is 5.\n3. Calculate the rest of them.",
    ),
    "counted lines": (
        "We divide.\n" + "".join(f"{i}. 14 / 8 is 1 again.\n" for i in range(1, 20)) + "20. 14",
        "We divide.\n1. 14 / 8 is 1 again.",
    ),
    "counted pairs": (
        "".join(f"{i}. We add.\n{i + 1}. We take away.\n" for i in range(1, 40, 2)),
        "1. We add.\n2. We take away.",
    ),
    "number": ("It is 0." + "3" * 300, ""),
}


@pytest.mark.parametrize(("text", "kept"), LOOPS.values(), ids=LOOPS.keys())
def test_what_a_text_states_before_its_loop_is_kept(text, kept):
    found = before_loop(text, 3)
    assert found is not None and text.startswith(found) and len(found) < 70
    assert kept is None or found == kept
    assert before_loop(text, 0) is None


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(SOLUTION),
        "The same holds for b, as every factor of it is one of a too. " * 2,
        "2 \\cdot 2 \\cdot 2 \\cdot 2 \\cdot 2 \\cdot 2 \\cdot 2 \\cdot 2 = 256",
        " \\\\ ".join(["0 & 0 & 0 & 0 & 0"] * 5),
        "\n".join(f"{i}. {i} + 1 = {i + 1}, so day {i} has one more." for i in range(80)),
        "=" * 120,
        "x" * 150,
    ],
)
def test_what_a_good_solution_repeats_is_no_loop(text):
    assert [end for end in range(len(text) + 1) if loops(text[:end], 3)] == []


@pytest.mark.parametrize("unit", ["a", "ab", "a" * 690 + "b", "a\\boxed{", "\\boxed{{", "so. ", "x" * 15, "\n"])
def test_looking_for_a_loop_takes_linear_time(unit):
    def repeats(length):
        return ("w" + unit * (length // len(unit)))[:length] + "!"

    def look(text):
        assert before_loop(text, 3) is None
        before_loop(text[:-1], 3)

    assert is_linear(look, repeats, 100_000, bound=2e-6)


@pytest.mark.parametrize("unit", ["1. a\n", "12) so\n12) no\n", "1. " * 50 + "\n", "1\n" * 9 + "2.\n"])
def test_looking_for_a_loop_of_lines_takes_linear_time(unit):
    def repeats(length):
        return "w" + unit * (length // len(unit))

    def look(text):
        found = before_loop(text, 3)
        assert found is not None and len(found) < 400

    assert is_linear(look, repeats, 100_000, bound=2e-6)


def test_a_step_that_looped_goes_on_from_what_it_stated_or_ends_with_its_answer():
    tree = Tree(Problem("q"))
    looped = StepOutput("6 + 12 = 18.", "loop", 90, 0.9, 0.5, 0.1)
    assert tree.add(tree.root, looped, "reasoner").status == "open"
    assert tree.add(tree.root, looped._replace(answer="18"), "reasoner").status == "terminal"
    empty = tree.add(tree.root, looped._replace(text=""), "reasoner")
    assert (empty.status, empty.rejected_because) == ("failed", Rejection.LOOP)
    assert [node.step.ended for node in from_dict(to_dict(tree)).nodes[1:]] == ["loop"] * 3
