"""Solve a question with a model on a server: vLLM, llama.cpp, SGLang, Ollama or a cloud API.

Start a server, such as ``vllm serve Qwen/Qwen2.5-1.5B-Instruct``, then::

    python examples/solve_server.py http://127.0.0.1:8000/v1#Qwen/Qwen2.5-1.5B-Instruct "How many divisors has 196?"

A key for the server is read from an environment variable, here HINTREE_KEY_127_0_0_1_8000; see docs/servers.md.
"""

import sys

import hintree


def main(address: str, question: str) -> None:
    """Print the best of four solutions by token confidence, and the cost of all four."""
    solver = hintree.Solver("greedy", reasoner=address, search=hintree.BestOfN(n=4), scorer="confidence:geometric")
    solution = solver.solve(question)
    for node in solution.steps:
        print(f"[{node.score:.2f}] {node.step.text}")
    cost = solution.ledger["reasoner"]
    print(f"answer: {solution.answer}; {cost.calls} texts, {cost.generated_tokens} generated tokens")


if __name__ == "__main__":
    main(*sys.argv[1:])
