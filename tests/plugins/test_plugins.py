"""hintree in other harnesses: each runs a small task of lab problems, read from a local file."""

import json
from importlib.util import find_spec

import pytest

from hintree.lab.generate import problems
from hintree.solver import Solver
from tests.support.shared_models import shared_pool

TASK = """task: lab
dataset_path: json
dataset_kwargs: {{data_files: {{test: "{file}"}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: []}}
filter_list:
  - name: answer
    filter:
      - {{function: regex, regex_pattern: "Answer: (\\\\S+)"}}
      - {{function: take_first}}
metric_list:
  - {{metric: exact_match, aggregation: mean, higher_is_better: true}}
"""


@pytest.fixture
def lab(tmp_path):
    """A file of problems, and the share that the greedy student solves."""
    rows = [{"question": p.question, "answer": str(p.answer)} for p in problems("test", range(2, 4), n=8, seed=2)]
    file = tmp_path / "lab.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    solutions = Solver("greedy", pool=shared_pool()).solve_many([row["question"] for row in rows], progress=False)
    right = sum(one.answer == row["answer"] for one, row in zip(solutions, rows, strict=True))
    return file, right / len(rows)


@pytest.mark.skipif(find_spec("lm_eval") is None, reason='needs pip install "hintree[lm-eval]"')
@pytest.mark.filterwarnings("default")
def test_lm_evaluation_harness_scores_a_preset(lab, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    import lm_eval
    from lm_eval.tasks import TaskManager

    from hintree.plugins.lm_eval import HintreeLM

    file, share = lab
    (tmp_path / "lab.yaml").write_text(TASK.format(file=file))
    tasks = TaskManager(include_path=str(tmp_path), include_defaults=False)
    found = lm_eval.simple_evaluate("hintree", {"preset": "greedy"}, ["lab"], task_manager=tasks, bootstrap_iters=0)
    assert found["results"]["lab"]["exact_match,answer"] == share
    with pytest.raises(ValueError, match="generate_until"):
        HintreeLM("greedy").loglikelihood([])


@pytest.mark.skipif(find_spec("inspect_ai") is None, reason='needs pip install "hintree[inspect]"')
@pytest.mark.filterwarnings("default")
def test_inspect_scores_a_preset(lab, tmp_path):
    from inspect_ai import Task, eval
    from inspect_ai.dataset import FieldSpec, json_dataset
    from inspect_ai.scorer import pattern
    from inspect_ai.solver import generate

    import hintree.plugins.inspect  # noqa: F401

    file, share = lab
    data = json_dataset(str(file), FieldSpec(input="question", target="answer"))
    task = Task(dataset=data, solver=generate(), scorer=pattern(r"Answer: (\S+)"))
    [log] = eval(task, model="hintree/greedy", log_dir=str(tmp_path / "logs"), display="none")
    assert log.status == "success"
    assert log.results.scores[0].metrics["accuracy"].value == share
    assert next(iter(log.stats.model_usage.values())).output_tokens > 0
