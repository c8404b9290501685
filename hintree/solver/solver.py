"""The front door: a solver binds models to roles and solves questions."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from hintree.models import LanguageModel
from hintree.models.resources import limits_in_environment
from hintree.models.vllm.name import with_engine_args
from hintree.policies import Protocol, Sampling
from hintree.presets import PRESETS
from hintree.presets import preset as find_preset
from hintree.presets.preset import Preset
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
from hintree.search.answering import grow_and_ask
from hintree.search.core.run import Growth
from hintree.solver.arguments import PRESETS_OWN, PresetDefault, check_abstain, check_models, check_types, with_parts
from hintree.solver.loaded_models import is_pair, with_loaded
from hintree.solver.locking import MODELS_LOCK
from hintree.solver.model_origins import origins_of
from hintree.solver.progress import Observer, OnEvent, SolveEvent, StepPrinter
from hintree.solver.questions import check_many, checked_problem, warn_out_of_domain
from hintree.solver.recorded_handlers import recorded_handlers
from hintree.solver.recorded_models import makers_of
from hintree.solver.role_choice import choose_models, roles_off, usual_preset
from hintree.solver.roles import ModelPool, role_handlers
from hintree.solver.solution import Solution, book_discarded, model_name, settings_of, solved
from hintree.solver.solution_tree import SolutionTree
from hintree.solver.solve_threads import solve_in_thread, stream_events


class Solver:
    """Solve questions with a preset, any part of which can be replaced.

    It may be used from several threads: models of this process are called by one thread at a time, those on servers
    concurrently, and the solutions are those of one thread.

    Args:
        preset: A name that `hintree presets` lists, or a ``Preset`` of your own. None takes "hintree", or "greedy"
            where the reasoner is not a shipped model. A pair (model, tokenizer) here is the reasoner.
        reasoner, hinter, teacher, scorer: A model's name (``embedded:student``, a folder, a hub id,
            ``http://host:8000/v1#model-name``), a pair (model, tokenizer) of loaded transformers objects, a loaded
            ``LanguageModel``, or a ``Handler``. The scorer may also be a name of `hintree scorers`, "judge" or
            "judge:reasoner" (the model of the teacher or of the reasoner grades drafts), a function (docs/scorers.md),
            or an object with ``score(question, steps)``, which returns one number in [0, 1] per step. "none" turns the
            role off. None takes the preset's model if it has that role, and the reasoner's own model in place of a
            shipped one if the reasoner is not shipped; naming one adds the role.
        retriever: Where actions look passages up: the folder of an index (`hintree index`), the URL of a search
            service, or an object with ``search(queries, k)``; docs/retrieval.md. None for none.
        prm_spec: Format of a PRM: a ``scorers.PRMSpec``, the name of a family, or a YAML file; see docs/scorers.md.
        search: How the tree grows, e.g. ``hintree.MCTS(simulations=64)``, or a name that `hintree searches` lists.
        rewrite: The rewrite rule, e.g. ``hintree.Rewrite(threshold=0.7)`` or "threshold=0.7"; None rewrites nothing. By
            default the preset's.
        budget: Limits for each question, e.g. ``hintree.Budget(teacher_tokens=500)`` or "teacher_tokens=500".
        seed: Seed of all draws; the same seed grows the same trees.
        recording: File of every model output: a killed run resumes from it, and a finished one replays without models.
            A folder (existing, or a path that ends in a slash) has a file per role and model, and serves many methods.
        device: "auto", "cpu", "cuda" or another torch device.
        dtype: "auto" (float32 on a CPU, else bfloat16), "float64", "float32", "bfloat16", "float16" or "int8".
        threads: Threads of the local models that this solver loads, at least 1; None for 1 thread for small models,
            else PyTorch's own number, at most the processors that this process may use.
        cache_bytes: Memory that the KV caches of all local models hold together, in bytes or as text such as "2G", for
            the models that this solver loads; None for a tenth of the memory, at most 4 GiB.
        engine_args: Engine arguments of models that vLLM runs in this process (``vllm:NAME``), by name or as text:
            ``{"max_model_len": 4096}`` or ``"max_model_len=4096"``; see docs/vllm.md.
        selection: How the answer is selected, e.g. ``hintree.Selection("majority")`` or "majority"; by default as the
            preset says, or as the paper of ``search`` does.
        sampling: Sampling settings of all writers, e.g. "temperature=0.6"; by default the preset's.
        pool: Models that are loaded already, such as ``other_solver.pool``; each is loaded once for all solvers of a
            pool, where name, device, number format and ``prm_spec`` are the same.
        protocol: Form of all texts: a ``Protocol``, the name of a shipped one, or a YAML file; by default the preset's,
            or the usual one of each model; see docs/protocols.md.
        system: System text of every question that brings none of its own.
        verbose: Print each step of ``solve`` on standard error, under a progress bar.
        questions: All questions of a run, which the hinter's controls need.
        verifier: The second model of the selection "mutual", named as the reasoner; it may be the reasoner's own.
        abstain: Confidence in [0, 1] below which an answer is withheld (``Solution.abstained``); 0 withholds none.

    Raises:
        UsageError: A name or value is not accepted.
        ModelError: A model cannot be loaded.

    >>> solver = Solver(preset="greedy", reasoner="embedded:teacher")
    >>> solver.solve("(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?").answer
    '7'
    """

    def __init__(
        self,
        preset: str | Preset | tuple[Any, Any] | None = None,
        *,
        reasoner: str | LanguageModel | Handler | tuple[Any, Any] | None = None,
        hinter: str | LanguageModel | Handler | tuple[Any, Any] | None = None,
        teacher: str | LanguageModel | Handler | tuple[Any, Any] | None = None,
        scorer: Any = None,
        retriever: Any = None,
        verifier: str | LanguageModel | Handler | tuple[Any, Any] | None = None,
        prm_spec: str | PRMSpec | None = None,
        search: str | Search | None = None,
        rewrite: str | Rewrite | PresetDefault | None = PRESETS_OWN,
        budget: str | Budget | None = None,
        seed: int = 0,
        recording: str | Path | None = None,
        device: str = "auto",
        dtype: str = "auto",
        threads: int | None = None,
        cache_bytes: int | str | None = None,
        engine_args: str | Mapping[str, Any] | None = None,
        selection: str | Selection | None = None,
        sampling: str | Sampling | None = None,
        pool: ModelPool | None = None,
        protocol: str | Path | Protocol | Mapping[str, Any] | None = None,
        system: str = "",
        verbose: bool = False,
        questions: Sequence[str] = (),
        abstain: float = 0.0,
    ) -> None:
        if is_pair(preset) and reasoner is None:
            preset, reasoner = None, preset
        given = {"reasoner": reasoner, "hinter": hinter, "teacher": teacher, "scorer": scorer}
        given |= {"verifier": verifier, "retriever": retriever}
        check_models(given)
        chosen: Any = usual_preset(reasoner) if preset is None else preset
        check_types(preset=chosen, budget=budget, seed=seed, recording=recording, system=system, questions=questions)
        check_abstain(abstain)
        check_types(device=device, dtype=dtype, prm_spec=prm_spec, engine_args=engine_args, pool=pool)
        method = with_parts(
            chosen if isinstance(chosen, Preset) else find_preset(chosen),
            search=search,
            selection=selection,
            rewrite=rewrite,
            sampling=sampling,
            protocol=protocol,
        )
        self.preset, models = choose_models(method, given)
        self.preset_name = chosen if isinstance(chosen, str) else preset_name(chosen)
        self.search, self.rewrite = self.preset.search, self.preset.rewrite
        self.selection = self.preset.selection or selection_of(self.search)
        self.budget = Budget.parse(budget) if isinstance(budget, str) else budget or Budget()
        self.seed, self.system, self.verbose, self.abstain = seed, system, verbose, abstain
        self.prm_spec, self.device, self.dtype, self.pool = prm_spec, device, dtype, pool or ModelPool()
        options: Any = {"prm_spec": prm_spec, "device": device, "dtype": dtype, "questions": questions}
        build = partial(self._build, options, (threads, cache_bytes))
        with MODELS_LOCK, limits_in_environment(threads, cache_bytes):
            self.models = with_loaded(with_engine_arguments(models, engine_args), prm_spec)
        makers, origins = makers_of(self.models, self.preset, **options), partial(origins_of, self.models, prm_spec)
        self.handlers = recorded_handlers(recording, makers, origins, self.preset.protocol, roles_off(given), build)

    def _build(self, options: Any, limits: Any, only: Collection[str]) -> dict[str, Handler]:
        """Open the models of some roles and return their handlers."""
        with MODELS_LOCK, limits_in_environment(*limits):
            return role_handlers(self.models, self.preset, self.pool, only=only, **options)

    def solve(self, question: str | Problem, *, on_event: OnEvent | None = None) -> Solution:
        """Solve one question and return its solution.

        Args:
            question: Text of the question, or a problem with its options or conversation.
            on_event: Called with every event of the search, as it happens; an exception of it ends the search.
        """
        if on_event is None and not self.verbose:
            return next(self.solve_many([question], progress=False))
        return self.observed(question, Observer(on_event or StepPrinter()))

    async def asolve(self, question: str | Problem, *, on_event: OnEvent | None = None) -> Solution:
        """Solve one question in a thread, so that the event loop goes on.

        If the task is cancelled, the search ends after the batch of requests that is under way.

        Args:
            question: As for ``solve``.
            on_event: As for ``solve``; called in that thread.
        """
        return await solve_in_thread(self, question, on_event)

    def events(self, question: str | Problem) -> Iterator[SolveEvent]:
        """Solve one question, yielding its events as they happen; the last one holds the solution.

        The search runs in a thread. It ends after its current batch when the iterator is closed.
        """
        return stream_events(self, question)

    def solve_many(
        self, questions: Iterable[str | Problem], *, live: int = 64, progress: bool = True
    ) -> Iterator[Solution]:
        """Solve many questions in one batch; solutions come in the order of the questions.

        Args:
            questions: Texts, or problems (a text with an id, options or a conversation).
            live: Questions in flight at once, at least 1; it changes speed, never a solution.
            progress: Show a progress bar on standard error.

        Raises:
            UsageError: It is one text and not several, or a question is not accepted.
        """
        check_many(questions, live)
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
        check_many(questions, live)
        return self._solutions(self._trees(questions), live)

    def _trees(self, questions: Iterable[str | Problem]) -> list[SolutionTree]:
        """Return a tree for every question, once all of them are checked."""
        problems = [self._with_system(checked_problem(question)) for question in questions]
        for problem in problems:
            warn_out_of_domain(self.unknown_words(problem.question), stacklevel=4)
        return [SolutionTree(problem, self.seed) for problem in problems]

    def _solutions(
        self, trees: Iterable[Tree], live: int, handlers: Mapping[str, Handler] | None = None
    ) -> Iterator[Solution]:
        """Grow the trees together, yielding each solution as its search ends."""
        searches = ((tree, self.growth(tree)) for tree in trees)
        return map(self.solution, run_searches(searches, handlers or self.handlers, budget=self.budget, live=live))

    def growth(self, tree: Tree) -> Growth:
        """Return the coroutine that grows a tree and asks the roles that the selection needs."""
        return grow_and_ask(self.search, tree, self.rewrite, self.selection)

    def observed(self, question: str | Problem, observer: Observer) -> Solution:
        """Solve one question under an observer, and return its solution."""
        solutions = self._solutions(self._trees([question]), 1, observer.wrap(self.handlers))
        return observer.finish(next(solutions))

    def _with_system(self, problem: Problem) -> Problem:
        """Return the problem with the solver's system text, if it has none of its own."""
        return replace(problem, system=self.system) if self.system and not problem.system else problem

    def unknown_words(self, question: str) -> list[str]:
        """Return the words of a question that the shipped models have never seen; empty if none of them is open."""
        with MODELS_LOCK:  # tokenizers are not safe to use from several threads
            return [word for model in self.pool.shipped()[:1] for word in model.unknown_words(question)]

    def solution(self, run: Run) -> Solution:
        """Select the answer of a search that has ended, and book what is not on its path as discarded."""
        assert run.stop_reason is not None, "the search has not ended"
        chosen = select(run.tree, self.selection)
        book_discarded(run.ledger, chosen.node)
        method = {name: settings_of(part) for name, part in self._parts().items() if part is not None}
        models = {role: model_name(model) for role, model in self.models.items()}
        path, tree = chosen.node.path(), SolutionTree.of(run.tree)
        abstained = chosen.answer is not None and chosen.confidence < self.abstain
        answer = None if abstained else chosen.answer
        found = (answer, path, tree, run.ledger, run.stop_reason, chosen.confidence)
        solution = Solution(run.tree.problem.question, *found, method, models, run.cut_steps, abstained)
        tree.outcome = solved(solution, self.preset_name)
        return solution

    def _parts(self) -> dict[str, Any]:
        """Return the parts of the method by name; None for a part that it lacks."""
        return {"search": self.search, "rewrite": self.rewrite, "selection": self.selection}


def preset_name(preset: Preset) -> str:
    """Return the name of a preset; "custom" for one that `hintree presets` does not list."""
    return next((name for name, known in PRESETS.items() if known is preset), "custom")


def with_engine_arguments(models: Mapping[str, Any], engine_args: str | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the models by role, the names among them with the arguments of vLLM where they are for it."""
    if not engine_args:
        return dict(models)
    return {role: with_engine_args(m, engine_args) if isinstance(m, str) else m for role, m in models.items()}


def solve(question: str | Problem, **options: Any) -> Solution:
    """Solve one question and return its solution; the options are those of ``Solver``.

    >>> solve("(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?").answer
    '7'
    """
    return Solver(**options).solve(question)
