"""Every export names the action of a step; training rows hold the steps of solutions only."""

import json

from hintree.export.diagrams import to_dot
from hintree.export.files import render
from hintree.export.rows import to_lines
from hintree.solver.solution_tree import step_line
from hintree.view.layout import byline
from tests.support.question_trees import CHAIN, QUESTION, question_tree


def test_every_export_names_the_action_of_every_step():
    shown = question_tree()
    names = ["sub_questions", "ask", *(name for name, _ in CHAIN)]
    lines = [step_line(node) for node in shown.tree.nodes[1:]]
    for node, name, line in zip(shown.tree.nodes[1:], names, lines, strict=True):
        assert byline(node) == f"{node.author} {name}" and f": {node.author} {name} - " in line
    for ending in (".md", ".svg", ".dot", ".graphml", ".gexf", ".html"):
        text = render(shown, ending).decode().replace("\\_", "_")
        assert all(text.count(name) >= names.count(name) for name in names), ending
    for ending, entity in ((".mmd", "#95;"), (".json", "_")):
        text = render(shown, ending).decode()
        assert all(name.replace("_", entity) in text for name in names), ending
    assert "ellipse" in to_dot(shown.tree, shown.chosen) and "cylinder" in to_dot(shown.tree, shown.chosen)
    graph = shown.tree.to_networkx()
    assert [graph.nodes[i]["yields"] for i in (1, 4, 9)] == ["sub_questions", "passages", "solution"]
    assert graph.nodes[2]["copy_of"] == 1


def test_training_rows_hold_the_steps_of_solutions_only():
    shown = question_tree()
    for node in shown.tree.nodes[5:]:
        node.score = 0.9
    solution = [text for name, text in CHAIN if name not in ("query", "look_up")]
    [row] = [json.loads(line) for line in to_lines("prm", [shown]) if "11" in line]
    found = [{"id": "p1", "text": CHAIN[1][1]}]
    labels = [True] * len(solution)
    assert row == {"prompt": QUESTION, "completions": solution, "labels": labels, "passages": found, "first": 0}
    [row] = [json.loads(line) for line in to_lines("sft", [shown])]
    assert row["completion"] == "\n".join(solution) + "\n"
