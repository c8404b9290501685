"""Workloads: shapes of trees of fixed lengths, and models of random weights whose every word is one token."""

import random
from collections.abc import Sequence
from typing import NamedTuple

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import nn
from transformers import AutoConfig, LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from hintree.models.local.load import locate

CONTEXT = 1024
"""Context length of every model here, in tokens."""


class LlamaSize(NamedTuple):
    """Size of a Llama.

    width, inner: Hidden size, and intermediate size of the feed-forward layers.
    layers: Number of layers.
    words: Vocabulary size.
    heads: Query heads; 0 for one per 64 of the hidden size, at least 4.
    groups: Key-value heads; 0 for as many as query heads.
    tied: True if the head shares the embedding's weights.
    """

    width: int
    layers: int
    inner: int
    words: int
    heads: int = 0
    groups: int = 0
    tied: bool = False


SIZES = {
    "1M": LlamaSize(128, 4, 344, 512),
    "5M": LlamaSize(256, 6, 688, 512),
    "100M": LlamaSize(768, 12, 2048, 8192),
    "0.5B": LlamaSize(896, 24, 4864, 151_936, heads=14, groups=2, tied=True),
    "1.5B": LlamaSize(1536, 28, 8960, 151_936, heads=12, groups=2, tied=True),
}
"""Sizes by name. 1M is used with other runtimes; 0.5B and 1.5B have the sizes of Qwen2.5-0.5B and 1.5B."""


class Shape(NamedTuple):
    """Shape of trees of fixed lengths.

    problems: Number of problems searched together.
    prompt, step: Lengths in tokens.
    children: Steps generated per problem and level.
    kept: Steps per problem and level that are continued.
    depth: Number of levels.
    """

    problems: int = 8
    prompt: int = 100
    children: int = 16
    kept: int = 4
    step: int = 20
    depth: int = 8

    @property
    def generated(self) -> int:
        """Return the total number of generated tokens."""
        return self.problems * self.children * self.step * self.depth

    @property
    def forwarded_one_by_one(self) -> int:
        """Return the forwarded tokens without a prefix cache: the sum over levels d of n (T0 + d s + s - 1)."""
        n, t, s = self.children, self.prompt, self.step
        return self.problems * sum(n * (t + d * s + s - 1) for d in range(self.depth))

    @property
    def forwarded_cached(self) -> int:
        """Return the forwarded tokens if each is computed once: T0 + D n (s - 1), and 1 for each step continued."""
        per_problem = self.prompt + self.depth * self.children * (self.step - 1) + (self.depth - 1) * self.kept
        return self.problems * per_problem


class BenchModel(NamedTuple):
    """Model to measure, and a tokenizer that maps the word ``wN`` to token N."""

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast

    @property
    def head(self) -> nn.Module:
        """Return the head, which maps hidden states to logits."""
        head: nn.Module = self.model.get_output_embeddings()
        return head

    @property
    def words(self) -> int:
        """Return the size of the vocabulary."""
        return int(self.model.config.vocab_size)


def make_bench_model(name: str, device: str = "cpu", dtype: torch.dtype = torch.float32) -> BenchModel:
    """Make a Llama of random weights on a device: "student", the shipped model's shape, or one of ``SIZES``.

    Random weights make all words about equally likely, so siblings with different seeds diverge at their first token.
    A trained model's siblings often generate equal tokens, which only some arms would compute once.
    """
    if name == "student":
        config = AutoConfig.from_pretrained(locate("embedded:student"))
    else:
        size = SIZES[name]
        heads = size.heads or max(4, size.width // 64)
        config = LlamaConfig(
            vocab_size=size.words,
            hidden_size=size.width,
            intermediate_size=size.inner,
            num_hidden_layers=size.layers,
            num_attention_heads=heads,
            num_key_value_heads=size.groups or heads,
            tie_word_embeddings=size.tied,
            max_position_embeddings=CONTEXT,
        )
    config.bos_token_id = config.eos_token_id = None
    config.pad_token_id = 0
    torch.manual_seed(0)
    with torch.device(device):
        model = LlamaForCausalLM(config).to(dtype).eval()  # type: ignore[arg-type]
    return BenchModel(name, model, word_tokenizer(config.vocab_size))


def word_tokenizer(words: int) -> PreTrainedTokenizerFast:
    """Return a tokenizer of the words w0, w1, ... without special tokens, so that any tokens survive a round trip."""
    inner = Tokenizer(models.WordLevel({f"w{i}": i for i in range(words)}, unk_token="w0"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=inner, clean_up_tokenization_spaces=False)


def prompts(shape: Shape, words: int) -> list[list[int]]:
    """Return random prompts, shape [problems, prompt]."""
    rng = random.Random(0)
    return [[rng.randrange(words) for _ in range(shape.prompt)] for _ in range(shape.problems)]


def as_text(ids: Sequence[int]) -> str:
    """Return the text of token ids, in the words of ``word_tokenizer``."""
    return " ".join(f"w{i}" for i in ids)


def as_ids(text: str) -> list[int]:
    """Return the token ids of a text of ``as_text``."""
    return [int(word[1:]) for word in text.split()]
