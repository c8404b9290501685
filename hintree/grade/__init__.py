"""The grader: find the final answer of a text, and grade it against a reference.

::

    find_answer(text)             "... so the answer is **5**."  ->  "5"      find.py
    grade(reference, given)       RIGHT, WRONG or UNGRADED                    grading.py
    equal(reference, given)       true if the verdict is RIGHT
    group(answers)                the class of each answer, for votes         grouping.py

The package imports nothing else of hintree, and no torch. An answer is brought into one spelling (normal.py), and
compared by its structure (compare.py); what only algebra can tell is asked of worker processes (workers.py, worker.py,
symbolic.py) under limits on work (limits.py, steps.py). Modules with patterns take 0.1 s to import, so names that need
them are imported on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hintree.grade.errors import GraderError
from hintree.grade.verdict import Verdict

if TYPE_CHECKING:
    from hintree.grade.find import find_answer
    from hintree.grade.forms import FORMS, Form
    from hintree.grade.grading import equal, grade
    from hintree.grade.grouping import group

_LAZY_MODULES = {
    "FORMS": "forms",
    "Form": "forms",
    "equal": "grading",
    "find_answer": "find",
    "grade": "grading",
    "group": "grouping",
}
__all__ = ["FORMS", "Form", "GraderError", "Verdict", "equal", "find_answer", "grade", "group"]


def __getattr__(name: str) -> Any:
    """Import a name whose module compiles patterns on first use."""
    if name not in _LAZY_MODULES:
        raise AttributeError(f"module 'hintree.grade' has no attribute {name!r}")
    return getattr(import_module(f"hintree.grade.{_LAZY_MODULES[name]}"), name)
