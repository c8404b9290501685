"""The picture: zoom, pan and folds, and the answer path above all else."""

from tests.support.browser import Keys, large_tree

PATH = [213, 94, 0]


def pixel(browser, x, y):
    """Return red, green and blue of the picture at a place."""
    read = (
        "return [...panes[0].canvas.getContext('2d').getImageData(arguments[0], arguments[1], 1, 1).data].slice(0, 3)"
    )
    return browser.run(read, round(x), round(y))


def test_the_picture_moves_with_wheel_drag_pinch_keys_and_buttons(browser, mcts):
    def place():
        return browser.run("return panes[0].place(4)")

    start = place()
    browser.on_picture("wheel", *start, deltaY=-400)
    zoomed = place()
    assert browser.run("return panes[0].picture.zoom") > 1.5
    assert all(abs(a - b) < 1 for a, b in zip(start, zoomed, strict=True)), "the point under the mouse stays"
    browser.run("panes[0].canvas.setPointerCapture = () => {}")
    for kind, x in (("pointerdown", 200), ("pointermove", 160), ("pointerup", 160)):
        browser.on_picture(kind, x, 60, pointerId=1)
    assert round(zoomed[0] - place()[0]) == 40
    before = browser.run("return panes[0].picture.zoom")
    fingers = [("down", 200, 1), ("down", 300, 2), ("move", 400, 2), ("up", 400, 2), ("up", 200, 1)]
    for kind, x, finger in fingers:
        browser.on_picture(f"pointer{kind}", x, 60, pointerId=finger)
    assert abs(browser.run("return panes[0].picture.zoom") / before - 2) < 0.01, "fingers twice as far apart"
    browser.run("panes[0].canvas.focus()")
    browser.one("canvas").send_keys(Keys.ARROW_RIGHT, "-")
    browser.press("0")
    assert place() == start
    browser.run("document.querySelector('.zooms button').click()")
    assert browser.run("return panes[0].picture.zoom") == 1.5


def test_subtrees_fold(browser, mcts):
    node = next(n for n in mcts.tree if n.parent and n.children and n not in mcts.chosen.path())
    before = browser.run("return panes[0].picture.plan.columns")
    browser.on_picture("dblclick", *browser.run("return panes[0].place(arguments[0])", node.id))
    drawn = browser.run("return [...panes[0].picture.plan.drawn.keys()].filter((i) => panes[0].picture.plan.drawn[i])")
    hidden = {n.id for n in node.below()}
    assert hidden and set(drawn) == set(range(len(mcts.tree))) - hidden
    assert browser.run("return panes[0].picture.plan.columns") < before
    browser.run("select(panes[0], arguments[0])", min(hidden))
    assert browser.run("return panes[0].picture.folded.size") == 0, "a selected step is never folded away"


def test_the_answer_path_is_on_top_in_large_trees_and_every_step_is_drawn(browser):
    solved = large_tree(2_000)
    for node in solved.tree.nodes[1:]:
        if node.id % 3 == 0 and node not in solved.chosen.path():
            node.score = None
        if node.id % 7 == 0 and node not in solved.chosen.path():
            node.status = "pruned"
    browser.show(solved)
    browser.run("select(panes[0], 0)")
    browser.frame()
    path = [node.id for node in solved.chosen.path()]
    for a, b in zip([0, *path], path, strict=False):
        (x, y), (u, v) = browser.run("return arguments[0].map((i) => panes[0].place(i))", [a, b])
        near = [pixel(browser, (x + u) / 2 + dx, (y + v) / 2) for dx in (-1, 0, 1)]
        assert any(sum(abs(p - q) for p, q in zip(one, PATH, strict=True)) < 90 for one in near), f"edge to step {b}"
    lone = next(n.id for n in solved.tree.nodes[1:] if n.score is None and not n.children)
    x, y = browser.run("return panes[0].place(arguments[0])", lone)
    alpha = "return panes[0].canvas.getContext('2d').getImageData(arguments[0], arguments[1], 2, 2).data[3]"
    assert browser.run(alpha, int(x), int(y)) > 0, "a step without a score is seen"
