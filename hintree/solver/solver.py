"""The front door: a solver binds models to roles and solves questions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hintree.models import LanguageModel
from hintree.models.resources import limits_in_environment
from hintree.models.vllm.name import with_engine_args
from hintree.policies import Protocol, find_protocol
from hintree.policies.protocol_file import to_data
from hintree.presets import preset as find_preset
from hintree.presets.preset import DEFAULT_MODELS, Preset
from hintree.scorers import PRMSpec
from hintree.search import (
    Budget,
    Handler,
    Problem,
    Rewrite,
    Run,
    Search,
    Selection,
    Tree,
    run_searches,
    select,
    selection_of,
)
from hintree.solver.questions import checked_problem, warn_out_of_domain
from hintree.solver.recording import Recording
from hintree.solver.roles import ModelPool, role_handlers
from hintree.solver.solution import Solution, book_discarded, model_name, settings_of


class Solver:
    """Solve questions with a preset, any part of which can be replaced.

    Args:
        preset: "hintree" (default) or another name that `hintree presets` lists, or a ``Preset`` of your own.
        reasoner, hinter, teacher, scorer: A model's name (``embedded:student``, a folder, a hub id,
            ``http://host:8000/v1#model-name``), a loaded ``LanguageModel``, or a ``Handler``. The scorer may also be a
            name of `hintree scorers`, "judge" (the teacher's model grades drafts), a callable, or an object with
            ``score(question, steps)``, which returns one number in [0, 1] per step. None takes the preset's model if it
            has that role; naming one adds the role.
        prm_spec: Format of a PRM: a ``scorers.PRMSpec``, the name of a family, or a YAML file; see docs/scorers.md.
        search: How the tree grows, e.g. ``hintree.MCTS(simulations=64)``.
        rewrite: The rewrite rule, e.g. ``hintree.Rewrite(threshold=0.7)``.
        budget: Limits for each question, e.g. ``hintree.Budget(teacher_tokens=500)``.
        seed: Seed of all draws; the same seed grows the same trees.
        recording: File of every model output: a killed run resumes from it, and a finished one replays without models.
        device: "auto", "cpu", "cuda" or another torch device.
        dtype: "auto" (float32 on a CPU, else bfloat16), "float64", "float32", "bfloat16", "float16" or "int8".
        threads: Threads of the local models that this solver loads, at least 1; None for 1 thread for small models,
            else PyTorch's own number, at most the processors that this process may use.
        cache_bytes: KV cache of each local model that this solver loads, in bytes or as text such as "2G"; None for
            1/16 of the memory, from 512 MiB to 2 GiB.
        engine_args: Engine arguments of models that vLLM runs in this process (``vllm:NAME``), by name or as text:
            ``{"max_model_len": 4096}`` or ``"max_model_len=4096"``; see docs/vllm.md.
        selection: How the answer is selected, e.g. ``hintree.Selection("majority")``; by default as the preset says, or
            as the paper of ``search`` does.
        pool: Models that are loaded already, such as ``other_solver.pool``; each is loaded once for all solvers of a
            pool, where name, device, number format and ``prm_spec`` are the same.
        protocol: Form of all texts: a ``Protocol``, the name of a shipped one, or a YAML file; by default the preset's,
            or the usual one of each model; see docs/protocols.md.
        questions: All lab questions of a run, which the hinter's controls "exact" and "other" need.

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
        threads: int | None = None,
        cache_bytes: int | str | None = None,
        engine_args: str | Mapping[str, Any] | None = None,
        selection: Selection | None = None,
        pool: ModelPool | None = None,
        protocol: str | Path | Protocol | None = None,
        questions: Sequence[str] = (),
    ) -> None:
        self.preset = preset if isinstance(preset, Preset) else find_preset(preset)
        if protocol is not None:
            self.preset = replace(self.preset, protocol=find_protocol(protocol))
        self.search = search or self.preset.search
        self.rewrite = rewrite or self.preset.rewrite
        self.selection = selection or (self.preset.selection if search is None else None) or selection_of(self.search)
        self.budget = budget or Budget()
        self.seed = seed
        self.prm_spec, self.device, self.dtype = prm_spec, device, dtype
        given = {"reasoner": reasoner, "hinter": hinter, "teacher": teacher, "scorer": scorer}
        own = self.preset.role_models()
        self.models = {role: given[role] or own[role] for role in DEFAULT_MODELS if given[role] or role in own}
        if engine_args:
            named = {role: model for role, model in self.models.items() if isinstance(model, str)}
            self.models |= {role: with_engine_args(name, engine_args) for role, name in named.items()}
        self.pool = pool or ModelPool()
        with limits_in_environment(threads, cache_bytes):
            self.handlers = role_handlers(
                self.models,
                self.preset,
                self.pool,
                prm_spec=prm_spec,
                device=device,
                dtype=dtype,
                questions=questions,
            )
        if recording is not None:
            form = self.preset.protocol
            self.handlers = Recording(recording, None if form is None else to_data(form)).wrap(self.handlers)

    def solve(self, question: str) -> Solution:
        """Solve one question and return its solution."""
        return next(self.solve_many([question], progress=False))

    def solve_many(
        self, questions: Iterable[str | Problem], *, live: int = 64, progress: bool = True
    ) -> Iterator[Solution]:
        """Solve many questions in one batch; solutions come in the order of the questions.

        Args:
            questions: Texts, or problems (a text with an id).
            live: Questions in flight at once, at least 1; it changes speed, never a solution.
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
        """Solve many questions, yielding each solution as soon as it is complete, in any order."""
        return self._solutions(self._trees(questions), live)

    def _trees(self, questions: Iterable[str | Problem]) -> list[Tree]:
        """Return a tree for every question, once all of them are checked."""
        problems = [checked_problem(question) for question in questions]
        for problem in problems:
            warn_out_of_domain(self.unknown_words(problem.question), stacklevel=4)
        return [Tree(problem, self.seed) for problem in problems]

    def _solutions(self, trees: Iterable[Tree], live: int) -> Iterator[Solution]:
        """Grow the trees together, yielding each solution as its search ends."""
        searches = ((tree, self.search.grow(tree, self.rewrite)) for tree in trees)
        return map(self.solution, run_searches(searches, self.handlers, budget=self.budget, live=live))

    def unknown_words(self, question: str) -> list[str]:
        """Return the words of a question that the shipped models have never seen; empty without shipped models."""
        return [word for model in self.pool.shipped()[:1] for word in model.unknown_words(question)]

    def solution(self, run: Run) -> Solution:
        """Select the answer of a search that has ended, and book what is not on its path as discarded."""
        assert run.stop_reason is not None, "the search has not ended"
        chosen = select(run.tree, self.selection)
        book_discarded(run.ledger, chosen.node)
        question = run.tree.problem.question
        method = {name: settings_of(part) for name, part in self._parts().items() if part is not None}
        models = {role: model_name(model) for role, model in self.models.items()}
        path = chosen.node.path()
        return Solution(
            question, chosen.answer, path, run.tree, run.ledger, run.stop_reason, chosen.confidence, method, models
        )

    def _parts(self) -> dict[str, Any]:
        """Return the parts of the method by name; None for a part that it lacks."""
        return {"search": self.search, "rewrite": self.rewrite, "selection": self.selection}


def solve(question: str, **options: Any) -> Solution:
    """Solve one question and return its solution; the options are those of ``Solver``.

    >>> solve("(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?").answer
    '7'
    """
    return Solver(**options).solve(question)
