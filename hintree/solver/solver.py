"""The front door: a solver binds models to roles and solves questions."""

import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hintree.errors import UsageError
from hintree.lab.controls import LAB_SCORERS
from hintree.models import LanguageModel, is_address, open_model
from hintree.policies import DraftScorer, HintWriter, StepWriter, only_first, picking
from hintree.presets import preset
from hintree.presets.preset import DEFAULT_MODELS, Preset
from hintree.scorers import FromScores, PRMSpec, StepScorer, make_scorer
from hintree.search import (
    Budget,
    Handler,
    Problem,
    Rewrite,
    Run,
    Search,
    Tree,
    batched_driver,
    choose,
    concurrent_driver,
)
from hintree.solver.recording import Recording
from hintree.solver.solution import Solution, book_discarded

LONGEST_QUESTION = 100_000
"""Characters; a longer question is refused before any model sees it."""

OUT_OF_WORLD = "the shipped models know only the lab's word problems, and this question is from outside it"


class OutOfWorldWarning(UserWarning):
    """A shipped model was given a question from outside the lab's small world."""


class Solver:
    """Solves questions with a preset, any part of which can be replaced.

    Args:
        preset: "hintree" (default) or another name that `hintree presets` lists, or a ``Preset`` of your own.
        reasoner, hinter, teacher, scorer: Model names (``embedded:student``, a folder, a hub id,
            ``http://host:8000/v1#model-name``), or a loaded
            ``LanguageModel`` for a writer, or an ``Answerer`` for any role. The scorer may have any name that
            `hintree scorers` lists, or be "judge" (the teacher's model) or a callable, or have
            ``score(question, steps)``, which gives one number in [0, 1] per step. None takes the preset's model if it
            has that role; naming one adds the role.
        prm_spec: How a PRM is asked: a ``scorers.PRMSpec``, the name of a family, or a YAML file; see docs/scorers.md.
        search: How the tree grows, e.g. ``hintree.MCTS(simulations=64)``.
        rewrite: The rewrite rule, e.g. ``hintree.Rewrite(threshold=0.7)``.
        budget: Limits for each question, e.g. ``hintree.Budget(teacher_tokens=500)``.
        seed: Same seed, same trees.
        recording: A file in which every answer of a model is kept: a run that is started again goes on where it was
            killed, and a finished one asks no model again.
        device: "auto", "cpu", "cuda" or another torch device.
        dtype: "auto" (float32 on a CPU, else bfloat16), "float64", "float32", "bfloat16", "float16" or "int8".
        share: Another solver, whose loaded models are taken where names, device, format and ``prm_spec`` are the same.

    Raises:
        UsageError: A name or value is not accepted.
        ModelError: A model cannot be loaded.

    >>> solver = Solver(preset="greedy", reasoner="embedded:teacher")
    >>> solver.solve("(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?").answer
    '7'
    """

    def __init__(
        self,
        preset: str | Preset = "hintree",
        *,
        reasoner: str | LanguageModel | Handler | None = None,
        hinter: str | LanguageModel | Handler | None = None,
        teacher: str | LanguageModel | Handler | None = None,
        scorer: Any = None,
        prm_spec: str | PRMSpec | None = None,
        search: Search | None = None,
        rewrite: Rewrite | None = None,
        budget: Budget | None = None,
        seed: int = 0,
        recording: str | Path | None = None,
        device: str = "auto",
        dtype: str = "auto",
        share: "Solver | None" = None,
    ) -> None:
        self.preset = preset if isinstance(preset, Preset) else find_preset(preset)
        self.search = search or self.preset.search
        self.rewrite = rewrite or self.preset.rewrite
        self.budget = budget or Budget()
        self.seed = seed
        self.prm_spec = prm_spec
        given = {"reasoner": reasoner, "hinter": hinter, "teacher": teacher, "scorer": scorer}
        own = self.preset.role_models()
        self.models = {role: given[role] or own[role] for role in DEFAULT_MODELS if given[role] or role in own}
        self._loaded: dict[tuple[str, ...], LanguageModel] = share._loaded if share else {}
        self._scorers: dict[tuple[str, ...], Handler] = share._scorers if share else {}
        self.handlers = {role: self._answerer(role, m, device, dtype) for role, m in self.models.items()}
        if self.preset.hinting.when != "each" and (hinter_of := self.handlers.get("hinter")):
            self.handlers["hinter"] = hinter_of._replace(handle=only_first(hinter_of.handle))
        if recording is not None:
            self.handlers = Recording(recording).wrap(self.handlers)

    def solve(self, question: str) -> Solution:
        """Solve one question."""
        return next(self.solve_many([question], progress=False))

    def solve_many(
        self, questions: Iterable[str | Problem], *, live: int = 64, progress: bool = True
    ) -> Iterator[Solution]:
        """Solve many questions together; solutions come in the order of the questions.

        Args:
            questions: Texts, or problems (a text with an id).
            live: How many are worked on at once; it changes speed, never a solution.
            progress: Show a progress bar on standard error.
        """
        trees = self._trees(questions)
        done: dict[int, Solution] = {}
        following = 0
        solutions = self._solutions(trees, live)
        for one in tqdm(solutions, total=len(trees), desc="solving", unit="question", disable=not progress, delay=2):
            done[id(one.tree)] = one
            while following < len(trees) and id(trees[following]) in done:
                yield done.pop(id(trees[following]))
                following += 1

    def as_solved(self, questions: Iterable[str | Problem], *, live: int = 64) -> Iterator[Solution]:
        """Like ``solve_many``, but every solution comes as soon as it is there, whatever the order."""
        return self._solutions(self._trees(questions), live)

    def _answerer(self, role: str, model: Any, device: str, dtype: str) -> Handler:
        """Load the model of a role and give it its task; a name that two roles share is loaded once."""
        if isinstance(model, Handler):
            return model
        if role == "scorer":
            if model == "judge":
                return self._judge(device, dtype)
            if callable(model):
                return Handler(model)
            if isinstance(model, StepScorer):
                return Handler(FromScores(model))
            name = (model, repr(self.prm_spec), device, dtype)
            if name not in self._scorers:
                self._scorers[name] = make_scorer(
                    model, self.prm_spec, device=device, dtype=dtype, extra=LAB_SCORERS
                ).handler
            return self._scorers[name]
        model = self._load(model, device, dtype)
        if role == "hinter":
            hints = HintWriter(model, self.preset.sampling, self.preset.hinting)
            return Handler(hints, model.parameters, is_address(model.name))
        writer = StepWriter(model, self.preset.sampling, keep_hints=self.preset.keep_hints)
        if role == "teacher":
            return Handler(picking(model, writer), model.parameters, is_address(model.name))
        return Handler(writer, model.parameters, is_address(model.name))

    def _load(self, model: str | LanguageModel, device: str, dtype: str) -> LanguageModel:
        """A language model by name, loaded once; a loaded one as it is."""
        if isinstance(model, str):
            name = (model, device, dtype)
            if name not in self._loaded:
                self._loaded[name] = open_model(model, device=device, dtype=dtype)
            return self._loaded[name]
        return model

    def _judge(self, device: str, dtype: str) -> Handler:
        """The teacher's model as the scorer."""
        teacher = self.models.get("teacher")
        if teacher is None or isinstance(teacher, Handler):
            raise UsageError("the scorer 'judge' is the teacher's model judging drafts: name a teacher that is a model")
        model = self._load(teacher, device, dtype)
        return Handler(DraftScorer(model), model.parameters, is_address(model.name))

    def _trees(self, questions: Iterable[str | Problem]) -> list[Tree]:
        """A tree for every question, all of which are looked at first."""
        problems = [self._problem(question) for question in questions]
        self._warn(problems)
        return [Tree(problem, self.seed) for problem in problems]

    def _solutions(self, trees: Iterable[Tree], live: int) -> Iterator[Solution]:
        """Grow the trees, together: in rounds, or without them as soon as one of the models is on a server."""
        searches = ((tree, self.search.grow(tree, self.rewrite)) for tree in trees)
        driver = concurrent_driver if any(handler.concurrent for handler in self.handlers.values()) else batched_driver
        return map(self.solution, driver(searches, self.handlers, budget=self.budget, live=live))

    def _problem(self, question: str | Problem) -> Problem:
        problem = question if isinstance(question, Problem) else Problem(question)
        return Problem(check_question(problem.question), problem.id)

    def _warn(self, problems: Iterable[Problem]) -> None:
        """Say it when a shipped model meets words that it has never seen."""
        for problem in problems:
            if unknown := self.unknown_words(problem.question):
                warnings.warn(
                    f"{OUT_OF_WORLD} (unknown: {', '.join(unknown[:5])}); their answer means nothing. Name a real "
                    "model, such as --reasoner Qwen/Qwen2.5-1.5B-Instruct, and see `hintree lab problems` for "
                    "questions they know",
                    OutOfWorldWarning,
                    stacklevel=4,
                )

    def unknown_words(self, question: str) -> list[str]:
        """Words of a question that the shipped models have never seen; their answer then means nothing."""
        closed = [m for (name, *_), m in self._loaded.items() if name.startswith("embedded:")]
        return [word for model in closed[:1] for word in model.unknown_words(question)]

    def solution(self, run: Run) -> Solution:
        """What came out of a search that has ended."""
        chosen = choose(run.tree, self.search.choice, self.search.aggregate)
        book_discarded(run.ledger, chosen.node)
        question = run.tree.problem.question
        return Solution(
            question, chosen.answer, chosen.node.path(), run.tree, run.ledger, run.stop_reason, chosen.confidence
        )


find_preset = preset


def solve(question: str, **options: Any) -> Solution:
    """Solve one question; the options are those of ``Solver``.

    >>> solve("(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?").answer
    '7'
    """
    return Solver(**options).solve(question)


def check_question(question: str) -> str:
    """The question, if a model can be asked it. Raises UsageError if it is empty, huge, or holds control characters."""
    if not isinstance(question, str) or not question.strip():
        raise UsageError("the question is empty; give a text")
    if len(question) > LONGEST_QUESTION:
        raise UsageError(f"the question has {len(question)} characters; at most {LONGEST_QUESTION} are accepted")
    odd = [c for c in question if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t"]
    if odd:
        raise UsageError(f"the question holds the control character U+{ord(odd[0]):04X}; remove it")
    return question.strip()
