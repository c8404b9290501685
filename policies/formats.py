"""Prompt formats: turn a path of steps into a prompt, and define where a step ends.

A model with a chat template gets a conversation. Its steps are written inside the assistant's turn, one paragraph each.
Any other model, such as the lab's, gets plain lines. A hint is put right before the step it belongs to, and is left out
of later prompts unless ``keep_hints`` is set. A plan is a hint of the
first step for the whole solution (preset ``hint_once``): a conversation shows it before all steps. The lab's models
write plans but solve fewer problems with a whole plan, so plain lines show only its next entry, as a hint. A strategy
is a hint of the first step too (preset ``ssr``): a conversation has it in its system message, plain lines leave it out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hintree.models import LanguageModel, Prompt
from hintree.search import Node, Problem, StepOutput, Tree
from hintree.search.core.hints import PLAN_LABEL, Hint, HintKind

SOLVE_PROMPT = (
    "Solve the problem step by step. Write one short step per paragraph, with a blank line between paragraphs. If a "
    "line begins with 'Hint:', follow it in the next step. If one begins with 'Plan:', follow it in all steps. End "
    "with a paragraph that says 'The answer is X.'"
)
STRATEGY_PROMPT = "Hold to one strategy in all steps."
HINT_PROMPT = (
    "You guide a student who solves a problem step by step. Say in one short sentence what the next step should look "
    "at: which quantities and which operation. Do not compute anything and do not give the answer."
)
PLAN_PROMPT = (
    "You guide a student who solves a problem. Write a short plan of the whole solution in one paragraph: which "
    "quantities to find, in which order, and by which operations. Do not compute anything and do not give the answer."
)
PLAN_ENTRY = re.compile(r"\((\d+)\) ([^,.]+)")
"""One entry of a lab plan: the label of a fact, and the quantity it determines."""


@dataclass(frozen=True, slots=True)
class PromptFormat:
    """Prompt format of a model: ``CHAT`` for one with a chat template, ``PLAIN`` for any other.

    Attributes:
        delimiter: Text that ends a step and separates steps.
        step_tokens: Maximum length of a step, in tokens.
        hint_tokens: Maximum length of a hint, in tokens.
        plan_tokens: Maximum length of a plan, in tokens.
        plan_ends: Stop strings of a plan.
        chat: True if the prompt has instructions in a system message.
    """

    delimiter: str
    step_tokens: int
    hint_tokens: int
    plan_tokens: int
    plan_ends: tuple[str, ...]
    chat: bool

    def solution(self, path: Sequence[Node], *, hints: bool = False) -> str:
        """Join the steps of a path, with or without the hints they were written under.

        A step that was cut at its maximum length has no delimiter after it, so that its rest continues it.
        """
        hint_lines = [self.tail(node.hint) if hints else "" for node in path]
        steps = [n.step.text + (self.delimiter if n.step.ended != "length" else "") for n in path]
        return "".join(hint + step for hint, step in zip(hint_lines, steps, strict=True))

    def tail(self, hint: Hint | None) -> str:
        """Return the line that shows a hint right before its step; empty for a strategy or no hint."""
        return f"Hint: {hint}{self.delimiter}" if hint and hint.text and hint.kind is not HintKind.STRATEGY else ""

    def step(self, question: str, path: Sequence[Node], hint: Hint | None, *, keep_hints: bool = False) -> Prompt:
        """Return the prompt for the next step under its hint, or under the plan or strategy of the first step.

        The rest of a step that was cut at its maximum length gets the hint of its beginning.
        """
        system, plan = SOLVE_PROMPT if self.chat else "", path[0].hint if path else hint
        if self.chat and plan is not None and plan.kind is HintKind.STRATEGY:
            system = f"{SOLVE_PROMPT}\n\n{STRATEGY_PROMPT} {plan}"
        if plan is None or plan.kind is not HintKind.PLAN:
            start = unfinished_start(path)
            hint = path[start].hint if start < len(path) else hint
            before, unfinished = self.solution(path[:start], hints=keep_hints), self.solution(path[start:])
            return Prompt(question, before + self.tail(hint) + unfinished, system)
        entries = [] if self.chat else PLAN_ENTRY.findall(plan.text)
        if not entries:
            return Prompt(question, f"{plan}{self.delimiter}{self.solution(path)}", system)
        label, name = (*entries, ("", ""))[min(len(path), len(entries))]
        entry = f"use ({label}) to find {name}." if label else "give the answer."
        return Prompt(question, self.solution(path) + self.tail(Hint(entry)), system)

    def hint(self, question: str, path: Sequence[Node], avoid: Sequence[Hint] = ()) -> Prompt:
        """Return the prompt for a hint about the next step; only a conversation lists the hints to avoid."""
        if not self.chat:
            return Prompt(question, self.solution(path) + "Hint:")
        steps = self.solution(path).strip() or "(none yet)"
        tried = "".join(f"\n- {hint}" for hint in avoid)
        failed = f"Hints that did not help:{tried}\n\n" if tried else ""
        return Prompt(
            f"Problem:\n{question}\n\nSteps so far:\n{steps}\n\n{failed}Hint for the next step:", "", HINT_PROMPT
        )

    def plan(self, question: str) -> Prompt:
        """Return the prompt for a plan of the whole solution."""
        return Prompt(f"Problem:\n{question}" if self.chat else question, PLAN_LABEL, PLAN_PROMPT if self.chat else "")


def unfinished_start(path: Sequence[Node]) -> int:
    """Return the index where the pieces of a cut last step begin; ``len(path)`` if the last step is complete."""
    start = len(path)
    while start and path[start - 1].step.ended == "length":
        start -= 1
    return start


def path_of(question: str, steps: Sequence[str]) -> list[Node]:
    """Return a path of complete steps, as a search would hold it."""
    tree = Tree(Problem(question))
    node = tree.root
    for step in steps:
        node = tree.add(node, StepOutput(step, "delimiter", 0, 1.0, 1.0, 0.0), "reasoner")
    return node.path()


PLAIN = PromptFormat("\n", step_tokens=96, hint_tokens=32, plan_tokens=96, plan_ends=(".", "\n"), chat=False)
CHAT = PromptFormat("\n\n", step_tokens=512, hint_tokens=80, plan_tokens=256, plan_ends=("\n\n",), chat=True)


def format_for(model: LanguageModel) -> PromptFormat:
    """Return the prompt format of a model."""
    return CHAT if model.chat else PLAIN
