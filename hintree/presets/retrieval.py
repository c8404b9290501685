"""Retrieval: methods that look passages up while they solve. The retriever is named by the user (--retriever)."""

from hintree.policies import Sampling
from hintree.presets.preset import Preset
from hintree.search import MCTS, Retrieve, Selection, SlimPLM

PROMPTED = "nothing is trained for this, and the wording is our own"

RETRIEVAL = {
    "mcts_rag": Preset(
        "MCTS whose nodes may also write a query, look up the question with the steps so far, or a sub-question",
        ("scorer",),
        MCTS(simulations=16, c=2.0, depth=10, actions=("mcts_rag",)),
        sampling=Sampling(temperature=0.4, top_k=40, top_p=0.9, greedy_first=False),
        source="MCTS-RAG, arXiv 2503.20757",
        differs=f"{PROMPTED}; the PRM's score of a step is its value, where the paper votes over answers and checks "
        "solutions by a second model; look-ups are nodes, so that a path of 5 states may have 10 nodes",
        selection=Selection("weighted"),
    ),
    "kg_rar": Preset(
        "8 chains; before every step solved steps are looked up and refined; the student grades each step, then a vote",
        ("scorer",),
        Retrieve(chains=8, when="each", query="steps", refine=True, k=3),
        sampling=Sampling(temperature=0.8, greedy_first=False),
        source="KG-RAR, arXiv 2503.01642",
        differs=f"{PROMPTED}; the graph comes from trees that hintree has solved (`hintree index --steps`), where the "
        "paper builds it from PRM800K with a large model; a problem's type is what it asks for, without names and "
        "numbers; refining and grading are two requests to one model",
        models={"scorer": "judge:reasoner"},
        selection=Selection("weighted"),
    ),
    "slimplm": Preset(
        "the student answers first; if it is unsure, what it lacks is looked up; then the teacher answers",
        ("teacher", "scorer"),
        SlimPLM(threshold=0.9, k=5),
        source="SlimPLM, arXiv 2402.12052",
        differs=f"{PROMPTED}, where the paper tunes a judge of the need to look up and a writer of queries: "
        "the mean probability of the student's tokens decides, and the student lists the queries",
        models={"scorer": "confidence"},
    ),
}
"""Presets of retrieval by name."""
