"""Solve a question with a GGUF file, on llama.cpp in this process: greedy, then eight samples that vote.

Needs ``pip install "hintree[gguf]"`` and a model::

    python examples/solve_gguf.py model.gguf "A bag of rice costs 7 euros. How much do 6 bags cost?"
"""

import sys

import hintree


def main(model: str, question: str) -> None:
    """Print a greedy solution step by step, and the answer of a vote with the cost of both."""
    greedy = hintree.Solver("greedy", reasoner=model)
    solution = greedy.solve(question)
    for node in solution.steps:
        print(node.step.text)
    tokens = solution.ledger["reasoner"].generated_tokens
    print(f"greedy: {solution.answer} ({tokens} tokens)")

    vote = hintree.Solver("greedy", reasoner=model, search=hintree.SelfConsistency(n=8), pool=greedy.pool)
    solution = vote.solve(question)
    tokens = solution.ledger["reasoner"].generated_tokens
    print(f"vote: {solution.answer} (confidence {solution.confidence:.2f}, {tokens} tokens)")


if __name__ == "__main__":
    main(*sys.argv[1:])
