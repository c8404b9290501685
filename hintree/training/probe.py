"""Train a probe: a small head on a model's own hidden states at the ends of labelled steps (``scorers/probe.py``)."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from hintree.errors import ModelError, UsageError
from hintree.models.local.head_layers import Layers
from hintree.models.local.model import LocalModel
from hintree.models.local.probe_folder import MOST_WEIGHTS, features, score_state
from hintree.policies.formats import PromptFormat
from hintree.scorers.base import Prefix
from hintree.scorers.probe import READ_STATISTICS, StateProbe, path_to, statistics_of
from hintree.search import Problem, Tree
from hintree.solver.recorded_values import unpack_step
from hintree.training.hinter.splits import problem_key
from hintree.training.prm.measure import measure
from hintree.training.prm.rows import LabelledSolution

DROPOUT, DECAY = 0.1, 0.05
"""Share of hidden units that drop out in training; weight decay of AdamW."""
PARTS = 5
"""Parts that the problems are cut into: one chooses the number of epochs, one is measured on."""


class ProbeRecipe(NamedTuple):
    """Hyperparameters of a probe.

    hidden: Units of the hidden layer; 0 for a linear probe.
    epochs: Most passes over the steps; the number with the least loss on a fifth of the problems is taken.
    batch: Steps per optimizer step.
    rate: Learning rate of AdamW.
    seed: Seed of the split, of the initial weights and of the order of the steps.
    """

    hidden: int = 128
    epochs: int = 60
    batch: int = 64
    rate: float = 1e-3
    seed: int = 0


class LabelledState(NamedTuple):
    """Hidden state and statistics of a step, as a probe reads them [inputs], and the step's label in [0, 1]."""

    state: Tensor
    label: float


class GivenScores:
    """Implements ``StepScorer`` with the scores of known solutions."""

    def __init__(self, scores: Mapping[tuple[str, tuple[str, ...]], list[float]]) -> None:
        self.scores = scores

    def score(self, question: str, steps: Sequence[str]) -> list[float]:
        """Return the scores of a known solution."""
        return self.scores[question, tuple(steps)]


def train_probe(
    model: LocalModel,
    form: PromptFormat,
    rows: Sequence[LabelledSolution],
    recipe: ProbeRecipe,
    *,
    layer: int,
    statistics: bool = False,
) -> tuple[Layers, dict[str, Any]]:
    """Train a probe on labelled solutions.

    Args:
        model: The model whose states are read; not modified.
        form: Prompts that the steps are read under.
        rows: Labelled solutions of at least three problems.
        recipe: Hyperparameters.
        layer: Layer of the states, from 1.
        statistics: True to read the statistics of token probabilities too, which all rows must have
            (``has_statistics``).

    Returns:
        The layers of the head, and a report with figures on a fifth of the problems that was not trained on.

    Raises:
        UsageError: There are too few problems, or the head has too many weights.
        ModelError: A solution cannot be read.
    """
    check_size(model.model.config.get_text_config().hidden_size, recipe)
    training, choosing, testing = split(rows, recipe.seed)
    reader = StateProbe(model, layer, lambda *_: math.nan, form, statistics=statistics)
    before = model.usage.forwarded_tokens
    states = {id(row): read_states(reader, row) for row in tqdm(rows, desc="states", unit="solution", delay=2)}

    def of(part: Sequence[LabelledSolution]) -> list[LabelledState]:
        return [state for row in part for state in states[id(row)]]

    last = len(READ_STATISTICS) * statistics
    _, losses = fit(of(training), of(choosing), recipe, last)
    epochs = 1 + losses.index(min(losses))
    layers, _ = fit(of(training + choosing), [], recipe._replace(epochs=epochs), last)
    scores = [[score_state(layers, one.state, ()) for one in states[id(row)]] for row in testing]
    labels = [label for row in rows for label in row.labels]
    report: dict[str, Any] = {
        "solutions": len(rows),
        "steps": len(labels),
        "mean label": sum(labels) / len(labels),
        "inputs": "states, token statistics" if statistics else "states",
        "tokens read": model.usage.forwarded_tokens - before,
        "weights": sum(p.numel() for p in layers.parameters()),
        "epochs": epochs,
        "held-out problems": figures_of(testing, scores),
    }
    if statistics:
        read = [[statistics_of(unpack_step(step)) for step in row.written] for row in testing]
        for i, name in enumerate(READ_STATISTICS):
            confidences = [[values[i] for values in row] for row in read]
            report[f"AUC of confidence:{name}"] = figures_of(testing, confidences)["auc"]
    return layers, report


def figures_of(rows: Sequence[LabelledSolution], scores: Sequence[list[float]]) -> dict[str, Any]:
    """Return the figures of ``measure`` for the scores of solutions; no AUC if no step is right, or none is wrong."""
    given = {(row.question, tuple(row.steps)): values for row, values in zip(rows, scores, strict=True)}
    figures = measure(GivenScores(given), rows)
    return {**figures, "auc": None if math.isnan(figures["auc"]["value"]) else figures["auc"]}


def check_size(width: int, recipe: ProbeRecipe) -> None:
    """Raise UsageError if the head would have too many weights."""
    weights = recipe.hidden * (width + 2) + 1 if recipe.hidden else width + 1
    if weights > MOST_WEIGHTS:
        most = (MOST_WEIGHTS - 1) // (width + 2)
        raise UsageError(
            f"--hidden {recipe.hidden}: a probe has at most {MOST_WEIGHTS:,} weights, so give up to {most}"
        )


def split(rows: Sequence[LabelledSolution], seed: int) -> tuple[list[LabelledSolution], ...]:
    """Return the rows of three fifths, a fifth and a fifth of the problems. Raises UsageError for too few problems."""
    keys = sorted({problem_key(row.question) for row in rows})
    if len(keys) < 3:
        raise UsageError(f"the rows are about {len(keys)} problems; a probe needs at least 3, to hold some out")
    random.Random(seed).shuffle(keys)
    size = max(1, len(keys) // PARTS)
    part = {key: 0 if i >= 2 * size else 1 + i // size for i, key in enumerate(keys)}
    return tuple([row for row in rows if part[problem_key(row.question)] == wanted] for wanted in range(3))


def has_statistics(rows: Sequence[LabelledSolution]) -> bool:
    """Return True if all rows say how their steps were written, with the statistics of the tokens."""
    steps = [unpack_step(step) for row in rows for step in row.written]
    return all(row.written for row in rows) and not any(math.isnan(x) for step in steps for x in statistics_of(step))


def read_states(reader: StateProbe, row: LabelledSolution) -> list[LabelledState]:
    """Return what a probe reads of each step of a solution, with its label. Raises ModelError."""
    if row.written:
        tree = Tree(Problem(row.question))
        nodes = [tree.root]
        for step in row.written:
            nodes.append(tree.add(nodes[-1], unpack_step(step), "reasoner"))
        paths = [(tree.problem, node.path()) for node in nodes[1:]]
    else:
        paths = [path_to(Prefix(row.question, tuple(row.steps[: i + 1]), 0)) for i in range(len(row.steps))]
    found = []
    for state, (_, path), label in zip(reader.states(paths), paths, row.labels, strict=True):
        if isinstance(state, ModelError):
            raise state
        numbers = statistics_of(path[-1].step) if reader.statistics else ()
        found.append(LabelledState(features(state.vector, numbers), label))
    return found


def fit(
    steps: Sequence[LabelledState], held_out: Sequence[LabelledState], recipe: ProbeRecipe, statistics: int = 0
) -> tuple[Layers, list[float]]:
    """Minimise the binary cross-entropy of steps with AdamW.

    Args:
        steps: States and labels to train on.
        held_out: Those whose mean loss is computed after every epoch.
        recipe: Hyperparameters.
        statistics: How many of the last inputs are statistics. The states before them are scaled to have the same
            variance in sum, as they are many more.

    Returns:
        The layers after the last epoch, with the scaling of the states in the weights of the first one, and the losses.
    """
    states, labels = stacked(steps)
    mean, scale = states.mean(0), states.std(0, correction=0).clamp(min=1e-6)
    if statistics:
        scale[:-statistics] *= math.sqrt((len(scale) - statistics) / statistics)
    torch.manual_seed(recipe.seed)
    net = new_net(states.shape[1], recipe.hidden)
    optim = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=DECAY)
    losses, unseen = [], stacked(held_out) if held_out else None
    for _ in range(recipe.epochs):
        net.train()
        for batch in torch.randperm(len(states)).split(recipe.batch):
            logits = net((states[batch] - mean) / scale)[:, 0]
            F.binary_cross_entropy_with_logits(logits, labels[batch]).backward()
            optim.step()
            optim.zero_grad()
        if unseen is not None:
            losses.append(loss_of(net.eval(), (unseen[0] - mean) / scale, unseen[1]))
    return folded(net, mean, scale), losses


def stacked(steps: Sequence[LabelledState]) -> tuple[Tensor, Tensor]:
    """Return states [steps, width] and labels [steps]; a copy that gradients may pass."""
    return torch.stack([one.state for one in steps]).clone(), torch.tensor([one.label for one in steps])


def new_net(width: int, hidden: int) -> nn.Sequential:
    """Return a linear layer, or two with ReLU and dropout between them."""
    if not hidden:
        return nn.Sequential(nn.Linear(width, 1))
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(hidden, 1))


def loss_of(net: nn.Module, states: Tensor, labels: Tensor) -> float:
    """Return the mean binary cross-entropy of scaled states."""
    with torch.no_grad():
        return float(F.binary_cross_entropy_with_logits(net(states)[:, 0], labels))


def folded(net: nn.Sequential, mean: Tensor, scale: Tensor) -> Layers:
    """Return the layers of a network on states that are not scaled."""
    linear = [layer for layer in net if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        weight = linear[0].weight / scale
        first = (weight, linear[0].bias - weight @ mean)
    return Layers([first, *((layer.weight.detach(), layer.bias.detach()) for layer in linear[1:])], weight)
