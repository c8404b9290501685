"""What is measured: trees of fixed lengths, and models of random weights whose every word is one token."""

import random
from collections.abc import Sequence
from typing import NamedTuple

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import nn
from transformers import AutoConfig, LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from hintree.models.local.load import locate

CONTEXT = 1024
"""Tokens that every model here can read."""


class Size(NamedTuple):
    """Of a Llama: widths of a token and of the feed-forward layers, layers, words.

    heads, groups: Of queries, and of keys and values; 0 for one for every 64 numbers, and for as many as of queries.
    tied: Whether the last layer has the weights of the first.
    """

    width: int
    layers: int
    inner: int
    words: int
    heads: int = 0
    groups: int = 0
    tied: bool = False


SIZES = {
    "1M": Size(128, 4, 344, 512),
    "5M": Size(256, 6, 688, 512),
    "100M": Size(768, 12, 2048, 8192),
    "0.5B": Size(896, 24, 4864, 151_936, heads=14, groups=2, tied=True),
    "1.5B": Size(1536, 28, 8960, 151_936, heads=12, groups=2, tied=True),
}
"""By name. 1M is the model that other runtimes are given; 0.5B and 1.5B have the sizes of Qwen2.5's."""


class Shape(NamedTuple):
    """A tree of fixed lengths: every level ``children`` steps for each problem, ``kept`` of which are continued.

    problems: Searched together.
    prompt, step: Lengths in tokens.
    depth: Levels.
    """

    problems: int = 8
    prompt: int = 100
    children: int = 16
    kept: int = 4
    step: int = 20
    depth: int = 8

    @property
    def generated(self) -> int:
        """Tokens written in all."""
        return self.problems * self.children * self.step * self.depth

    @property
    def forwarded_one_by_one(self) -> int:
        """Tokens forwarded if every child reads its whole path: sum over levels d of n (T0 + d s + s - 1)."""
        n, t, s = self.children, self.prompt, self.step
        return self.problems * sum(n * (t + d * s + s - 1) for d in range(self.depth))

    @property
    def forwarded_cached(self) -> int:
        """Tokens forwarded if nothing is read twice: T0 + D n (s - 1), and the last token of each step continued."""
        per_problem = self.prompt + self.depth * self.children * (self.step - 1) + (self.depth - 1) * self.kept
        return self.problems * per_problem


class Subject(NamedTuple):
    """A model to measure, and the tokenizer for which word ``wN`` is token N."""

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast

    @property
    def head(self) -> nn.Module:
        """From hidden states to logits."""
        head: nn.Module = self.model.get_output_embeddings()
        return head

    @property
    def words(self) -> int:
        """Size of the vocabulary."""
        return int(self.model.config.vocab_size)


def subject(name: str, device: str = "cpu", dtype: torch.dtype = torch.float32) -> Subject:
    """A Llama of random weights on a device: "student", the shipped model's shape, or one of ``SIZES``.

    Random weights make all words about equally likely, so that siblings with different seeds go different ways from
    the first token on. A trained model's siblings often write alike, and would share forward passes in some arms only.
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
    return Subject(name, model, word_tokenizer(config.vocab_size))


def word_tokenizer(words: int) -> PreTrainedTokenizerFast:
    """A tokenizer of the words w0, w1, ...; no token is special, so any tokens survive decoding and encoding."""
    inner = Tokenizer(models.WordLevel({f"w{i}": i for i in range(words)}, unk_token="w0"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=inner, clean_up_tokenization_spaces=False)


def prompts(shape: Shape, words: int) -> list[list[int]]:
    """Random prompts, shape [problems, prompt]."""
    rng = random.Random(0)
    return [[rng.randrange(words) for _ in range(shape.prompt)] for _ in range(shape.problems)]


def as_text(ids: Sequence[int]) -> str:
    """Token ids as the words of ``word_tokenizer``."""
    return " ".join(f"w{i}" for i in ids)


def as_ids(text: str) -> list[int]:
    """The token ids of such words."""
    return [int(word[1:]) for word in text.split()]
