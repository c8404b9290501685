"""Trees as versioned JSON and as networkx graphs, without loss in either direction.

Version 5 adds ``action``, ``yields``, ``passages``, ``copy_of``, ``critique`` and ``critique_tokens`` to nodes that an
action wrote, ``fault``, and ``citations``, which follow from text and passages; trees without them have version 4.
Version 4 holds the typed facts of a node (``hint_kind``, ``rejected_because``, ``duplicate_of``, ``replaced_by``).
Version 3 had them in sentences only; ``old_versions`` derives them. ``index`` is the integer encoding of a position.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from hintree.errors import UsageError
from hintree.search.core.actions import OWN_AUTHORS, Action, Passage, Yield
from hintree.search.core.citations import citations_of
from hintree.search.core.endings import Rejection
from hintree.search.core.events import events_from_list
from hintree.search.core.faults import Critique, Fault
from hintree.search.core.hints import Hint, HintKind
from hintree.search.core.old_versions import upgrade_row
from hintree.search.core.position import Position
from hintree.search.core.seeds import seed_of
from hintree.search.core.tree import STATUSES, Node, Problem, StepOutput, Tree

if TYPE_CHECKING:
    import networkx as nx

VERSION = 5
"""Version of the JSON form; a reader refuses a newer one."""
PLAIN_VERSION = 4
"""Version of trees without actions."""

AUTHORS = ("reasoner", "teacher", "hinter", "retriever", "verifier")
ENDS = ("delimiter", "end", "length", "loop")
DERIVED = (
    *("parent", "children", "step", "key", "position", "hint", "rejected_because", "path_tokens", "label_mass"),
    *("action", "passages", "copy_of", "fault", "critique"),
)
"""Fields of a node that are written in another form, or follow from the others."""
SEARCH_STATE = ("children_requested", "stages_tried", "journal")
"""State of the search itself, which is not written."""
PLAIN = [f.name for f in fields(Node) if f.name not in DERIVED + SEARCH_STATE]
"""Fields of a node that are written as they are."""
ODD = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""Numbers that JSON does not have, by the text that replaces them."""
RECORDED = ("log_probability", "least_probability", "first_entropy", "peak_entropy")
"""Fields of a step that are None where they were not recorded; all but the first are then left out."""
TOKENS = ("token_ids", "tokenizer")
"""Fields of a step that are not written: they serve the search that grows the tree, and its recording."""
USUAL = {"thought": "", "thinking": False, "cut_thought": False, "delimiter": None}
"""Fields of a step that are left out at these values."""
NUMBERS = ("mean_probability", "min_probability", "entropy", *RECORDED, "value")
"""Fields that may hold such a number."""
KINDS: dict[str, Any] = {
    **dict.fromkeys(("id", "index", "hint_tokens", "critique_tokens", "visits", "depth", "rewrites", "tokens"), int),
    **dict.fromkeys(("author", "status", "reason", "text", "ended", "thought"), str),
    **dict.fromkeys(("thinking", "cut_thought"), bool),
    **dict.fromkeys(NUMBERS, int | float),
    **dict.fromkeys(("hint", "hint_kind", "answer", "rejected_because", "delimiter", "fault", "critique"), str | None),
    **dict.fromkeys(RECORDED, int | float | None),
    **dict.fromkeys(("duplicate_of", "replaces", "replaced_by", "copy_of"), int | None),
    **dict.fromkeys(("score", "label_mass"), int | float | None),
}
"""Types of the fields of a node and of its step; whole numbers are at least 0 and below ``LARGEST``."""
LARGEST = 2**63


def to_dict(tree: Tree) -> dict[str, Any]:
    """Return the tree as plain data: version, problem, seed, and ``nodes`` in order of creation (the root first)."""
    nodes = []
    for node in tree:
        row: dict[str, Any] = {name: getattr(node, name) for name in PLAIN}
        row["index"] = node.index
        row["hint"] = node.hint.text if node.hint else None
        row["hint_kind"] = node.hint.kind.value if node.hint else None
        row["rejected_because"] = node.rejected_because.value if node.rejected_because else None
        row["parent"] = None if node.parent is None else node.parent.id
        row["step"] = step_to_dict(node.step)
        row["value"] = plain("value", node.value)
        if node.label_mass is not None:
            row["label_mass"] = node.label_mass
        if node.fault is not None:
            row["fault"] = node.fault.value
        row |= action_to_dict(node)
        if cited := citations_of(node)[0]:
            row["citations"] = [[one.id, one.start, one.end, one.at] for one in cited]
        nodes.append(row)
    problem: dict[str, Any] = {"id": tree.problem.id, "question": tree.problem.question}
    if tree.problem.choices:
        problem["choices"] = list(tree.problem.choices)
    version = PLAIN_VERSION if all(node.action is None and node.fault is None for node in tree) else VERSION
    return {"format": "hintree-tree", "version": version, "problem": problem, "seed": tree.seed, "nodes": nodes}


def action_to_dict(node: Node) -> dict[str, Any]:
    """Return the action of a node, its passages, its critique and the node that it repeats, those that it has."""
    if node.action is None:
        return {}
    found: dict[str, Any] = {"action": node.action.name, "yields": node.action.yields.value}
    if node.copy_of is not None:
        found["copy_of"] = node.copy_of
    if node.critique is not None:
        found |= {"critique": node.critique.text, "critique_tokens": node.critique.tokens}
    passages = [passage_to_list(passage) for passage in node.passages]
    return {**found, "passages": passages} if passages else found


def passage_to_list(passage: Passage) -> list[Any]:
    """Return a passage as plain data: id, text and score."""
    return [passage.id, passage.text, plain("value", passage.score)]


def read_passage(data: Any) -> Passage:
    """Return the passage of ``passage_to_list``'s data. Raises UsageError if it is none."""
    if not isinstance(data, list) or len(data) != 3 or not all(isinstance(text, str) for text in data[:2]):
        raise UsageError("not a hintree tree: a passage is a list of id, text and score")
    return Passage(data[0], data[1], float(number("value", data[2])))


def read_action(row: Mapping[str, Any]) -> Action | None:
    """Return the action of a row by name and kind; None for a plain step. Raises UsageError for an unknown kind."""
    if row.get("action") is None:
        return None
    name, kind = row["action"], row.get("yields")
    if not isinstance(name, str) or not isinstance(kind, str) or kind not in [*Yield]:
        raise UsageError(f"not a hintree tree: node {row['id']!r} has an unknown kind of action")
    return Action(name, Yield(kind), author=OWN_AUTHORS.get(Yield(kind), ("reasoner",))[0])


def read_critique(row: Mapping[str, Any]) -> Critique | None:
    """Return the critique of a row; None if it has none."""
    text = number("critique", row.get("critique"))
    return None if text is None else Critique(text, number("critique_tokens", row["critique_tokens"]))


def read_fault(row: Mapping[str, Any]) -> Fault | None:
    """Return the fault of a row, None if it has none. Raises UsageError for an unknown one."""
    fault = number("fault", row.get("fault"))
    if fault not in (None, *Fault):
        raise UsageError(f"not a hintree tree: node {row['id']!r} has an unknown fault")
    return None if fault is None else Fault(fault)


def step_to_dict(step: StepOutput) -> dict[str, Any]:
    """Return the fields of a step that are written."""
    return {
        name: plain(name, value)
        for name, value in step._asdict().items()
        if name not in TOKENS and (value is not None or name not in RECORDED[1:]) and USUAL.get(name, ...) != value
    }


def from_dict(data: Mapping[str, Any]) -> Tree:
    """Return the tree of ``to_dict``'s data, of this version or an older one.

    Raises:
        UsageError: The data is not such a tree, or is of a newer version.
    """
    try:
        version = data["version"]
        if data["format"] != "hintree-tree" or version is True or version not in range(1, VERSION + 1):
            raise UsageError(f"not a hintree tree of version {VERSION} or older")
        texts = {**data["problem"]}
        choices = texts.pop("choices", [])
        tree = Tree(Problem(**texts, choices=tuple(choices)), data["seed"])
        whole = isinstance(choices, list) and all(isinstance(text, str) for text in (*texts.values(), *choices))
        if not whole or not isinstance(tree.seed, int):
            raise UsageError("not a hintree tree: its problem is no text, or its seed no whole number")
        tree.nodes.clear()
        for row in data["nodes"]:
            add_row(tree, row if version >= PLAIN_VERSION else upgrade_row(row, version))
        if any(not (n.replaced_by is None or 0 < n.replaced_by < len(tree)) for n in tree):
            raise UsageError("not a hintree tree: a node was replaced by one that is not there")
        tree.root = tree.nodes[0]
        tree.events.extend(events_from_list(data.get("events", []), len(tree)))
    except (LookupError, TypeError, AttributeError, OverflowError) as error:
        raise UsageError(f"not a hintree tree: {type(error).__name__} {str(error)[:200]}") from error
    return tree


def add_row(tree: Tree, row: Mapping[str, Any]) -> None:
    """Add the node of one row."""
    parent = None if row["parent"] is None else tree.nodes[row["parent"]]
    if row["id"] != len(tree.nodes) or row["status"] not in STATUSES or (parent is None) != (row["id"] == 0):
        raise UsageError(f"not a hintree tree: node {row['id']!r} is out of order or has a wrong parent or status")
    if parent is None and row["depth"] != 0:
        raise UsageError("not a hintree tree: its root is not at depth 0")
    if parent is not None and (row["parent"] < 0 or row["author"] not in AUTHORS or row["depth"] != parent.depth + 1):
        raise UsageError(f"not a hintree tree: node {row['id']!r} has a wrong parent, author or depth")
    if any(not (row.get(name) is None or 0.0 <= row[name] <= 1.0) for name in ("score", "label_mass")):
        raise UsageError(f"not a hintree tree: node {row['id']!r} has a wrong score")
    links = (row["replaces"], row["duplicate_of"], row.get("copy_of"))
    earlier = all(link is None or 0 < link < row["id"] for link in links)
    if not earlier or row["step"]["ended"] not in ENDS:
        raise UsageError(f"not a hintree tree: node {row['id']!r} replaces none before it, or ended in a wrong way")
    key = tree.root.key if parent is None else seed_of(parent.key, row["author"], row["index"])
    step = StepOutput(**{name: number(name, value) for name, value in row["step"].items()})
    node = Node(parent=parent, key=key, step=step, **{name: number(name, row[name]) for name in PLAIN})
    node.journal = tree.events
    node.label_mass = number("label_mass", row.get("label_mass"))
    node.position, node.hint, node.rejected_because = read_facts(row)
    node.action, node.copy_of = read_action(row), number("copy_of", row.get("copy_of"))
    node.passages = tuple(map(read_passage, row.get("passages", ())))
    node.fault, node.critique = read_fault(row), read_critique(row)
    node.path_tokens = (0 if step.thinking else step.tokens) + (0 if parent is None else parent.path_tokens)
    tree.texts.add(node.step.text)
    tree.nodes.append(node)
    if parent is not None:
        parent.children.append(node)
        parent.children_requested = max(parent.children_requested, 0 if node.position.stages else node.index + 1)


def read_facts(row: Mapping[str, Any]) -> tuple[Position, Hint | None, Rejection | None]:
    """Return position, hint and reason of a row. Raises UsageError for words that version 4 does not have."""
    index, hint, kind = (number(name, row[name]) for name in ("index", "hint", "hint_kind"))
    because = number("rejected_because", row["rejected_because"])
    if (hint is None) != (kind is None) or kind not in (None, *HintKind) or because not in (None, *Rejection):
        raise UsageError(f"not a hintree tree: node {row['id']!r} has an unknown kind of hint, or of rejection")
    position = Position.from_index(index)
    return position, None if hint is None else Hint(hint, HintKind(kind)), Rejection(because) if because else None


def plain(name: str, value: Any) -> Any:
    """Return a field's value as JSON has it: NaN and infinities by name."""
    if name not in NUMBERS or not isinstance(value, float) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def number(name: str, value: Any) -> Any:
    """Return the value that ``plain`` was given. Raises UsageError if it is not of the field's type."""
    found = ODD.get(value, value) if name in NUMBERS and isinstance(value, str) else value
    if not isinstance(found, KINDS[name]) or (KINDS[name] is int and not 0 <= found < LARGEST):
        raise UsageError(f"not a hintree tree: {name}={str(value)[:40]!r} is not what this field holds")
    return found


def to_json(tree: Tree) -> str:
    """Return the tree as one line of JSON in ASCII, which holds any text, lone surrogates included."""
    return json.dumps(to_dict(tree), allow_nan=False)


def from_json(text: str) -> Tree:
    """Return the tree of a line from ``to_json``. Raises UsageError for any other text."""
    try:
        return from_dict(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, UsageError) else UsageError(f"not a hintree tree: {error}") from error


def to_networkx(tree: Tree) -> "nx.DiGraph[int]":
    """Return a directed graph from parents to children.

    Node attributes are those of the JSON; version, problem and seed are attributes of the graph.
    """
    import networkx as nx

    data = to_dict(tree)
    graph: nx.DiGraph[int] = nx.DiGraph(**{name: data[name] for name in ("format", "version", "problem", "seed")})
    for row in data["nodes"]:
        graph.add_node(row["id"], **row)
        if row["parent"] is not None:
            graph.add_edge(row["parent"], row["id"])
    return graph


def from_networkx(graph: "nx.DiGraph[int]") -> Tree:
    """Return the tree of a graph from ``to_networkx``. Raises UsageError for any other graph."""
    try:
        rows = [{**graph.nodes[i], "id": i} for i in sorted(graph.nodes)]
    except TypeError as error:
        raise UsageError(f"not a hintree tree: its nodes are not numbers ({error})") from error
    return from_dict({**graph.graph, "nodes": rows})
