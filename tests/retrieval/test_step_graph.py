"""The graph of solved steps: made from trees, searched from problems to steps."""

import json

import pytest

from hintree.errors import RetrieverError, UsageError
from hintree.retrieval import open_retriever
from hintree.retrieval.step_graph import build_graph, save_graph, tree_files, type_of
from hintree.search import Position, Problem, StepOutput, Tree, to_dict


def solved(question, texts, wrong="", scores=0.9):
    """Return the JSON of a solved tree, whose first step has a wrong sibling."""
    tree, node = Tree(Problem(question)), None
    for i, text in enumerate(texts):
        answer = "7" if text == texts[-1] else None
        step = StepOutput(text, "end" if answer else "delimiter", 3, 0.9, 0.8, 0.1, answer)
        node = tree.add(node or tree.root, step, "reasoner")
        tree.record_score(node, scores)
        if wrong and i == 0:
            other = tree.add(tree.root, step._replace(text=wrong), "reasoner", position=Position(1))
            tree.record_score(other, 0.1)
    return json.dumps({**to_dict(tree), "chosen": node.id})


@pytest.fixture
def trees(tmp_path):
    (tmp_path / "trees").mkdir()
    for name, text in {
        "a": solved(
            "Ana has 4 pens. How many pens does Ben have?", ["4 + 3 = 7 pens", "The answer is 7."], "4 * 3 = 12"
        ),
        "b": solved("Ivo bakes 9 cakes. How many cakes does Ivo sell?", ["9 - 2 = 7 cakes", "The answer is 7."]),
        "c": solved("Low has 1 pen. How many pens?", ["1 pen", "The answer is 7."], scores=0.2),
    }.items():
        (tmp_path / "trees" / f"{name}.json").write_text(text)
    return tmp_path / "trees"


def test_a_query_finds_the_steps_of_the_nearest_problem_with_the_errors_that_were_made_there(trees, tmp_path):
    save_graph(build_graph(tree_files(trees)), tmp_path / "graph")
    retriever = open_retriever(str(tmp_path / "graph"))
    levels = [level for _, level in retriever.graph.nodes(data="level")]
    assert {level: levels.count(level) for level in set(levels)} == {"type": 2, "problem": 2, "step": 4, "error": 1}
    [found] = retriever.search(["Eva has 5 pens. How many pens does Uwe have?"], 1)
    assert found[0].id == "step1.1" and found[0].text == (
        "Problem: Ana has 4 pens. How many pens does Ben have? Solution: 4 + 3 = 7 pens Wrong step: 4 * 3 = 12"
    )
    [[first, second], none] = retriever.search(["cakes, then the answer", "giraffe"], 2)
    assert {first.id, second.id} == {"step2.1", "step2.2"} and none == []
    assert "9 - 2 = 7 cakes The answer is 7." in (first.text + second.text)


def test_the_type_of_a_problem_is_what_it_asks_without_names_and_numbers():
    assert type_of("Ana has 4 pens. How many pens does Ben have?") == "how many pens does have"
    assert type_of("7!") == "7" and type_of("") == "other"


def test_trees_without_a_right_solution_make_no_graph_and_a_damaged_one_is_refused(trees, tmp_path):
    with pytest.raises(UsageError, match="none of 1 trees has a solution"):
        build_graph([trees / "c.json"])
    with pytest.raises(UsageError, match="no such file or folder"):
        list(tree_files(tmp_path / "nowhere"))
    graph = build_graph(tree_files(trees / "a.json"))
    save_graph(graph, tmp_path / "graph")
    with pytest.raises(UsageError, match="exists"):
        save_graph(graph, tmp_path / "graph")
    file = tmp_path / "graph" / "steps.json"
    data = json.loads(file.read_text())
    circle = data["edges"] + [[end, start] for start, end in data["edges"]]
    for change in ({"version": 2}, {"nodes": [["a", "poem", "b"]]}, {"nodes": []}, {"edges": circle}, {"edges": 3}):
        file.write_text(json.dumps(data | change))
        with pytest.raises((RetrieverError, UsageError), match="graph"):
            open_retriever(str(tmp_path / "graph"))
