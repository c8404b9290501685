"""Capabilities of a server and its model, as the probes found them."""

from dataclasses import dataclass, field, replace
from typing import Any

from hintree.models.thinking import STYLES, ThinkingStyle

CONTINUE: dict[str, dict[str, bool]] = {
    "last": {},
    "flags": {"continue_final_message": True, "add_generation_prompt": False},
}
"""Ways to continue the assistant's turn: give it as the last message, or set the flags of vLLM and SGLang."""
SWITCH = {"enable_thinking": False}
"""Argument of chat templates that turns thinking off: Qwen3, Qwen3.5, SmolLM3 and others."""
OFF: dict[str, dict[str, Any]] = {
    "template": {"chat_template_kwargs": SWITCH},
    "none": {"reasoning_effort": "none"},
    "low": {"reasoning_effort": "low"},
}
"""Ways to turn thinking off; the last one only shortens it."""


@dataclass(frozen=True, slots=True)
class Thoughts:
    """Form of the thoughts of a server's model, and the controls that the server offers.

    Attributes:
        style: Name of the thinking style, a key of ``STYLES``; "" for a model that was not seen to think.
        shown: Place of a thought in a response: "field" (``reasoning_content`` or ``reasoning``), "text" (between marks
            in the text), or "" if a response shows none.
        opened: True if the chat template begins the thought itself, so that a text has no opening mark.
        repeated: True if the template writes that mark before a given turn too, so that it must not be given.
        off: Way to turn thinking off, a key of ``OFF``; "" if none works.
        continued: True if a thought that is given as the beginning of the assistant's turn is continued.
        closed: True if a finished thought that is given there is kept.
        budget: True if ``thinking_token_budget`` limits a thought.
        special: True if control tokens have to be requested, since the marks of a thought are among them.
    """

    style: str = ""
    shown: str = ""
    opened: bool = False
    repeated: bool = False
    off: str = ""
    continued: bool = False
    closed: bool = False
    budget: bool = False
    special: bool = False

    @property
    def found(self) -> ThinkingStyle | None:
        """Return the thinking style, with the switches that the server honours; None for a model without thoughts."""
        if not self.style:
            return None
        style = STYLES[self.style]
        if self.off == "template":
            return replace(style, on=(("enable_thinking", True),), off=(("enable_thinking", False),))
        return replace(style, on=(), off=())


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Capabilities of a server and model, as probed; hintree/cli/doctor.py prints each with what the client does.

    Attributes:
        model: Name of the model on the server.
        completions: True if ``/completions`` continues raw text.
        chat: True if ``/chat/completions`` answers conversations.
        endpoint: Endpoint in use: "completions" or "chat/completions"; "" for a pooling model, which generates nothing.
        prefill: Way to continue the assistant's turn: "last", "flags", or "" if the server cannot.
        echo: True if a response repeats the turn that it continues.
        n: True if one request can return several texts.
        choices: Maximum number of texts of one request, at most 16, if text i is the one of seed ``s + i`` and each has
            its log-probabilities; 1 if not.
        siblings: Way in which several texts after one prompt compute it once: "together" (requests sent at once share
            it), "n" (one request for all), "first" (one request computes it for the later ones), or "" if none is seen.
        sibling_cost: Computed prompt tokens of four such texts in that way, and the prompt's tokens; (0, 0) where the
            server does not tell cached tokens.
        seed: True if the same seed gives the same text.
        sampling: "yes" if temperature has an effect, "generation_config" if it has only with that field, else "no".
        extras: True if ``top_k`` and ``min_p`` are accepted.
        stop: Treatment of a stop text: "removed", "kept", "ignored" or "refused".
        ending: Sign that a stop text, not the end of the text, ended a response: a "field", the "count" of tokens, the
            "text" itself, or "no".
        logprobs: Shape of the log-probabilities: "tokens", "content", or "" for none.
        top: Number of most probable tokens that a reply lists for each token, at most 20; 0 for none.
        usage: Token counts: "right", "wrong" or "missing".
        prompt_logprobs: True if log-probabilities of the prompt are returned.
        pooling: True if ``/pooling`` returns outputs per token.
        limit: Field of the limit of generated tokens: "max_tokens" or "max_completion_tokens".
        template: Treatment of ``chat_template_kwargs``: "effective", "accepted" (without a visible effect) or
            "refused"; "" on raw completions.
        refused: Fields that the server refuses and that are not sent.
        thoughts: How the model thinks.
    """

    model: str
    completions: bool = False
    chat: bool = False
    endpoint: str = ""
    prefill: str = ""
    echo: bool = False
    n: bool = False
    choices: int = 1
    siblings: str = ""
    sibling_cost: tuple[int, int] = (0, 0)
    seed: bool = False
    sampling: str = "no"
    extras: bool = False
    stop: str = "refused"
    ending: str = "no"
    logprobs: str = ""
    top: int = 0
    usage: str = "missing"
    prompt_logprobs: bool = False
    pooling: bool = False
    limit: str = "max_tokens"
    template: str = ""
    refused: tuple[str, ...] = ()
    thoughts: Thoughts = field(default_factory=Thoughts)
