"""The grader: find the final answer of a text, and grade it against a reference.

::

    find_answer(text)             "... so the answer is **5**."  ->  "5"      find.py
    grade(reference, given)       RIGHT, WRONG or UNGRADED                    grading.py
    equal(reference, given)       whether the verdict is RIGHT
    group(answers)                the class of each answer, for votes         grouping.py

The package imports nothing else of hintree, and no torch. An answer is brought into one spelling (normal.py), and
compared by its structure (compare.py); what only algebra can tell is asked of worker processes (workers.py, worker.py,
symbolic.py) under limits on work (limits.py, steps.py).
"""

from hintree.grade.errors import GraderError
from hintree.grade.find import find_answer
from hintree.grade.forms import FORMS, Form
from hintree.grade.grading import equal, grade
from hintree.grade.grouping import group
from hintree.grade.verdict import Verdict

__all__ = ["FORMS", "Form", "GraderError", "Verdict", "equal", "find_answer", "grade", "group"]
