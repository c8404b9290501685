import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from hintree.models.sampling import choose, nucleus, uniforms


def draw(logits: torch.Tensor, heat: float, top_p: float, noise: list[float]) -> list[int]:
    rows = len(noise)
    return choose(
        logits.expand(rows, -1),
        torch.full((rows,), heat, dtype=torch.float64),
        torch.full((rows,), top_p, dtype=torch.float64),
        torch.tensor(noise, dtype=torch.float64),
    ).tolist()


def at(position, seeds):
    return np.full_like(seeds, position)


def test_uniforms_are_in_range_spread_evenly_and_depend_on_seed_and_position():
    seeds = np.arange(20_000, dtype=np.uint64)
    noise = uniforms(seeds, at(3, seeds))
    assert noise.min() >= 0 and noise.max() < 1
    counts = np.histogram(noise, bins=20, range=(0, 1))[0]
    assert abs(counts - 1000).max() < 5 * np.sqrt(1000)
    assert len(np.unique(noise)) == len(noise)
    assert not np.array_equal(noise, uniforms(seeds, at(4, seeds)))
    assert np.array_equal(uniforms(seeds[7:8], at(3, seeds[:1])), noise[7:8])


def test_uniforms_match_the_published_splitmix64():
    # First outputs of splitmix64 for seed 1234567 (Vigna's reference sequence).
    want = [6457827717110365317, 3203168211198807973]
    got = [uniforms(np.array([1234567], dtype=np.uint64), np.array([i], dtype=np.uint64))[0] for i in range(2)]
    assert got == [(w >> 11) / 2**53 for w in want]


def test_sampled_frequencies_match_the_distribution():
    logits = torch.tensor([0.0, 1.0, 2.0, -1.0])
    seeds = np.arange(40_000, dtype=np.uint64)
    noise = uniforms(seeds, at(0, seeds)).tolist()
    counts = np.bincount(draw(logits, 0.7, 1.0, noise), minlength=4) / 40_000
    assert np.allclose(counts, torch.softmax(logits / 0.7, -1).numpy(), atol=0.01)


def test_temperature_zero_takes_the_most_probable_token():
    assert draw(torch.tensor([0.0, 3.0, 2.9]), 0.0, 1.0, [0.0, 0.5, 0.999]) == [1, 1, 1]


def test_rows_of_one_batch_keep_their_own_temperature():
    logits = torch.tensor([[0.0, 0.1]] * 2)
    got = choose(logits, torch.tensor([0.0, 1.0]), torch.ones(2), torch.tensor([0.01, 0.01]))
    assert got.tolist() == [1, 0]


def test_top_p_keeps_the_smallest_set_that_reaches_it():
    weights = torch.tensor([[0.5, 0.3, 0.15, 0.05]], dtype=torch.float64)
    assert (nucleus(weights, torch.tensor([0.6]))[0] > 0).tolist() == [True, True, False, False]
    assert (nucleus(weights, torch.tensor([1e-9]))[0] > 0).tolist() == [True, False, False, False]


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=8), st.floats(0, 1, exclude_max=True), st.floats(0.01, 1))
def test_a_token_of_no_probability_is_never_drawn(logits, noise, top_p):
    values = torch.tensor(logits, dtype=torch.float32)
    token = draw(values, 1.0, top_p, [noise])[0]
    kept = nucleus(torch.softmax(values.double(), -1)[None], torch.tensor([top_p]))[0]
    assert kept[token] > 0
