"""Tasks that the tests run on a model, in this environment or in that of vLLM: plain data in, plain data out.

``python -m tests.support.vllm_process TASK OUT ARGUMENTS`` writes the JSON of one task's result to OUT.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from hintree.models import GenerationRequest, Prompt, open_model
from hintree.policies import Sampling
from hintree.presets import Preset
from hintree.scorers import PRM, make_scorer
from hintree.search import Beam
from hintree.solver import Solver

QUESTIONS = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many clips did "
    "Natalia sell altogether in April and May?",
    "A robe takes 2 bolts of blue fiber and half that much white fiber. How many bolts in total does it take?",
    "Weng earns 12 dollars an hour for babysitting. Yesterday, she just did 50 minutes of babysitting. How much did "
    "she earn?",
)
GREEDY = Preset("", (), Beam(2, 2, depth=3), None, Sampling(temperature=0.0))
BEGUN = Prompt(QUESTIONS[0], "Natalia sold 48 clips in April.\n")
REQUESTS = (
    GenerationRequest(BEGUN, max_tokens=24),
    GenerationRequest(BEGUN, max_tokens=48, stop=("\n",)),
    GenerationRequest(BEGUN, max_tokens=48, stop=(" April", "clips")),
    GenerationRequest(BEGUN, max_tokens=48, stop=("clips",), min_tokens=12),
    GenerationRequest(BEGUN, max_tokens=48, stop_pattern=r"\d+\b"),
    GenerationRequest(Prompt(QUESTIONS[1]), max_tokens=110, repeats=4),
    GenerationRequest(Prompt("word " * 9000), max_tokens=4),
    GenerationRequest(BEGUN, max_tokens=40, stop=("<|im_end|>",)),
)
SAMPLED = GenerationRequest(BEGUN, temperature=0.9, top_k=40, top_p=0.95, min_p=0.01, max_tokens=12)
STEPS = ("Natalia sold 48 / 2 = 24 clips in May.", "Natalia sold 48 + 24 = 72 clips altogether.", "The answer is 73.")


def texts(model):
    """Greedy completions under every way to end a text, with probabilities, tokens and cost."""
    return [shown(done) for done in model.generate(REQUESTS)]


def shown(done):
    if isinstance(done, Exception):
        return {"error": type(done).__name__}
    fields = ("text", "ended", "stopped_by", "token_ids", "tokenizer", "probabilities", "entropies", "usage")
    return {name: getattr(done, name) for name in fields}


def seeds(model):
    """Sampled texts: of four seeds in one batch, and of the same seeds one at a time."""
    requests = [replace(SAMPLED, seed=seed) for seed in range(4)]
    together = model.generate(requests)
    alone = [model.generate([request])[0] for request in requests]
    return {"together": [done.token_ids for done in together], "alone": [done.token_ids for done in alone]}


def tree(model):
    """Greedy beams of several questions: steps with their parents, and the ledger against the model's own counter."""
    before = model.usage.generated_tokens
    solver = Solver(GREEDY, reasoner=model)
    solutions = list(solver.solve_many(QUESTIONS, progress=False))
    nodes = [[(n.parent.id if n.parent else None, n.step.text if n.step else "") for n in s.tree] for s in solutions]
    spent = [s.ledger["reasoner"].generated_tokens for s in solutions]
    return {"nodes": nodes, "spent": sum(spent), "counted": model.usage.generated_tokens - before}


def readings(model):
    """Label probabilities and the log-likelihood of a text."""
    prompts = [Prompt(f"{q}\nIs 72 the answer?", "Answer:") for q in QUESTIONS]
    labels = model.read_labels(prompts, ("Yes", "No"))
    likely = model.loglikelihood([(Prompt(q), STEPS[0]) for q in QUESTIONS])
    return {
        "labels": [(found.probabilities, found.wanted) for found in labels],
        "loglikelihood": [found.probabilities for found in likely],
    }


def scores(model, spec=None):
    """Scores of every step of a solution, by a PRM or a judge."""
    prm = make_scorer(model, spec).handler.handle
    assert isinstance(prm, PRM)
    return prm.score(QUESTIONS[0], STEPS)


def failures(*models):
    """Class and message of the error of each model, none of which can be opened."""
    return [failure(model) for model in models]


def failure(model):
    try:
        open_model(model)
    except Exception as error:
        return [type(error).__name__, str(error)]
    return None


def generation(model):
    """The results of all tasks of a language model."""
    opened = open_model(model)
    return {task.__name__: task(opened) for task in (texts, seeds, tree, readings)}


TASKS = {task.__name__: task for task in (generation, scores, failures)}

if __name__ == "__main__":
    name, out, *arguments = sys.argv[1:]
    Path(out).write_text(json.dumps(TASKS[name](*arguments)))
