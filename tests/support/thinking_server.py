"""Scripted servers of thinking models: a trace, a chat template and a reasoning parser, in the manner of real ones.

They stand for vLLM, SGLang, llama.cpp and cloud APIs. The trace states a wrong answer in its thought.
"""

import re
from dataclasses import dataclass

from hintree.models.thinking import THINK, ThinkingStyle
from tests.support.small_server import SmallServer

THOUGHT = (
    "She has 12 apples and buys 14.\n\nSo the answer is 26.\n\nWait, she gives 8 away.\n\n"
    "Hmm, the final answer is \\boxed{26}.\n\nNo: 12 + 14 - 8 is one less than 19, so it is not 26."
)
ANSWER = "She has 12 + 14 - 8 = 18 apples.\n\nThe answer is 18."
QUESTION = "Ana has 12 apples, buys 14 and gives 8 away. How many has she?"
TOKEN = re.compile(r"<\|?[a-z/_]+\|?>|\[/?THINK\]|\n|[^\S\n]?\w+|[^\S\n]?[^\w\s]|\s")
ASSISTANT, END = "<|assistant|>", "<|done|>"


@dataclass(frozen=True)
class Trace:
    """A model and its server.

    parser: The server returns the thought in this field; "" for a thought in the text.
    prefill: How the assistant's turn is continued: "flags", "last", "either" (the flags are ignored, as by llama.cpp)
        or "".
    opened: The template begins the thought.
    switch: The template knows ``enable_thinking``; without a thought, it writes an empty one.
    strips: The template removes a finished thought from an assistant's turn.
    inserts: The template puts an empty thought before an assistant's turn that has none, as Qwen3's does.
    budget: The server knows ``thinking_token_budget``.
    effort: The server turns thinking off for ``reasoning_effort: none``.
    names_stop: The response names the stop text.
    parts: The content is a list of parts.
    shows_prompt: The server has vLLM's ``/tokenize`` and ``/detokenize``.
    strict: Fields that are refused with status 400.
    """

    style: ThinkingStyle = THINK
    name: str = "r1"
    parser: str = ""
    prefill: str = "flags"
    opened: bool = True
    switch: bool = False
    strips: bool = False
    inserts: bool = False
    budget: bool = False
    effort: bool = False
    names_stop: bool = True
    parts: bool = False
    shows_prompt: bool = False
    strict: tuple[str, ...] = ()
    thought: str = THOUGHT


def thinking_server(trace):
    return SmallServer(lambda path, body: respond(trace, path, body))


def respond(trace, path, body):
    if path in ("/tokenize", "/detokenize") and trace.shows_prompt:
        return 200, {"tokens": [1]} if path == "/tokenize" else {
            "prompt": f"{ASSISTANT}{begin(trace, None, True, False)}"
        }
    if path != "/v1/chat/completions":
        return (200, {"data": [{"id": trace.name}]}) if path == "/v1/models" else (404, {"error": f"no {path}"})
    for field in trace.strict:
        if field in body:
            return 400, {"error": {"message": f"Unknown parameter: '{field}'.", "param": field}}
    flags = "continue_final_message" in body
    if flags and trace.prefill not in ("flags", "either"):
        return 400, {"error": {"message": "Unknown parameter: 'continue_final_message'."}}
    last = body["messages"][-1]
    continued = last["role"] == "assistant" and (flags or trace.prefill in ("last", "either"))
    thinking = thinks_for(trace, body)
    by_flags = flags and trace.prefill == "flags"
    begun = begin(trace, last["content"] if continued else None, thinking, by_flags)
    before = "".join(f"<|{turn['role']}|>{turn['content']}" for turn in body["messages"][: -1 if continued else None])
    closing = END if last["role"] == "assistant" and not continued else ""
    prompt = len(TOKEN.findall(f"{before}{closing}{ASSISTANT}{begun}"))
    return 200, reply(trace, body, rest(trace, begun, thinking, body), prompt)


def thinks_for(trace, body):
    """Tell whether the model thinks for a request."""
    switched = trace.switch and body.get("chat_template_kwargs", {}).get("enable_thinking") is False
    return not switched and not (trace.effort and body.get("reasoning_effort") == "none")


def begin(trace, given, thinking, flags):
    """Return the assistant's turn as the template begins it."""
    style, opening = trace.style, ""
    if trace.switch and not thinking:
        opening = style.empty
    elif trace.opened and thinking and not flags:
        opening = style.open
    if given is None:
        return opening
    if style.close in given and trace.strips:
        given = given.rpartition(style.close)[2].lstrip("\n")
    if trace.inserts and thinking and style.close not in given:
        opening = style.empty
    return (opening + given) if not flags or trace.inserts or not thinking else given


def rest(trace, begun, thinking, body):
    """Return what the model writes after the beginning of its turn."""
    style = trace.style
    thought = trace.thought
    if trace.budget and "thinking_token_budget" in body:
        thought = "".join(TOKEN.findall(thought)[: body["thinking_token_budget"]])
    told = re.search(r"The solution so far:\n(.*?)\n\nGo on exactly", body["messages"][-1]["content"], re.DOTALL)
    left = ANSWER.removeprefix(told[1]).lstrip("\n") if told else ANSWER
    script = f"{style.open}{thought}\n{style.close}{style.after}{style.header}{left}"
    if begun and script.startswith(begun):
        return script[len(begun) :]
    answer = begun.rpartition(style.close + style.after + style.header)[2]
    if style.close in begun or answer or not thinking:
        return left if told else ANSWER[len(answer) :] if ANSWER.startswith(answer) else ANSWER
    return script


def reply(trace, body, text, prompt_tokens):
    style = trace.style
    limit = body.get("max_tokens", body.get("max_completion_tokens"))
    tokens = TOKEN.findall(text)
    finish, stop_reason = ("length" if len(tokens) > limit else "stop"), None
    text = "".join(tokens[:limit])
    found = min(((text.find(stop), stop) for stop in body.get("stop", ()) if stop in text), default=None)
    if found:
        text, finish, stop_reason = text[: found[0]], "stop", found[1]
    written = len(TOKEN.findall(text)) + (finish == "stop")
    choice = {"index": 0, "finish_reason": finish, **({"stop_reason": stop_reason} if trace.names_stop else {})}
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": written, "total_tokens": prompt_tokens + written}
    message = {"role": "assistant", "content": text}
    if trace.parser and thinks_for(trace, body):
        before, closed, after = text.partition(style.close)
        thinks = closed or trace.opened or text.startswith(style.open)
        thought = before.removeprefix(style.open) if thinks else ""
        content = after.removeprefix(style.header).lstrip("\n") if thinks else text
        message = {"role": "assistant", "content": content or None, trace.parser: thought or None}
        usage["completion_tokens_details"] = {"reasoning_tokens": len(TOKEN.findall(thought))}
    if trace.parts and message["content"]:
        message["content"] = [{"type": "text", "text": message["content"]}]
        if trace.parser:
            thought = {"type": "thinking", "thinking": [{"type": "text", "text": message.pop(trace.parser) or ""}]}
            message["content"].insert(0, thought)
    return {"choices": [choice | {"message": message}], "usage": usage}
