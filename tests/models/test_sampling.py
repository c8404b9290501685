import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hintree.models.local.sampling import (
    BELOW_ONE,
    SamplingArrays,
    choose,
    inverse_cdf,
    keep_most_probable,
    truncate,
    uniforms,
)
from tests.support.sampling_arrays import sampling_arrays


def draw(logits: torch.Tensor, temperature: float, top_p: float, noise: list[float], **more: float) -> list[int]:
    rows = len(noise)
    logits = (logits - logits.max()).expand(rows, -1)
    return choose(logits, logits.exp(), sampling_arrays(noise, [temperature] * rows, top_p, **more)).tolist()


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


@pytest.mark.parametrize("temperature", [5e-324, 1e-38, 1e-30, 1e-10])
def test_a_temperature_of_nearly_zero_takes_the_most_probable_token(temperature):
    assert draw(torch.tensor([-3000.0, 3000.0, 2999.0]), temperature, 1.0, [0.0, 0.5, 0.999]) == [1, 1, 1]
    assert draw(torch.tensor([-3000.0, 3000.0, 2999.0]), temperature, 0.9, [0.0, 0.5, 0.999]) == [1, 1, 1]


def test_rows_of_one_batch_keep_their_own_temperature():
    logits = torch.tensor([[-0.1, 0.0]] * 2)
    both = sampling_arrays([0.01, 0.01], [0.0, 1.0])
    assert choose(logits, logits.exp(), both).tolist() == [1, 0]
    assert choose(logits[1:], logits[1:].exp(), both.keep([1])).tolist() == [0]


def test_what_no_row_asks_for_is_left_out_and_a_row_keeps_what_it_asked_for():
    plain = sampling_arrays([0.5, 0.5], [1.0, 1.0])
    assert plain[1:] == (None,) * 5
    settings = np.array([[0.7, 1.0], [2, 0], [1.0, 0.9], [0.0, 0.1]])
    mixed = SamplingArrays.of(np.zeros((3, 2)), *settings)
    assert mixed.greedy is None
    assert [x.ravel().tolist() for x in mixed.keep([1])[2:]] == [[1.0], [np.inf], [0.9], [0.1]]


def test_top_p_keeps_the_smallest_set_that_reaches_it():
    weights = torch.tensor([[0.5, 0.3, 0.15, 0.05]], dtype=torch.float64)
    assert kept(weights, top_p=0.6) == [0, 1]
    assert kept(weights, top_p=1e-9) == [0]


def kept(weights, **options):
    return (truncate(weights, sampling_arrays([0.0], [1.0], **options))[0] > 0).nonzero()[:, 0].tolist()


def test_top_k_keeps_the_most_probable_and_top_p_counts_among_these():
    weights = torch.tensor([[0.05, 0.5, 0.15, 0.3]], dtype=torch.float64)
    assert kept(weights, top_k=1) == [1]
    assert kept(weights, top_k=2) == [1, 3]
    assert kept(weights, top_k=9) == [0, 1, 2, 3]
    assert kept(weights, top_k=2, top_p=0.6) == [1], "0.5 of the 0.8 that are left is more than 0.6"


def test_min_p_is_relative_to_the_most_probable():
    weights = torch.tensor([[0.5, 0.3, 0.15, 0.05]], dtype=torch.float64)
    assert kept(weights, min_p=0.29) == [0, 1, 2]
    assert kept(weights, min_p=1.0) == [0]
    assert kept(weights) == [0, 1, 2, 3]


@given(
    st.lists(st.floats(-30, 30), min_size=1, max_size=8),
    st.floats(0, 1, exclude_max=True),
    st.floats(0.01, 1),
    st.integers(0, 9),
    st.floats(0, 1),
)
def test_a_token_of_no_probability_is_never_drawn(logits, noise, top_p, top_k, min_p):
    values = torch.tensor(logits, dtype=torch.float32)
    token = draw(values, 1.0, top_p, [noise], top_k=top_k, min_p=min_p)[0]
    left = truncate(torch.softmax(values, -1)[None], sampling_arrays([noise], [1.0], top_p, top_k, min_p))[0]
    assert left[token] > 0


@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0.05, 1.0), st.booleans())
def test_sorting_the_candidates_first_truncates_as_sorting_everything(seed, top_k, top_p, ties):
    torch.manual_seed(seed)
    logits = 6 * torch.randn(3, 2000)
    weights = (logits.round() if ties else logits).softmax(-1)
    arrays = sampling_arrays([0.0] * 3, [1.0] * 3, top_p=top_p, top_k=top_k)
    found, want = keep_most_probable(weights, arrays, 64), keep_most_probable(weights, arrays, 2000)
    assert torch.equal(found, want)
    assert torch.equal(truncate(weights, arrays), want)


def test_top_p_keeps_tokens_beyond_the_candidates_of_a_flat_row():
    arrays = sampling_arrays([0.0], [1.0], top_p=0.9)
    peaked, flat = torch.arange(2000.0).neg().softmax(0)[None], torch.full((1, 2000), 1 / 2000)
    assert (keep_most_probable(peaked, arrays, 64) > 0).sum() == 3
    assert (keep_most_probable(flat, arrays, 64) > 0).nonzero()[:, 1].tolist() == list(range(1800))


@pytest.mark.parametrize("width", [4_095, 4_096, 20_000, 50_257])
@pytest.mark.parametrize("kept", [1, 7, None])
def test_summing_by_blocks_draws_what_one_running_sum_draws(width, kept):
    rng = torch.Generator().manual_seed(width)
    weights = (torch.randn(64, width, generator=rng) * 4).softmax(-1)
    if kept:  # all others have no probability
        weights = torch.zeros_like(weights).scatter(-1, weights.topk(kept).indices, weights.topk(kept).values)
    noise = torch.cat([torch.tensor([0.0, BELOW_ONE]), torch.rand(62, generator=rng)]).double()[:, None]
    total = weights.double().cumsum(-1)
    drawn = inverse_cdf(weights, noise)[:, None]
    after = total.gather(1, drawn) / total[:, -1:]
    before = after - weights.gather(1, drawn) / total[:, -1:]
    assert ((before - 1e-6 <= noise) & (noise <= after + 1e-6)).all()
    assert (weights.gather(1, drawn) > 0).all()
