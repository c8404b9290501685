"""Wording of the shipped actions in English, which protocols change or translate."""

from hintree.search.core.actions import ActionPrompt

PASSAGES = "Passages that may help:\n{passages}"
"""Addition to the question that shows retrieved passages."""
ACTIONS = {
    "finish": ActionPrompt(ask="Write the whole rest of the solution at once."),
    "sub_question": ActionPrompt(
        ask="Do not solve the problem yet. Write one simpler question whose answer helps to solve it.",
        begin="Sub-question:",
    ),
    "sub_answer": ActionPrompt(ask="Answer only the last sub-question.", begin="Answer:"),
    "rephrase": ActionPrompt(
        ask="Do not solve the problem yet. Restate it in other words, with every condition and every number.",
        begin="Restated:",
    ),
    "query": ActionPrompt(
        ask="Do not solve the problem yet. Write a short search query for what the next step needs.",
        begin="Query:",
        ends=("\n",),
        max_tokens=48,
    ),
}
"""Wording by name of the action."""
