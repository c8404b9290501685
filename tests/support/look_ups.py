"""Searches that look passages up, grown by scripted models and a retriever in memory."""

from hintree.retrieval import LookUp
from hintree.search import (
    Handler,
    Passage,
    Problem,
    Response,
    StepOutput,
    Tree,
    Usage,
    run_searches,
)

FACTS = {"p1": Passage("p1", "A dozen is 12 things."), "p2": Passage("p2", "A score is 20.")}


def written(text, answer=None, ended="delimiter", sure=0.9):
    return StepOutput(text, ended, 3, sure, sure, 0.1, answer=answer)


MCTS_RAG = {
    **{"sub_question": "What is a dozen?", "sub_answer": "12", "re_answer": "12.", "rephrase": "2 dozen?"},
    **{"restate": "2 times 12?", "step": "go on", "finish": "so=7"},
}
"""Texts of all actions of MCTS-RAG's tree."""


class Facts:
    """A retriever that keeps its queries, and fails or finds nothing if told so."""

    def __init__(self, found=None, error=None):
        self.found = list(FACTS.values() if found is None else found)
        self.error, self.queries = error, []

    def search(self, queries, k):
        self.queries += queries
        if self.error:
            raise self.error
        return [self.found[:k] for _ in queries]


def grow(search, retriever=None, texts=(), roles=("reasoner", "teacher"), score=None, budget=None):
    """Grow a tree; an action or a plain step ("step") writes the text under its name, with the answer after "="."""
    texts = {
        "query": "dozen",
        "refine": "12 [p1]",
        "missing": "dozen\nscore",
        "finish": "so=7",
        "step": "go on=7",
        **dict(texts),
    }
    seen = []

    def write(requests):
        found = []
        for request in requests:
            name = request.action.name if request.action else "step"
            seen.append((request.author, name))
            text, _, answer = texts[name].partition("=")
            step = written(text, answer or None, "end" if text == "none" else "delimiter")
            found.append(Response(step, Usage(1, 9, 9, 3)))
        return found

    handlers = {role: Handler(write) for role in roles}
    if retriever is not None:
        handlers["retriever"] = Handler(LookUp(retriever))
    if score is not None:
        handlers["scorer"] = Handler(lambda requests: [Response(score, Usage(1, 5, 5)) for _ in requests])
    tree = Tree(Problem("How many are two dozen?"), 1)
    [run] = run_searches([(tree, search.grow(tree))], handlers, budget=budget)
    assert str(run.stop_reason) == "complete"
    return run, seen


def names(tree):
    return [(node.parent.id, node.action.name if node.action else "step", node.status) for node in tree.nodes[1:]]
