"""Training rows of corrected steps: what is read, what is learned, and which steps count as wrong."""

import json

from hintree.cli import main
from hintree.export.files import render
from hintree.models import load_model
from hintree.policies import shipped_format
from hintree.search import Critique, Fault, Problem, StepOutput, Tree
from hintree.search.actions import CORRECT
from hintree.training.corrections import UNNAMED, corrections, text_row, token_row
from hintree.training.shipped.rows import IGNORED
from hintree.view.shown_tree import ShownTree

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
RIGHT, WRONG, OTHER = (
    f"(2) Ben gets 3 more pens than Ana. Ana has 4. 4 + 3 = {n}. Ben has {n}." for n in ("7", "8", "9")
)


def solved():
    """A tree whose chosen path corrects ``WRONG`` after a critique; ``OTHER`` is a wrong sibling with a fault."""
    tree = Tree(Problem(QUESTION))

    def add(parent, text, score, **facts):
        ended = "end" if text.startswith("The answer") else "delimiter"
        answer = "7" if ended == "end" else None
        node = tree.add(parent, StepOutput(text, ended, 3, 0.9, 0.5, 0.1, answer), "reasoner", **facts)
        tree.record_score(node, score)
        return node

    other, wrong = add(tree.root, OTHER, 0.3), add(tree.root, WRONG, 0.1)
    other.fault = Fault.ARITHMETIC
    right = add(
        tree.root, RIGHT, 0.9, replaces=wrong, action=CORRECT, critique=Critique("the arithmetic of (2) is wrong.", 7)
    )
    add(tree.root, RIGHT.replace("7", "6"), None)
    wrong.replace_by(right, "rewritten")
    return ShownTree(tree, add(right, "The answer is 7.", 0.8))


def test_the_wrong_step_is_read_and_its_correction_learned_to_the_end():
    words = shipped_format("default").protocol.words
    first, second = (text_row(one, words) for one in corrections(solved(), words, 4))
    assert first == {
        "prompt": f"{QUESTION}\n{WRONG}\n",
        "completion": f"Critique: the arithmetic of (2) is wrong.\n{RIGHT}\nThe answer is 7.\n",
    }
    assert second["completion"].startswith(f"Critique: {words.faults['arithmetic']}\n")
    assert [one.wrong.step.text for one in corrections(solved(), words, 1)] == [WRONG]
    shown = solved()
    shown.tree.nodes[1].fault = shown.tree.nodes[3].critique = None
    assert [one.critique for one in corrections(shown, words, 4)] == [UNNAMED, UNNAMED]
    assert not list(corrections(shown._replace(chosen=shown.tree.nodes[3]), words, 4)), "the solution is not finished"


def test_tokens_of_wrong_parts_have_no_label_and_the_model_reads_its_own_form():
    model, form = load_model("embedded:student"), shipped_format("lab")
    found = next(corrections(solved(), form.protocol.words, 1))
    row = token_row(found, form, model.tokenizer)
    learned = [token for token in row["labels"] if token != IGNORED]
    read = [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == IGNORED]
    assert model.tokenizer.decode(read) == f"<s> {QUESTION}\n{WRONG}\n"
    assert model.tokenizer.decode(learned).endswith(f"\n{RIGHT}\nThe answer is 7.\n</s>")


def test_the_command_writes_rows_or_says_what_is_missing(tmp_path, capsys):
    tree, out = tmp_path / "tree.json", tmp_path / "rows.jsonl"
    tree.write_bytes(render(solved(), ".json"))
    assert main(["train", "data", str(tree), "--kind", "correction", "--out", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [set(row) for row in rows] == [{"prompt", "completion"}] * 2
    assert (
        main(["train", "data", str(tree), "--kind", "correction", "--out", str(out), "--model", "embedded:student"])
        == 0
    )
    assert {*json.loads(out.read_text().splitlines()[0])} == {"input_ids", "labels"}
    capsys.readouterr()
    shown = solved()
    for node in shown.tree.nodes[1:]:
        node.score = None
    tree.write_bytes(render(shown, ".json"))
    out.unlink()
    assert main(["train", "data", str(tree), "--kind", "correction", "--out", str(out)]) == 2
    assert "a version with a lower one; nothing is written" in capsys.readouterr().err and not out.exists()
