"""The PRM's architecture: a language model, a comparison laid into the weights, and a layer that learns to use it.

What a model expects next stands in its last layer, one token early. Whether the token that came is the expected one is
the whole of what a PRM needs (docs/lab.md), and small trainings do not find it. So the residual stream is made three
times as wide: the first third is the language model's own, untouched; the second receives, through heads that look
back by one token, what was expected; the third carries the token itself from the embeddings on, so quietly that no norm
notices. The next MLP multiplies the two. The last layer and the head are trained.
"""

import math

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForTokenClassification
from transformers.models.llama.modeling_llama import LlamaDecoderLayer

from hintree.experiments.lab.initial import HEADS, look_back

THIRDS = 3
WHISPER, LOUD, GAIN = 1e-3, 1e3, 5e4
"""How quietly the token is carried, and how loud expectation and verdict are written: a language model's own stream has
a norm of about a thousand in its last layer."""
EXTRA_LAYERS = 2


def new_judge(writer: LlamaForCausalLM, *, seed: int) -> LlamaForTokenClassification:
    """A PRM on top of a language model, of which only the last layer, the norm and the head are to be trained."""
    torch.manual_seed(seed)
    narrow, layers = writer.config.hidden_size, writer.config.num_hidden_layers
    config = LlamaConfig.from_dict({**writer.config.to_dict(), "num_labels": 2})
    config.hidden_size, config.num_hidden_layers = THIRDS * narrow, layers + EXTRA_LAYERS
    config.head_dim = narrow // HEADS
    config.id2label, config.label2id = {0: "wrong", 1: "right"}, {"wrong": 0, "right": 1}
    judge = LlamaForTokenClassification(config)
    with torch.no_grad():
        table = writer.model.embed_tokens.weight
        tokens = table - table.mean(0)
        axes = torch.linalg.svd(tokens, full_matrices=True)[2]
        judge.model.embed_tokens.weight.zero_()
        judge.model.embed_tokens.weight[:, :narrow] = table
        judge.model.embed_tokens.weight[:, 2 * narrow :] = WHISPER * tokens @ axes.T
        for new, old in zip(judge.model.layers, writer.model.layers, strict=False):
            take_over(new, old, narrow)
        compare(judge.model.layers[layers], axes * writer.model.norm.weight, narrow)
        listen(judge.model.layers[layers + 1], narrow)
    trained = (f"model.layers.{layers + 1}.", "model.norm.", "score.")
    for name, parameter in judge.named_parameters():
        parameter.requires_grad = name.startswith(trained)
    return judge


def take_over(new: LlamaDecoderLayer, old: LlamaDecoderLayer, narrow: int) -> None:
    """Make a wide layer do on the first third of its stream what a narrow one does; the rest is left alone."""
    for (name, wide), weight in zip(new.named_parameters(), old.parameters(), strict=True):
        wide.zero_()
        if name.endswith("layernorm.weight"):
            wide[:narrow] = weight / math.sqrt(THIRDS)  # the norm is taken over three times as many numbers
        else:
            wide[tuple(slice(size) for size in weight.shape)] = weight


def compare(layer: LlamaDecoderLayer, expectation: Tensor, narrow: int) -> None:
    """Lay the comparison into a layer: attention fetches what was expected, the MLP multiplies it with the token.

    silu(a) b + silu(-a) (-b) = a b, so two units of a gated MLP multiply two numbers exactly.

    Args:
        layer: Is changed in place; its verdict goes to the last number of the stream.
        expectation: From the writer's last state to logits along the axes of the embeddings; shape [narrow, narrow].
        narrow: Width of the writer.
    """
    attention, mlp = layer.self_attn, layer.mlp
    for parameter in (*attention.parameters(), mlp.gate_proj.weight, mlp.up_proj.weight, mlp.down_proj.weight):
        parameter.zero_()
    layer.input_layernorm.weight.zero_()
    layer.input_layernorm.weight[:narrow] = 1 / math.sqrt(THIRDS)
    layer.post_attention_layernorm.weight[2 * narrow :] = 1 / WHISPER
    for head in range(HEADS):
        look_back(attention, head, 1, sharpness=60.0)
    attention.v_proj.weight[:, :narrow] = expectation
    attention.o_proj.weight[narrow : 2 * narrow] = LOUD * torch.eye(narrow)
    for sign, rows in ((1.0, slice(narrow)), (-1.0, slice(narrow, 2 * narrow))):
        mlp.gate_proj.weight[rows, narrow : 2 * narrow] = sign * torch.eye(narrow)
        mlp.up_proj.weight[rows, 2 * narrow :] = sign * torch.eye(narrow)
    mlp.down_proj.weight[-1, : 2 * narrow] = GAIN


def listen(layer: LlamaDecoderLayer, narrow: int) -> None:
    """Start a layer that changes nothing but for one head, which looks for the least expected token so far."""
    attention = layer.self_attn
    slow = attention.head_dim // 2 - 1  # the pair of numbers that rotary positions turn least
    attention.o_proj.weight.zero_()
    layer.mlp.down_proj.weight.zero_()
    attention.q_proj.weight[slow], attention.q_proj.bias[slow] = 0.0, 6.0
    attention.k_proj.weight[slow], attention.k_proj.weight[slow, -1] = 0.0, -3.0
    attention.v_proj.weight[0], attention.v_proj.weight[0, -1] = 0.0, 1.0
    attention.o_proj.weight[-2, 0] = LOUD / 2
