import random

import pytest
import torch

from hintree.models import GenerationRequest, Prompt, load_model
from hintree.models.local.model import LocalModel
from hintree.models.local.row_cache import Rows, compute_from_snapshots
from hintree.models.local.row_snapshots import SHORTEST, Snapshot, SnapshotStore, size
from hintree.models.local.row_support import RowMode, compute, own_cache, relative
from hintree.models.local.text import encode
from tests.support.architectures import save_random
from tests.support.beams import PROMPTS, QUESTION, computed_per_distinct_token

NEVER = 10**9
"""A length at which no rotary frequency changes."""
KINDS = {"lfm2": RowMode.KEPT, "falcon_h1": RowMode.KEPT, "qwen3_5_text": RowMode.KEPT, "mamba": RowMode.STEPWISE}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folders = {kind: tmp_path_factory.mktemp(kind) for kind in KINDS}
    for kind, folder in folders.items():
        save_random(kind, folder)
    return folders


@pytest.mark.parametrize("kind", KINDS)
def test_logits_from_snapshots_are_those_of_a_full_forward_pass(kind, folders):
    local = load_model(str(folders[kind]), dtype="float64")
    assert local.row_mode is KINDS[kind]
    rng, store = random.Random(kind), SnapshotStore(10**8)
    rows = Rows(local.model, local.row_mode, NEVER, store)
    texts, total = [tuple(rng.randrange(2, 90) for _ in range(40))], 0
    for length in range(42, 62, 4):
        kept = [rng.choice(texts)[: rng.randint(length - 20, length - 2)] for _ in range(4)]
        new = [(*start, *(rng.randrange(2, 90) for _ in range(length - len(start)))) for start in kept]
        texts += new
        rows.points = store.branch_points(new)
        with torch.inference_mode():
            found, computed = compute_from_snapshots(rows, new)
            for text in new:
                want = compute(local.model, torch.tensor([text])).logits[0, -1]
                assert relative(found[text].logits, want) < 1e-4  # recurrent states are in float32
        total += sum(computed.values())
    assert total < 0.8 * sum(map(len, texts[1:]))


@pytest.mark.parametrize("kind", ["lfm2", "mamba"])
def test_texts_do_not_depend_on_snapshots_batch_or_order(kind, folders):
    stock = load_model(str(folders[kind]), dtype="float64")
    batch = [
        GenerationRequest(Prompt(QUESTION, "So, " * (i % 4)), i, float(i % 3 > 0), max_tokens=3 + 5 * (i % 4))
        for i in range(10)
    ]
    want = [one.text for one in LocalModel("rows", stock.model, stock.tokenizer, tree=False).generate(batch)]
    for limit in (10**8, 100_000):
        local = LocalModel("snapshots", stock.model, stock.tokenizer, cache_bytes=limit)
        assert local.row_mode.keeps
        for _ in range(2):
            assert [one.text for one in local.generate(batch)] == want
            assert [one.text for one in local.generate(batch[::-1])] == want[::-1]
            assert local.snapshots.bytes <= limit
        assert [local.generate([one])[0].text for one in batch[:4]] == want[:4]


@pytest.mark.parametrize(("kind", "most"), [("lfm2", 1.1), ("qwen3_5_text", 1.1), ("mamba", 1.2)])
def test_a_beam_computes_few_tokens_twice(kind, most, folders):
    local = load_model(str(folders[kind]), dtype="float64")
    kept = computed_per_distinct_token(local, PROMPTS)
    local.row_mode = RowMode.CACHED
    assert 1 <= kept < most < 2 < computed_per_distinct_token(local, PROMPTS)


def test_labels_are_read_after_the_new_tokens_alone(folders):
    local = load_model(str(folders["lfm2"]), dtype="float64")
    prompts = [Prompt(QUESTION, text) for text in ("One step.\n", "Another step.\n", "One step.\n")]
    whole = LocalModel("rows", local.model, local.tokenizer, tree=False).read_labels(prompts, ("A", "B"))
    for again in (False, True):
        found = local.read_labels(prompts, ("A", "B"))
        for one, other in zip(found, whole, strict=True):
            assert one.probabilities == pytest.approx(other.probabilities, abs=1e-9)
        assert (sum(one.usage.forwarded_tokens for one in found) == 0) is again
    assert sum(one.usage.forwarded_tokens for one in whole) == sum(one.usage.prompt_tokens for one in whole)


def test_a_step_goes_on_from_the_end_of_the_step_before_and_forgets_when_told_to(folders):
    local = load_model(str(folders["lfm2"]), dtype="float64")
    (first,) = local.generate([GenerationRequest(Prompt(QUESTION), max_tokens=10)])
    assert first.usage.forwarded_tokens == len(encode(local.tokenizer, Prompt(QUESTION))) + 9
    (second,) = local.generate([GenerationRequest(Prompt(QUESTION, first.text), max_tokens=1)])
    assert second.usage.forwarded_tokens == 1
    local.forget()
    (again,) = local.generate([GenerationRequest(Prompt(QUESTION, first.text), max_tokens=1)])
    assert again.usage.forwarded_tokens == len(encode(local.tokenizer, Prompt(QUESTION, first.text)))


def test_a_step_under_a_hint_costs_the_question_once_more_and_later_ones_nothing(folders):
    local = load_model(str(folders["lfm2"]), dtype="float64")
    texts = ["Hint: add the two numbers.", "First step.", "Second step."]
    used = [
        local.generate([GenerationRequest(Prompt(QUESTION, text), max_tokens=1)])[0].usage.forwarded_tokens
        for text in texts
    ]
    shared = len(encode(local.tokenizer, Prompt(QUESTION)))
    assert used == [shared + len(texts[0]), shared + len(texts[1]), len(texts[2])]


def test_the_store_drops_what_was_used_first(folders):
    local = load_model(str(folders["lfm2"]), dtype="float64")
    with torch.inference_mode():
        out = compute(local.model, torch.tensor([[3] * 30]), cached=True)
    snapshot = Snapshot(own_cache(out), out.logits[0, -1])
    store = SnapshotStore(2 * size(snapshot))
    for token in (1, 2):
        store.put((token,) * 30, snapshot)
    assert store.longest((1,) * 40, NEVER)[0] == 30
    store.put((3,) * 30, snapshot)
    assert [store.longest((token,) * 40, NEVER)[0] for token in (1, 2, 3)] == [30, 0, 30]
    assert (store.bytes, store.longest((1,) * 29, NEVER)) == (2 * size(snapshot), (0, None))
    assert store.longest((1,) * 40, 35) == (0, None), "keys of a text on the other side of the switch"


def test_texts_part_at_the_longest_prefixes_that_they_share():
    store = SnapshotStore(1)
    start = tuple(range(SHORTEST))
    texts = [(*start, 1, 2, 3), (*start, 1, 2, 4), (*start, 5), (*start[:-1], 9)]
    assert store.branch_points(texts) == {(*start, 1, 2), start}
