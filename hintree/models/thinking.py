"""Thinking styles: how models that reason before they answer delimit their thoughts, and how thinking is turned off."""

import re
from dataclasses import dataclass

Flag = tuple[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class ThinkingStyle:
    """Delimiters of a thought, and the chat template's switches.

    Attributes:
        name: Name of the style.
        open: Text that begins a thought, control tokens included.
        close: Text that ends it.
        after: Text between ``close`` and the answer, where a thought is cut off.
        header: Text with control tokens that begins every answer; "" for none.
        on: Arguments of the chat template with which the model thinks.
        off: Arguments with which it does not; () where the template has no such switch. Then an empty thought is put
            before the answer.
    """

    name: str
    open: str
    close: str
    after: str = "\n\n"
    header: str = ""
    on: tuple[Flag, ...] = ()
    off: tuple[Flag, ...] = ()

    @property
    def forced_close(self) -> str:
        """Return the text that closes a thought which is cut off."""
        return f"\n{self.close}{self.after}{self.header}"

    @property
    def empty(self) -> str:
        """Return an empty thought, after which a model answers at once."""
        return f"{self.open}{self.forced_close}"


HARMONY = ThinkingStyle(
    "harmony",
    "<|channel|>analysis<|message|>",
    "<|end|>",
    after="",
    header="<|start|>assistant<|channel|>final<|message|>",
)
"""Channels of gpt-oss: the analysis is the thought, the final channel the answer."""
MAGISTRAL = ThinkingStyle("magistral", "[THINK]", "[/THINK]", after="")
THINK = ThinkingStyle("think", "<think>\n", "</think>")
"""The tags of DeepSeek-R1 and its distills, of Phi-4-reasoning, and of most others."""
SWITCHED = ThinkingStyle(
    "qwen3", "<think>\n", "</think>", on=(("enable_thinking", True),), off=(("enable_thinking", False),)
)
"""The same tags with a switch in the template: Qwen3, Qwen3.5, SmolLM3."""
STYLES = {style.name: style for style in (SWITCHED, THINK, MAGISTRAL, HARMONY)}
"""Known styles by name."""


def detect_style(template: str) -> ThinkingStyle | None:
    """Return the thinking style that a chat template's source shows; None if it shows none."""
    if "<|channel|>" in template and "analysis" in template:
        return HARMONY
    if "[THINK]" in template:
        return MAGISTRAL
    if "enable_thinking" in template:
        return SWITCHED
    return THINK if "</think>" in template or "<think>" in template else None


KNOWN_NAMES = (
    (re.compile(r"gpt-?oss", re.IGNORECASE), HARMONY),
    (re.compile(r"magistral", re.IGNORECASE), MAGISTRAL),
    (re.compile(r"qwen-?3(?!.*(instruct|coder|embed|rerank))|smollm-?3", re.IGNORECASE), SWITCHED),
    (re.compile(r"(^|[^a-z])r1([^a-z0-9]|$)|qwq|phi-?4.*reasoning|thinking|openthinker", re.IGNORECASE), THINK),
)
"""Names under which thinking models are served, and their styles; used where a server does not show its template."""
BARE_HARMONY = re.compile(r"\Aanalysis(?:(.*)assistantfinal(.*)|(.*))\Z", re.DOTALL)
"""Matches a text of gpt-oss whose control tokens a server has removed; its parts are the thought and the answer."""


def style_of_name(name: str) -> ThinkingStyle | None:
    """Return the style of a well-known thinking model by the name it is served under; None for any other name."""
    return next((style for pattern, style in KNOWN_NAMES if pattern.search(name)), None)


def style_of_text(text: str) -> ThinkingStyle | None:
    """Return the style whose marks a generated text holds at the beginning or end of its thought; None without any."""
    for style in (HARMONY, MAGISTRAL, THINK):
        if text.lstrip().startswith(style.open.strip()) or (style is not HARMONY and style.close in text):
            return style
    return None


def split_thought(text: str, style: ThinkingStyle) -> tuple[str | None, str]:
    """Return the thought in a generated text and the answer after it; the thought is None if no mark shows one.

    Text after an opening mark that no closing one follows is a thought. The last closing mark counts, so that nothing
    of a thought is left in the answer.
    """
    bare = BARE_HARMONY.match(text) if style is HARMONY else None
    if bare is not None:
        return (bare[1] if bare[3] is None else bare[3]).strip(), (bare[2] or "").strip()
    for end in (style.close + style.header, style.close):
        before, closed, after = text.rpartition(end)
        if closed:
            thought = before.strip().removeprefix(style.open.strip()).strip()
            return thought, after.lstrip("\n")
    at = text.find(style.open.strip())
    return (None, text) if at < 0 else (text[at + len(style.open.strip()) :].strip(), text[:at].rstrip())
