"""Hints written by a teacher that sees the problem, the steps so far and the next step."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from hintree.errors import UsageError
from hintree.models import Completion, GenerationRequest, LanguageModel, Prompt
from hintree.policies import shipped_format
from hintree.policies.paths import path_of
from hintree.search import Problem
from hintree.training.hinter.hint_data import HintedSolution, drop_unfit_hints
from hintree.whole_files import cut_torn_line

CHUNK = 16
"""Solutions annotated in one batch, and written before the next batch starts."""
ANNOTATION_PROMPT = (
    "You write hints for a student who solves a problem step by step. You see the problem, the steps so far and the "
    "next step. Write one imperative sentence of at most 25 words that leads to the next step: which quantities to use "
    "and which operation. State no result, no number that is not in the problem or the steps so far, and no answer."
)


def annotate(solutions: Sequence[HintedSolution], model: LanguageModel, file: Path) -> list[HintedSolution]:
    """Return the solutions with the hints of a teacher, without those that the leak filter rejects; resumable.

    Args:
        solutions: Solutions; hints that they already have are kept.
        model: The teacher. With a chat template it is shown the next step; without, it writes hints as a hinter does.
        file: JSON lines, one per annotated solution, from which an interrupted run continues.
    """
    done = {solution.id: solution for solution in read_annotated(file)}
    missing = [solution for solution in solutions if solution.id not in done]
    cut_torn_line(file)
    with file.open("a") as out:
        for start in tqdm(range(0, len(missing), CHUNK), desc="hints", delay=2):
            for solution in write_hints(missing[start : start + CHUNK], model):
                done[solution.id] = solution
                out.write(f"{json.dumps(asdict(solution))}\n")
            out.flush()
    return [done[solution.id] for solution in solutions]


def write_hints(solutions: Sequence[HintedSolution], model: LanguageModel) -> Iterator[HintedSolution]:
    """Yield the solutions with all missing hints written."""
    places = [(k, i) for k, solution in enumerate(solutions) for i, hint in enumerate(solution.hints) if hint is None]
    hints = [list(solution.hints) for solution in solutions]
    answers = model.generate([hint_request(solutions[k], i, model) for k, i in places])
    for (k, i), answer in zip(places, answers, strict=True):
        if not isinstance(answer, Completion):
            raise answer
        hints[k][i] = answer.text.strip().removeprefix("Hint:").strip() or None
    for solution, found in zip(solutions, hints, strict=True):
        yield drop_unfit_hints(
            HintedSolution(solution.id, solution.question, solution.answer, solution.steps, tuple(found))
        )


def hint_request(solution: HintedSolution, i: int, model: LanguageModel) -> GenerationRequest:
    """Build the request for the hint before step ``i``."""
    history, chat = path_of(solution.question, solution.steps[:i]), shipped_format("default")
    prompt = shipped_format("lab").hint(Problem(solution.question), history)
    if model.chat:
        steps = chat.solution(history).strip() or "(none yet)"
        text = f"Problem:\n{solution.question}\n\nSteps so far:\n{steps}\n\nNext step:\n{solution.steps[i]}\n\nHint:"
        prompt = Prompt(text, "", ANNOTATION_PROMPT)
    return GenerationRequest(prompt, max_tokens=chat.protocol.words.hint_tokens, stop=("\n",), group=solution.question)


def read_annotated(file: Path) -> Iterator[HintedSolution]:
    """Yield the solutions that an earlier run has written; an incomplete last line is skipped."""
    for line in file.read_text().splitlines() if file.is_file() else ():
        try:
            row = json.loads(line)
            yield HintedSolution(row["id"], row["question"], row["answer"], tuple(row["steps"]), tuple(row["hints"]))
        except ValueError:
            return
        except (KeyError, TypeError) as error:
            raise UsageError(f"{file}: is not a file of solutions with hints; give another --out") from error
