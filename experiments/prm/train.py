"""Train a PRM or a PPM on top of any language model, in TRL's token-classification format.

The PRM learns labels with binary cross-entropy at the end of every step (Math-Shepherd, arXiv 2312.08935, equation 4);
the PPM learns from pairs of steps which is better (rStar-Math, arXiv 2501.04519, equation 4). What is written loads in
``hintree --scorer FOLDER`` and in transformers' token-classification pipeline.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm
from transformers import AutoModelForTokenClassification, AutoTokenizer
from transformers import logging as transformers_logging

from hintree.experiments.prm.pairs import Better
from hintree.experiments.prm.rows import Solution
from hintree.models.classifier import Coded, LocalClassifier
from hintree.models.load import explain, locate, pick_device, reach, write_manifest
from hintree.scorers import FAMILIES, FILE, PRM, PRMSpec
from hintree.search import UsageError


class Recipe(NamedTuple):
    """How a model is trained.

    epochs: How often every example is seen; at least 1.
    batch: Examples per optimizer step; at least 1.
    rate: Peak learning rate of AdamW; it warms up over a tenth of the steps, then falls linearly to zero.
    seed: Of the head's first weights and of the order.
    """

    epochs: int = 2
    batch: int = 16
    rate: float = 1e-4
    seed: int = 0


def new_model(base: str, spec: PRMSpec, labels: int, recipe: Recipe, device: str = "auto") -> PRM[LocalClassifier]:
    """A token classification model on a base model, with a new head. Raises ModelError if the base cannot be loaded."""
    place = locate(base)
    torch.manual_seed(recipe.seed)
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()  # that the head is new is what is wanted
    try:
        reach(place)
        tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
        names = {0: "wrong", 1: "right"} if labels == 2 else {0: "value"}
        model = AutoModelForTokenClassification.from_pretrained(
            place,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            num_labels=labels,
            id2label=names,
            label2id={name: i for i, name in names.items()},
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise explain(base, place, error) from error
    finally:
        transformers_logging.set_verbosity(level)
    model.to(pick_device(device))
    return PRM(LocalClassifier(base, model, tokenizer, head=spec.reading()), spec)


def train_prm(prm: PRM[LocalClassifier], rows: Sequence[Solution], recipe: Recipe) -> float:
    """Train on labelled solutions; the mean loss of the last tenth of the steps."""
    coded = [encode(prm, row.question, row.steps) for row in rows]

    def loss(i: int, model: LocalClassifier) -> Tensor:
        logits = read(model, coded[i])
        wanted = torch.tensor(rows[i].labels, device=logits.device)
        target = torch.stack([1 - wanted, wanted], -1)
        return torch.nn.functional.cross_entropy(logits, target, reduction="mean")

    return descend(prm.model, len(rows), loss, recipe, "prm")


def train_ppm(prm: PRM[LocalClassifier], pairs: Sequence[Better], recipe: Recipe) -> float:
    """Train on preferred steps: -log sigmoid(r+ - r-), a mean over all pairs of a place; the last loss as above."""
    coded = [
        [[encode(prm, b.question, [*b.steps, last]) for last in side] for side in (b.better, b.worse)] for b in pairs
    ]

    def loss(i: int, model: LocalClassifier) -> Tensor:
        better, worse = (torch.stack([read(model, one)[-1, 0] for one in side]) for side in coded[i])
        return -torch.nn.functional.logsigmoid(better[:, None] - worse[None, :]).mean()

    return descend(prm.model, len(pairs), loss, recipe, "ppm")


def encode(prm: PRM[LocalClassifier], question: str, steps: Sequence[str]) -> Coded:
    """Token ids and marks of a solution, exactly as it is scored."""
    (coded,) = prm.model.encode(prm.texts(question, steps), whole=prm.spec.whole, bos=prm.bos)
    return coded


def read(model: LocalClassifier, coded: Coded) -> Tensor:
    """Label logits at the marks, float32, shape [marks, labels]."""
    ids, marks = coded
    logits: Tensor = model.model(input_ids=torch.tensor([ids], device=model.model.device)).logits
    return logits[0, marks].float()


def descend(
    model: LocalClassifier,
    examples: int,
    loss: Callable[[int, LocalClassifier], Tensor],
    recipe: Recipe,
    name: str,
) -> float:
    """Minimise the mean loss of the examples with AdamW; the mean loss of the last tenth of the steps."""
    if not examples:
        raise UsageError(f"there is nothing to train the {name} on: no example came out of these problems; give more")
    rng, net = random.Random(recipe.seed), model.model
    order = [i for _ in range(recipe.epochs) for i in rng.sample(range(examples), examples)]
    batches = [order[i : i + recipe.batch] for i in range(0, len(order), recipe.batch)]
    optim = torch.optim.AdamW(net.parameters(), lr=recipe.rate, betas=(0.9, 0.98), weight_decay=0.01)
    losses: list[float] = []
    net.train()
    for step, batch in enumerate(tqdm(batches, desc=f"training {name}", unit="step", delay=2)):
        share = min(1.0, (step + 1) / max(1, len(batches) // 10), (len(batches) - step) / max(1, 0.7 * len(batches)))
        optim.param_groups[0]["lr"] = recipe.rate * share
        total = 0.0
        for i in batch:
            part = loss(i, model) / len(batch)
            part.backward()
            total += float(part.detach())
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optim.step()
        optim.zero_grad(set_to_none=True)
        losses.append(total)
    net.eval()
    model.forget()
    last = losses[-max(1, len(losses) // 10) :]
    return sum(last) / len(last)


def save(prm: PRM[LocalClassifier], folder: Path) -> None:
    """Write model, tokenizer, declaration and manifest."""
    prm.model.model.save_pretrained(folder)
    prm.model.tokenizer.save_pretrained(folder)
    (folder / FILE).write_text(prm.spec.to_yaml(), encoding="utf-8")
    write_manifest(folder)


def default_spec(base: str, kind: str) -> PRMSpec:
    """The format that a new model is trained in: the lab's on the lab's models, TRL's on any other."""
    return FAMILIES["ppm" if kind == "ppm" else "lab" if base.startswith("embedded:") else "trl"]
