"""Request bodies: a generation request in the fields that a server takes."""

import json
from typing import Any

from hintree.models.base import GenerationRequest, Prompt
from hintree.models.remote.capabilities import CONTINUE, OFF, Capabilities

CONTINUE_PROMPT = (
    "{question}\n\nThe solution so far:\n{steps}\n\nGo on exactly where it stops. Write only what comes next, "
    "and repeat nothing."
)
"""User turn for servers that cannot continue the assistant's turn."""
SAMPLED = {"do_sample": True, "top_k": 0}
"""``generation_config`` that makes ``transformers serve`` sample."""
MAX_TOP_ROWS = 40_000
"""Maximum number of log-probabilities of most probable tokens in one reply; each takes about 100 bytes."""
USUAL_THINKING = 2048
"""Maximum number of tokens of a thought that was not asked for and cannot be turned off."""


def body_of(request: GenerationRequest, can: Capabilities) -> dict[str, Any]:
    """Return the JSON body of a generation request for a server with these capabilities."""
    chat, thinks = can.endpoint != "completions", expects_thought(request, can)
    thought_tokens = (request.thinking_tokens or USUAL_THINKING) if thinks else 0
    body: dict[str, Any] = {
        "model": can.model,
        can.limit: request.max_tokens + thought_tokens,
        "temperature": request.temperature,
        **sampling_fields(request, can),
    }
    if stops := sent_stops(request, can):
        body["stop"] = list(stops)
    if can.logprobs:
        body |= logprobs_fields(can.endpoint, top_tokens(request, can))
    if can.thoughts.special:
        body["skip_special_tokens"] = False
    if thinks and can.thoughts.budget:
        body["thinking_token_budget"] = thought_tokens
    if chat:
        body |= thinking_fields(request, can)
        text = assistant_text(request.prompt, can)
        body |= {"messages": turns_of(request.prompt, text, can)}
        body |= CONTINUE[can.prefill] if can.prefill and text else {}
    else:
        body["prompt"] = request.prompt.plain()
    own = {name: json.loads(value) for name, value in request.prompt.server}
    return {name: value for name, value in body.items() if name not in can.refused} | own


def sampling_fields(request: GenerationRequest, can: Capabilities) -> dict[str, Any]:
    """Return the sampling parameters of a request; a greedy one needs none."""
    if request.temperature <= 0:
        return {}
    fields: dict[str, Any] = {"top_p": request.top_p, "seed": server_seed(request)}
    if can.sampling == "generation_config":
        fields["generation_config"] = json.dumps(SAMPLED | {"top_k": request.top_k, "min_p": request.min_p})
    elif can.extras or request.top_k or request.min_p:
        fields |= {"top_k": request.top_k, "min_p": request.min_p}
    return fields


def server_seed(request: GenerationRequest) -> int:
    """Return the seed of a request in [0, 2**31); siblings of one family have consecutive ones."""
    return request.family % 2**30 + request.sibling % 2**30 if request.family else request.seed % 2**31


def logprobs_fields(endpoint: str, top: int) -> dict[str, Any]:
    """Return the fields that request the log-probabilities of each token and of the ``top`` most probable ones."""
    if endpoint == "completions":
        return {"logprobs": max(1, top)}
    return {"logprobs": True, "top_logprobs": top} if top else {"logprobs": True}


def top_tokens(request: GenerationRequest, can: Capabilities) -> int:
    """Return the number of most probable tokens to request; fewer for a long text, whose reply would be too large."""
    return min(can.top, max(1, MAX_TOP_ROWS // request.max_tokens))


def sent_stops(request: GenerationRequest, can: Capabilities) -> tuple[str, ...]:
    """Return the stop texts that the server is sent; the client looks for all of them in the returned text.

    None are sent where one could end the text too early: in a thought that precedes it, or before ``min_tokens``. Where
    the server removes a stop text without naming it, only the first one is sent, so that it is known.
    """
    if can.stop not in ("removed", "kept") or request.min_tokens or expects_thought(request, can):
        return ()
    return request.stop[:1] if can.stop == "removed" and can.ending != "field" else request.stop


def begins_turn(request: GenerationRequest, can: Capabilities) -> bool:
    """Tell whether a request begins a turn of the assistant, and continues neither a text nor a thought."""
    prompt = request.prompt
    if can.endpoint == "completions" or grows_thought(prompt, can):
        return False
    return not (can.prefill and assistant_text(prompt, can))


def expects_thought(request: GenerationRequest, can: Capabilities) -> bool:
    """Tell whether the model will write a thought before the text: if it is asked to, or cannot be told not to."""
    untold = bool(can.thoughts.style) and can.thoughts.off in ("", "low")
    return (request.thinking_tokens > 0 or untold) and begins_turn(request, can)


def thinking_fields(request: GenerationRequest, can: Capabilities) -> dict[str, Any]:
    """Return the arguments of the chat template, and the fields that turn thinking off for a request without a thought.

    Arguments of the prompt take precedence.
    """
    thoughts, fields = can.thoughts, dict[str, Any]()
    if thoughts.found and thoughts.off and not request.thinking_tokens and not holds_thought(request.prompt, can):
        fields = {name: value.copy() if isinstance(value, dict) else value for name, value in OFF[thoughts.off].items()}
    if request.prompt.template:
        fields["chat_template_kwargs"] = fields.get("chat_template_kwargs", {}) | dict(request.prompt.template)
    return fields if can.template != "refused" else {k: v for k, v in fields.items() if k != "chat_template_kwargs"}


def holds_thought(prompt: Prompt, can: Capabilities) -> bool:
    """Tell whether the server is given the beginning of a turn with a thought in it, finished or not."""
    style = can.thoughts.found
    if style is None or not prompt.assistant.startswith(style.open.strip()):
        return False
    return can.thoughts.closed if style.close in prompt.assistant else can.thoughts.continued


def grows_thought(prompt: Prompt, can: Capabilities) -> bool:
    """Tell whether the server is given a thought to continue."""
    style = can.thoughts.found
    return style is not None and style.close not in prompt.assistant and holds_thought(prompt, can)


def assistant_text(prompt: Prompt, can: Capabilities) -> str:
    """Return the beginning of the assistant's turn as the server is given it.

    A thought is left out where the server does not continue it, and the mark that opens it where the chat template
    writes that mark itself.
    """
    text, style, thoughts = prompt.assistant, can.thoughts.found, can.thoughts
    if can.endpoint == "completions":
        return text
    if style is None:  # marks of the protocol's own
        first = prompt.spans[0] if prompt.spans else None
        return text.removeprefix(first.text) if first is not None and first.control else text
    mark = style.open.strip()
    _, closed, after = text.rpartition(style.close)
    if closed and thoughts.closed:
        return text.removeprefix(mark).lstrip("\n") if thoughts.repeated else text
    if closed:
        return after.removeprefix(style.header).lstrip("\n")
    if text.startswith(mark) and (thoughts.repeated or not thoughts.continued):
        return text.removeprefix(mark).lstrip("\n")
    return text


def turns_of(prompt: Prompt, assistant: str, can: Capabilities) -> list[dict[str, str]]:
    """Return the chat messages of a prompt; without prefix continuation, the steps so far go into the user's turn."""
    turns = [{"role": "system", "content": prompt.system}] if prompt.system else []
    turns += [{"role": turn.role, "content": turn.text} for turn in prompt.turns]
    if not assistant:
        return [*turns, {"role": "user", "content": prompt.user}]
    if can.prefill:
        return [*turns, {"role": "user", "content": prompt.user}, {"role": "assistant", "content": assistant}]
    return [*turns, {"role": "user", "content": CONTINUE_PROMPT.format(question=prompt.user, steps=assistant)}]
