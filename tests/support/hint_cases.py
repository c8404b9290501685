"""A word problem with its solution and hints; the tests of hinter training share it."""

import json

from hintree.training.hinter.hint_data import HintedSolution

SHOP = "A pen costs 3 and a book costs 12. Ann buys 2 pens and a book. What does she pay?"
STEPS = ["2 pens cost 2 * 3 = 6.", "Together that is 6 + 12 = 18.", "The answer is 18."]
HINTS = ["multiply 2 by the price of a pen.", "add the price of the book.", "give the answer."]
SOLUTION = HintedSolution("shop", SHOP, "18", tuple(STEPS), tuple(HINTS))


def write_jsonl(path, rows):
    """Write rows as JSON lines and return the path as text."""
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)
