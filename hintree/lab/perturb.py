"""Variants of problems: counterfactuals, whose answer changes, and adversarial ones with one fact too many."""

import random
import re
from collections.abc import Iterator

from hintree.errors import UsageError
from hintree.lab.difficulty import STANDARD
from hintree.lab.families.wording import NUMBER_WORDS
from hintree.lab.generate import FAMILIES, sample
from hintree.lab.graph import LARGEST_CONSTANT
from hintree.lab.parse import parse_problem
from hintree.lab.problem import MAX_VALUE, LabProblem

OPPOSITES = {
    "more": "fewer",
    "before": "after",
    "longer": "less",
    "dearer": "cheaper",
    "above": "below",
    "faster": "slower",
}
"""Words that turn a sum into a difference, where both relations have a wording."""


def perturb(problem: LabProblem, seed: int = 0) -> LabProblem:
    """Return a counterfactual of ``problem`` in the same split.

    One needed fact has another number or the opposite relation. All values are at least 1 and at most 99, the range of
    the usual problems; at most 199 if the original exceeds 99.

    Args:
        problem: The original.
        seed: Same seed, same counterfactual.

    Raises:
        UsageError: No change of a single fact gives another problem of the lab in that range.
    """
    largest = STANDARD.largest if max(numbers_of(problem)) <= STANDARD.largest else MAX_VALUE
    rng = random.Random(f"twin/{seed}/{problem.id}")  # a seed, not a name: another text would change every result
    for question in changed(problem, rng):
        try:
            counterfactual = parse_problem(question)
        except UsageError:
            continue
        if (
            counterfactual.answer != problem.answer
            and counterfactual.needed() == problem.needed()
            and counterfactual.split == problem.split
            and all(1 <= value <= largest for value in numbers_of(counterfactual))
        ):
            return counterfactual
    raise UsageError(f"{problem.id}: no change of one fact gives another problem")


def distract(problem: LabProblem, seed: int = 0) -> LabProblem:
    """Return ``problem`` with one more fact, right before its question, which the answer does not need.

    The fact states a number of the same family about a name that the problem does not have. The answer stays.

    Args:
        problem: The original.
        seed: Same seed, same variant.

    Raises:
        UsageError: The problem is about the fact book, or no fact of 200 drawn ones leaves it in its split.
    """
    rng = random.Random(f"distractor/{seed}/{problem.id}")
    facts, _, asked = problem.question.rpartition(". ")
    families = (problem.family,) if problem.family in FAMILIES else ()
    for _ in range(200 if families else 0):
        other = sample(rng, "train", (1, 2), families)
        text = next((fact.text for fact in other.facts if not fact.op), "")
        try:
            variant = parse_problem(f"{facts}. ({len(problem.facts) + 1}) {text}. {asked}")
        except UsageError:
            continue
        if variant.split == problem.split and variant.answer == problem.answer:
            return variant
    raise UsageError(f"{problem.id}: no unneeded fact leaves it a problem of its split")


def numbers_of(problem: LabProblem) -> list[int]:
    """Return the values of the quantities that are numbers; an entry of the fact book that names a place has none."""
    places = {link for fact in problem.facts for link in fact.links}
    return [problem.values[fact.target] for fact in problem.facts if fact.target not in places]


def changed(problem: LabProblem, rng: random.Random) -> Iterator[str]:
    """Yield the question with one needed fact changed, in random order; not every result is a problem.

    Whether numbers or words are changed first is random, since there are many more numbers to choose from.
    """
    needed = [fact for fact in problem.facts if fact.target in problem.needed()]
    for other_texts in rng.sample([other_numbers, other_words], 2):
        choices = [(fact, text) for fact in needed for text in other_texts(fact.text)]
        for fact, text in rng.sample(choices, len(choices)):
            yield problem.question.replace(f"({fact.label}) {fact.text}.", f"({fact.label}) {text}.", 1)


def other_numbers(text: str) -> Iterator[str]:
    """Yield a fact's sentence with each of its numbers replaced."""
    for match in re.finditer(r"(?<!day )\b\d+\b", text):
        for number in range(2, LARGEST_CONSTANT + 1):
            yield f"{text[: match.start()]}{number}{text[match.end() :]}"


def other_words(text: str) -> Iterator[str]:
    """Yield a fact's sentence with another number word, or with the opposite relation."""
    for table in NUMBER_WORDS.values():
        for word in table.values():
            for new in table.values():
                if (other := exchange(text, word, new)) != text:
                    yield other
    for pair in (*OPPOSITES.items(), *((other, one) for one, other in OPPOSITES.items())):
        if (opposite := exchange(text, *pair)) != text:
            yield opposite


def exchange(text: str, old: str, new: str) -> str:
    """Replace the first occurrence of one word, or phrase, by another."""
    return re.sub(rf"\b{old}\b", new, text, count=1)
