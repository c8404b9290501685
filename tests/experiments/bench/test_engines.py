"""The comparison of engines: its figures on given costs, its bad input, and one short real run."""

import json
import os
from pathlib import Path

import pytest

from hintree.cli import main
from hintree.errors import CheckpointError, UsageError
from hintree.experiments.bench.engines.report import (
    BATCH,
    IN_PROCESS,
    LLAMA,
    OURS,
    ModelResults,
    as_json,
    as_tables,
    computed_per_distinct,
)
from hintree.experiments.bench.engines.run import bench_real, takes_part, worker
from hintree.experiments.bench.engines.workload import BeamWork, Workload, distinct_tokens
from hintree.models.local.folder import HOME
from tests.support.to_gguf import to_gguf

WIDE, NARROW, BEAM = Workload(8, 4, 96), Workload(8, 1, 96), BeamWork(2, 4)


def cost(generated, seconds, computed=800, distinct=800, **more):
    parts = {"inside_seconds": seconds * 0.75, "products_seconds": 0.4, "decode_seconds": 0.5, "added_mb": 120.0}
    return {
        "generated": generated,
        "cpu_seconds": seconds,
        "computed_prompt": computed,
        "distinct_prompt": distinct,
        **parts,
        **more,
    }


@pytest.fixture
def found():
    rows = {
        (OURS, WIDE): [cost(300, 1), cost(300, 2), cost(300, 1.5)],
        (BATCH, WIDE): [cost(100, 1, 3200), cost(100, 1, 3200), cost(100, 1, 3200)],
        (OURS, NARROW): [cost(80, 1)] * 3,
        (BATCH, NARROW): [cost(40, 1)] * 3,
        (LLAMA, WIDE): [cost(200, 1, None)] * 3,
        (IN_PROCESS, WIDE): [cost(190, 1)] * 3,
        (OURS, BEAM): [cost(100, 1, 990, 900)] * 3,
    }
    return ModelResults("tiny", 2, rows, dict.fromkeys((OURS, BATCH, LLAMA, IN_PROCESS), 50.0), {"vLLM": "left out"})


def test_figures_are_quotients_within_a_turn(found):
    data = as_json([found])["tiny"]
    assert data["vs_batched_generate_32"] == 2.0  # the quotients of the turns are 3, 1.5 and 2
    assert data["vs_batched_generate_8"] == 2.0
    assert data["in_process_vs_llama_cpp_server"] == pytest.approx(0.95)
    assert data["outside_engine_share"] == 0.25 and data["products_share"] == pytest.approx(0.8)
    assert "vs_vllm_32" not in data and data["left_out"] == {"vLLM": "left out"}


def test_a_turn_that_was_interrupted_leaves_its_pairs_out(found):
    found.rows[OURS, WIDE].append(cost(300, 1))
    data = as_json([found])["tiny"]
    assert data["vs_batched_generate_32"] == 2.0 and "vLLM" in as_tables([found])


def test_computed_tokens_are_told_where_prompts_are_shared_and_the_engine_tells_them(found):
    assert computed_per_distinct(found) == {
        f"{OURS}, 8 x 4 texts": 1.0,
        f"{BATCH}, 8 x 4 texts": 4.0,
        f"{IN_PROCESS}, 8 x 4 texts": 1.0,
        f"{OURS}, beam, 2 x 4 levels": 1.1,
    }
    assert distinct_tokens([[1, 2, 3], [1, 2, 4], [2, 3]]) == 6


def test_tables_show_every_engine_and_what_was_left_out(found):
    text = as_tables([found])
    assert f"| {BATCH} | 100.0 | 40.0 | - | 50 |" in text
    assert "Left out: vLLM: left out." in text and "| vs_batched_generate_32 | 2.00 (1.50-3.00) |" in text


def test_the_wall_time_of_the_first_step_is_told_for_every_engine_that_searches(found):
    found.rows[OURS, BeamWork(1, 1)] = [cost(100, 1, wall_seconds=wall) for wall in (5.0, 2.0, 3.0)]
    assert as_json([found])["tiny"]["seconds_to_first_step"] == {OURS: 3.0}
    assert f"| seconds to the first step, {OURS} | 3.00 (2.00-5.00) |" in as_tables([found])


def test_one_text_a_call_runs_for_one_text_only():
    one = type("Ready", (), {"ready": {"searches": False}})()
    alone = "generate, one text a call"
    assert takes_part(alone, one, Workload(1, 1, 8)) and not takes_part(alone, one, NARROW)
    assert takes_part(BATCH, one, NARROW) and not takes_part(BATCH, one, BEAM)


def test_a_folder_without_models_is_one_clear_error(tmp_path, capsys):
    with pytest.raises(UsageError, match="no GGUF file"):
        bench_real(str(tmp_path), extent=None, problems=None, threads=1)
    assert main(["bench", "--real", str(tmp_path), "--quick"]) == 2
    assert "no GGUF file" in capsys.readouterr().err
    assert main(["bench", "--real", str(tmp_path / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_a_damaged_model_is_named_before_any_is_measured(tmp_path):
    to_gguf("embedded:student", tmp_path / "a.gguf")
    (tmp_path / "b.gguf").write_bytes((tmp_path / "a.gguf").read_bytes()[:-500])
    with pytest.raises(CheckpointError, match=r"b\.gguf: the GGUF file is truncated"):
        bench_real(str(tmp_path), extent=None, problems=None, threads=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gguf", "b.gguf"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--real", ".", "--device", "cpu"], "--real and --device"),
        (["--problems", "questions.jsonl"], "belong to --real"),
        (["--threads", "2"], "belong to --real"),
    ],
)
def test_options_of_another_benchmark_are_refused(options, said, capsys):
    assert main(["bench", *options]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_an_engine_that_does_not_start_says_why(tmp_path):
    missing = tmp_path / "none"
    why = r"hintree, transformers: its process ended with code 1 .*UnknownModelError"
    with pytest.raises(UsageError, match=why), worker(OURS, missing, missing, 1, vllm=False):
        pass


@pytest.mark.slow
def test_an_engine_that_dies_leaves_the_others_results(tmp_path):
    folder = HOME / "student"
    with worker(OURS, folder, folder, 1, vllm=False) as one:
        one._process.kill()
        with pytest.raises(UsageError, match="hintree, transformers: its process ended with code -9"):
            one.ask(["Tom has 2 apples. How many?"], NARROW)


@pytest.mark.slow
def test_a_short_run_on_a_real_file_measures_every_installed_engine(tmp_path, capsys):
    pytest.importorskip("xllamacpp")
    pytest.importorskip("gguf")
    models = os.environ.get("HINTREE_MODELS")
    if models:
        (tmp_path / "smol.gguf").symlink_to(Path(models) / "smol.gguf")
    else:
        to_gguf("embedded:student", tmp_path / "student.gguf")
    assert main(["bench", "--real", str(tmp_path), "--quick", "--threads", "1", "--json"]) == 0
    [data] = json.loads(capsys.readouterr().out).values()
    assert {reason for engine, reason in data["left_out"].items() if "vLLM" in engine} == {"left out"}
    assert len(data["left_out"]) == 2
    engines = {row["engine"] for row in data["rows"]}
    assert {OURS, BATCH, LLAMA, IN_PROCESS} <= engines
    assert data["vs_batched_generate_32"] > 0 and data["in_process_vs_llama_cpp_server"] > 0
    assert {OURS, IN_PROCESS} <= data["seconds_to_first_step"].keys()
    name = "smol" if models else "student"
    assert (tmp_path / f"{name}-float32" / "config.json").is_file()
