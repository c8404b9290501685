"""A probe: a small head that scores a step by the reasoner's own hidden state where the step was written.

ReProbe (arXiv 2511.06209) reads hidden states, attention and logits of all tokens of a step with a small transformer.
Here a perceptron reads one hidden state, the one that the step's last token was sampled from, and the statistics of
the step's token probabilities. The model has computed all of it, so that the score costs no tokens.
"""

import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hintree.errors import ModelError, UsageError
from hintree.models import LanguageModel, Span
from hintree.models.hidden_states import HiddenState, SupportsHiddenStates, TextEnd
from hintree.policies.formats import PromptFormat, format_for
from hintree.policies.paths import path_of
from hintree.policies.protocol import Protocol
from hintree.scorers.base import PathScorer, Prefix
from hintree.scorers.confidence import STATISTICS
from hintree.scorers.rollouts import answers_of
from hintree.search import Node, Problem, Response, ScoreRequest, StepOutput
from hintree.search.core.actions import solution_path

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)
PROBE = "probe:"
"""Beginning of a probe's name; its folder follows."""
OTHER_MODEL = "?model="
"""Follows the folder where another model than the reasoner's is named, such as one that wrote nothing."""
READ_STATISTICS = ("mean", "geometric", "min", "least-3", "entropy", "first-entropy")
"""Statistics that a probe reads, in this order, which saved probes depend on."""


class StateProbe(PathScorer):
    """Score steps by hidden states.

    Args:
        model: The model whose states are read, which should be the one that writes the steps.
        layer: Layer of the states, from 1; None for the last one.
        head: Maps a state [width] and the step's statistics, () for none, to a score in [0, 1].
        form: Prompts that the steps are written under.
        statistics: True to read the statistics of each step, as its author has written it.
        keep_hints: As for ``StepWriter``.
    """

    def __init__(
        self,
        model: SupportsHiddenStates,
        layer: int | None,
        head: "Callable[[Tensor, Sequence[float]], float]",
        form: PromptFormat,
        *,
        statistics: bool = False,
        keep_hints: bool = False,
    ) -> None:
        self.model, self.head, self.form = model, head, form
        self.statistics, self.keep_hints = statistics, keep_hints
        self.layer = model.keep_states(layer)

    def __call__(self, requests: Sequence[ScoreRequest]) -> list[Response[float] | Exception]:
        """Score the node of each request; the trees are not modified."""
        return self.score_nodes([(request.tree.problem, request.node.path()) for request in requests])

    def score_prefixes(self, prefixes: Sequence[Prefix]) -> list[Response[float] | Exception]:
        """Score the last step of each prefix, whose states are computed from its text."""
        return self.score_nodes([path_to(prefix) for prefix in prefixes])

    def score_nodes(self, paths: Sequence[tuple[Problem, Sequence[Node]]]) -> list[Response[float] | Exception]:
        """Score the last node of each path."""
        states = self.states(paths)
        steps = [(solution_path(path) or path)[-1].step for _, path in paths]
        return [self._score(state, step) for state, step in zip(states, steps, strict=True)]

    def _score(self, state: HiddenState | ModelError, step: StepOutput) -> Response[float] | Exception:
        if isinstance(state, ModelError):
            return state
        numbers = statistics_of(step) if self.statistics else ()
        if any(map(math.isnan, numbers)):
            return ModelError("the step has no token probabilities, which the probe was trained to read too")
        return Response(self.head(state.vector, numbers), state.usage)

    def states(self, paths: Sequence[tuple[Problem, Sequence[Node]]]) -> list[HiddenState | ModelError]:
        """Return the state that each path's last step is scored by, and its cost."""
        ends = [step_end(self.form, problem, path, keep_hints=self.keep_hints) for problem, path in paths]
        return self.model.hidden_states(ends, self.layer, groups=[problem.question for problem, _ in paths])


def statistics_of(step: StepOutput) -> tuple[float, ...]:
    """Return the statistics of a step's token probabilities, each in [0, 1]; NaN for those that are unknown."""
    known = step.mean_probability > 0  # 0 stands for a server that returns no probabilities
    return tuple(STATISTICS[name](step) if known else math.nan for name in READ_STATISTICS)


def step_end(form: PromptFormat, problem: Problem, path: Sequence[Node], *, keep_hints: bool = False) -> TextEnd:
    """Return where the last token of a path's last step was sampled: before it, in the prompt of the step.

    The end token of a solution is no part of a text, so that one without its tokens is read at its last one.
    """
    *above, node = solution_path(path) or path
    prompt = form.step(problem, above, node.hint, keep_hints=keep_hints)
    if node.step.ended == "end" and not node.step.token_ids:
        return TextEnd(prompt.extended(Span(node.step.text)))
    return TextEnd(prompt.extended(*form.spans_of(node, hints=False)), 1)


def path_to(prefix: Prefix) -> tuple[Problem, list[Node]]:
    """Return the problem of a prefix and its steps as nodes; a step that states an answer ends the solution."""
    path = path_of(prefix.question, prefix.steps)
    if answers_of(prefix)[-1] is not None:
        path[-1].step = path[-1].step._replace(ended="end")
    return Problem(prefix.question, choices=prefix.choices), path


def parts_of(name: str) -> tuple[str, str]:
    """Return the folder of a probe's name, and the model that is named in it; "" for the reasoner's own."""
    folder, _, model = name.removeprefix(PROBE).partition(OTHER_MODEL)
    return folder, model


def open_probe(name: str, model: LanguageModel, protocol: Protocol | None, *, keep_hints: bool = False) -> StateProbe:
    """Open a probe for the model that writes the steps.

    Args:
        name: "probe:FOLDER", or "probe:FOLDER?model=MODEL".
        model: The model whose states are read.
        protocol: Form of its texts; None for its usual one.
        keep_hints: As for ``StepWriter``.

    Raises:
        UsageError: The model's hidden states cannot be read, or ``name`` has no folder.
        ModelError: There is no such probe, or it is damaged, or was made for another model.
    """
    folder, _ = parts_of(name)
    local: Any = model
    if not folder:
        raise UsageError(f"scorer {name!r}: name the folder that `hintree train probe` wrote, as in probe:my-probe")
    if not isinstance(model, SupportsHiddenStates):
        raise UsageError(
            f"scorer {name!r} reads hidden states, and {model.name} runs on an engine that returns none: take a model "
            "that runs on transformers in this process (a shipped one, a folder, a hub id, or a GGUF file with --dtype "
            f"float32), or name such a model that reads the steps, as in {PROBE}{folder}{OTHER_MODEL}MODEL"
        )
    from hintree.models.local.probe_folder import load_probe, score_state

    spec, layers = load_probe(Path(folder), local, len(READ_STATISTICS))
    form = format_for(model, protocol)
    if spec.protocol != form.protocol.name:
        log.warning(
            "scorer %s was trained on solutions of the protocol %s, and reads those of %s: its scores may be worse",
            name,
            spec.protocol,
            form.protocol.name,
        )
    head = partial(score_state, layers)
    return StateProbe(model, spec.layer, head, form, statistics=spec.statistics, keep_hints=keep_hints)
