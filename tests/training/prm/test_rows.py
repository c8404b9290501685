import pytest

from hintree.data import Case as Case
from hintree.errors import UsageError
from hintree.models import load_model
from hintree.search import Problem
from hintree.training.prm.rows import SampledSolution, label, read_rows

LAB = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"


RIGHT = ["(2) Ben gets 3 more pens than Ana. Ana has 4. 4 + 3 = 7. Ben has 7.", "The answer is 7."]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"prompt": "q", "completions": [], "labels": []}',
        '{"prompt": "q", "completions": ["a"], "labels": [2]}',
        '{"prompt": "q", "completions": ["a"], "labels": [0, 1]}',
        '{"prompt": "q", "completions": [1], "labels": [1]}',
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path, line):
    file = tmp_path / "rows.jsonl"
    file.write_text(f'{{"prompt": "q", "completions": ["a"], "labels": [true]}}\n{line}\n')
    with pytest.raises(UsageError, match="line 2"):
        read_rows(str(file))


def test_monte_carlo_labels_count_right_completions():
    teacher = load_model("embedded:teacher")
    wrong = RIGHT[0].replace("= 7", "= 8").replace("has 7", "has 8")
    drafts = [
        SampledSolution(Case(Problem(LAB, "lab"), "7"), RIGHT),
        SampledSolution(Case(Problem(LAB, "lab"), "no"), [wrong]),
    ]
    soft, hard = (label(drafts, how, teacher, 4) for how in ("soft", "hard"))
    assert all(0 <= x <= 1 and (4 * x).is_integer() for row in soft for x in row.labels)
    assert [row.labels for row in hard] == [[float(x > 0) for x in row.labels] for row in soft]
    assert soft[1].labels == [0.0]
    assert [row.labels[-1] for row in soft] == [1.0, 0.0] and len(soft[0].labels) == 2
    wrong_answer = [SampledSolution(Case(Problem(LAB, "lab"), "7"), [RIGHT[0], "The answer is 8."])]
    assert label(wrong_answer, "soft", teacher, 4)[0].labels[-1] == 0.0
