"""The commands ``hintree export`` and ``hintree view``, and the growing tree of ``hintree solve --watch``."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hintree.cli import main
from hintree.export import ShownTree, read
from hintree.export.files import WRITERS
from hintree.search import to_dict
from tests.support.hostile_texts import HOSTILE
from tests.support.scripted import random_roles, solve_one

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
ROOT = Path(__file__).parents[2]


def solved(tree):
    return ShownTree(tree, tree.nodes[-1])


@pytest.fixture(scope="module")
def tree_file(tmp_path_factory):
    """A tree that ``hintree solve`` has written."""
    path = tmp_path_factory.mktemp("tree") / "tree.json"
    two_drafts = ["--preset", "hintree_beam", "--set", "branch=2,unhinted=1"]
    assert main(["solve", QUESTION, "--tree", str(path), "--json", *two_drafts]) == 0
    return path


@pytest.mark.parametrize("ending", WRITERS)
def test_a_tree_is_exported_by_the_files_ending(ending, tree_file, tmp_path):
    out = tmp_path / f"x{ending}"
    assert main(["export", str(tree_file), "--to", str(out)]) == 0
    assert out.stat().st_size > 200
    if ending in (".json", ".graphml", ".gexf"):
        back, first = read(out), read(tree_file)
        assert (to_dict(back.tree), back.chosen.id) == (to_dict(first.tree), first.chosen.id)


def test_training_rows_take_their_form_from_the_option_or_the_name(tree_file, tmp_path, capsys):
    assert main(["export", str(tree_file), "--to", str(tmp_path / "prm.jsonl")]) == 0
    assert main(["export", str(tree_file), "--to", str(tmp_path / "x.jsonl"), "--form", "prm"]) == 0
    assert (tmp_path / "prm.jsonl").read_bytes() == (tmp_path / "x.jsonl").read_bytes()
    assert re.search(r"prm\.jsonl: \d+ prm rows", capsys.readouterr().out)


def test_solve_writes_a_page_and_notes_the_path_that_it_chose(tmp_path, capsys):
    args = ["solve", QUESTION, "--json", "--search", "self-consistency", "--set", "n=4,batch=4"]
    live = str(tmp_path / "live.html")
    assert main([*args, "--tree", str(tmp_path / "x.html"), "--page", live, "--reference", "7"]) == 0
    page = (tmp_path / "x.html").read_text()
    assert '"generated_tokens"' in page and '"right":true' in page and "Content-Security-Policy" in page
    assert (tmp_path / "live.html").read_text() == page, "the page of the running search has become the whole one"
    assert main([*args, "--tree", str(tmp_path / "x.json")]) == 0
    steps = json.loads(capsys.readouterr().out.splitlines()[-1])["steps"]
    assert [node.step.text for node in read(tmp_path / "x.json").chosen.path()] == [step["text"] for step in steps]


def test_a_tree_is_printed_with_what_was_given_up_on_request(tree_file, capsys):
    solved, shown = read(tree_file), {}
    for options in ((), ("--all",)):
        assert main(["view", str(tree_file), "--text", *options]) == 0
        lines = capsys.readouterr().out.splitlines()
        shown[options] = {int(line.split()[0]): line for line in lines if line.split()[0].isdigit()}
    assert set(shown["--all",]) == {node.id for node in solved.tree.nodes[1:]}
    lost = {node.id for node in solved.tree if node.status in ("pruned", "rejected", "failed")}
    assert lost and set(shown[()]) == set(shown["--all",]) - lost
    assert all(f"[{solved.tree.nodes[i].status}: " in shown["--all",][i] for i in lost)


def test_view_writes_a_page_prints_its_path_and_opens_it_at_a_terminal(tree_file, tmp_path):
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    command = [sys.executable, "-m", "hintree", "view", str(tree_file), str(tree_file)]
    env = {**os.environ, "BROWSER": str(browser), "TMPDIR": str(tmp_path)}
    piped = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, check=True)
    page = Path(piped.stdout.strip())
    assert page.is_relative_to(tmp_path) and "Content-Security-Policy" in page.read_text()
    assert not opened.exists(), "standard output is no terminal"
    master, slave = pty.openpty()
    subprocess.run(command, stdout=slave, cwd=ROOT, env=env, check=True)
    os.close(slave)
    assert Path(os.read(master, 4096).decode().strip()).exists()
    os.close(master)
    assert re.fullmatch(r"file:///.*/tree\.html\n", opened.read_text())


BAD = {
    "no file": ["export", "/nonexistent.json", "--to", "x.svg"],
    "no tree": ["view", __file__],
    "ending": ["export", "TREE", "--to", "x.doc"],
    "folder": ["export", "TREE", "--to", "/nonexistent/x.svg"],
    "form": ["export", "TREE", "--to", "x.jsonl", "--form", "grpo"],
    "no form": ["export", "TREE", "--to", "x.jsonl"],
    "form of a picture": ["export", "TREE", "--to", "x.svg", "--form", "prm"],
    "no run": ["view", "/tmp"],
    "a run and a tree": ["view", "TREE", "/tmp"],
    "following a tree": ["view", "TREE", "--follow"],
    "page ending": ["solve", QUESTION, "--page", "x.svg"],
    "run as a picture": ["export", "/tmp", "--to", "x.svg"],
    "tree ending": ["solve", QUESTION, "--tree", "x.doc"],
}


@pytest.mark.parametrize("args", BAD.values(), ids=BAD.keys())
def test_bad_input_gets_one_clear_line_and_leaves_no_file(args, tree_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([str(tree_file) if arg == "TREE" else arg for arg in args]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("hintree: error: ") and len(line) > 40
    assert list(tmp_path.iterdir()) == []


def test_watch_prints_every_step_once_with_its_score(tmp_path, capsys):
    out = tmp_path / "t.json"
    assert main(["solve", QUESTION, "--watch", "--json", "--tree", str(out)]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["answer"] == "7", "standard output stays data"
    lines = [line for line in captured.err.splitlines() if not line.startswith("hintree: ")]  # a slow start says so
    tree = read(out).tree
    assert len(tree) > 1
    assert [int(line.split()[1]) for line in lines] == [node.id for node in tree.nodes[1:]]
    for line, node in zip(lines, tree.nodes[1:], strict=True):
        assert f"after {node.parent.id}: {node.author}" in line and node.step.text in line
        shown = "-" if node.score is None else f"{node.score:.2f}"
        assert f" {shown} " in line


@pytest.mark.slow
def test_a_question_is_piped_into_a_process_and_its_tree_redrawn_in_a_terminal():
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "hintree", "solve", "-", "--watch", "--json"]
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "90", "LINES": "20", "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=slave, cwd=ROOT, env=env) as running:
        os.close(slave)
        running.stdin.write(QUESTION.encode())
        running.stdin.close()
        shown = b""
        while True:
            try:
                shown += os.read(master, 4096)
            except OSError:
                break
        output = running.stdout.read()
    os.close(master)
    assert running.returncode == 0 and json.loads(output)["answer"] == "7"
    assert re.search(rb"3 \+ 4 = 7|4 \+ 3 = 7", shown), "the last picture is drawn, however short the search"
    assert shown.rstrip().endswith(b"\x1b[2K"), "nothing is left behind"


def test_watch_shows_hostile_text_as_text():
    import io

    from rich.console import Console

    from hintree.cli.watch import Watch
    from tests.support.scripted import handlers, written

    text = f"[bold]{HOSTILE[15]}[/bold]{HOSTILE[16]}"
    for terminal in (False, True):
        file = io.StringIO()
        roles = random_roles()
        roles["reasoner"].reply = lambda request: written(text)
        with Watch(Console(file=file, force_terminal=terminal, width=200, height=30)) as watch:
            tree = solve_one(roles).tree
            wrapped = watch.wrap(handlers(roles)["scorer"])
            from hintree.search import ScoreRequest

            wrapped.handle([ScoreRequest(tree, tree.nodes[-1])])
        shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", file.getvalue()) if terminal else file.getvalue()
        assert "[bold]\\x00\\x01\\x1b[31m\\x7f\\x9b[/bold]" in shown
        assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", shown)


def test_an_export_of_a_scripted_tree_is_the_same_twice():
    for ending in WRITERS:
        first, second = (WRITERS[ending](solved(solve_one(random_roles()).tree)) for _ in range(2))
        assert first == second


def test_an_export_without_rows_says_why_and_writes_nothing(tmp_path, capsys):
    tree, rows = tmp_path / "tree.json", tmp_path / "dpo.jsonl"
    assert main(["solve", QUESTION, "--preset", "greedy", "--tree", str(tree)]) == 0
    assert main(["export", str(tree), "--to", str(rows)]) == 2
    assert "has no such rows, which need a rewritten step" in capsys.readouterr().err and not rows.exists()
