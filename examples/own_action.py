"""Add an action of your own: before the first step, recall the rule that the problem needs.

::

    python examples/own_action.py model.gguf "Weng earns $12 an hour. She worked 50 minutes. How much did she earn?"
"""

import sys

import hintree
from hintree.search import Action, ActionPrompt, Beam, Node, Yield
from hintree.search.core.actions import at_root

RECALL = Action(
    "recall",
    Yield.SUB_ANSWER,  # a part of the solution that neither ends it nor states its answer
    when=at_root,
    prompt=ActionPrompt(ask="Do not solve the problem yet. State the rule that it needs, in one line.", begin="Rule:"),
)


def begun(node: Node) -> bool:
    """Tell whether something has been written, so that the plain steps come after the rule."""
    return node.parent is not None


def main(model: str, question: str) -> None:
    """Solve one question with the action, and print which action wrote what."""
    search = Beam(width=1, branch=1, actions=(RECALL, Action("step", when=begun)))
    solution = hintree.solve(question, reasoner=model, search=search)
    for node in solution.tree.nodes[1:]:
        print(f"{node.action.name if node.action else 'step'}: {node.step.text}")
    print(f"answer: {solution.answer}; tokens of recall: {solution.ledger.actions['recall'].generated_tokens}")


if __name__ == "__main__":
    main(*sys.argv[1:])
