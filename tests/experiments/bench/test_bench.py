import json
import sys
from pathlib import Path

import pytest
import torch

from hintree.errors import UsageError
from hintree.experiments.bench import bookkeeping, others, scaling, shapes
from hintree.experiments.bench.arms import timed, with_dynamic_cache, with_generate, with_hintree
from hintree.experiments.bench.batch_invariance import mismatches
from hintree.experiments.bench.bookkeeping import SEARCHES, grow
from hintree.experiments.bench.clock import Meter, spread
from hintree.experiments.bench.floor import attention_seconds, floor_seconds
from hintree.experiments.bench.on_device import DeviceLimits, bench_on, roofline_seconds
from hintree.experiments.bench.picture import curves, read_points
from hintree.experiments.bench.real import load_shipped_models
from hintree.experiments.bench.report import GOALS, to_json
from hintree.experiments.bench.run import Extent, run
from hintree.experiments.bench.scaling import find_plotter
from hintree.experiments.bench.shapes import Shape, as_ids, as_text, make_bench_model
from hintree.experiments.bench.tables import tables
from hintree.experiments.bench.trees import ALL, DYNAMIC, HINTREE, PROBLEM, Plan
from hintree.search import to_dict

SMALL = Shape(problems=2, prompt=10, children=4, kept=2, step=5, depth=3)
DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def tiny():
    shapes.SIZES["tiny"] = shapes.LlamaSize(16, 2, 24, 4096)
    yield make_bench_model("tiny")
    del shapes.SIZES["tiny"]


@pytest.mark.parametrize(
    ("write", "problems", "forwarded"),
    [
        (lambda s, shape: with_generate(s, shape, 1), 2, SMALL.forwarded_one_by_one),
        (lambda s, shape: with_generate(s, shape, 2), 2, SMALL.forwarded_one_by_one),
        (lambda s, shape: with_generate(s, shape, 8), 2, SMALL.forwarded_one_by_one),
        (with_dynamic_cache, 2, SMALL.forwarded_cached),
        (with_hintree, 2, SMALL.forwarded_cached),
        (with_hintree, 1, SMALL.forwarded_cached // 2),
    ],
)
def test_arms_generate_and_forward_the_tokens_of_the_formulas(tiny, write, problems, forwarded):
    shape = SMALL._replace(problems=problems)
    done = timed(tiny, shape, write(tiny, shape))
    assert (done.generated, done.forwarded) == (shape.generated, forwarded)
    assert 0 < done.inside <= done.seconds


def test_the_formulas_give_the_default_trees_token_counts():
    tree = Shape(problems=1)
    assert tree.forwarded_one_by_one == 24_192
    assert tree.forwarded_cached == 100 + 8 * 16 * 19 + 7 * 4 == tree.generated


def test_skipping_calls_keeps_forwarded_per_generated_tokens(tiny):
    whole, part = (timed(tiny, SMALL, with_generate(tiny, SMALL, 1, of)) for of in (1, 2))
    assert part.generated * 2 == whole.generated and part.forwarded * 2 == whole.forwarded


def test_each_word_is_one_token(tiny):
    ids = [0, 7, 4095, 7]
    assert tiny.tokenizer.encode(as_text(ids)) == ids == as_ids(tiny.tokenizer.decode(ids))


def test_the_meter_counts_the_shapes_of_the_matmul_floor(tiny):
    with Meter(tiny.model.base_model, tiny.head) as meter, torch.inference_mode():
        tiny.model(input_ids=torch.zeros(2, 3, dtype=torch.long))
    assert meter.passes == {(2, 3): 1} and meter.head_rows == {6: 1} and meter.forwarded == 6
    assert not meter.attended, "a pass without a 4D mask is no tree attention"
    assert floor_seconds(tiny.model.base_model, tiny.head, meter.passes, meter.head_rows) > 0
    assert not tiny.model.base_model._forward_hooks, "a closed meter leaves no hook"


def test_the_meter_counts_the_kv_slots_of_tree_attention(tiny):
    meter, shape = Meter(tiny.model.base_model, tiny.head), Shape(2, 5, 4, 2, 3, 2)
    timed(tiny, shape, with_hintree(tiny, shape), meter)
    assert {shape[:2] for shape in meter.attended} == set(meter.passes)
    assert sum(meter.attended.values()) == sum(meter.passes.values())
    assert attention_seconds(tiny.model.config, meter.attended) > 0


def test_outputs_do_not_change_with_batch_composition():
    differing = mismatches(load_shipped_models().reasoner, 20)
    assert len(differing) == 3 and set(differing.values()) == {0}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=list(SEARCHES))
def test_trees_without_models_are_full_and_reproducible(search):
    (seconds, tree), (_, again) = grow(search, 300), grow(search, 300)
    assert 300 <= len(tree) - 1 < 300 + 256 and seconds >= 0
    assert all(node.hint for node in tree.nodes[1:])
    assert sum(node.score is None for node in tree.nodes[1:]) <= 256, "all but the last batch are scored"
    assert to_dict(tree) == to_dict(again)


def test_a_spread_is_median_and_range():
    assert spread([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0, 3)
    assert spread([3.0, 1.0, 2.0]).show(1) == "2.0 (1.0-3.0)" and spread([2.0]).show(1) == "2.0"


@pytest.mark.slow
def test_the_report_has_every_figure(tiny, monkeypatch):
    monkeypatch.setattr(others, "PACKAGES", {"other": ("no_such_package",)})
    monkeypatch.setattr(bookkeeping, "STEPS", 500)
    extent = Extent(
        plans=(Plan("tiny", SMALL, of=2),),
        runs=1,
        again=1,
        problems=1,
        sequences=3,
        live=(1, 2),
        live_depth=1,
        depths=(1, 2),
        deep=1,
        formats={"tiny": SMALL},
        others=SMALL,
    )
    results = run(extent)
    found = json.loads(json.dumps(to_json(results)))
    for key in GOALS:
        assert isinstance(found[key], float)
        assert {"model", "runs", "low", "high", "goal", "met"} <= set(found["details"][key])
    assert found["forwarded_per_generated"] == SMALL.forwarded_cached / SMALL.generated
    assert found["prm_token_ratio"] > 1
    assert 0 < found["outside"]["tiny"]["value"] < 1
    assert found["formats"]["float32"] == {
        "mismatches": 0,
        "speed": {"tiny": {"value": 1.0, "low": 1.0, "high": 1.0, "runs": 1}},
    }
    assert found["formats"]["bfloat16"]["speed"]["tiny"]["value"] > 0
    assert found["bookkeeping_seconds"] == max(found["bookkeeping"][name]["value"] for name in SEARCHES)
    shown = tables(results)
    assert "no_such_package is not installed" in shown
    assert all(goal.about in shown for goal in GOALS.values())


def test_a_plot_is_refused_before_any_work(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        find_plotter("curve.txt")
    with pytest.raises(UsageError, match="folder"):
        find_plotter(str(tmp_path / "none" / "curve.png"))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"hintree\[bench\]"):
        find_plotter(str(tmp_path / "curve.png"))


def test_curves_are_drawn(tiny, tmp_path):
    pytest.importorskip("matplotlib")
    file = tmp_path / "curve.svg"
    points = scaling.curve(tiny, [SMALL, SMALL._replace(problems=1)], 1)
    scaling.plot(find_plotter(str(file)), points, points, str(file))
    assert file.read_text().lstrip().startswith("<?xml")
    scaling.plot(find_plotter(str(file)), *curves(read_points((DOCS / "runtime.md").read_text())), str(file))
    assert file.read_text() == (DOCS / "bench.svg").read_text(), "stale: make pictures"


def test_trees_on_a_device_are_timed_beside_its_roofline(tiny, capsys):
    bench_on("cpu", ["tiny"], shape=SMALL, runs=2, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["device"], found["dtype"]) == ("cpu", "float32")
    speeds = found["models"]["tiny"]["tokens_per_second"]
    assert set(speeds) == {PROBLEM, ALL, DYNAMIC, HINTREE} and all(speed["low"] > 0 for speed in speeds.values())
    share = found["models"]["tiny"]["roofline_share"]
    assert 0 < share["low"] <= share["high"] < 1 and share["runs"] == 2
    bench_on("cpu", ["tiny"], shape=SMALL, runs=1, as_json=False)
    table = capsys.readouterr().out
    assert f"{SMALL.problems} problems, {SMALL.depth} levels" in table
    assert f"| {SMALL.forwarded_cached / SMALL.generated:.3f} | 1.0x |" in table


@pytest.mark.parametrize(("device", "model"), [("nowhere", "tiny"), ("cpu", "7B")])
def test_an_unknown_device_or_size_is_one_clear_error(tiny, device, model):
    with pytest.raises(UsageError, match=f"'{'nowhere' if device == 'nowhere' else '7B'}'"):
        bench_on(device, [model], shape=SMALL, runs=1, as_json=True)


def test_the_roofline_counts_weights_keys_values_and_operations(tiny):
    meter = Meter(tiny.model.base_model, tiny.head)
    meter.attended[2, 3, 10] = 4
    weights = sum(p.numel() for p in tiny.model.parameters()) - 4096 * 16 - 16  # without embedding and last norm
    read = 4 * 4 * (weights + 2 * 10 * 2 * 2 * 16)
    assert roofline_seconds(tiny, meter, DeviceLimits(1.0, 1e30)) == read
    assert roofline_seconds(tiny, meter, DeviceLimits(1e30, 1.0)) == 4 * (2 * weights * 6 + 4 * 2 * 16 * 2 * 3 * 10)
