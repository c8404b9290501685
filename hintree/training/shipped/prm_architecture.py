"""Architecture of the PRM: a language model, three layers on top, and weights that compare prediction and token.

Whether a step is right is almost decided by whether the language model predicted its tokens (docs/lab.md), but the
prediction of a token is in the last layer one position before it, and short trainings do not find that comparison. So
it is written into the weights. The residual stream is twice as wide as the language model's:

- first half: the language model's own stream;
- third quarter: the predicted next token, as a sum of random codes, one code per token, weighted by the logits;
- last quarter: the code of the current token, from the embedding on.

Of the three layers on top, the first turns the language model's logits into the prediction. The second fetches the
prediction of the previous position and multiplies it with the code of the current token: the verdict. The third layer
and the head are trained.

A norm has an output of fixed length, so each part must be larger than what the stream held before it, and the last part
must have the size of trained weights. The language model's own stream is therefore scaled down, which its norms undo.

In the question nothing is predictable, so its tokens are marked. The trained layer starts with a head that finds the
least verdict among unmarked tokens. The end-of-text token shares the code of the line break, because a solution that
could end at a step may also continue with the line break at which the step is scored.
"""

import math

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForTokenClassification
from transformers.models.llama.modeling_llama import LlamaAttention, LlamaDecoderLayer

from hintree.training.shipped.initialisation import look_back

BASE_SCALE = 1e-7
"""Scale of the language model's stream, which has a norm of about a thousand in its last layer."""
CODE_SCALE, EXPECTATION_SCALE, FETCH_NORM = 1e-10, 1e-4, 10.0
"""Norm of a token's code in the stream, scale of its prediction, and norm of the fetched prediction."""
CODE_GAIN, MARK_SCALE = 6e4, 1e-7
"""Norm weight that brings a token's code to about unit length, and the size of the question's mark."""
EXTRA_LAYERS = 3
MARK_CHANNEL, MIN_CHANNEL, VERDICT_CHANNEL = -3, -2, -1
"""Channels of the stream that no code uses: the mark, the least verdict, and the verdict."""


def new_prm(writer: LlamaForCausalLM, newline: int, *, seed: int) -> LlamaForTokenClassification:
    """Build a PRM on top of a language model; only the last layer, the norm and the head are trainable.

    Args:
        writer: The language model.
        newline: Id of the token that ends the question and every step.
        seed: Seed of the codes and of the trainable weights.
    """
    torch.manual_seed(seed)
    narrow, layers = writer.config.hidden_size, writer.config.num_hidden_layers
    config = LlamaConfig.from_dict({**writer.config.to_dict(), "num_labels": 2})
    config.hidden_size, config.num_hidden_layers = 2 * narrow, layers + EXTRA_LAYERS
    config.intermediate_size = max(writer.config.intermediate_size, writer.config.vocab_size)
    config.rms_norm_eps = writer.config.rms_norm_eps * BASE_SCALE**2 / 2
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
    """Return a code of unit length for every token, shape [vocabulary, size], from ``noise`` of that shape.

    The codes of the tokens ``start`` and ``newline`` are orthogonal to all others, and ``end`` has the code of
    ``newline``. The channels from MARK_CHANNEL on are zero.
    """
    noise[:, MARK_CHANNEL:] = 0.0
    signs = torch.linalg.qr(noise[[newline, start]].T).Q.T
    codes = noise - noise @ signs.T @ signs
    codes[[newline, start]] = signs
    codes[end] = codes[newline]
    return torch.nn.functional.normalize(codes, dim=1)


def copy_layer(new: LlamaDecoderLayer, old: LlamaDecoderLayer, narrow: int) -> None:
    """Copy a narrow layer into the first half of a wide layer, scaled by BASE_SCALE; all other weights are zero."""
    for (name, wide), weight in zip(new.named_parameters(), old.parameters(), strict=True):
        wide.zero_()
        if name.endswith("layernorm.weight"):
            wide[:narrow] = weight / math.sqrt(2)  # the norm is taken over twice as many numbers
        else:
            writes = name.startswith(("self_attn.o_proj", "mlp.down_proj"))
            wide[tuple(slice(size) for size in weight.shape)] = weight * (BASE_SCALE if writes else 1.0)


def write_expectation(layer: LlamaDecoderLayer, logits: Tensor, codes: Tensor) -> None:
    """Write the prediction of the next token into the third quarter: the sum over all tokens of code * silu(x) x.

    Args:
        layer: Modified in place.
        logits: Matrix from the writer's last state, divided by its root mean square, to logits x; shape [vocabulary,
            narrow].
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

    One head attends to line breaks and, where there is none, to the start of the text, whose code is its only output.

    Args:
        layer: Modified in place.
        start: Code of the token that starts every text; shape [narrow / 2].
        newline: Code of the line break; shape [narrow / 2].
    """
    attention, current = layer.self_attn, slice(-len(start), None)
    slow = slowest_dimension(attention)
    layer.input_layernorm.weight[current] = CODE_GAIN
    attention.q_proj.bias[slow] = 10.0
    attention.k_proj.weight[slow, current] = 50.0 * newline + 6.0 * start
    attention.v_proj.weight[0, current] = start
    attention.o_proj.weight[MARK_CHANNEL, 0] = MARK_SCALE


def write_comparison(layer: LlamaDecoderLayer, code: int) -> None:
    """Fetch the prediction of the previous position and multiply it with the code of the current token.

    silu(a) b + silu(-a) (-b) = a b, so two units of a gated MLP multiply two numbers exactly. The verdict, the cosine
    of the two times FETCH_NORM, is added to the last channel of the stream.
    """
    attention, mlp = layer.self_attn, layer.mlp
    zero_layer(layer)
    predicted, current = slice(-2 * code, -code), slice(-code, None)
    length = math.sqrt(4 * code)  # of all that a norm with unit weights lets out
    layer.input_layernorm.weight[predicted] = 1 / length
    layer.post_attention_layernorm.weight[predicted] = 1 / length
    layer.post_attention_layernorm.weight[current] = FETCH_NORM / length / CODE_SCALE
    for head in range(attention.config.num_attention_heads):
        look_back(attention, head, 1, sharpness=60.0)
    attention.v_proj.weight[:code, predicted] = torch.eye(code)
    attention.o_proj.weight[predicted, :code] = FETCH_NORM * torch.eye(code)
    layer.input_layernorm.weight[MARK_CHANNEL] = 1.0
    attention.v_proj.weight[code, MARK_CHANNEL] = 1.0
    attention.o_proj.weight[MARK_CHANNEL, code] = 1e-2  # so that the first line break is marked, too
    for sign, rows in ((1.0, slice(code)), (-1.0, slice(code, 2 * code))):
        mlp.gate_proj.weight[rows, predicted] = sign * torch.eye(code)
        mlp.up_proj.weight[rows, current] = sign * torch.eye(code)
    mlp.down_proj.weight[VERDICT_CHANNEL, : 2 * code] = FETCH_NORM


def initialise_trained_layer(prm: LlamaForTokenClassification, narrow: int) -> None:
    """Initialise the trained layer: it reads the language model, too, and one head finds the least verdict."""
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
    """Return the dimension of a head that rotary positions rotate least."""
    return int(attention.head_dim) // 2 - 1


def zero_layer(layer: LlamaDecoderLayer) -> None:
    """Set all weights of a layer to zero."""
    for parameter in layer.parameters():
        parameter.zero_()
