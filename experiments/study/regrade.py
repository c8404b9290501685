"""Grade the ungraded answers of a store again, which a resumed study does first."""

from hintree.errors import HintreeError
from hintree.experiments.study.store import Store
from hintree.experiments.study.verdicts import TRIES, grade_answers
from hintree.grade import GraderError, Verdict


def regrade(store: Store) -> int:
    """Grade every ungraded answer that has tries left, and resolve the results whose verdict becomes known.

    Returns:
        Number of answers that were graded again.

    Raises:
        HintreeError: The grader cannot work.
    """
    cases, again = store.problems(), []
    for old in store.verdicts().values():
        if old.verdict is Verdict.UNGRADED and old.tries < TRIES and old.problem in cases:
            try:
                [new] = grade_answers(old.problem, cases[old.problem], [old.answer])
            except GraderError as error:
                raise HintreeError(str(error)) from error
            again.append(new._replace(tries=old.tries + 1))
    store.add((), again)
    return len(again)
