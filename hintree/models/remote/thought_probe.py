"""Probe how a server's model thinks: how thoughts are shown, turned off, limited, and continued."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from hintree.errors import ModelError
from hintree.models.remote.capabilities import CONTINUE, OFF, SWITCH, Thoughts
from hintree.models.remote.chat_template import by_tokens
from hintree.models.remote.client import Server
from hintree.models.remote.replies import Reply
from hintree.models.thinking import THINK, ThinkingStyle, detect_style, style_of_name, style_of_text

QUESTION = "What is 17 + 25? Think briefly, then answer with the number only."
"""Question that thinking models think about."""
TOKENS = 256
"""Maximum number of tokens of a probe's text; models that do not think need a few of them."""
LONG = 1024
"""Maximum number of tokens for a model whose name says that it thinks."""
LONGEST_MARKS = 20
"""Maximum number of tokens of the marks of a finished thought and the text around them."""
Send = Callable[..., Awaitable[Reply]]


class ThoughtProbe:
    """Requests that probe how the model of one server thinks.

    Args:
        server: The server.
        model: Name of the model there.
        send: Sends a request of given fields to an endpoint and returns the reply; raises ModelError.
    """

    def __init__(self, server: Server, model: str, send: Send) -> None:
        self.server, self.model, self.send = server, model, send

    async def detect(self, first: Reply) -> tuple[Thoughts, str]:
        """Return how the model thinks, and the treatment of ``chat_template_kwargs``.

        Args:
            first: The reply to a request of the chat endpoint that says nothing about thinking.
        """
        prompt = await self._rendered()
        known = detect_style(await self._template() + prompt) or style_of_name(self.model)
        reply = await self._ask(max_tokens=LONG if known else TOKENS)
        if reply is not None and not known and reply.finish == "length" and not shows(reply):
            reply = await self._ask(max_tokens=LONG) or reply  # a thought whose opening mark is not in the text
        if reply is None:
            return Thoughts(), "refused"
        seen, special = reply, False
        if known and not shows(reply) and (raw := await self._ask(max_tokens=LONG, skip_special_tokens=False)):
            special = shows(raw)
            seen = raw if special else reply
        quiet = await self._ask(chat_template_kwargs=SWITCH)
        kwargs = "refused" if quiet is None else "accepted"
        if quiet is not None and quiet.prompt_tokens != reply.prompt_tokens:
            kwargs = "effective"
        if first.thought is None and not shows(seen):
            # A thought that the template opened, and that did not end within the tokens, shows no mark in the text.
            begun = known is not None and prompt.rstrip().endswith(known.open.strip())
            if known and seen.finish == "length" and (begun or known is style_of_name(self.model)):
                return Thoughts(known.name, "text", opened=True), kwargs
            return Thoughts(), kwargs
        marked = style_of_text(seen.text)
        style = marked if marked and (known is None or marked.open != known.open) else known or THINK
        shown = "text" if seen.thought is None and first.thought is None else "field"
        opened = shown == "text" and not seen.text.lstrip().startswith(style.open.strip())
        off = await self._off(seen, quiet, style)
        kwargs = "effective" if off == "template" else kwargs
        budget = await self._budget(seen, style)
        return Thoughts(style.name, shown, opened, off=off, budget=budget, special=special), kwargs

    async def in_turn(self, thoughts: Thoughts, prefill: str) -> Thoughts:
        """Return the thoughts with what the server does to one in the assistant's turn.

        Token counts of prompts show it: a thought that is continued costs its own tokens, an empty one that the
        template puts before it costs more, and one that the template removes costs nothing, however long it is.
        """
        style = thoughts.found
        if style is None or not prefill:
            return thoughts
        words = " ".join(["one"] * 4)
        begun = [f"{style.open}{words}", f"{style.open}{words} {words}"]
        finished = [f"{text}{style.forced_close}{words}" for text in begun]
        counts = [await self._count(prefill, text) for text in ("", *begun, *finished)]
        none, four, eight, closed, closed_eight = (count or 0 for count in counts)
        slope = (eight - four) / 4
        mark = four - none - 4 * slope
        kept = 0 < closed < closed_eight and closed - none - 2 * (closed_eight - closed) <= LONGEST_MARKS
        continued = thoughts.shown == "text" and all((none, four, eight)) and slope > 0 and -1 < mark < 6
        if style.on and continued and mark >= 4:  # the mark, and an empty thought before it
            continued = False
        repeated = thoughts.opened and mark >= 1
        return replace(thoughts, repeated=repeated, continued=continued and kept, closed=kept)

    async def _template(self) -> str:
        """Return the chat template that llama.cpp shows under ``/props``; "" for any other server."""

        def parse(data: Any) -> str:
            return str(data.get("chat_template", "")) if isinstance(data, dict) else ""

        try:
            return await self.server.request(f"{self.server.address.root}/props", None, parse, tries=1)
        except ModelError:
            return ""

    async def _rendered(self) -> str:
        """Return a question with the beginning of the assistant's turn, as vLLM renders it; "" for any other server."""
        try:
            return await by_tokens(self.server, [{"role": "user", "content": QUESTION}], begin=True)
        except ModelError:
            return ""

    async def _ask(self, **fields: Any) -> Reply | None:
        """Return the reply to a question; None if the server refuses the fields."""
        messages = [{"role": "user", "content": QUESTION}]
        try:
            return await self.send("chat/completions", **{"messages": messages, "max_tokens": TOKENS, **fields})
        except ModelError:
            return None

    async def _count(self, prefill: str, given: str) -> int | None:
        """Return the prompt tokens of a question with a beginning of the assistant's turn; None if it is refused."""
        turns = [{"role": "user", "content": QUESTION}]
        turns += [{"role": "assistant", "content": given}] * bool(given)
        try:
            reply = await self.send(
                "chat/completions", messages=turns, max_tokens=1, **(CONTINUE[prefill] if given else {})
            )
        except ModelError:
            return None
        return reply.prompt_tokens

    async def _off(self, seen: Reply, quiet: Reply | None, style: ThinkingStyle) -> str:
        """Return the first way of ``OFF`` after which the model writes no thought, or a shorter one for "low"."""
        if quiet is not None and not thinks(quiet, seen):
            return "template"
        for way in ("none", "low"):
            reply = await self._ask(**OFF[way])
            if reply is None:
                continue
            shorter = reply.finish == "stop" and len(thought_of(reply, style)) < len(thought_of(seen, style))
            if not thinks(reply, seen) or (way == "low" and shorter):
                return way
        return ""

    async def _budget(self, seen: Reply, style: ThinkingStyle) -> bool:
        """Tell whether a budget of 8 tokens shortens a thought to less than half."""
        reply = await self._ask(thinking_token_budget=8)
        if reply is None or reply.finish != "stop":
            return False
        whole = len(thought_of(seen, style))
        return whole > 80 and len(thought_of(reply, style)) < whole / 2


def shows(reply: Reply) -> bool:
    """Tell whether a reply shows a thought, apart or between marks."""
    return reply.thought is not None or style_of_text(reply.text) is not None


def thinks(reply: Reply, seen: Reply) -> bool:
    """Tell whether a reply holds a thought; one that is cut as ``seen`` is may be in the midst of one."""
    cut = reply.finish == "length" and seen.thought is None and style_of_text(seen.text) is not None
    return shows(reply) or cut


def thought_of(reply: Reply, style: ThinkingStyle) -> str:
    """Return the thought of a reply, "" if it has none."""
    return reply.thought or reply.text.rpartition(style.close)[0]
