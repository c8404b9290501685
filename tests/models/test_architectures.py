import pytest

from tests.support.architectures import TYPES, compare

FEW = {
    "llama": "prefix trie",
    "bloom": "rows, kept",  # ALiBi
    "gemma2": "prefix trie",  # sliding windows, scaled logits
    "gpt_neo": "rows, cached",  # windows that its cache does not show
    "mamba": "rows, stepwise",  # recurrent, continues one token at a time
    "bamba": "rows, kept",  # recurrent and attention layers, asks for positions
    "lfm2": "rows, kept",  # convolutions and attention layers
    "openai-gpt": "rows, whole",  # no cache
}
ROBERTA = "camembert data2vec-text roberta roberta-prelayernorm xlm-roberta xlm-roberta-xl"
REFUSED = {kind: "counts positions in its own way" for kind in ROBERTA.split()} | {
    "cpmant": "is not causal",
    "emu3": "missing keys",  # transformers does not build it small
    "gemma3n": "needs a package",
    "gemma4_assistant": "damaged or not a model of this kind",  # a draft model
    "gemma4_unified_assistant": "damaged or not a model of this kind",
    "musicgen": "damaged or not a model of this kind",  # audio
    "musicgen_melody": "damaged or not a model of this kind",
    "nemotron_h": "computes other logits with its cache",
    "prophetnet": "is not causal",
    "reformer": "attends by random hashes",
    "xlm": "is not causal",
    "xlnet": "is not causal",
    "xmod": "cannot be given token ids alone",
    "zamba2": "computes other logits with its cache",
}
"""Types that do not load, and a part of the error's message."""


@pytest.mark.parametrize("kind", FEW)
def test_texts_branches_and_earlier_steps_are_those_of_generate(kind, tmp_path):
    outcome = compare(kind, tmp_path, tokens=40)
    assert (outcome.verdict, outcome.served, outcome.detail) == ("right", FEW[kind], "")


@pytest.mark.slow
@pytest.mark.parametrize("kind", TYPES)
def test_every_text_generation_class_is_right_or_refused(kind, tmp_path):
    outcome = compare(kind, tmp_path)
    print(kind, *outcome)
    assert outcome.verdict == ("refused" if kind in REFUSED else "right"), outcome
    assert REFUSED.get(kind, "") in outcome.detail
