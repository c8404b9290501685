"""The grader: the final answer of a text, and whether it is right.

::

    extract(text)              "... so the answer is $5$."  ->  "5" (stated.py)
    equal(reference, answer)   one spelling (normal.py), without units (units.py); exact numbers (numbers.py) and words
                               (compare.py) at once, the rest by algebra (symbolic.py) in worker processes (workers.py,
                               worker.py)
"""

from hintree.grade.compare import equal
from hintree.grade.stated import extract

__all__ = ["equal", "extract"]
