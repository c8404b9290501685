"""Exports: trees survive the round trip for any text, and other programs can draw them."""

import html
import io
import json
import math
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hintree.errors import UsageError
from hintree.export import ShownTree, mermaid, read, render, visible
from hintree.export.files import READERS, WRITERS, write
from hintree.export.rows import to_lines
from hintree.search import Beam, Problem, Rewrite, StepOutput, Tree, choose, from_networkx, to_dict
from hintree.search.core.hints import Hint, HintKind
from hintree.search.core.tree import STATUSES
from hintree.view.text import one_line, storable
from tests.support.browser import large_tree
from tests.support.hostile_texts import HOSTILE
from tests.support.scripted import random_roles, solve

TREES = [run.tree for run in solve(random_roles(), Beam(2, 3, depth=5), Rewrite(threshold=0.6), count=12).values()]
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=12)).map(
    lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # a pair is one character
)
FLOATS = st.floats(width=32)


@st.composite
def trees(draw):
    """Any tree: hostile texts, numbers that are none, every status and author."""
    tree = Tree(Problem(draw(TEXTS), draw(TEXTS)), draw(st.integers(-(2**70), 2**70)))
    for _ in range(draw(st.integers(0, 6))):
        step = StepOutput(
            draw(TEXTS),
            draw(st.sampled_from(("delimiter", "end", "length"))),
            draw(st.integers(0, 2**40)),
            *(draw(FLOATS), draw(FLOATS), draw(FLOATS)),
            draw(st.none() | TEXTS),
        )
        author, hint = (
            draw(st.sampled_from(("reasoner", "teacher"))),
            draw(st.none() | st.builds(Hint, TEXTS, st.sampled_from(HintKind))),
        )
        old = draw(st.sampled_from([None, *tree.nodes[1:]]))
        node = tree.add(draw(st.sampled_from(tree.nodes)), step, author, hint=hint, hint_tokens=2, replaces=old)
        node.status, node.reason = draw(st.sampled_from(STATUSES)), draw(TEXTS)
        node.score, node.value = draw(st.none() | st.floats(0, 1)), draw(FLOATS)
        node.visits = draw(st.integers(0, 10**6))
    return tree


def solved(tree):
    return ShownTree(tree, tree.nodes[-1])


@given(trees())
@settings(max_examples=150, deadline=None)
def test_every_tree_comes_back_from_every_form_that_can_be_read(tmp_path_factory, tree):
    expected = to_dict(tree)
    assert to_dict(Tree.from_json(tree.to_json())) == expected
    assert to_dict(from_networkx(tree.to_networkx())) == expected
    file = tmp_path_factory.getbasetemp() / "tree"
    for ending in READERS:
        path = file.with_suffix(ending)
        path.write_bytes(render(solved(tree), ending))
        back = read(path)
        assert to_dict(back.tree) == expected and back.chosen.id == len(tree) - 1


@given(trees())
@settings(max_examples=60, deadline=None)
def test_text_forms_hold_no_control_character_and_no_foreign_markup(tree):
    for ending in (".dot", ".mmd", ".md", ".html"):
        text = render(solved(tree), ending).decode()
        if ending != ".html":
            assert visible(text) == text
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    page = render(solved(tree), ".html").decode()
    assert len(re.findall(r"<(script|style)\b", page)) == 3 and page.count("</noscript>") == 1
    [data] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert json.loads(data)["question"] == visible(tree.problem.question)
    assert not set(data) & set("<>&\u2028\u2029")


@given(trees())
@settings(max_examples=60, deadline=None)
def test_markdown_shows_the_texts_and_nothing_else(tree):
    text = render(solved(tree), ".md").decode()
    made = MarkdownIt("commonmark").enable("strikethrough").render(text)
    assert set(re.findall(r"<(\w+)", made)) <= {"h1", "p", "ul", "li", "code", "em", "strong", "s"}
    plain = " ".join(html.unescape(re.sub(r"<[^>]+>", "", made)).split())
    for node in tree.nodes[1:]:
        assert " ".join(one_line(node.step.text).split()) in plain


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.problem.id)
def test_other_readers_see_the_same_tree(tree, tmp_path):
    for ending, reader in ((".graphml", nx.read_graphml), (".gexf", nx.read_gexf)):
        path = tmp_path / f"tree{ending}"
        path.write_bytes(render(solved(tree), ending))
        graph = reader(path, node_type=int)
        assert set(graph.edges) == {(n.parent.id, n.id) for n in tree if n.parent is not None}
        for node in tree.nodes[1:]:
            seen = graph.nodes[node.id]
            assert (seen["author"], seen["status"], seen["visits"]) == (node.author, node.status, node.visits)
            assert seen.get("score") == node.score


def test_hints_ids_reasons_and_answers_are_in_every_form():
    tree = next(tree for tree in TREES if any(node.replaces for node in tree))
    hinted = tree.add(tree.root, StepOutput("a step", "end", 3, 0.5, 0.5, 0.1, "7"), "reasoner", hint=Hint("add them"))
    shown = ShownTree(tree, hinted)
    for ending in (".dot", ".mmd", ".svg", ".md", ".html"):
        text = html.unescape(render(shown, ending).decode()).replace("#58;", ":")
        assert "hint: add them" in text or '"add them"' in text, ending
        assert re.search(rf"\b{hinted.id}\b", text), ending
    for ending, reader in ((".graphml", nx.read_graphml), (".gexf", nx.read_gexf)):
        graph = reader(io.BytesIO(render(shown, ending)), node_type=int)
        row = graph.nodes[hinted.id]
        assert (row["hint"], row["answer"], row["chosen"], row["text"]) == ("add them", "7", True, "a step")
        given_up = [node for node in tree if node.reason]
        assert given_up and all(graph.nodes[node.id]["reason"] == one_line(node.reason) for node in given_up)
        assert not any(graph.nodes[node.id]["chosen"] for node in tree.nodes[1:] if node is not hinted)
        replacing = {node.id: node.replaces for node in tree if node.replaces is not None}
        assert replacing and all(graph.nodes[i]["replaces"] == old for i, old in replacing.items())


SCHEMAS = os.environ.get("HINTREE_SCHEMAS", "")


@pytest.mark.slow
@pytest.mark.skipif(not SCHEMAS, reason="HINTREE_SCHEMAS names no folder with graphml.xsd and gexf.xsd")
@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_graphs_fit_the_schema_of_their_format(form):
    etree = pytest.importorskip("lxml.etree")
    schema = etree.XMLSchema(etree.parse(str(Path(SCHEMAS, form, f"{form}.xsd"))))
    for tree in [*TREES, large_tree(300).tree]:
        schema.assertValid(etree.fromstring(render(solved(tree), f".{form}")))


def test_mermaid_cuts_texts_shorter_or_takes_several_diagrams_where_the_whole_is_too_long(tmp_path, monkeypatch):
    tree = Tree(Problem("long?"))
    for i in range(400):
        tree.add(tree.root, StepOutput(f"{i} " + "word " * 40, "delimiter", 3, 0.5, 0.5, 0.1), "reasoner")
    assert len(render(solved(tree), ".mmd")) <= 50_000
    for _ in range(90):
        tree.add(tree.root, StepOutput("$" * 200, "delimiter", 3, 0.5, 0.5, 0.1), "reasoner", hint=Hint("$" * 200))
    with pytest.raises(UsageError, match=r"takes \d+ \.mmd files"):
        render(solved(tree), ".mmd")
    for shown in (solved(tree), large_tree(700)):
        files = write(shown, tmp_path / f"{len(shown.tree)}.mmd")
        texts = [file.read_text() for file in files]
        assert len(files) > 2 and files[1].name == f"{len(shown.tree)}-2.mmd"
        assert all(len(text) <= 50_000 and len(re.findall(r" -+> ", text)) <= 500 for text in texts)
        boxes = [set(map(int, re.findall(r'^  n(\d+)\[+"', text, re.MULTILINE))) for text in texts]
        whole = [set(map(int, re.findall(r"^  n(\d+)\[.*:::(?!before)", text, re.MULTILINE))) for text in texts]
        assert sorted(i for part in whole for i in part) == [node.id for node in shown.tree], "each step once"
        for text, there in zip(texts, boxes, strict=True):
            ends = {int(i) for pair in re.findall(r"^  n(\d+) --> n(\d+)$", text, re.MULTILINE) for i in pair}
            assert ends == there and 0 in there, "one tree, from the problem on"
    monkeypatch.setattr(mermaid, "MOST_PARTS", 3)
    with pytest.raises(UsageError, match=r"more than 3 diagrams; take \.svg"):
        render(shown, ".mmd")


def test_mermaid_has_a_node_for_every_step_and_an_edge_for_every_link():
    for tree in TREES:
        text = render(solved(tree), ".mmd").decode()
        assert len(re.findall(r'^  n\d+\[{1,2}"[\w #;<>/]*"\]{1,2}:::\w+$', text, re.MULTILINE)) == len(tree)
        assert len(re.findall(r"^  n\d+ -->", text, re.MULTILINE)) == len(tree) - 1
        assert text.count("rewrite") == sum(node.replaces is not None for node in tree)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@given(trees())
@settings(max_examples=15, deadline=None)
def test_graphviz_reads_what_we_write(tree):
    done = subprocess.run(["dot", "-Tplain"], input=render(solved(tree), ".dot"), capture_output=True, check=True)
    assert done.stderr == b""
    kinds = [line.split(b" ")[0] for line in done.stdout.splitlines()]
    assert kinds.count(b"node") == len(tree)


@pytest.mark.parametrize("graphviz", [True, False])
@pytest.mark.parametrize("ending", [".svg", ".png"])
def test_pictures_with_graphviz_and_without(ending, graphviz, monkeypatch, tmp_path):
    if not graphviz:
        monkeypatch.setenv("PATH", str(tmp_path))
    elif shutil.which("dot") is None:
        pytest.skip("Graphviz is not installed")
    drawn = render(solved(TREES[0]), ending)
    if ending == ".png":
        assert drawn[:8] == b"\x89PNG\r\n\x1a\n" and int.from_bytes(drawn[16:20]) > 300
    else:
        root = ET.fromstring(drawn)
        assert root.tag.endswith("svg")
        shape = "{*}g[@class='node']" if graphviz else "*[@class='step']"
        assert len(root.findall(f".//{shape}")) >= len(TREES[0])


def test_large_trees_are_drawn_by_our_own_layout():
    picture = ET.fromstring(render(large_tree(3_000), ".svg"))
    assert len(picture.findall(".//*[@class='step']")) >= 3_000
    assert float(picture.get("width")) <= 5_000


def test_training_rows_have_trls_columns_and_follow_the_scores():
    rows = {
        form: [json.loads(line) for line in to_lines(form, [ShownTree(t, choose(t).node) for t in TREES])]
        for form in ("prm", "sft", "dpo")
    }
    assert all(set(row) == {"prompt", "completions", "labels"} for row in rows["prm"])
    assert all(len(row["completions"]) == len(row["labels"]) > 0 for row in rows["prm"])
    paths = {
        (t.problem.question, *(n.step.text for n in end.path())): [n.score >= 0.5 for n in end.path()]
        for t in TREES
        for end in t
        if end.parent and all(n.score is not None for n in end.path())
    }
    assert len(rows["prm"]) > len(TREES)
    for row in rows["prm"]:
        assert paths[row["prompt"], *row["completions"]] == row["labels"]
    assert len(rows["sft"]) == sum(choose(t).node.status == "terminal" for t in TREES)
    for row, tree in zip(rows["sft"], [t for t in TREES if choose(t).node.status == "terminal"], strict=True):
        assert row == {
            "prompt": tree.problem.question + "\n",
            "completion": "".join(
                n.step.text + ("" if n.step.ended == "length" else "\n") for n in choose(tree).node.path()
            ),
        }
    assert rows["dpo"] and all(set(row) == {"prompt", "chosen", "rejected"} for row in rows["dpo"])
    scores = {(n.step.text, n.score) for t in TREES for n in t}
    for row in rows["dpo"]:
        best = {
            text: [s for t, s in scores if t == text and s is not None] for text in (row["chosen"], row["rejected"])
        }
        assert max(best[row["chosen"]]) > min(best[row["rejected"]])


def test_training_rows_load_with_datasets_whatever_the_text(tmp_path):
    datasets = pytest.importorskip("datasets")
    tree = Tree(Problem(HOSTILE[17]))
    for text in HOSTILE:
        old = tree.add(tree.root, StepOutput(text, "delimiter", 3, 0.5, 0.5, 0.1), "reasoner")
        new = tree.add(tree.root, StepOutput(f"{text}.", "end", 3, 0.5, 0.5, 0.1), "teacher", replaces=old)
        tree.record_score(old, 0.1)
        tree.record_score(new, 0.9)
    for form in ("prm", "sft", "dpo"):
        lines = list(to_lines(form, [ShownTree(tree, choose(tree).node)]))
        (tmp_path / f"{form}.jsonl").write_text("".join(lines))
        loaded = datasets.load_dataset(
            "json", data_files=str(tmp_path / f"{form}.jsonl"), split="train", cache_dir=str(tmp_path)
        )
        assert list(loaded) == [json.loads(line) for line in lines] and len(loaded) == len(lines) > 0


@pytest.mark.parametrize("ending", READERS)
@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\x00", b"<graphml/>", b"[1]", b'{"format": "other"}', b"[" * 99_999]
)
def test_other_files_are_refused_in_one_line(ending, content, tmp_path):
    path = tmp_path / f"x{ending}"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read as a tree"):
        read(path)


def test_endings_that_mean_nothing_are_refused(tmp_path):
    for name in ("tree.txt", "tree", "tree.dot"):
        with pytest.raises(UsageError, match=r"\.json, \.graphml, \.gexf"):
            read(tmp_path / name)
    with pytest.raises(UsageError, match=re.escape(", ".join(WRITERS))):
        render(solved(TREES[0]), ".doc")


def test_one_sanitiser():
    assert visible("a\x1b[31mb\u202ec\u200bd\nE\ud800") == "a\\x1b[31mb\\u202ec\\u200bd\nE\\ud800"
    assert (one_line(" a\n b   c ", 4), one_line(" a\n b   c ", 5)) == ("a b…", "a b c")
    assert storable("a\ud800b\x1b😀") == "a\ufffdb\x1b😀"


def test_numbers_that_json_lacks_come_back():
    tree = Tree(Problem("q"))
    node = tree.add(tree.root, StepOutput("a", "delimiter", 1, math.nan, math.inf, -math.inf), "reasoner")
    node.value = math.nan
    text = tree.to_json()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    step = Tree.from_json(text).nodes[1].step
    assert math.isnan(step.mean_probability) and (step.min_probability, step.entropy) == (math.inf, -math.inf)
