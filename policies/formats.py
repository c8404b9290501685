"""How a path of steps becomes a prompt, and where a step ends.

A model with a chat template is asked in a conversation, and its steps are continued inside the assistant's turn, one
paragraph each. Any other model, the lab's among them, reads plain lines. A hint always stands at the tail, right
before the step it is for, and is gone from later prompts unless hints are kept. A plan, which is a hint that begins
with "Plan:" and stands at the first step, is for the whole solution (``hint_once``): a conversation shows it before all
steps. The lab's models write plans but solve less by a whole one, so plain lines show its next entry as a hint.
A strategy, which begins with "Strategy:", stands at the first step too (``ssr``): a conversation has it among its
instructions; plain lines have none, and leave it out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hintree.models import LanguageModel, Prompt
from hintree.search import Node, Problem, StepOutput, Tree
from hintree.search.core.hints import PLAN_LABEL, Hint, HintKind

SOLVE = (
    "Solve the problem step by step. Write one short step per paragraph, with a blank line between paragraphs. If a "
    "line begins with 'Hint:', follow it in the next step. If one begins with 'Plan:', follow it in all steps. End "
    "with a paragraph that says 'The answer is X.'"
)
HOLD = "Hold to one strategy in all steps."
GUIDE = (
    "You guide a student who solves a problem step by step. Say in one short sentence what the next step should look "
    "at: which quantities and which operation. Do not compute anything and do not give the answer."
)
OUTLINE = (
    "You guide a student who solves a problem. Write a short plan of the whole solution in one paragraph: which "
    "quantities to find, in which order, and by which operations. Do not compute anything and do not give the answer."
)
ENTRY = re.compile(r"\((\d+)\) ([^,.]+)")
"""One entry of a plan of the lab: the label of a fact, and what it gives."""


@dataclass(frozen=True, slots=True)
class Format:
    """The two ways to ask.

    Attributes:
        delimiter: What ends a step, and stands between steps.
        step_tokens: Longest step.
        hint_tokens: Longest hint.
        plan_tokens: Longest plan.
        plan_ends: What ends a plan.
        chat: Whether instructions are given.
    """

    delimiter: str
    step_tokens: int
    hint_tokens: int
    plan_tokens: int
    plan_ends: tuple[str, ...]
    chat: bool

    def solution(self, path: Sequence[Node], *, hints: bool = False) -> str:
        """The steps so far as one text, with the hints they were written under or without.

        A step that was cut by its length is continued without a delimiter.
        """
        told = [self.tail(node.hint) if hints else "" for node in path]
        steps = [n.step.text + (self.delimiter if n.step.ended != "length" else "") for n in path]
        return "".join(hint + step for hint, step in zip(told, steps, strict=True))

    def tail(self, hint: Hint | None) -> str:
        """A hint as it stands before its step; a strategy does not stand there."""
        return f"Hint: {hint}{self.delimiter}" if hint and hint.text and hint.kind is not HintKind.STRATEGY else ""

    def step(self, question: str, path: Sequence[Node], hint: Hint | None, *, keep_hints: bool = False) -> Prompt:
        """The prompt for the next step, under a hint of its own, or what stands at the first step.

        The rest of a step that was cut is asked for under the hint of its beginning.
        """
        system, plan = SOLVE if self.chat else "", path[0].hint if path else hint
        if self.chat and plan is not None and plan.kind is HintKind.STRATEGY:
            system = f"{SOLVE}\n\n{HOLD} {plan}"
        if plan is None or plan.kind is not HintKind.PLAN:
            start = cut_from(path)
            hint = path[start].hint if start < len(path) else hint
            before, begun = self.solution(path[:start], hints=keep_hints), self.solution(path[start:])
            return Prompt(question, before + self.tail(hint) + begun, system)
        entries = [] if self.chat else ENTRY.findall(plan.text)
        if not entries:
            return Prompt(question, f"{plan}{self.delimiter}{self.solution(path)}", system)
        label, name = (*entries, ("", ""))[min(len(path), len(entries))]
        entry = f"use ({label}) to find {name}." if label else "give the answer."
        return Prompt(question, self.solution(path) + self.tail(Hint(entry)), system)

    def hint(self, question: str, path: Sequence[Node], avoid: Sequence[Hint] = ()) -> Prompt:
        """The prompt for a hint about the next step, other than those to avoid; plain lines do not tell of these."""
        if not self.chat:
            return Prompt(question, self.solution(path) + "Hint:")
        steps = self.solution(path).strip() or "(none yet)"
        tried = "".join(f"\n- {hint}" for hint in avoid)
        wrong = f"Hints that did not help:{tried}\n\n" if tried else ""
        return Prompt(f"Problem:\n{question}\n\nSteps so far:\n{steps}\n\n{wrong}Hint for the next step:", "", GUIDE)

    def plan(self, question: str) -> Prompt:
        """The prompt for a plan of the whole solution."""
        return Prompt(f"Problem:\n{question}" if self.chat else question, PLAN_LABEL, OUTLINE if self.chat else "")


def cut_from(path: Sequence[Node]) -> int:
    """Where in a path the pieces of a step begin that was cut by its length; its end if the last step is whole."""
    start = len(path)
    while start and path[start - 1].step.ended == "length":
        start -= 1
    return start


def path_of(question: str, steps: Sequence[str]) -> list[Node]:
    """Whole steps as the path that a search would have come by."""
    tree = Tree(Problem(question))
    node = tree.root
    for step in steps:
        node = tree.add(node, StepOutput(step, "delimiter", 0, 1.0, 1.0, 0.0), "reasoner")
    return node.path()


PLAIN = Format("\n", step_tokens=96, hint_tokens=32, plan_tokens=96, plan_ends=(".", "\n"), chat=False)
CHAT = Format("\n\n", step_tokens=512, hint_tokens=80, plan_tokens=256, plan_ends=("\n\n",), chat=True)


def format_for(model: LanguageModel) -> Format:
    """The way to ask this model."""
    return CHAT if model.chat else PLAIN
