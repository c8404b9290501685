r"""Lists, tuples, sets and matrices. Order does not matter where the reference stands bare or in braces."""

from collections.abc import Callable
from dataclasses import replace

from hintree.grade.equations import read_equation
from hintree.grade.structure import Items, read_items
from hintree.grade.verdict import Verdict, all_of

Same = Callable[[str, str], Verdict]
ALIKE = {
    ("bare", "bare"): "any order",
    ("bare", "set"): "any order",
    ("bare", "list"): "in order",
    ("bare", "tuple"): "in order",
    ("set", "set"): "any order",
    ("set", "bare"): "any order",
    ("tuple", "tuple"): "in order",
    ("tuple", "bare"): "in order",
    ("list", "list"): "in order",
    ("list", "bare"): "in order",
    ("matrix", "matrix"): "in order",
    ("interval", "interval"): "in order",
}
"""The comparison of two kinds of lists; others are different things."""
PLUS_MINUS = 4
"""Most signs "plus or minus" that are read."""


def read(text: str) -> Items | None:
    r"""Return the list that an answer is; "2 \pm 1" is the two values."""
    items = read_items(text)
    if "\\pm" in text and text.count("\\pm") + text.count("\\mp") <= PLUS_MINUS:
        parts = items.items if items and items.kind in ("bare", "set") else (text,)
        if items is None or items.kind in ("bare", "set"):
            return Items("", "", tuple(value for part in parts for value in both_signs(part)))
    return items


def both_signs(text: str) -> list[str]:
    """Return the two values of a text with signs "plus or minus", or the text."""
    if "\\pm" not in text:
        return [text]
    return [signed(text, "+", "-"), signed(text, "-", "+")]


def signed(text: str, plus: str, minus: str) -> str:
    """Return a text with one choice of its signs."""
    text = text.replace("\\pm ", plus).replace("\\pm", plus).replace("\\mp ", minus).replace("\\mp", minus)
    return text.replace("= +", "= ").replace("=+", "=").lstrip("+ ")


def compare(left: Items | None, right: Items | None, reference: str, answer: str, same: Same) -> Verdict:
    """Return the verdict on two answers of which at least one is a list."""
    if left is None or right is None:
        items, whole = (left, answer) if left else (right, reference)
        if items is None or len(items.items) != 1 or items.kind not in ("set", "list", "bare"):
            return with_unknown(left, right, reference, answer, same)
        return same(items.items[0], whole) if left else same(whole, items.items[0])
    kinds = (left.kind, right.kind)
    if "matrix" in kinds and kinds != ("matrix", "matrix"):
        matrix, other = (left, right) if left.kind == "matrix" else (right, left)
        vector = other.kind in ("tuple", "bare", "list") and 1 in (matrix.width, len(matrix.items) // matrix.width)
        return in_order(left, right, same) if vector else Verdict.WRONG
    if kinds in (("tuple", "list"), ("list", "tuple")) and len(left.items) != 2:
        return in_order(left, right, same)
    if kinds == ("matrix", "matrix") and left.width != right.width:
        return Verdict.WRONG
    how = ALIKE.get(kinds)
    if how is None or (kinds[0] == "interval" and (left.opening, left.closing) != (right.opening, right.closing)):
        return Verdict.WRONG
    if how == "any order" and unknowns(left) == unknowns(right):
        return any_order(left, right, same)
    return in_order(left, right, same)


def with_unknown(left: Items | None, right: Items | None, reference: str, answer: str, same: Same) -> Verdict:
    """Return the verdict on a list and an equation whose right side is a list, as "(x, y) = (1, 2)"."""
    items, other = (left, answer) if left else (right, reference)
    equation = read_equation(other)
    if items is None or equation is None or not equation.unknown or read(equation.right) is None:
        return Verdict.WRONG
    return same(reference, equation.right) if left else same(equation.right, answer)


def unknowns(items: Items) -> int:
    """Return how many unknowns the elements name, at least 1 so that one name may be left out."""
    equations = [read_equation(item) for item in items.items]
    return max(1, len({equation.unknown for equation in equations if equation}))


def in_order(left: Items, right: Items, same: Same) -> Verdict:
    """Return RIGHT if each element equals the one in its place."""
    if len(left.items) != len(right.items):
        return Verdict.WRONG
    return all_of(same(a, b) for a, b in zip(left.items, right.items, strict=True))


def any_order(left: Items, right: Items, same: Same) -> Verdict:
    """Return RIGHT if each element equals one of the other list, each taken once."""
    if len(left.items) != len(right.items):
        left, right = (replace(side, items=tuple(dict.fromkeys(side.items))) for side in (left, right))
    if len(left.items) != len(right.items):
        return Verdict.WRONG
    rest, result = list(right.items), Verdict.RIGHT
    for item in left.items:
        verdicts = []
        for i, other in enumerate(rest):
            verdicts.append(same(item, other))
            if verdicts[-1] is Verdict.RIGHT:
                del rest[i]
                break
        else:
            if Verdict.UNGRADED not in verdicts:
                return Verdict.WRONG
            result = Verdict.UNGRADED
    return result
