"""Retrieval: methods that look passages up while they solve. The retriever is named by the user (--retriever)."""

from hintree.policies import Sampling
from hintree.presets.preset import Preset
from hintree.search import Retrieve, RStar, Selection, SlimPLM

PROMPTED = "nothing is trained for this, and the wording is our own"

RETRIEVAL = {
    "mcts_rag": Preset(
        "rStar's tree, whose nodes may also look up the question, the question with the steps, or a sub-question",
        ("verifier",),
        RStar(questions=2, actions=("mcts_rag",)),
        sampling=Sampling(temperature=0.4, top_k=40, top_p=0.9, greedy_first=False),
        source="MCTS-RAG, arXiv 2503.20757",
        differs=f"{PROMPTED}, where the public code shows worked examples; the student writes the query for the "
        "question, and other look-ups search for the texts as they are, where the public code has every query written; "
        "solutions are weighted by agreement (`--selection agreement=filter` has the paper's filter), without the "
        "reference answer that the public code reads",
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
