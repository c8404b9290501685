"""Thinking styles: how models that reason before they answer mark their thoughts, and how they are told not to."""

from dataclasses import dataclass

Flag = tuple[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class ThinkingStyle:
    """Marks of a thought, and the chat template's switches.

    Attributes:
        name: Name of the style.
        open: Text that begins a thought, control tokens included.
        close: Text that ends it.
        after: Text between ``close`` and the answer, where a thought is ended by force.
        on: Arguments of the chat template with which the model thinks.
        off: Arguments with which it does not; () where the template has no such switch. Then an empty thought is put
            before the answer.
    """

    name: str
    open: str
    close: str
    after: str = "\n\n"
    on: tuple[Flag, ...] = ()
    off: tuple[Flag, ...] = ()

    @property
    def forced_close(self) -> str:
        """Return the text that ends a thought by force."""
        return f"\n{self.close}{self.after}"

    @property
    def empty(self) -> str:
        """Return an empty thought, after which a model answers at once."""
        return f"{self.open}{self.forced_close}"


HARMONY = ThinkingStyle(
    "harmony",
    "<|channel|>analysis<|message|>",
    "<|end|>",
    after="<|start|>assistant<|channel|>final<|message|>",
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
