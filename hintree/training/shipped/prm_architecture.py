"""The PRM's architecture: a language model, a comparison laid into the weights, and a layer that learns to use it.

What a model expects next stands in its last layer, one token early. Whether the token that came is the expected one is
nearly all that a PRM needs (docs/lab.md), and small trainings do not find it. So the residual stream is made twice as
wide. Its first half is the language model's own. The third quarter takes up what is expected, the last one carries the
token that came from the embeddings on; both are sums of random codes, one for every token. Of the three layers on top,
the first turns the language model's logits into an expectation, in which the likely tokens outweigh the others; the
second fetches the expectation of one token ago and multiplies it with the code of the token that came; the third and
the head are trained.

Each part must drown what stood in the stream before it, as a norm lets out a fixed length only, and the last must have
the size that trained weights have. So the language model's own stream is made quiet, which its norms undo.

In the question nothing is expected, so it is marked, and the trained layer starts with a head that finds the least
verdict of what is not. An end of the text is as good as a line break: a solution that could end
there may well be followed by the break that every step is judged at.
"""

import math

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForTokenClassification
from transformers.models.llama.modeling_llama import LlamaAttention, LlamaDecoderLayer

from hintree.training.shipped.initialisation import HEADS, look_back

BASE_SCALE = 1e-7
"""Factor of the language model's stream, which has a norm of about a thousand in its last layer."""
CODE_SCALE, EXPECTATION_SCALE, FETCH_NORM = 1e-10, 1e-4, 10.0
"""Norm of a token's code as it is carried, factor of its expectation, and norm of the expectation that was fetched."""
CODE_GAIN, MARK_SCALE = 6e4, 1e-7
"""Factor that lets a norm give out a whispered code in unit length, about, and the size of the question's mark."""
EXTRA_LAYERS = 3
MARK_CHANNEL, MIN_CHANNEL, VERDICT_CHANNEL = -3, -2, -1
"""Numbers of the stream that no code touches: the mark, the least verdict, and the verdict."""


def new_prm(writer: LlamaForCausalLM, newline: int, *, seed: int) -> LlamaForTokenClassification:
    """A PRM on top of a language model, of which only the last layer, the norm and the head are to be trained.

    Args:
        writer: The language model.
        newline: Id of the token that ends the question and every step.
        seed: Of the codes, and of what is to be trained.
    """
    torch.manual_seed(seed)
    narrow, layers = writer.config.hidden_size, writer.config.num_hidden_layers
    config = LlamaConfig.from_dict({**writer.config.to_dict(), "num_labels": 2})
    config.hidden_size, config.num_hidden_layers = 2 * narrow, layers + EXTRA_LAYERS
    config.intermediate_size = max(writer.config.intermediate_size, writer.config.vocab_size)
    config.head_dim, config.rms_norm_eps = narrow // HEADS, writer.config.rms_norm_eps * BASE_SCALE**2 / 2
    config.id2label, config.label2id = {0: "wrong", 1: "right"}, {"wrong": 0, "right": 1}
    prm = LlamaForTokenClassification(config)
    with torch.no_grad():
        table, start, end = writer.model.embed_tokens.weight, writer.config.bos_token_id, writer.config.eos_token_id
        assert isinstance(start, int) and isinstance(end, int)
        codes = draw_codes(torch.randn(len(table), narrow // 2), start, newline, end)
        prm.model.embed_tokens.weight.zero_()
        prm.model.embed_tokens.weight[:, :narrow] = BASE_SCALE * table
        prm.model.embed_tokens.weight[:, -codes.shape[1] :] = CODE_SCALE * codes
        for new, old in zip(prm.model.layers, writer.model.layers, strict=False):
            copy_layer(new, old, narrow)
        write_expectation(prm.model.layers[layers], table * writer.model.norm.weight, codes)
        write_question_mark(prm.model.layers[layers], codes[start], codes[newline])
        write_comparison(prm.model.layers[layers + 1], codes.shape[1])
        initialise_trained_layer(prm, narrow)
    trained = (f"model.layers.{layers + 2}.", "model.norm.", "score.")
    for name, parameter in prm.named_parameters():
        parameter.requires_grad = name.startswith(trained)
    return prm


def draw_codes(noise: Tensor, start: int, newline: int, end: int) -> Tensor:
    """A code of unit length for every token, shape [vocabulary, size], from ``noise`` of that shape.

    The codes of the tokens ``start`` and ``newline`` are at right angles to all others, and ``end`` has that of
    ``newline``. The numbers from MARKED on are zero.
    """
    noise[:, MARK_CHANNEL:] = 0.0
    signs = torch.linalg.qr(noise[[newline, start]].T).Q.T
    codes = noise - noise @ signs.T @ signs
    codes[[newline, start]] = signs
    codes[end] = codes[newline]
    return torch.nn.functional.normalize(codes, dim=1)


def copy_layer(new: LlamaDecoderLayer, old: LlamaDecoderLayer, narrow: int) -> None:
    """Make a wide layer do on the first half of its stream, quietly, what a narrow one does; the rest is left alone."""
    for (name, wide), weight in zip(new.named_parameters(), old.parameters(), strict=True):
        wide.zero_()
        if name.endswith("layernorm.weight"):
            wide[:narrow] = weight / math.sqrt(2)  # the norm is taken over twice as many numbers
        else:
            writes = name.startswith(("self_attn.o_proj", "mlp.down_proj"))
            wide[tuple(slice(size) for size in weight.shape)] = weight * (BASE_SCALE if writes else 1.0)


def write_expectation(layer: LlamaDecoderLayer, logits: Tensor, codes: Tensor) -> None:
    """Write the expectation of the next token into the third quarter: the sum over all tokens of code * silu(x) x.

    Args:
        layer: Is changed in place.
        logits: From the writer's last state, divided by its root mean square, to logits x; shape [vocabulary, narrow].
        codes: One of unit length for every token; shape [vocabulary, narrow / 2].
    """
    mlp, (tokens, narrow) = layer.mlp, logits.shape
    zero_layer(layer)
    layer.post_attention_layernorm.weight[:narrow] = 1 / math.sqrt(2)
    mlp.gate_proj.weight[:tokens, :narrow] = logits
    mlp.up_proj.weight[:tokens, :narrow] = logits
    mlp.down_proj.weight[narrow : narrow + codes.shape[1], :tokens] = EXPECTATION_SCALE * codes.T


def write_question_mark(layer: LlamaDecoderLayer, start: Tensor, newline: Tensor) -> None:
    """Set a mark on every token before the first line break.

    One head looks for line breaks, and where there is none for the start of the text, whose code alone it gives out.

    Args:
        layer: Is changed in place.
        start: Code of the token that starts every text; shape [narrow / 2].
        newline: Code of the line break; shape [narrow / 2].
    """
    attention, came = layer.self_attn, slice(-len(start), None)
    slow = slowest_dimension(attention)
    layer.input_layernorm.weight[came] = CODE_GAIN
    attention.q_proj.bias[slow] = 10.0
    attention.k_proj.weight[slow, came] = 50.0 * newline + 6.0 * start
    attention.v_proj.weight[0, came] = start
    attention.o_proj.weight[MARK_CHANNEL, 0] = MARK_SCALE


def write_comparison(layer: LlamaDecoderLayer, code: int) -> None:
    """Fetch the expectation of one token ago, and multiply it with the code of the token that came.

    silu(a) b + silu(-a) (-b) = a b, so two units of a gated MLP multiply two numbers exactly. The verdict, the cosine
    of the two times FETCHED, is added to the last number of the stream.
    """
    attention, mlp = layer.self_attn, layer.mlp
    zero_layer(layer)
    expected, came = slice(-2 * code, -code), slice(-code, None)
    length = math.sqrt(4 * code)  # of all that a norm with unit weights lets out
    layer.input_layernorm.weight[expected] = 1 / length
    layer.post_attention_layernorm.weight[expected] = 1 / length
    layer.post_attention_layernorm.weight[came] = FETCH_NORM / length / CODE_SCALE
    for head in range(HEADS):
        look_back(attention, head, 1, sharpness=60.0)
    attention.v_proj.weight[:code, expected] = torch.eye(code)
    attention.o_proj.weight[expected, :code] = FETCH_NORM * torch.eye(code)
    layer.input_layernorm.weight[MARK_CHANNEL] = 1.0
    attention.v_proj.weight[code, MARK_CHANNEL] = 1.0
    attention.o_proj.weight[MARK_CHANNEL, code] = 1e-2  # so that the first line break is marked, too
    for sign, rows in ((1.0, slice(code)), (-1.0, slice(code, 2 * code))):
        mlp.gate_proj.weight[rows, expected] = sign * torch.eye(code)
        mlp.up_proj.weight[rows, came] = sign * torch.eye(code)
    mlp.down_proj.weight[VERDICT_CHANNEL, : 2 * code] = FETCH_NORM


def initialise_trained_layer(prm: LlamaForTokenClassification, narrow: int) -> None:
    """Start a layer that hears the language model too, and of which one head finds the solution's least verdict."""
    layer = prm.model.layers[-1]
    attention = layer.self_attn
    layer.input_layernorm.weight[:narrow] = FETCH_NORM / BASE_SCALE / 1e3
    layer.post_attention_layernorm.weight[:narrow] = FETCH_NORM / BASE_SCALE / 1e3
    slow = slowest_dimension(attention)
    layer.input_layernorm.weight[MARK_CHANNEL] = FETCH_NORM / MARK_SCALE
    attention.o_proj.weight.zero_()
    layer.mlp.down_proj.weight.zero_()
    attention.q_proj.weight[slow], attention.q_proj.bias[slow] = 0.0, 6.0
    attention.k_proj.weight[slow], attention.k_proj.weight[slow, VERDICT_CHANNEL] = 0.0, -1.0
    attention.k_proj.weight[slow, MARK_CHANNEL] = -2.0
    attention.v_proj.weight[0], attention.v_proj.weight[0, VERDICT_CHANNEL] = 0.0, 1.0
    attention.o_proj.weight[MIN_CHANNEL, 0] = 1.0


def slowest_dimension(attention: LlamaAttention) -> int:
    """The number of a head that rotary positions turn least."""
    return int(attention.head_dim) // 2 - 1


def zero_layer(layer: LlamaDecoderLayer) -> None:
    """Make a layer do nothing."""
    for parameter in layer.parameters():
        parameter.zero_()
