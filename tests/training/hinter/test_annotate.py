from dataclasses import replace

from hintree.models import Completion
from hintree.search import Usage
from hintree.training.hinter.annotate import annotate
from tests.support.hint_cases import HINTS, SOLUTION, STEPS


class StubTeacher:
    """A teacher whose hint depends on the next step in its prompt."""

    chat, parameters = True, 7

    def __init__(self):
        self.requests = []

    def generate(self, requests):
        self.requests += requests
        texts = ["Hint: get 18." if f"Next step:\n{STEPS[1]}" in r.prompt.user else "use the prices." for r in requests]
        return [Completion(text, "stop", (0.5,), (0.1,), Usage(1, 9, 9, 1)) for text in texts]


def test_a_teacher_writes_the_missing_hints_and_an_interrupted_run_resumes(tmp_path):
    solutions = [replace(SOLUTION, id=f"p{i}", hints=(HINTS[0], None, None)) for i in range(3)]
    whole = annotate(solutions, StubTeacher(), tmp_path / "whole.jsonl")
    assert [solution.hints for solution in whole] == [(HINTS[0], None, "use the prices.")] * 3  # "get 18" gives it away
    first, second, _ = (tmp_path / "whole.jsonl").read_text().splitlines()
    (tmp_path / "broken.jsonl").write_text(f"{first}\n{second[:30]}")
    teacher = StubTeacher()
    assert annotate(solutions, teacher, tmp_path / "broken.jsonl") == whole
    assert len(teacher.requests) == 4
    assert (tmp_path / "broken.jsonl").read_text() == (tmp_path / "whole.jsonl").read_text()
    assert [[step in r.prompt.user for step in STEPS[1:]] for r in teacher.requests] == [
        [True, False],
        [True, True],
    ] * 2
