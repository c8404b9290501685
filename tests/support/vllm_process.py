"""Tasks that the tests run on a model, in this environment or in that of vLLM: plain data in, plain data out.

``python -m tests.support.vllm_process TASK MODEL OUT [ARGUMENTS]`` writes the JSON of one task's result to OUT.
"""

import json
import sys
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
GREEDY = Preset("", (), Beam(2, 2, depth=4), None, Sampling(temperature=0.0))
BEGUN = Prompt(QUESTIONS[0], "Natalia sold 48 clips in April.\n")
REQUESTS = (
    GenerationRequest(BEGUN, max_tokens=24),
    GenerationRequest(BEGUN, max_tokens=48, stop=("\n",)),
    GenerationRequest(BEGUN, max_tokens=48, stop=(" April", "clips")),
    GenerationRequest(BEGUN, max_tokens=48, stop=("clips",), min_tokens=12),
    GenerationRequest(BEGUN, max_tokens=48, stop_pattern=r"\d+\b"),
    GenerationRequest(Prompt(QUESTIONS[1]), max_tokens=400, repeats=4),
    GenerationRequest(Prompt("word " * 9000), max_tokens=4),
    GenerationRequest(BEGUN, max_tokens=40, stop=("<|im_end|>",)),
)
SAMPLED = GenerationRequest(BEGUN, temperature=0.9, top_k=40, top_p=0.95, min_p=0.01, max_tokens=24)
STEPS = ("Natalia sold 48 / 2 = 24 clips in May.", "Natalia sold 48 + 24 = 72 clips altogether.", "The answer is 73.")


def texts(model):
    """Greedy completions under every way to end a text, with probabilities, tokens and cost."""
    return [shown(done) for done in open_model(model).generate(REQUESTS)]


def shown(done):
    if isinstance(done, Exception):
        return {"error": type(done).__name__}
    fields = ("text", "ended", "stopped_by", "token_ids", "tokenizer", "probabilities", "entropies", "usage")
    return {name: getattr(done, name) for name in fields}


def seeds(model):
    """Sampled texts: of eight seeds in one batch, of the same seeds one at a time, and of other settings."""
    opened = open_model(model)
    requests = [SAMPLED.__class__(**{**fields_of(SAMPLED), "seed": seed}) for seed in range(8)]
    together = opened.generate(requests)
    alone = [opened.generate([request])[0] for request in requests]
    return {"together": [done.token_ids for done in together], "alone": [done.token_ids for done in alone]}


def fields_of(request):
    return {name: getattr(request, name) for name in request.__slots__}


def tree(model):
    """Greedy beams of several questions: steps with their parents, and the ledger against the model's own counter."""
    opened = open_model(model)
    solver = Solver(GREEDY, reasoner=opened)
    solutions = list(solver.solve_many(QUESTIONS, progress=False))
    nodes = [[(n.parent.id if n.parent else None, n.step.text if n.step else "") for n in s.tree] for s in solutions]
    spent = [s.ledger["reasoner"].generated_tokens for s in solutions]
    return {"nodes": nodes, "spent": sum(spent), "counted": opened.usage.generated_tokens}


def readings(model):
    """Label probabilities and the log-likelihood of a text."""
    opened = open_model(model)
    prompts = [Prompt(f"{q}\nIs 72 the answer?", "Answer:") for q in QUESTIONS]
    labels = opened.read_labels(prompts, ("Yes", "No"))
    likely = opened.loglikelihood([(Prompt(q), STEPS[0]) for q in QUESTIONS])
    return {
        "labels": [(found.probabilities, found.wanted) for found in labels],
        "loglikelihood": [found.probabilities for found in likely],
    }


def scores(model, spec=None):
    """Scores of every step of a solution, by a PRM or a judge."""
    prm = make_scorer(model, spec).handler.handle
    assert isinstance(prm, PRM)
    return prm.score(QUESTIONS[0], STEPS)


def failure(model):
    """Class and message of the error of a model that cannot be opened."""
    try:
        open_model(model)
    except Exception as error:
        return [type(error).__name__, str(error)]
    return None


TASKS = {task.__name__: task for task in (texts, seeds, tree, readings, scores, failure)}

if __name__ == "__main__":
    name, model, out, *arguments = sys.argv[1:]
    Path(out).write_text(json.dumps(TASKS[name](model, *arguments)))
