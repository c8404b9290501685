"""Tiny random-weight checkpoints of the real PRM architectures, with the real names of their tensors."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForTokenClassification,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from tests.support.checkpoints import CHATML, byte_tokenizer

HEADER = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] | trim }}<|eot_id|>{% endfor %}"
)
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
SHAPE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}


def pieces_tokenizer() -> PreTrainedTokenizerFast:
    """A SentencePiece-like tokenizer as Mistral's: a word begins with its space, and texts get one in front."""
    words = ["<unk>", "<s>", "</s>", "▁+", "▁-", "+", "-", "▁ки", "ки", "\n", "▁", "Step", "▁Step"]
    letters = [chr(i) for i in range(33, 127) if chr(i) not in "+-"]
    vocabulary = {w: i for i, w in enumerate([*words, *letters, *(f"▁{x}" for x in letters), "к", "и", "▁к"])}
    merges = [("▁", x) for x in [*letters, "+", "-", "к"]] + [("к", "и"), ("▁", "ки"), ("▁к", "и")]
    inner = Tokenizer(models.BPE(vocabulary, [m for m in merges if "".join(m) in vocabulary], unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=True)
    inner.decoder = decoders.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def words_tokenizer(*words: str, bos: str | None = None, template: str | None = None) -> PreTrainedTokenizerFast:
    """A tokenizer as Llama 3's and Qwen's: bytes, merged inside pieces of a text; each of these words is one token."""
    spelled = [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(w) for w in words]
    merges = list(dict.fromkeys((word[:i], word[i]) for ((word, _),) in spelled for i in range(1, len(word))))
    tokens = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *map("".join, merges)]
    inner = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    split = pre_tokenizers.Split(Regex(WORDS), "isolated")
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token=bos, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    tokenizer.chat_template = template
    return tokenizer


def special_tokenizer(*tokens: str, bos: str | None = None, template: str | None = CHATML) -> PreTrainedTokenizerFast:
    tokenizer = byte_tokenizer(template)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", *tokens]})
    if bos:
        tokenizer.add_special_tokens({"bos_token": bos})
    return tokenizer


def config(kind, tokenizer, **more):
    more = SHAPE | more
    return kind(
        vocab_size=len(tokenizer),
        num_key_value_heads=2,
        max_position_embeddings=4096,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **more,
    )


def save(folder: Path, model, tokenizer, extra=None, **settings) -> Path:
    """Save a model, with tensors and settings that transformers does not know, as the published checkpoints have."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    file = folder / "model.safetensors"
    save_file(load_file(file) | (extra or {}), file, metadata={"format": "pt"})
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))
    return folder


def linear(rows: int, columns: int, scale: float = 0.5) -> torch.Tensor:
    return torch.randn(rows, columns) * scale


def qwen(folder: Path, width: int = 32) -> Path:
    tokenizer = special_tokenizer("<extra_0>")
    model = Qwen2ForCausalLM(config(Qwen2Config, tokenizer, hidden_size=width))
    scale = 16 / width
    head = {"score.0.weight": linear(width, width, scale), "score.0.bias": linear(1, width)[0]}
    head |= {"score.2.weight": linear(2, width, scale), "score.2.bias": linear(1, 2)[0]}
    remote = {"AutoConfig": "c.Config", "AutoModel": "m.Qwen2ForProcessRewardModel"}
    return save(folder, model, tokenizer, head, architectures=["Qwen2ForProcessRewardModel"], auto_map=remote)


def skywork(folder: Path) -> Path:
    tokenizer = special_tokenizer()
    head = {"v_head.summary.weight": linear(1, 32), "v_head.summary.bias": linear(1, 1)[0]}
    return save(folder, Qwen2ForCausalLM(config(Qwen2Config, tokenizer)), tokenizer, head)


def pqm(folder: Path) -> Path:
    tokenizer = special_tokenizer("[PRM]", bos="<|bos|>", template=None)
    head = {"v_head.summary.weight": linear(1, 32), "v_head.summary.bias": linear(1, 1)[0]}
    return save(folder, LlamaForCausalLM(config(LlamaConfig, tokenizer)), tokenizer, head)


def reasoneval(folder: Path) -> Path:
    tokenizer = pieces_tokenizer()
    model = MistralForCausalLM(config(MistralConfig, tokenizer, sliding_window=None))
    return save(folder, model, tokenizer, {"score_head.weight": linear(3, 32)})


def shepherd(folder: Path, sliding_window: int | None = 4096) -> Path:
    tokenizer = pieces_tokenizer()
    return save(folder, MistralForCausalLM(config(MistralConfig, tokenizer, sliding_window=sliding_window)), tokenizer)


def rlhflow(folder: Path) -> Path:
    tokens = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
    tokenizer = special_tokenizer(*tokens, bos="<|begin_of_text|>", template=HEADER)
    return save(folder, LlamaForCausalLM(config(LlamaConfig, tokenizer)), tokenizer)


def er_prm(folder: Path) -> Path:
    tokenizer = words_tokenizer(" ки", " +", " -", bos="<|begin_of_text|>")
    return save(folder, LlamaForCausalLM(config(LlamaConfig, tokenizer)), tokenizer)


def math_psa(folder: Path) -> Path:
    tokenizer = words_tokenizer(" \n\n\n\n\n", " +", " -")
    return save(folder, Qwen2ForCausalLM(config(Qwen2Config, tokenizer)), tokenizer)


def med_prm(folder: Path) -> Path:
    tokenizer = words_tokenizer(" ки", " +", " -", bos="<|begin_of_text|>", template=CHATML)
    return save(folder, LlamaForCausalLM(config(LlamaConfig, tokenizer)), tokenizer)


def language_model(folder: Path) -> Path:
    tokenizer = words_tokenizer("Yes", "No", template=CHATML)
    return save(folder, Qwen2ForCausalLM(config(Qwen2Config, tokenizer)), tokenizer)


def trl(folder: Path) -> Path:
    tokenizer = special_tokenizer(template=None)
    return save(folder, LlamaForTokenClassification(config(LlamaConfig, tokenizer, num_labels=2)), tokenizer)


def ppm(folder: Path) -> Path:
    tokenizer = special_tokenizer(template=None)
    return save(folder, LlamaForTokenClassification(config(LlamaConfig, tokenizer, num_labels=1)), tokenizer)


CHECKPOINTS = {
    "qwen-math-prm": qwen,
    "skywork": skywork,
    "math-shepherd": shepherd,
    "er-prm": er_prm,
    "math-psa": math_psa,
    "rlhflow": rlhflow,
    "pqm": pqm,
    "rstar-ppm": skywork,
    "med-prm": med_prm,
    "reasoneval": reasoneval,
    "trl": trl,
    "ppm": ppm,
    "yes-no": language_model,
    "digits": language_model,
}
