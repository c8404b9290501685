"""Tiny tokenizers that behave like those of real models at blanks, line breaks and control tokens."""

import copy
import json
from collections.abc import Callable
from functools import lru_cache

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

SAMPLE = [
    "He has 12 apples.\n\nShe has 7 more.\n\nThe answer is 19.\n\n",
    "    return x\n\n\n  if a == b:\n        print('é 漢字 🙂')\n",
    "First, we add 3 and 5. Then 8 * 2 = 16, so it is 16.\n\nHint: look at the pens.\n",
    "user assistant system What is the sum of the numbers? Be brief. Please reason step by step. [INST] [/INST]",
] * 4


@lru_cache
def gpt2_style(control_is_special: bool = True) -> PreTrainedTokenizerFast:
    """Byte-level BPE with GPT-2's pre-tokenizer, which merges line breaks at the end of a text, as SmolLM2 does."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(SAMPLE, trainers.BpeTrainer(vocab_size=420, initial_alphabet=alphabet))
    return finished(inner, control_is_special)


@lru_cache
def llama_style(control_is_special: bool = True) -> PreTrainedTokenizerFast:
    """BPE on blanks as "▁", with byte fall back and a blank before the first word, as Llama 2 and Mistral have."""
    inner = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    inner.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokens = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    inner.train_from_iterator(SAMPLE, trainers.BpeTrainer(vocab_size=520, special_tokens=tokens))
    inner = Tokenizer.from_str(json.dumps(json.loads(inner.to_str()) | {"added_tokens": []}))
    return finished(inner, control_is_special)


@lru_cache
def legacy_llama_style(control_is_special: bool = True) -> PreTrainedTokenizerFast:
    """The same with a normalizer that puts a blank before every piece of text, as older conversions have."""
    data = json.loads(llama_style().backend_tokenizer.to_str()) | {"added_tokens": [], "pre_tokenizer": None}
    inner = Tokenizer.from_str(json.dumps(data))
    inner.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    return finished(inner, control_is_special)


def finished(inner: Tokenizer, control_is_special: bool) -> PreTrainedTokenizerFast:
    """Add the control tokens, flagged as such or not."""
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="</s>", bos_token="<s>")
    control = [AddedToken(t, special=control_is_special, normalized=False) for t in ("<|im_start|>", "<|im_end|>")]
    tokenizer.add_tokens([*control, AddedToken("</think>", special=False, normalized=False)])
    tokenizer.add_tokens([AddedToken("        ", special=False, normalized=False)])
    return tokenizer


def fresh(made: Callable[[bool], PreTrainedTokenizerFast]) -> Callable[..., PreTrainedTokenizerFast]:
    """Return a function that copies a cached tokenizer, so that no test changes that of another."""
    return lambda control_is_special=True: copy.deepcopy(made(control_is_special))


STYLES = {
    "gpt2": fresh(gpt2_style),
    "llama": fresh(llama_style),
    "legacy llama": fresh(legacy_llama_style),
}
"""Tokenizers by style; each call returns one of its own."""
