"""No operator creates float64 tensors, which Apple's devices lack; checked on a CPU."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from hintree.models import Completion, GenerationRequest, Piece, Prompt, Scored, load_classifier, load_model
from hintree.models.local import sampling
from hintree.models.local.model import LocalModel
from hintree.models.local.sampling import choose, widest_float
from tests.support.sampling_arrays import sampling_arrays

LOGITS = torch.tensor([[-3.0, 0.0, -0.1], [0.0, -1.0, -2.0]])


class NoFloat64(TorchDispatchMode):
    """Operators that take or give numbers of float64 fail."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        found = function(*args, **(kwargs or {}))
        seen = [x for x in tree_leaves((args, found)) if isinstance(x, torch.Tensor)]
        assert not any(x.dtype in (torch.float64, torch.complex128) for x in seen), function
        return found


@pytest.fixture
def without(monkeypatch):
    monkeypatch.setattr(sampling, "widest_float", lambda device: torch.float32)
    return NoFloat64()


def test_apples_devices_alone_have_none():
    assert widest_float(torch.device("mps")) == torch.float32
    assert widest_float(torch.device("cpu")) == widest_float(torch.device("cuda")) == torch.float64


@pytest.mark.parametrize("noise", [0.0, 0.5, 1 - 2.0**-53])
def test_the_same_tokens_are_drawn(noise, monkeypatch, without):
    requests = [
        sampling_arrays([noise] * 2, [0.7, 0.0], top_k=2, top_p=0.9, min_p=0.1),
        sampling_arrays([noise] * 2, [1.0, 1.0]),
    ]
    with without:
        got = [choose(LOGITS, LOGITS.exp(), how).tolist() for how in requests]
    monkeypatch.undo()
    assert got == [choose(LOGITS, LOGITS.exp(), how).tolist() for how in requests]
    with pytest.raises(AssertionError), without:
        choose(LOGITS, LOGITS.exp(), requests[0])


def test_texts_are_written_weighed_and_judged(without):
    student = load_model("embedded:student", device="cpu")
    rows = LocalModel("rows", student.model, student.tokenizer, tree=False)
    prm = load_classifier("embedded:prm", device="cpu")
    prompt = Prompt("(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?")
    requests = [GenerationRequest(prompt, i, i % 3 / 2, top_p=0.9, max_tokens=20, stop=("\n",)) for i in range(5)]
    with without:
        written = [*student.generate(requests), *rows.generate(requests)]
        judged = [
            *student.loglikelihood([(prompt, "(2) Ben gets")]),
            *prm.classify([[Piece("a step"), Piece("\n", True)]]),
        ]
    assert all(isinstance(answer, Completion) for answer in written)
    assert all(isinstance(answer, Scored) for answer in judged)
