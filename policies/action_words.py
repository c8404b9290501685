"""Wording of the shipped actions in English, which protocols change or translate."""

from hintree.search.core.actions import ActionPrompt

PASSAGES = (
    "These passages were looked up. They may help, or be about something else:\n{passages}\n\n"
    "Solve only this problem:\n{question}"
)
"""The question with retrieved passages; it stands last, since small models answer what they have read last."""
SCORED = "A scorer gives it {score} on a scale from 0 (wrong) to 1 (right)."
"""Sentence about the score of a step."""
FAILED_STEP = "The next step was written like this, and may be wrong:\n{step}\n{suspicion}\n\n"
"""Text that shows a step that may be wrong to an informed hinter."""
FAULTS = {
    "arithmetic": "Its arithmetic is suspected to be wrong.",
    "number": "It is suspected to use a wrong number.",
    "operation": "It is suspected to use the wrong operation.",
    "referent": "It is suspected to be about the wrong quantity.",
    "form": "It is suspected not to be a complete step.",
}
"""Sentences about what is suspected of a step, by fault."""
NOTHING_WRONG = "Nothing is wrong."
"""Critique after which a step or a solution is kept; the instructions for critiques name it."""
ACTIONS = {
    "finish": ActionPrompt(ask="Write the whole rest of the solution at once."),
    "sub_question": ActionPrompt(
        ask="Do not solve the problem yet. Write one simpler question whose answer helps to solve it.",
        begin="Sub-question:",
        ends=("\n",),
    ),
    "sub_answer": ActionPrompt(
        ask="Compute the answer to the last sub-question only: write the computation, then the result.",
        begin="Answer:",
    ),
    "ask": ActionPrompt(
        ask="Do not solve the problem yet. Which quantity must be known first? Ask for it: write one short question "
        "that is simpler than the problem and was not asked before. If nothing more must be known, write only: none",
        begin="Sub-question:",
        ends=("\n",),
        stop="none",
    ),
    "split": ActionPrompt(
        ask="This is to be answered: {sub_question}\nDo not answer it yet. Which quantity must be known first? Ask for "
        "it: write one short question that is simpler and was not asked before. If it can be answered at once, write "
        "only: none",
        begin="Sub-question:",
        ends=("\n",),
        stop="none",
    ),
    "merge": ActionPrompt(
        ask="Compute the answer to this sub-question only, from the answers so far: write the computation, then the "
        "result. Sub-question: {sub_question}",
        begin="Answer:",
    ),
    "sub_questions": ActionPrompt(
        ask="Do not solve the problem yet. List the simpler questions that must be answered first, one on a line.",
        begin="Sub-questions:",
        ends=("\n\n",),
        max_tokens=256,
    ),
    "draft_questions": ActionPrompt(
        ask="This is a first attempt to solve the problem, which may be wrong:\n\n{solution}\n\nDo not solve the "
        "problem yourself. List the simpler questions that must be answered to solve it rightly, one on a line.",
        begin="Sub-questions:",
        ends=("\n\n",),
        max_tokens=256,
    ),
    "solve": ActionPrompt(
        ask="The simpler questions are answered. Now solve the problem itself with these answers, and state the final "
        "answer.",
        begin="Solution:",
    ),
    "re_answer": ActionPrompt(
        ask="Answer only the last sub-question: {sub_question}\nWork it out anew from the problem, in one paragraph "
        "that ends with the result.",
        begin="Answer:",
    ),
    "last_answer": ActionPrompt(
        ask="The last sub-question is the question of the problem. Answer it, and state the final answer.",
        begin="Answer:",
    ),
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
    "restate": ActionPrompt(
        ask="Do not solve the problem yet. Restate it with what the passages say that helps to solve it, with every "
        "condition and every number.",
        begin="Restated:",
    ),
    "refine": ActionPrompt(
        ask="Do not solve the problem yet. Note in a few sentences what the passages say that helps with the next "
        "step, with the ids of the passages in brackets. Leave out everything else.",
        begin="Notes:",
        ends=("\n\n",),
        max_tokens=160,
    ),
    "missing": ActionPrompt(
        ask="This is a first solution, which may rest on facts that its author does not know:\n\n{solution}\n\nDo not "
        "solve the problem. List the facts that have to be looked up, as short search queries, one on a line. If "
        "there are none, write only: none",
        begin="Queries:",
        ends=("\n\n",),
        max_tokens=96,
        stop="none",
    ),
    "complete": ActionPrompt(),
    "verdict": ActionPrompt(
        ask="These are solutions of others, any of which may be wrong:\n\n{solutions}\n\nCheck them against the "
        "problem. Then write the right solution in your own words, and state its answer."
    ),
    "critique": ActionPrompt(
        ask="Do not solve the problem yet. The last step of the solution so far may be wrong. Compare it with "
        "the problem and compute it again. Say in one sentence what is wrong with it. If nothing is wrong, "
        f"write only: {NOTHING_WRONG}\n{{suspicion}}",
        begin="Critique:",
        ends=("\n",),
        max_tokens=96,
        stop=NOTHING_WRONG,
    ),
    "correct": ActionPrompt(
        ask="A first version of the next step may be wrong:\n\n{step}\n\nA critique of it: {critique}\n\nWrite the "
        "next step as it should be, and only this step. Do not mention the first version or the critique.",
    ),
    "review": ActionPrompt(
        ask="Do not solve the problem again yet. The solution may be wrong. Compare it with the problem, step by step, "
        "and compute it again. Say in one paragraph what is wrong with it and how to mend it. If nothing is wrong, "
        f"write only: {NOTHING_WRONG}",
        begin="Critique:",
        ends=("\n\n",),
        max_tokens=192,
        stop=NOTHING_WRONG,
    ),
    "revise": ActionPrompt(
        ask="A first solution may be wrong:\n\n{solution}\n\nA critique of it: {critique}\n\nSolve the problem again "
        "from the start, in the same form. Do not mention the first solution or the critique.",
    ),
}
"""Wording by name of the action."""
