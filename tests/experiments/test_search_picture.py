"""The picture of the searches: no two steps overlap, and text of a model is escaped."""

import itertools
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path

import pytest

from hintree.experiments import search_picture
from hintree.experiments.search_picture import SEARCHES, are_distinct, settings
from hintree.export.drawing import Panel, colour, draw
from hintree.search import MCTS, Beam, BestOfN, Problem, Tree, choose
from hintree.search.core.endings import Rejection
from hintree.view.layout import Size, circles, columns
from tests.support.scripted import random_roles, solve, solve_one, written

DOCS = Path(__file__).parents[2] / "docs"
SVG = "{http://www.w3.org/2000/svg}"
GROWN = [
    run.tree
    for s in (Beam(3, 4, depth=5), MCTS(20, 3), BestOfN(9))
    for run in solve(random_roles(), s, count=8).values()
]
HOSTILE = "</text><script>alert(1)</script>&\"'\x00\x1b[31m\u202e\ud800\uffff"


def tree_of(parents):
    """A tree from each step's parent: {step: parent} in order, the root is 0."""
    tree = Tree(Problem("which way?"))
    for i, parent in enumerate(parents, 1):
        tree.record_score(tree.add(tree.nodes[parent], written(f"step {i}"), "reasoner"), i % 11 / 10)
    return tree


def chain(steps):
    return tree_of(range(steps))


SCRIPTED = [
    tree_of([]),
    chain(4),
    tree_of([0] * 60),
    tree_of([0, 0, 1, 2, 2, 2, 1, 3, 8, 8, 0, 11]),
    tree_of([0, 1, 2, 0, 0, 0, 3, 3, 3, 3, 5]),
]


def show(tree, question="which way?"):
    """The picture of one tree, read as XML."""
    chosen = choose(tree).node
    return ET.fromstring(draw("a heading", question, [Panel("name", "n=1", tree, chosen, ("cost", "end"))]))


def texts(picture):
    return [element.text or "" for element in picture.iter(f"{SVG}text")]


@pytest.mark.parametrize("tree", [*SCRIPTED, *GROWN])
def test_steps_of_a_level_do_not_overlap_and_stay_in_their_panel(tree):
    levels, size = defaultdict(list), Size()
    for node, circle in zip(tree, circles(tree, 6, size), strict=True):
        levels[node.depth].append(circle)
        assert circle.r <= circle.x <= size.wide - circle.r and circle.r <= circle.y <= size.high - circle.r
    for level in levels.values():
        assert len({circle.y for circle in level}) == 1
        for a, b in itertools.pairwise(sorted(level)):
            assert b.x - a.x >= 1.25 * (a.r + b.r) - 1e-9, "with the rings of finished steps"


@pytest.mark.parametrize("tree", [*SCRIPTED, *GROWN])
def test_parents_are_centred_over_their_children_and_leaves_stand_side_by_side(tree):
    at = columns(tree)
    for node in tree:
        if node.children:
            assert at[node.id] == (at[node.children[0].id] + at[node.children[-1].id]) / 2
            places = [at[child.id] for child in node.children]
            assert places == sorted(places), "siblings stand in the order in which they were written"
    leaves = [at[node.id] for node in tree if not node.children]
    assert sorted(leaves) == list(range(len(leaves)))


def test_a_path_of_ten_thousand_steps_needs_no_recursion():
    tree = chain(10_000)
    assert columns(tree) == [0.0] * 10_001
    picture = show(tree)
    assert len(list(picture.iter(f"{SVG}line"))) == 10_000 + 1, "one per step, one in the legend"


def test_hostile_text_is_escaped_wherever_it_stands():
    tree = Tree(Problem(HOSTILE))
    tree.add(tree.root, written(f"{HOSTILE}={HOSTILE}"), "reasoner").fail(Rejection.NO_SCORE, HOSTILE)
    tree.add(tree.root, written(f"x={HOSTILE}"), "reasoner")
    panel = Panel(HOSTILE, HOSTILE, tree, tree.nodes[2], (HOSTILE, HOSTILE))
    source = draw(HOSTILE, HOSTILE, [panel])
    picture = ET.fromstring(source.encode())
    assert {element.tag.removeprefix(SVG) for element in picture.iter()} == {
        *("svg", "title", "rect", "text", "g", "line", "circle", "polygon", "linearGradient", "stop")
    }
    assert not set(source) & set("\x00\x1b\u202e\ud800\uffff")
    assert any(shown.startswith("</text><script>alert(1)") for shown in texts(picture))


def test_a_picture_shows_the_chosen_path_and_its_answer():
    tree = solve_one(random_roles(odd=False), Beam(2, 3, depth=9)).tree
    node = choose(tree).node
    picture = show(tree)
    thick = [line for line in picture.iter(f"{SVG}line") if line.get("stroke-width") == "4"]
    assert len(thick) == node.depth + 1, "and one in the legend"
    assert node.step.answer in texts(picture)
    assert len(picture.findall(".//*[@class='step']")) == len(tree) + 3, "and three in the legend"
    assert picture.find(f"{SVG}rect").get("fill") == "#ffffff", "readable on a dark page"


def test_colours_run_from_dark_to_light():
    assert [colour(x) for x in (None, 0.0, 0.2, 1.0)] == ["#ffffff", "#00224e", "#35456c", "#fee838"]
    bright = [sum(bytes.fromhex(colour(i / 100)[1:])) for i in range(101)]
    assert bright == sorted(bright)


def test_trees_of_one_shape_or_too_few_steps_tell_nothing():
    assert are_distinct([chain(12), tree_of([0] * 12)])
    assert not are_distinct([chain(12), chain(12)])
    assert not are_distinct([chain(12), chain(3)]) and not are_distinct([chain(12), chain(65)])


@pytest.mark.slow
def test_the_picture_of_the_docs_is_what_its_command_draws():
    assert (DOCS / "searches.svg").read_text() == search_picture.picture(0), "stale: make pictures"


def test_the_picture_of_the_docs_is_whole_and_has_every_search():
    drawn = ET.parse(DOCS / "searches.svg").getroot()
    for name, search in SEARCHES.items():
        assert {name, settings(search)} <= set(texts(drawn))
