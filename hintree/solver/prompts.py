"""The prompts of a solver: exactly what each role will read about a question, with control tokens marked."""

import json
from inspect import unwrap
from typing import Any, NamedTuple

from hintree.models import GenerationRequest, LanguageModel, Piece, Prompt
from hintree.models.labels import answer_at_once
from hintree.policies import DraftScorer, HintWriter, StepWriter
from hintree.policies.paths import path_of
from hintree.scorers.layout import judge_prompt, lay_out
from hintree.scorers.prm import PRM
from hintree.search import Problem, ScoreRequest, StepRequest, Tree
from hintree.solver.solver import Solver

EXAMPLE_STEP = "(the first step)"
"""Stands for the step that a scorer reads."""


class RolePrompt(NamedTuple):
    """One prompt of a role.

    role: "reasoner", "hinter", "teacher" or "scorer".
    use: Purpose of the prompt, such as "the first step".
    text: What the model reads; each control token stands between the marks \u27e6 and \u27e7. For a server, the JSON
        body of the request.
    """

    role: str
    use: str
    text: str


def role_prompts(solver: Solver, problem: Problem) -> list[RolePrompt]:
    """Return the prompts with which a solver begins a question, in the order of its roles.

    A role that is no model, such as a scorer that computes, has none.
    """
    found = []
    for role, handler in solver.handlers.items():
        use = {"hinter": "a hint for the first step", "scorer": "the score of a first step"}.get(role, "the first step")
        text = prompt_text(unwrap(handler.handle), solver, role, problem)
        if text is not None:
            found.append(RolePrompt(role, use, text))
    return found


def prompt_text(handle: Any, solver: Solver, role: str, problem: Problem) -> str | None:
    """Return what the model behind a handler reads about the beginning of a problem; None if it is no model."""
    tree = Tree(problem, solver.seed)
    if isinstance(handle, StepWriter):
        return shown(handle.model, handle.generation(StepRequest(tree, tree.root, author=role)))
    if isinstance(handle, HintWriter):
        plan = handle.hinting.when == "plan"
        prompt = handle.format.plan(problem) if plan else handle.format.hint(problem, [])
        return shown(handle.model, GenerationRequest(prompt))
    node = path_of(problem.question, [EXAMPLE_STEP])[0]
    if isinstance(handle, DraftScorer):
        return shown(handle.model, handle.generation(ScoreRequest(tree, node)))
    if isinstance(handle, PRM) and handle.spec.reads_words and hasattr(handle.model, "tokenizer"):
        prompt = judge_prompt(handle.spec, problem.question, [EXAMPLE_STEP])
        return decoded_with_marks(handle.model.tokenizer, answer_at_once(prompt, handle.model.thinking))
    if isinstance(handle, PRM):
        pieces = lay_out(handle.spec, handle.model, problem.question, [EXAMPLE_STEP])[0]
        return "".join(marked(piece) for piece in pieces)
    return None


def marked(piece: Piece) -> str:
    """Return a piece of a classifier's text, between marks if it may hold control tokens."""
    return f"\u27e6{piece.text}\u27e7" if piece.control and piece.text.strip() else piece.text


def shown(model: LanguageModel, request: GenerationRequest) -> str:
    """Return what a model reads for a request: its decoded tokens, or the body that its server is sent."""
    from hintree.models.remote.body import body_of
    from hintree.models.remote.model import RemoteModel

    if isinstance(model, RemoteModel):
        return json.dumps(body_of(request, model.capabilities), indent=2, ensure_ascii=False)
    tokenizer = getattr(model, "tokenizer", None)
    if tokenizer is None:
        return request.prompt.plain()
    return decoded_with_marks(tokenizer, request.prompt)


def decoded_with_marks(tokenizer: Any, prompt: Prompt) -> str:
    """Return the text of a prompt's tokens, control tokens between marks."""
    from hintree.models.local.text import control_pattern, decoded, encode

    pattern = control_pattern(tokenizer)
    text, run = "", list[int]()
    for token in encode(tokenizer, prompt):
        own = decoded(tokenizer, [token], control=True)
        if pattern is not None and pattern.fullmatch(own):
            text, run = f"{text}{decoded(tokenizer, run, control=True)}\u27e6{own}\u27e7", []
        else:
            run.append(token)
    return text + decoded(tokenizer, run, control=True)
