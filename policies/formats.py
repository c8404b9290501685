"""Turn a protocol and a path of steps into the prompts of reasoner, teacher and hinter.

A model with a chat template gets a conversation; its steps are written inside the assistant's turn. A step that a model
wrote keeps its tokens (``Span``), so that the model reads what it wrote. A hint is put right before the step it belongs
to, and is left out of later prompts unless ``keep_hints`` is set. A plan is a hint of the first step for the whole
solution (preset ``hint_once``), shown before all steps. A strategy is a hint of the first step too (preset ``ssr``): it
is added to the system text.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hintree.errors import UsageError
from hintree.models import LanguageModel, Prompt, Span, Turn
from hintree.models.thinking import THINK, ThinkingStyle
from hintree.policies.drafts import facts_of_draft, shown_steps
from hintree.policies.paths import unfinished_start, without_thoughts
from hintree.policies.protocol import Protocol
from hintree.policies.protocol_file import shipped
from hintree.policies.user_turn import user_turn
from hintree.policies.words import fill
from hintree.search import Node, Problem, StepOutput
from hintree.search.core.actions import Action, ActionPrompt, Yield, kind_of, last_wording, solution_path
from hintree.search.core.hints import Hint, HintKind
from hintree.search.core.questions import open_questions

UNSEEN = "Zyxwv"
"""A word that a closed vocabulary does not hold."""


@dataclass(frozen=True, slots=True)
class PromptFormat:
    """The prompts of one protocol for one model.

    Attributes:
        protocol: The protocol.
        style: How the model marks its thoughts; None for a model that has none.
        thinking: The mode of this model: "" for one that does not think, else "off", "whole" or "search".
    """

    protocol: Protocol
    style: ThinkingStyle | None = None
    thinking: Literal["", "off", "whole", "search"] = ""

    def solution(self, path: Sequence[Node], *, hints: bool = False) -> str:
        """Join the steps of a path, with or without the hints they were written under.

        Thoughts are left out once the solution has begun. A step that was cut at its maximum length has no delimiter
        after it, so that its rest continues it.
        """
        shown = without_thoughts(solution_path(path))
        return "".join((self.tail(node.hint) if hints else "") + self.labelled(node) for node in shown)

    def labelled(self, node: Node) -> str:
        """Return the text of a step with its delimiter, after the label of the action that wrote it."""
        label = self.label(node)
        return f"{label} {self.delimited(node.step)}" if label else self.delimited(node.step)

    def label(self, node: Node) -> str:
        """Return the label that a node's text follows, such as "Sub-question:"; "" for a plain step."""
        prompt = (
            None if node.action is None else node.action.prompt or self.protocol.words.actions.get(node.action.name)
        )
        return "" if prompt is None else prompt.begin

    def wording(self, action: Action) -> ActionPrompt:
        """Return the wording of an action. Raises UsageError if neither it nor the protocol has one."""
        words = self.protocol.words.actions
        if action.prompt is None and action.name not in words:
            known = ", ".join(words) or "none"
            raise UsageError(
                f"protocol {self.protocol.name} has no words for the action {action.name!r} (it has {known}): add them "
                "under words: actions:, or give the action a prompt"
            )
        return action.prompt or words[action.name]

    def read_problem(self, problem: Problem, path: Sequence[Node]) -> Problem:
        """Return the problem as a model reads it after a path: its last wording, with the passages looked up.

        Notes on passages stand in their place.
        """
        question = last_wording(problem.question, path)
        passages: dict[str, None] = {}
        for node in path:
            if kind_of(node) is Yield.NOTES:
                passages = {" ".join(node.step.text.split()): None}
            passages |= dict.fromkeys(f"[{one.id}] {one.text}" for one in node.passages)
        if passages:
            words = self.protocol.words.shown_passages
            question = fill(words, passages="\n".join(passages), question=question)
        return problem if question == problem.question else replace(problem, question=question)

    def delimited(self, step: StepOutput) -> str:
        """Return the text of a step with the delimiter that ended it."""
        if step.ended == "length":
            return step.text
        return step.text + (self.protocol.step.between if step.delimiter is None else step.delimiter)

    def start(self, path: Sequence[Node], *, silent: bool = False) -> list[Span]:
        """Return the spans before the first step: the beginning of a thought, an empty thought, or ``begin``.

        A solution that was begun without a thought, such as by another model, goes on without one; a ``silent`` one
        begins without a thought.
        """
        thinks = self.style is not None and self.thinking in ("whole", "search")
        if not silent and self.style and thinks and (not path or path[0].step.thinking or path[0].step.thought):
            return [Span(self.style.open, control=True)]
        empty = self.style is not None and (thinks or (bool(self.thinking) and not self.style.off))
        return [Span(self.marks.empty, control=True)] * empty + [Span(self.protocol.begin)]

    def steps(self, path: Sequence[Node], *, hints: bool = False) -> list[Span]:
        """Return the steps of a path, those that a model wrote with their tokens, with or without their hints."""
        return [span for node in path for span in self.spans_of(node, hints=hints)]

    def read_of(self, path: Sequence[Node]) -> Sequence[Node]:
        """Return the steps of a path that the model reads: one that does not think reads no thoughts of a solution."""
        return path if self.style is not None else without_thoughts(path)

    def spans_of(self, node: Node, *, hints: bool) -> list[Span]:
        """Return a step with its hint, and with the end of its thought if it ends one."""
        step, marks = node.step, self.marks
        closed = step.thinking and step.delimiter == marks.close
        found = [Span(self.tail(node.hint) if hints else "")]
        if label := self.label(node):
            return [*found, Span(label), Span(f" {self.delimited(step)}", step.token_ids, step.tokenizer)]
        if step.thought and self.style is None:
            found.append(Span(self.delimited(step)))
        elif step.thought:
            text = f"{step.thought}{marks.forced_close}{step.text}"
            found.append(Span(text, step.token_ids, step.tokenizer))
        else:
            after = marks.after if closed else ""  # for models that read text; others have the tokens
            found.append(Span(self.delimited(step) + after, step.token_ids, step.tokenizer))
        if step.thinking and step.cut_thought:
            found.append(Span(marks.forced_close, control=True))
        if closed and marks.header:
            found.append(Span(marks.header, control=True))
        return found

    @property
    def marks(self) -> ThinkingStyle:
        """Return the marks of thoughts; the most common ones for a model without a style, which may think too."""
        return self.style or THINK

    def in_thought(self, path: Sequence[Node]) -> bool:
        """Tell whether the step after a path is a part of a thought that grows step by step."""
        if not path:
            return self.thinking == "search"
        last = path[-1].step
        return last.thinking and not last.cut_thought and last.delimiter != self.marks.close

    def tail(self, hint: Hint | None) -> str:
        """Return the line that shows a hint right before its step; empty for a strategy or no hint."""
        if not hint or not hint.text or hint.kind is HintKind.STRATEGY:
            return ""
        words = self.protocol.words
        plan = hint.kind is HintKind.PLAN
        line = fill(words.plan, plan=hint.text) if plan else fill(words.hint, hint=hint.text)
        return line + (self.protocol.step.between or "\n")

    def said(self, role: str, text: str) -> str:
        """Return the text of an earlier turn, without its thought, which chat templates take out of a conversation."""
        return text.rpartition(self.marks.close)[2].lstrip("\n") if role == "assistant" and self.style else text

    def prompt(self, problem: Problem, spans: Sequence[Span], *, system: str = "", ask: str = "") -> Prompt:
        """Return the prompt whose assistant turn begins with ``spans``.

        The system text of a conversation that the problem carries precedes the protocol's. The instruction ``ask``
        follows the question.
        """
        protocol = self.protocol
        texts = [text for text in (problem.system, protocol.system, system) if text]
        shots = [
            turn
            for question, answer in protocol.shots
            for turn in (Turn("user", user_turn(protocol, question, ())), Turn("assistant", answer))
        ]
        kept = [span for span in spans if span.text or span.token_ids]
        return Prompt(
            user_turn(protocol, problem.question, problem.choices) + (f"\n\n{ask}" if ask else ""),
            "".join(span.text for span in kept),
            "\n\n".join(texts),
            tuple(kept) if any(span.token_ids or span.control for span in kept) else (),
            (*shots, *(Turn(role, self.said(role, text)) for role, text in problem.turns)),
            tuple({**self.switches(), **protocol.template}.items()),
            tuple((name, json.dumps(value)) for name, value in protocol.server.items()),
        )

    def switches(self) -> dict[str, str | int | float | bool]:
        """Return the arguments of the chat template that turn thinking on or off."""
        if self.style is None:
            return {}
        return dict(self.style.off if self.thinking == "off" else self.style.on)

    def step(self, problem: Problem, path: Sequence[Node], hint: Hint | None, *, keep_hints: bool = False) -> Prompt:
        """Return the prompt for the next step under its hint, or under the plan or strategy of the first step.

        The rest of a step that was cut at its maximum length gets the hint of its beginning.
        """
        problem, path = self.read_problem(problem, path), solution_path(path)
        plan, words = path[0].hint if path else hint, self.protocol.words
        path = self.read_of(path)
        strategy = plan.text if plan is not None and plan.kind is HintKind.STRATEGY else ""
        system = words.strategy.replace("{strategy}", strategy) if strategy else ""
        if plan is None or plan.kind is not HintKind.PLAN:
            begun = unfinished_start(path)
            hint = path[begun].hint if begun < len(path) else hint
            before, unfinished = self.steps(path[:begun], hints=keep_hints), self.steps(path[begun:])
            return self.prompt(problem, [*self.start(path), *before, Span(self.tail(hint)), *unfinished], system=system)
        return self.prompt(problem, [*self.start(path), Span(self.tail(plan)), *self.steps(path)])

    def act(
        self,
        problem: Problem,
        path: Sequence[Node],
        action: Action,
        revises: Node | None = None,
        critique: str = "",
    ) -> Prompt:
        """Return the prompt for the text of an action, which is written without a thought.

        Args:
            problem: The problem.
            path: Nodes before the new one.
            action: The action, with a wording of its own or of the protocol.
            revises: The step that the action is about, or the last one of a solution; None for none.
            critique: What a correction is written after.
        """
        wording, asked, waiting = self.wording(action), self.read_problem(problem, path), open_questions(path)
        facts = facts_of_draft(self, revises, critique)
        sub_question = waiting[-1].step.text if waiting else ""
        ask = fill(wording.ask, **facts, question=asked.question, sub_question=sub_question).rstrip()
        shown = shown_steps(self, path, wording, revises, critique)
        return self.prompt(asked, [*self.start(path, silent=True), *shown, Span(wording.begin)], ask=ask)

    def hint(
        self, problem: Problem, path: Sequence[Node], avoid: Sequence[Hint] = (), failed_step: Node | None = None
    ) -> Prompt:
        """Return the prompt for a hint about the next step; an informed hinter reads the step that failed too."""
        problem, words = self.read_problem(problem, path), self.protocol.words
        tried = "" if failed_step is None else fill(words.failed_step, **facts_of_draft(self, failed_step, ""))
        if not words.hint_user:
            return self.prompt(problem, [Span(self.solution(path) + tried), Span(words.hint_label)])
        steps = self.solution(path).strip() or words.no_steps
        failed = "".join(f"\n- {hint}" for hint in avoid)
        avoided = tried + (words.avoid.replace("{hints}", failed) if failed else "")
        user = fill(words.hint_user, question=problem.question, steps=steps, avoid=avoided)
        return Prompt(user, "", words.hint_system, template=self.plain_answer())

    def plan(self, problem: Problem) -> Prompt:
        """Return the prompt for a plan of the whole solution."""
        words = self.protocol.words
        user = fill(words.plan_user, question=problem.question)
        return Prompt(user, words.plan_label, words.plan_system, template=self.plain_answer())

    def plain_answer(self) -> tuple[tuple[str, str | int | float | bool], ...]:
        """Return the template's arguments for short texts, such as hints, which are written without a thought."""
        return tuple({**dict(self.style.off if self.style else ()), **self.protocol.template}.items())


def shipped_format(name: str) -> PromptFormat:
    """Return the prompts of a shipped protocol, for a model that does not think."""
    return PromptFormat(shipped(name))


def format_for(model: LanguageModel, protocol: Protocol | None = None) -> PromptFormat:
    """Return the prompts of a protocol for a model.

    Without a protocol: "default" for a model with a chat template, "lab" for one with a closed vocabulary, such as the
    shipped ones, and "plain" for any other.
    """
    if protocol is None:
        closed = not model.chat and bool(model.unknown_words(UNSEEN))
        protocol = shipped("default" if model.chat else "lab" if closed else "plain")
    style: ThinkingStyle | None = getattr(model, "thinking", None)
    if protocol.open:
        style = ThinkingStyle("own", protocol.open, protocol.close)
    if style is None:
        return PromptFormat(protocol)
    if protocol.thinking in ("off", "whole"):
        return PromptFormat(protocol, style, protocol.thinking)
    return PromptFormat(protocol, style, "search" if getattr(model, "continues_thoughts", True) else "whole")
