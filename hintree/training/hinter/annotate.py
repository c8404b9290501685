"""Hints in the words of a teacher: it sees the problem, the steps so far and the step to come, and hints at it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from hintree.errors import UsageError
from hintree.models import Completion, GenerationRequest, LanguageModel, Prompt
from hintree.policies import CHAT, PLAIN
from hintree.policies.formats import path_of
from hintree.training.hinter.hint_data import Lesson, filtered

CHUNK = 16
"""Solutions whose hints are asked for at once, and written before the next ones are."""
TEACH = (
    "You write hints for a student who solves a problem step by step. You see the problem, the steps so far and the "
    "next step. Write one imperative sentence of at most 25 words that leads to the next step: which quantities to use "
    "and which operation. State no result, no number that is not in the problem or the steps so far, and no answer."
)


def taught(lessons: Sequence[Lesson], model: LanguageModel, file: Path) -> list[Lesson]:
    """The lessons with the teacher's hints, those that are fit to teach; an interrupted run goes on where it was.

    Args:
        lessons: Solutions; hints that they have already are kept.
        model: The teacher. One with a chat template is told the next step; any other goes on as a hinter would.
        file: Where every solution is written when its hints are there, as a line of JSON.
    """
    done = {lesson.id: lesson for lesson in read_done(file)}
    open_ones = [lesson for lesson in lessons if lesson.id not in done]
    file.write_text("".join(f"{json.dumps(asdict(lesson))}\n" for lesson in done.values()))  # a torn line is dropped
    with file.open("a") as out:
        for start in tqdm(range(0, len(open_ones), CHUNK), desc="hints", delay=2):
            for lesson in hinted(open_ones[start : start + CHUNK], model):
                done[lesson.id] = lesson
                out.write(f"{json.dumps(asdict(lesson))}\n")
            out.flush()
    return [done[lesson.id] for lesson in lessons]


def hinted(lessons: Sequence[Lesson], model: LanguageModel) -> Iterator[Lesson]:
    """The lessons with hints."""
    asked = [(k, i) for k, lesson in enumerate(lessons) for i, hint in enumerate(lesson.hints) if hint is None]
    hints = [list(lesson.hints) for lesson in lessons]
    answers = model.generate([request(lessons[k], i, model) for k, i in asked])
    for (k, i), answer in zip(asked, answers, strict=True):
        if not isinstance(answer, Completion):
            raise answer
        hints[k][i] = answer.text.strip().removeprefix("Hint:").strip() or None
    for lesson, told in zip(lessons, hints, strict=True):
        yield filtered(Lesson(lesson.id, lesson.question, lesson.answer, lesson.steps, tuple(told)))


def request(lesson: Lesson, i: int, model: LanguageModel) -> GenerationRequest:
    """Asks for the hint before step ``i``."""
    history = path_of(lesson.question, lesson.steps[:i])
    prompt = PLAIN.hint(lesson.question, history)
    if model.chat:
        steps = CHAT.solution(history).strip() or "(none yet)"
        told = f"Problem:\n{lesson.question}\n\nSteps so far:\n{steps}\n\nNext step:\n{lesson.steps[i]}\n\nHint:"
        prompt = Prompt(told, "", TEACH)
    return GenerationRequest(prompt, max_tokens=CHAT.hint_tokens, stop=("\n",), group=lesson.question)


def read_done(file: Path) -> Iterator[Lesson]:
    """What an earlier run has written; a torn last line is left out."""
    for line in file.read_text().splitlines() if file.is_file() else ():
        try:
            row = json.loads(line)
            yield Lesson(row["id"], row["question"], row["answer"], tuple(row["steps"]), tuple(row["hints"]))
        except ValueError:
            return
        except (KeyError, TypeError) as error:
            raise UsageError(f"{file}: is no list of lessons; give another --out") from error
