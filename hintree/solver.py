"""The front door: a solver binds models to roles and solves questions."""

import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hintree.experiments.record import Recording
from hintree.judges import make_scorer
from hintree.models import LanguageModel, load_model
from hintree.policies import HintWriter, StepWriter
from hintree.presets import EMBEDDED, Preset, preset
from hintree.scorers import FromScores, PRMSpec, StepScorer
from hintree.search import (
    Answerer,
    Budget,
    Ledger,
    Node,
    Problem,
    Rewrite,
    Run,
    Search,
    Tree,
    UsageError,
    choose,
    drive,
)

LONGEST_QUESTION = 100_000
"""Characters; a longer question is refused before any model sees it."""


class OutOfWorldWarning(UserWarning):
    """A shipped model was given a question from outside the lab's small world."""


@dataclass(frozen=True, slots=True)
class Solution:
    """What came out of one search.

    Attributes:
        question: As it was asked.
        answer: The chosen answer in canonical form, None if no path came to one.
        steps: The chosen path, from the first step to the last.
        tree: Everything that was written.
        ledger: What it cost, by role.
        stop_reason: "complete", "budget: LIMIT" or "failed: WHY".
        confidence: In [0, 1]; see ``search.Choice``.
    """

    question: str
    answer: str | None
    steps: list[Node]
    tree: Tree
    ledger: Ledger
    stop_reason: str
    confidence: float


class Solver:
    """Solves questions with a preset, any part of which can be replaced.

    Args:
        preset: "hintree" (default), "greedy", "hinted" or "beam", or a ``Preset`` of your own.
        reasoner, hinter, teacher, scorer: Model names (``embedded:student``, a folder, a hub id), or a loaded
            ``LanguageModel`` for a writer, or an ``Answerer`` for any role. The scorer may have any name that
            `hintree scorers` lists, or be a callable, or have ``score(question, steps)``, which gives one number in
            [0, 1] per step. None takes the shipped model if the preset has that role; naming one adds the role.
        prm_spec: How a PRM is asked: a ``scorers.PRMSpec``, the name of a family, or a YAML file; see docs/scorers.md.
        search: How the tree grows, e.g. ``hintree.MCTS(simulations=64)``.
        rewrite: The rewrite rule, e.g. ``hintree.Rewrite(threshold=0.7)``.
        budget: Limits for each question, e.g. ``hintree.Budget(teacher_tokens=500)``.
        seed: Same seed, same trees.
        recording: A file in which every answer of a model is kept: a run that is started again goes on where it was
            killed, and a finished one asks no model again.
        device: "auto", "cpu", "cuda" or another torch device.
        dtype: "auto" (float32 on a CPU, else bfloat16), "float64", "float32", "bfloat16", "float16" or "int8".

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
        reasoner: str | LanguageModel | Answerer | None = None,
        hinter: str | LanguageModel | Answerer | None = None,
        teacher: str | LanguageModel | Answerer | None = None,
        scorer: Any = None,
        prm_spec: str | PRMSpec | None = None,
        search: Search | None = None,
        rewrite: Rewrite | None = None,
        budget: Budget | None = None,
        seed: int = 0,
        recording: str | Path | None = None,
        device: str = "auto",
        dtype: str = "auto",
    ) -> None:
        self.preset = preset if isinstance(preset, Preset) else find_preset(preset)
        self.search = search or self.preset.search
        self.rewrite = rewrite or self.preset.rewrite
        self.budget = budget or Budget()
        self.seed = seed
        self.prm_spec = prm_spec
        given = {"reasoner": reasoner, "hinter": hinter, "teacher": teacher, "scorer": scorer}
        shipped = {role: EMBEDDED[role] for role in ("reasoner", *self.preset.roles)}
        self.models = {role: given[role] or shipped[role] for role in EMBEDDED if given[role] or role in shipped}
        self._loaded: dict[str, LanguageModel] = {}
        self.answerers = {role: self._answerer(role, m, device, dtype) for role, m in self.models.items()}
        if recording is not None:
            self.answerers = Recording(recording).wrap(self.answerers)

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

    def _answerer(self, role: str, model: Any, device: str, dtype: str) -> Answerer:
        """Load the model of a role and give it its task; a name that two roles share is loaded once."""
        if isinstance(model, Answerer):
            return model
        if role == "scorer":
            if callable(model):
                return Answerer(model)
            if isinstance(model, StepScorer):
                return Answerer(FromScores(model))
            return make_scorer(model, self.prm_spec, device=device, dtype=dtype).answerer
        if isinstance(model, str):
            if model not in self._loaded:
                self._loaded[model] = load_model(model, device=device, dtype=dtype)
            model = self._loaded[model]
        if role == "hinter":
            return Answerer(HintWriter(model, self.preset.sampling), model.parameters)
        writer = StepWriter(model, self.preset.sampling, keep_hints=self.preset.keep_hints)
        return Answerer(writer, model.parameters)

    def _trees(self, questions: Iterable[str | Problem]) -> list[Tree]:
        """A tree for every question, all of which are looked at first."""
        problems = [self._problem(question) for question in questions]
        self._warn(problems)
        return [Tree(problem, self.seed) for problem in problems]

    def _solutions(self, trees: Iterable[Tree], live: int) -> Iterator[Solution]:
        """Grow the trees, together."""
        searches = ((tree, self.search.grow(tree, self.rewrite)) for tree in trees)
        return map(self._solution, drive(searches, self.answerers, budget=self.budget, live=live))

    def _problem(self, question: str | Problem) -> Problem:
        problem = question if isinstance(question, Problem) else Problem(question)
        return Problem(check_question(problem.question), problem.id)

    def _warn(self, problems: Iterable[Problem]) -> None:
        """Say it when a shipped model meets words that it has never seen."""
        closed = [m for name, m in self._loaded.items() if name.startswith("embedded:")]
        for problem in problems:
            unknown = [word for model in closed[:1] for word in model.unknown_words(problem.question)]
            if unknown:
                warnings.warn(
                    f"the shipped models know only the lab's word problems, and this question is from outside it "
                    f"(unknown: {', '.join(unknown[:5])}); their answer means nothing. Name a real model, such as "
                    "--reasoner Qwen/Qwen2.5-1.5B-Instruct, and see `hintree lab problems` for questions they know",
                    OutOfWorldWarning,
                    stacklevel=4,
                )

    def _solution(self, run: Run) -> Solution:
        chosen = choose(run.tree, self.search.choice, self.search.aggregate)
        book_discarded(run.tree, run.ledger, chosen.node)
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


def book_discarded(tree: Tree, ledger: Ledger, last: Node) -> None:
    """Book the tokens of all steps, and their hints, that are not on the chosen path."""
    chosen = {node.id for node in last.path()}
    lost: Mapping[str, int] = {"reasoner": 0, "teacher": 0, "hinter": 0}
    counts = dict(lost)
    for node in tree:
        if node.parent is not None and node.id not in chosen:
            counts[node.author] += node.step.tokens
            counts["hinter"] += node.hint_tokens
    for role, tokens in counts.items():
        ledger[role].discarded_tokens = tokens
