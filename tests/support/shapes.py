# ruff: noqa: E501
"""Texts that make regular expressions backtrack: one unit, repeated."""

UNITS = (
    "a", " ", "\n", "1", "1,", "1.", "1 ", "1,111", "0.1", "(", ")", "{", "}", "[", "\\", "\\{", "\\frac{1}", "\\boxed{",
    "\\boxed", "\\text{a", "$", "$$", "**", "answer ", "answer is ", "answer is a ", "the answer to ", "answer: a\n", "#### a ",
    '"answer": ', '"answer": "a', "<think>", "</answer>", "A: ", "wait, ", "= ", "a = ", "答案", "الإجابة ", "x^", "1/", "5 m ", "...",
    "\\begin{matrix}", "a:", ". ", "1e", "_1", "|", "and ",
)  # fmt: skip


def shape(unit, length):
    return (unit * (length // len(unit) + 1))[:length]
