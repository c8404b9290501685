"""Whatever a model writes, no terminal, table, page or file of hintree holds a control character or a formula of it."""

import csv
import io
import json
import logging
import unicodedata

import pytest
from rich.console import Console

from hintree.cli import main
from hintree.cli.output import MessageHandler, print_json, print_message
from hintree.cli.show import show
from hintree.cli.watch import Watch
from hintree.errors import UsageError
from hintree.experiments.study.result_table import write_csv
from hintree.experiments.study.store import Store
from hintree.experiments.study.store_rows import pack_tree
from hintree.experiments.study.store_study import StoredCase, key_of
from hintree.export import ShownTree
from hintree.export.files import WRITERS
from hintree.export.rows import FORMS, to_lines
from hintree.search import Ledger, Problem, StepOutput, Tree, choose
from hintree.search.core.endings import failed
from hintree.search.core.hints import Hint
from hintree.solver import Solution
from hintree.view.story import Story
from hintree.view.text import FORMULAS, HIDDEN, storable
from tests.support.hostile_data import study
from tests.support.hostile_texts import hostile_outputs
from tests.support.question_trees import CHAIN, add_chain
from tests.support.stores import result

SAMPLE, WHOLE = 30, 300


def raw(text):
    """The hidden characters of a text, but for the ends of its lines."""
    return {c for c in text if c != "\n" and unicodedata.category(c) in HIDDEN}


def grown(outputs):
    """A tree with every output as a step, a hint, a reason and an answer."""
    tree = Tree(Problem(" ".join(outputs[:3]), outputs[0]))
    for text in outputs:
        node = tree.add(tree.root, StepOutput(text, "delimiter", 3, 0.5, 0.5, 0.1), "reasoner", hint=Hint(text))
        node.status, node.reason = "rejected", text
        step = StepOutput(text + " ", "end", 3, 0.5, 0.5, 0.1, text)
        tree.record_score(tree.add(tree.root, step, "teacher", replaces=node), 0.5)
    add_chain(tree, outputs[-len(CHAIN) :])
    return tree


def shown(tree):
    """A tree as exports and pages show it."""
    text = tree.problem.question
    story = Story(text, 0.5, text, {"preset": text}, {"reasoner": text}, reference=text)
    return ShownTree(tree, choose(tree).node, tree.problem.id, story)


def check_tree(outputs):
    """Export a tree in every format, and show it while it grows."""
    tree = grown(outputs)
    for ending, write in WRITERS.items():
        content = write(shown(tree)) if ending not in (".png", ".mmd") else b""
        assert not raw(content if isinstance(content, str) else content.decode()), ending
    few = shown(grown(outputs[:20]))
    assert not raw("".join(WRITERS[".mmd"](few)))
    for form in FORMS:
        assert not raw("".join(to_lines(form, [shown(tree)])))
    console = Console(file=io.StringIO(), width=100)
    watch = Watch(console)
    watch.print_steps(tree, len(tree))
    console.print(watch.picture(tree))
    assert not raw(console.file.getvalue())


def check_terminal(outputs, capsys):
    """Print solutions, errors, warnings and records of the log."""
    tree = grown(outputs)
    for node in tree.nodes[2 : 2 * len(outputs) : 2]:
        end = failed(node.reason or node.step.text)
        solution = Solution(tree.problem.question, node.step.answer, [node], tree, Ledger(), end, 0.5)
        console = Console(file=io.StringIO(), width=100)
        show(solution, console)
        assert not raw(console.file.getvalue())
    for text in outputs:
        print_message("error", UsageError(text))
        print_message("warning", UserWarning(text))
        MessageHandler().emit(logging.LogRecord("hintree", logging.WARNING, "", 1, "%s: odd", (text,), None))
        print_json({"text": text, text: [text]})
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert len(captured.err.split("\n")) == 3 * len(outputs) + 1 and len(lines) == len(outputs)
    assert not raw(captured.err + captured.out)
    assert captured.out.encode("utf-8").decode("utf-8") == captured.out
    same = [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in outputs]
    assert [json.loads(line)["text"] for line in lines] == same


def check_study(outputs, folder, capsys):
    """Write the table, the pages and the report of a study whose every text is an output."""
    outputs = [storable(text) for text in outputs]  # files with halves of surrogate pairs are refused
    arms = {f"{text} {i}": {**study()["arms"]["a"], "budget": {"calls": i}} for i, text in enumerate(outputs[:3], 1)}
    parts = [outputs[i::3] for i in range(3)]
    cases = [StoredCase(f"{a} {i}", b, c, a, 3) for i, (a, b, c) in enumerate(zip(*parts, strict=True))]
    whole = {**study(), "name": outputs[0], "baseline": next(iter(arms)), "arms": arms}
    with Store.create(folder, whole, cases, versions={}, hardware={}) as store:
        tree = pack_tree(grown(outputs[:4]))
        for arm in arms:
            done = [(case, result(arm, key_of(case.id, case.question), answer=case.family)) for case in cases]
            store.add([(one._replace(reason=case.question, right=True), tree) for case, one in done])
        table = write_csv(store).read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(table)))
    assert len(rows) == len(arms) * len(cases) + 1
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULAS) and not cell.lstrip("-").isdigit()]
    for command in ("view", "report", "report --json"):
        name, *options = command.split()
        assert main([name, str(folder), *options]) == 0
    assert not raw(capsys.readouterr().out)
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in (".html", ".md", ".csv", ".json", ".svg")]
    assert len(files) > len(cases)
    assert not {path.name: raw(text) for path in files if raw(text := path.read_text(encoding="utf-8"))}


def test_no_control_character_reaches_a_terminal_or_an_export(capsys):
    outputs = hostile_outputs(0, SAMPLE)
    check_tree(outputs)
    check_terminal(outputs, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_no_control_character_of_300_outputs_reaches_a_terminal_an_export_a_table_or_a_report(seed, tmp_path, capsys):
    outputs = hostile_outputs(seed, WHOLE)
    assert len(outputs) == WHOLE
    check_tree(outputs)
    check_terminal(outputs, capsys)
    check_study(outputs, tmp_path / "run", capsys)


@pytest.mark.slow
def test_none_of_300_outputs_runs_or_loads_anything_in_a_browser(browser):
    solved = shown(grown(hostile_outputs(0, WHOLE)))
    browser.show(solved, address="#tree=0&with=1&q=pwned")
    for node in solved.tree:
        browser.run("select(panes[0], arguments[0])", node.id)
    tags = browser.run("return [...new Set([...document.querySelectorAll('body *')].map((e) => e.localName))]")
    assert not {"iframe", "img", "base", "meta", "link"} & set(tags)
    assert browser.run("return window.pwned") is None
    assert browser.log() == ([], [])
