"""The replay goes from event to event, and never shows what was still to come."""

import pytest

from hintree.export import ShownTree


def states(tree):
    """Return, after each event, the ids of the steps that were there, those with a score, and those given up."""
    there, scored, lost = set(), set(), set()
    for event in tree.events:
        if event.kind == "step":
            there.add(event.node)
        elif event.kind == "score":
            scored.add(event.node)
        elif event.kind == "status":
            (lost.discard if event.more[0] in ("open", "terminal") else lost.add)(event.node)
        yield set(there), set(scored), set(lost)


def test_every_change_of_a_tree_is_an_event(trees):
    for shown in trees:
        tree = shown.tree
        *_, (there, scored, lost) = states(tree)
        assert there == {node.id for node in tree.nodes[1:]}
        assert scored == {node.id for node in tree if node.score is not None}
        assert lost == {node.id for node in tree if node.status in ("pruned", "rejected", "failed")}
        asked = [event.more for event in tree.events if event.kind == "request"]
        assert sum(count for role, count in asked if role == "scorer") >= len(scored)


def test_a_replay_never_shows_the_future(browser, mcts):
    browser.click("#all")
    log = list(states(mcts.tree))
    for time in (1, 5, 17, len(log) // 2, len(log) - 3):
        browser.choose("#time", str(time))
        there, scored, lost = log[time - 1]
        assert set(browser.rows()) == {0, *there}
        known = browser.run(
            "const {tree: {size, timeline}, time} = panes[0], all = [...Array(size).keys()];"
            "return all.filter((i) => panes[0].isShown(i)).map((i) => "
            "[i, timeline.scoreAt(i, time), timeline.statusAt(i, time)[0]])"
        )
        assert {i for i, score, _ in known if score is not None} == scored
        assert {i for i, _, status in known if status in ("pruned", "rejected", "failed")} == lost
    assert browser.one("#happened").text


def test_steps_of_the_replay_the_list_of_events_and_the_speed(browser, mcts):
    end = len(mcts.tree.events) + 1
    assert browser.one("#clock").text == f"event {end} of {end}"
    browser.press("[")
    assert browser.one("#clock").text == f"event {end - 1} of {end}"
    browser.click("#back")
    assert browser.one("#clock").text == f"event {end - 2} of {end}"
    browser.choose("#time", "20")
    browser.click("#events summary")
    now = browser.one("#eventlist .now").text
    assert now.startswith("20 ") and browser.one("#happened").text in now
    later = [row.text for row in browser.all("#eventlist button")][20:]
    assert later and all(text.endswith("…") for text in later), "the list does not tell what is to come"
    browser.run("document.querySelectorAll('#eventlist button')[4].click()")
    assert browser.one("#clock").text == f"event 5 of {end}"
    browser.click("#events summary")
    browser.choose("#time", str(end - 4))
    browser.choose("#speed", "16")
    browser.click("#play")
    browser.until(lambda: browser.one("#clock").text.startswith(f"event {end} of"))
    browser.until(lambda: browser.one("#play").text == "▶")


@pytest.mark.parametrize("forgetful", [True, False])
def test_trees_without_events_are_replayed_in_the_order_of_their_steps(browser, trees, rewritten, forgetful):
    tree = trees[1].tree
    kept = list(tree.events)
    if forgetful:
        tree.events.clear()
    try:
        browser.show(ShownTree(tree, trees[1].chosen))
    finally:
        tree.events[:] = kept
    old, new = rewritten
    born = browser.run("return [...panes[0].tree.timeline.born]")
    assert born == sorted(born) and born[0] == 0
    browser.choose("#time", str(born[new.id] - 1))
    assert "rejected" not in browser.run(
        "return panes[0].tree.timeline.statusAt(arguments[0], panes[0].time)[0]", old.id
    )
    assert browser.run("return panes[0].tree.timeline.recorded") is not forgetful
