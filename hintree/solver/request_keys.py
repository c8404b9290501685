"""Keys of requests in recordings: names of all that a response may depend on, besides what made it.

A key leaves nothing out that a prompt, a rule of steps or a scorer reads of the tree, so that a recording of one method
never serves a request that the model of another would answer differently.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from hintree.search.core.actions import Action
from hintree.search.core.hints import Hint
from hintree.search.core.requests import (
    HintRequest,
    Request,
    RetrievalRequest,
    ScoreRequest,
    StepRequest,
    StrategyRequest,
)
from hintree.search.core.seeds import seed_of
from hintree.search.core.tree import Node, Tree
from hintree.solver.recorded_values import pack, pack_hint

KINDS: dict[type[Request[Any]], str] = {
    HintRequest: "Hint",
    StepRequest: "Step",
    ScoreRequest: "Score",
    StrategyRequest: "Pick",
    RetrievalRequest: "Retrieval",
}
"""Kinds of requests as the keys of recordings name them; a changed name would orphan every recording."""
FACTS: WeakKeyDictionary[Tree, dict[int, str]] = WeakKeyDictionary()
"""JSON of what may be read of each node of a tree, by id: it never changes, and every later request of its path has it.

The hash is over the whole path all the same, since the seed of a request stands before it.
"""


def key_of(request: Request[Any], protocol: str = "") -> str:
    """Return the key of a request: its position and role, the problem, its path, its own fields, and the protocol.

    Args:
        request: Not modified.
        protocol: The protocol of the run as JSON, "" for the usual one.
    """
    tree, kind = request.tree, KINDS[type(request)]
    scored = isinstance(request, RetrievalRequest)  # a graph of steps is searched by the scores of the path too
    facts = [*map(json.dumps, (repr(tree.problem), tree.limits.repeats, protocol))]
    facts.append(path_facts(tree, request.node, scored=scored))
    if isinstance(request, StepRequest):
        own = (hint_facts((request.hint,)), request.tokens, request.cut, action_facts(request.action))
        facts += map(json.dumps, (*own, "" if request.critique is None else request.critique.text))
        facts += [draft_facts(tree, request.revises), listed(path_facts(tree, last) for last in request.candidates)]
    elif isinstance(request, HintRequest):
        facts += [json.dumps(hint_facts(request.avoid)), draft_facts(tree, request.revises)]
    elif isinstance(request, StrategyRequest):
        facts.append(json.dumps(request.tracks))
    elif isinstance(request, RetrievalRequest):
        facts.append(json.dumps(action_facts(request.action)))
    return f"{seed_of(request.seed, kind, listed(facts)):016x}"


def path_facts(tree: Tree, last: Node, *, scored: bool = False) -> str:
    """Return what may be read of the nodes of a path as JSON: texts, tokens, statistics, hints, actions, passages."""
    known = FACTS.setdefault(tree, {})
    path = last.path()
    for node in path:
        if node.id not in known:
            known[node.id] = json.dumps(
                [pack(node.step), *hint_facts((node.hint,)), action_facts(node.action), pack(node.passages)]
            )
    if scored:
        return listed(f"{known[node.id][:-1]}, {json.dumps(node.score)}]" for node in path)
    return listed(known[node.id] for node in path)


def listed(parts: Iterable[str]) -> str:
    """Return the JSON of a list from that of its parts."""
    return f"[{', '.join(parts)}]"


def draft_facts(tree: Tree, last: Node | None) -> str:
    """Return as JSON what a request depends on of the step or solution that it is about and that ends in ``last``."""
    return listed([] if last is None else [*map(json.dumps, score_and_fault(last)), path_facts(tree, last)])


def score_and_fault(node: Node) -> list[str]:
    """Return a node's score as prompts show it, and what is suspected of the step; "" for none."""
    return ["" if node.score is None else f"{node.score:.2f}", node.fault or ""]


def hint_facts(hints: Sequence[Hint | None]) -> list[Any]:
    """Return kind and text of each hint; None for none."""
    return list(map(pack_hint, hints))


def action_facts(action: Action | None) -> list[Any]:
    """Return what the text of an action depends on; nothing for a plain step."""
    if action is None:
        return []
    return [action.name, action.yields.value, repr(action.prompt), action.k, action.queries.__qualname__]


def key_by_texts(request: Request[Any], protocol: str = "") -> str:
    """Return the key of a request in recordings of earlier versions, which name the texts of the path only."""
    problem = request.tree.problem
    texts = [problem.question, *(node.step.text for node in request.node.path())]
    texts += [repr((problem.system, problem.turns))] if problem.system or problem.turns else []
    texts += [protocol] if protocol else []
    if isinstance(request, StepRequest):
        texts.append(repr(None if request.hint is None else str(request.hint)))
        texts += [] if request.tokens is None else [repr(request.tokens)]
        texts += [] if request.revises is None else texts_of_draft(request.revises)
        texts += [] if request.critique is None else [request.critique.text]
        texts += [] if request.cut is None else [repr(request.cut)]
        texts += [node.step.text for last in request.candidates for node in last.path()]
    if isinstance(request, HintRequest):
        texts.append(repr(tuple(map(str, request.avoid))))
        texts += [] if request.revises is None else texts_of_draft(request.revises)
    if isinstance(request, StepRequest | RetrievalRequest) and request.action is not None:
        action = request.action
        texts += [action.name, *([repr(action.prompt)] if action.prompt else [])]
        texts += [repr(action.k)] if isinstance(request, RetrievalRequest) else []
    return f"{seed_of(request.seed, KINDS[type(request)], texts):016x}"


def texts_of_draft(last: Node) -> list[str]:
    """Return the score, the fault and the texts of the step or the solution that a request is about."""
    return [*score_and_fault(last), *(node.step.text for node in last.path())]
