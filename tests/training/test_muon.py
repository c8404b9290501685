import pytest
import torch

from hintree.training.muon import Muon, orthogonalise


@pytest.mark.parametrize("shape", [(2, 24, 60), (2, 60, 24), (1, 24, 24)])
def test_singular_values_end_near_one_whatever_the_scale(shape):
    generator = torch.Generator().manual_seed(1)
    values = torch.linalg.svdvals(orthogonalise(1e3 * torch.randn(shape, generator=generator)))
    assert 0.5 < float(values.min()) <= float(values.max()) < 1.3


def test_it_takes_the_steps_of_torch_up_to_the_rounding_of_bfloat16():
    generator = torch.Generator().manual_seed(2)
    ours, theirs = ([torch.nn.Parameter(torch.ones(shape)) for shape in ((16, 40), (40, 16), (16, 40))] for _ in "ab")
    optims = Muon(ours, lr=0.02, weight_decay=0.01), torch.optim.Muon(theirs, lr=0.02, weight_decay=0.01)
    for _ in range(3):
        for one, other in zip(ours, theirs, strict=True):
            one.grad = torch.randn(one.shape, generator=generator)
            other.grad = one.grad.clone()
        for optim in optims:
            optim.step()
        for one, other in zip(ours, theirs, strict=True):
            assert float((one - other).detach().norm() / (1 - other).detach().norm()) < 0.05
