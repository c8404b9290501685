"""Ctrl-C while llama.cpp works in this process: it is raised, and the next call is right."""

import pytest

from hintree.models import GenerationRequest, Prompt, open_model
from hintree.models.llama_cpp import library
from hintree.models.llama_cpp.context import Context
from tests.support.tiny_gguf import write_gguf

pytest.importorskip("xllamacpp", reason="NO LLAMA.CPP: pip install 'hintree[gguf]'")
REQUESTS = [GenerationRequest(Prompt(text), seed=7, temperature=1.0, max_tokens=24) for text in ("the 12", "a b c")]


@pytest.fixture
def file(tmp_path):
    """A random model in float32."""
    write_gguf(tmp_path / "tiny.gguf")
    return str(tmp_path / "tiny.gguf")


@pytest.fixture
def interrupted_log():
    """The first log message of llama.cpp is interrupted; later ones are ignored."""
    interrupts = [KeyboardInterrupt]

    def log(*_):
        if interrupts:
            raise interrupts.pop()

    callback = library.LogCallback(log)
    library.library().functions.llama_log_set(callback, None)
    yield interrupts
    library.library().functions.llama_log_set(library.library()._log, None)


def test_an_interrupt_in_a_log_message_is_raised_after_loading(file, interrupted_log):
    with pytest.raises(KeyboardInterrupt):
        open_model(file)
    assert open_model(file).generate(REQUESTS)[0].text


def test_an_interrupt_in_a_log_message_is_raised_after_the_context_is_made(file, interrupted_log):
    interrupted_log.clear()
    weights = open_model(file)._file.weights
    interrupted_log.append(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        Context("m", weights, cells=256, lanes=1, threads=1, exact=True)


def test_a_call_that_is_interrupted_leaves_nothing_in_the_cache(file, monkeypatch):
    model = open_model(file)
    before = model.generate(REQUESTS)

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(model, "_sampler", interrupt)
        with pytest.raises(KeyboardInterrupt):
            model.generate(REQUESTS)
    assert model._file.cache(1, 1).sequences == []
    assert [done.text for done in model.generate(REQUESTS)] == [done.text for done in before]
