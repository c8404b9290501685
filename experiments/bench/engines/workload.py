"""Texts that every engine generates: the first steps of word problems, one or several siblings a problem."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hintree.data import read_cases
from hintree.models import GenerationRequest, LanguageModel
from hintree.policies import find_protocol, format_for
from hintree.search import Problem

TEMPERATURE = 0.8
PROBLEMS = "lab:test?steps=6-8&n=32"
"""Problems by default: about as long as those of GSM8K, and there without a download."""


class Workload(NamedTuple):
    """One round of a search over some problems.

    problems: Number of problems.
    siblings: Texts for each problem.
    tokens: Maximum number of tokens of each text.
    """

    problems: int
    siblings: int
    tokens: int

    @property
    def texts(self) -> int:
        """Return the number of texts."""
        return self.problems * self.siblings


class BeamWork(NamedTuple):
    """A beam search of width 4 with 4 samples for each step, whose steps end where the model ends them.

    problems: Number of problems.
    depth: Levels of the tree.
    """

    problems: int
    depth: int


Work = Workload | BeamWork
"""One measured task of an engine."""


def read_questions(source: str, n: int) -> list[str]:
    """Read the first ``n`` questions of a source of problems. Raises UsageError if it holds fewer."""
    return [case.problem.question for case in read_cases(source, limit=n)]


def requests(model: LanguageModel, questions: Sequence[str], work: Workload) -> list[GenerationRequest]:
    """Return the requests of a round, with the prompts that a search would write for this model."""
    form = format_for(model, find_protocol("default"))
    prompts = [form.step(Problem(question), [], None) for question in questions[: work.problems]]
    return [
        GenerationRequest(prompt, seed=seed, temperature=TEMPERATURE, max_tokens=work.tokens, group=str(i))
        for i, prompt in enumerate(prompts)
        for seed in range(work.siblings)
    ]


def distinct_tokens(texts: Iterable[Sequence[int]]) -> int:
    """Return the number of tokens of some texts where common beginnings count once."""
    return len({tuple(text[: end + 1]) for text in texts for end in range(len(text))})
