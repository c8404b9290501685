"""Protocols: everything that controls a model's output format, as data.

A protocol holds the prompt, the worked examples, where a step ends, how an answer is stated, how hints and plans are
worded, and the thinking mode. The shipped ones are YAML files in ``protocols/``; ``protocol_file.py`` reads them, and
``formats.py`` turns a protocol and a path of steps into a prompt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from hintree.errors import UsageError
from hintree.policies.protocol_checks import check_protocol
from hintree.policies.step_rule import StepRule
from hintree.policies.words import Words

if TYPE_CHECKING:
    from hintree.grade import Form

Thinking = Literal["auto", "off", "whole", "search"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """The form of the texts that models read and write.

    Attributes:
        name: Name, for people and stores.
        about: One line about it.
        source: Where it was published; "" for our own.
        system: System text; "" for none.
        user: User turn: ``{question}``, and ``{choices}`` for the lettered options of a question that has some.
        shots: Worked examples, pairs of a question and its solution.
        begin: Beginning of every solution.
        step: Where a step ends.
        answers: Names of the forms in which an answer is read (docs/grading.md); None for all.
        phrases: Further phrases that a final answer follows.
        answer_trigger: Beginning of the sentence that states the answer. A solution that ended without one is continued
            with it (policies/answer_trigger.py); "" to leave it without.
        words: How hints, plans, grades and strategies are asked for and shown.
        sampling: Values of ``Sampling`` that replace the method's, such as ``{"top_p": 0.95}``. A greedy method stays
            greedy.
        template: Arguments of the chat template.
        server: Further fields of a server's request body.
        thinking: "off" (thinking is turned off), "whole" (a whole thought and its answer are one step),
            "search" (a thought grows step by step), or "auto": "search" for a model that thinks, where a thought can
            be continued, else "whole".
        thinking_tokens: Tokens after which a thought is cut off, at least 1.
        answer_tokens: Maximum tokens of the answer after a whole thought, at least 1.
        open, close: Delimiters of a thought; "" for those of the model's own style.

    Raises:
        UsageError: A value is outside its range, a template lacks a field, or a request sets a field itself.
    """

    name: str
    about: str = ""
    source: str = ""
    system: str = ""
    user: str = "{question}"
    shots: tuple[tuple[str, str], ...] = ()
    begin: str = ""
    step: StepRule = field(default_factory=StepRule)
    answers: tuple[str, ...] | None = None
    phrases: tuple[str, ...] = ()
    answer_trigger: str = ""
    words: Words = field(default_factory=Words)
    sampling: Mapping[str, float] = field(default_factory=dict)
    template: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    server: Mapping[str, Any] = field(default_factory=dict)
    thinking: Thinking = "auto"
    thinking_tokens: int = 2048
    answer_tokens: int = 1024
    open: str = ""
    close: str = ""

    def __post_init__(self) -> None:
        if self.thinking not in get_args(Thinking):
            raise UsageError(f"thinking={self.thinking!r} is not one of {', '.join(get_args(Thinking))}")
        check_protocol(self)

    def forms(self) -> "tuple[str | Form, ...] | None":
        """Return the forms in which an answer is read; None for all of the grader's."""
        if not self.phrases:
            return self.answers
        from hintree.grade import FORMS, Form

        return (Form.phrase("protocol", *self.phrases), *(tuple(FORMS) if self.answers is None else self.answers))
