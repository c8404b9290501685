"""Trees as GraphML and GEXF, for Gephi, yEd, Cytoscape and networkx.

XML cannot hold every text. So each node has readable attributes, and beside them ``hintree``: the node as one line of
ASCII JSON, from which the tree is read back without loss. The root's line also holds the problem, the seed, and the
facts of the search. ``chosen`` is true on the chosen path. ids of other steps are numbers.
"""

import io
import json
import math
import re
from collections.abc import Mapping
from typing import Any

import networkx as nx

from hintree.bounded_files import parse_json
from hintree.errors import UsageError
from hintree.search import from_dict
from hintree.view.text import one_line

WRITERS: dict[str, Any] = {"graphml": nx.write_graphml_xml, "gexf": nx.write_gexf}
READERS: dict[str, Any] = {"graphml": nx.read_graphml, "gexf": nx.read_gexf}
UNKNOWN_NAME = re.compile(rb'(<graph [^>]*?) name="[^"]*"')
"""An attribute that networkx writes and the schema of GEXF does not have."""
MOST_TAGS = 500_000
"""Tags of a file; each takes a few hundred bytes of memory."""


def to_xml(data: Mapping[str, Any], form: str) -> bytes:
    """Return a tree's plain data as "graphml" or "gexf"."""
    tree = from_dict(data)
    head = {name: value for name, value in data.items() if name != "nodes"}
    last = data.get("chosen")
    path = {0, *(node.id for node in tree.nodes[last].path())} if isinstance(last, int) else set()
    graph: nx.DiGraph[int] = nx.DiGraph()
    for node, row in zip(tree, data["nodes"], strict=True):
        whole = json.dumps(row if node.parent else {**row, "tree": head}, allow_nan=False)
        shown = {
            "label": one_line(node.step.text if node.parent else tree.problem.question, 80),
            "text": one_line(node.step.text if node.parent else tree.problem.question),
            "hint": one_line(str(node.hint)) if node.hint else None,
            "critique": one_line(node.critique.text) if node.critique else None,
            "fault": node.fault.value if node.fault else None,
            "author": node.author,
            "action": node.action.name if node.action else None,
            "yields": node.action.yields.value if node.action else None,
            "status": node.status,
            "reason": one_line(node.reason) or None,
            "answer": None if node.step.answer is None else one_line(node.step.answer),
            "chosen": node.id in path,
            "replaces": node.replaces,
            "score": node.score,
            "visits": node.visits,
            "value": node.value if math.isfinite(node.value) else None,
            "tokens": node.step.tokens,
        }
        graph.add_node(node.id, hintree=whole, **{name: value for name, value in shown.items() if value is not None})
        if node.parent is not None:
            graph.add_edge(node.parent.id, node.id)
    file = io.BytesIO()
    WRITERS[form](graph, file)
    return UNKNOWN_NAME.sub(rb"\1", file.getvalue(), count=1)


def from_xml(source: bytes, form: str) -> dict[str, Any]:
    """Return the plain data of a file from ``to_xml``. Raises UsageError for any other file."""
    if b"<!DOCTYPE" in source or b"<!ENTITY" in source or source.count(b"<") > MOST_TAGS:
        raise UsageError(f"not a hintree tree in {form}: it declares entities, or has more than {MOST_TAGS:,} tags")
    try:
        graph: Any = READERS[form](io.BytesIO(source), node_type=int)
        rows = [parse_json(graph.nodes[i]["hintree"]) for i in sorted(graph.nodes)]
        head = rows[0].pop("tree")
    except Exception as error:  # networkx lets through whatever the XML parser and its own look-ups raise
        said = " ".join(str(error).split())[:200]
        raise UsageError(f"not a hintree tree in {form}: {type(error).__name__} {said}") from error
    return {**head, "nodes": rows}
