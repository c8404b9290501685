"""Problems whose numbers stand partly or only in the fact book (hintree/lab/book.py)."""

import itertools
import random
from collections.abc import Iterator, Sequence

from hintree.lab.book import VERBS, Book, make_book
from hintree.lab.difficulty import Difficulty
from hintree.lab.families.relations import HOW_MANY, WORDINGS
from hintree.lab.families.wording import NAMES, SPARE_NAMES, draw_names, in_words
from hintree.lab.generate import SPLITS, check_choice
from hintree.lab.graph import DeadEndError, random_graph
from hintree.lab.parse import parse_problem
from hintree.lab.problem import LabProblem

STEPS = range(17)
"""Allowed numbers of computations; 0 asks for a count of the book, without arithmetic."""
HOPS = range(1, 4)
"""Allowed numbers of entries that lead to a count."""
IN_BOOK = 0.75
"""Share of the given numbers that stand in the book; the first always does."""
SETTINGS = Difficulty(branching=0.3)


def book_problems(
    split: str,
    steps: Sequence[int] = range(1, 4),
    hops: Sequence[int] = (2, 3),
    *,
    n: int | None = None,
    seed: int = 0,
    book: int = 0,
) -> Iterator[LabProblem]:
    """Yield problems of one split about one book, in a fixed order for a fixed seed.

    Args:
        split: "train", "validation" or "test".
        steps: Numbers of computations to draw from, each in 0..16.
        hops: Numbers of entries that lead to a count, each in 1..3.
        n: Number of problems; None yields without end.
        seed: Same seed, same problems.
        book: Seed of the book.

    Raises:
        ValueError: An argument is outside its range.
    """
    check_choice("split", [split], SPLITS)
    check_choice("steps", steps, STEPS)
    check_choice("hops", hops, HOPS)
    rng = random.Random(f"book/{split}/{seed}")
    for _ in range(n) if n is not None else itertools.count():
        yield sample_book(rng, split, steps, hops, make_book(book))


def sample_book(
    rng: random.Random,
    split: str,
    steps: Sequence[int],
    hops: Sequence[int],
    book: Book,
    difficulty: Difficulty = SETTINGS,
) -> LabProblem:
    """Draw one problem of a split; see ``book_problems`` for the arguments."""
    many = rng.choice(steps)
    while True:
        try:
            problem = parse_problem(draw_question(rng, many, hops, book, difficulty), book.seed)
        except DeadEndError:
            continue
        if problem.split == split:
            return problem


def draw_question(
    rng: random.Random, steps: int, hops: Sequence[int], book: Book, difficulty: Difficulty = SETTINGS
) -> str:
    """Draw a question: (1) Ana gets twice as many cows as the partner of Red Mill. How many cows does Ana have?

    Raises:
        DeadEndError: There are too few names, or no place has the count.
    """
    item = rng.choice(list(VERBS))
    if not steps:
        return f"How many {item} does {book.draw_phrase(rng, item, rng.choice(hops))} {VERBS[item]}?"
    graph = random_graph(rng, steps, difficulty)
    names = draw_names(rng, NAMES, SPARE_NAMES, len(graph.values))
    sentences: list[str] = []
    for link in graph.links:
        if not link.op and (link.target == 0 or rng.random() < IN_BOOK):
            names[link.target] = book.draw_phrase(rng, item, rng.choice(hops), link.right)
            continue
        words = {"A": names[link.target], "B": names[link.left], "C": names[link.right] if link.joins else ""}
        wording = next(w for w in WORDINGS if w.op == link.op and ("{C}" in w.text) == link.joins)
        sentences.append(wording.text.format(**words, k=link.right, item=item, **in_words(link.right)))
    facts = " ".join(f"({label}) {sentence}." for label, sentence in enumerate(sentences, 1))
    return f"{facts} {HOW_MANY.text.format(item=item, A=names[len(graph.values) - 1])}"
