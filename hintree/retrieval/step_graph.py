"""A graph of problem types, problems, steps and errors from solved trees (KG-RAR, arXiv 2503.01642, section 3).

It is searched from coarse to fine: the problems that are most like the question, then, among their steps, those that
are most like the query. A passage holds the problem, the solution up to the step, and the errors that were made there.
"""

import json
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from hintree.bounded_files import read_json
from hintree.errors import RetrieverError, UsageError
from hintree.export.files import READERS, read
from hintree.retrieval.base import bounded, one_line
from hintree.retrieval.bm25 import best, library, words_of
from hintree.search import Node, Tree
from hintree.search.core.actions import Passage, kind_of, solution_path
from hintree.whole_files import write_whole

log = logging.getLogger(__name__)
GRAPH = "steps.json"
"""File of a graph, in the folder that names it."""
FORMAT, VERSION = "hintree-steps", 1
LONGEST = 1 << 28
"""Bytes of the file."""
RIGHT = 0.5
"""Least score of a step that counts as right; steps without a score count as right on the chosen path."""
PROBLEMS = 8
"""Problems whose steps are compared with a query."""
LAST_SENTENCE = re.compile(r"[^.?!]+[.?!]?\s*\Z")
LEVELS = ("type", "problem", "step", "error")


def add_tree(graph: "nx.DiGraph[str]", tree: Tree, chosen: Node) -> bool:
    """Add the chosen solution of a tree, and the steps of a low score beside its own.

    Returns:
        False for a tree whose chosen path states no answer or has a step of a low score; it adds nothing.
    """
    path = solution_path(chosen.path())
    low = any(node.score is not None and node.score < RIGHT for node in path)
    question = one_line(tree.problem.question)
    if not path or low or chosen.step.answer is None or f"problem:{question}" in graph:
        return False
    kind = f"type:{type_of(question)}"
    graph.add_node(kind, level="type", text=kind.removeprefix("type:"))
    above = f"problem:{question}"
    graph.add_node(above, level="problem", text=question)
    graph.add_edge(kind, above)
    for number, node in enumerate(path, 1):
        step = f"step:{number}:{question}"
        graph.add_node(step, level="step", text=one_line(node.step.text))
        graph.add_edge(above, step)
        for i, text in enumerate(errors_beside(node), 1):
            graph.add_node(f"error:{i}:{step}", level="error", text=text)
            graph.add_edge(step, f"error:{i}:{step}")
        above = step
    return True


def errors_beside(node: Node) -> list[str]:
    """Return the texts of a step's siblings of a low score, each once."""
    siblings = [one for one in (node.parent.children if node.parent else []) if kind_of(one).in_solution]
    wrong = [one for one in siblings if one.score is not None and one.score < RIGHT]
    return [text for text in dict.fromkeys(one_line(one.step.text) for one in wrong) if text]


def type_of(question: str) -> str:
    """Return the type of a problem: what it asks for, without names and numbers."""
    found = LAST_SENTENCE.search(question.strip())
    words = (found[0] if found else question).split()
    kept = [word.strip(".,?!").lower() for i, word in enumerate(words) if i == 0 or word[:1].islower()]
    return " ".join(filter(None, kept))[:200] or "other"


def build_graph(files: Iterable[Path]) -> "nx.DiGraph[str]":
    """Return the graph of the trees in files; those that are no trees are left out, with a warning for each.

    Raises:
        UsageError: None of the files is a tree, or none has a right solution.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    read_trees, others = 0, []
    for file in files:
        try:
            shown = read(file)
        except UsageError as error:
            others.append(error)
            continue
        read_trees += 1
        add_tree(graph, shown.tree, shown.chosen)
    if others and not read_trees:
        raise others[0]
    for other in others:
        log.warning("left out: %s", other)
    if not graph:
        raise UsageError(
            f"none of {read_trees} trees has a solution with an answer and no low score; solve more problems"
        )
    return graph


def tree_files(path: Path) -> Iterator[Path]:
    """Yield the files of trees of a folder, in order, or the one file. Raises UsageError."""
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.suffix in READERS)
    elif path.is_file():
        yield path
    else:
        raise UsageError(f"{path}: no such file or folder")


def save_graph(graph: "nx.DiGraph[str]", out: Path) -> None:
    """Write a graph into a new folder. Raises UsageError if it exists, OSError if it cannot be written."""
    if out.exists():
        raise UsageError(f"--out {out} exists; name a new folder, so that no graph is lost")
    out.mkdir(parents=True)
    nodes = [[name, data["level"], data["text"]] for name, data in graph.nodes(data=True)]
    data = {"format": FORMAT, "version": VERSION, "nodes": nodes, "edges": [list(edge) for edge in graph.edges]}
    write_whole(out / GRAPH, json.dumps(data) + "\n")


def is_graph(folder: Path) -> bool:
    """Tell whether a folder holds a graph of steps."""
    return (folder / GRAPH).is_file()


class StepGraph:
    """Look up the steps of solved problems that are like a query; see the head of this module.

    Raises:
        UsageError: bm25s is not installed, or the graph has no steps.
    """

    seconds: None = None  # a call has no limit: it computes here

    def __init__(self, graph: "nx.DiGraph[str]", name: str = "steps") -> None:
        self.graph, self.name = graph, name
        levels = nx.get_node_attributes(graph, "level")
        self._problems = [node for node, level in levels.items() if level == "problem"]
        self._steps = [node for node, level in levels.items() if level == "step"]
        if not self._steps:
            raise UsageError(f"{name}: a graph without steps; make it again with `hintree index`")
        self._problem_of = {step: i for i, problem in enumerate(self._problems) for step in self.chain(problem)}
        coarse = [f"{self.type_above(problem)} {self.text(problem)}" for problem in self._problems]
        self._coarse = scorer_of(coarse)
        self._fine = scorer_of(
            [f"{self.text(problem_above)} {self.text(step)}" for step, problem_above in self.pairs()]
        )

    @classmethod
    def open(cls, folder: Path) -> "StepGraph":
        """Read the graph of a folder. Raises RetrieverError if it is damaged or of another version."""
        try:
            data = read_json(folder / GRAPH, LONGEST)
            if data["format"] != FORMAT or data["version"] != VERSION:
                raise ValueError(f"it is not of version {VERSION}")
            graph: nx.DiGraph[str] = nx.DiGraph()
            for node, level, text in data["nodes"]:
                if level not in LEVELS or not isinstance(text, str) or not isinstance(node, str):
                    raise ValueError("a node has no level and text")
                graph.add_node(node, level=level, text=text)
            graph.add_edges_from((str(a), str(b)) for a, b in data["edges"] if a in graph and b in graph)
            if not nx.is_directed_acyclic_graph(graph):
                raise ValueError("its steps run in a circle")
            return cls(graph, str(folder))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise RetrieverError(f"graph {folder}: cannot be opened: {error}; make it with `hintree index`") from error

    def text(self, node: str) -> str:
        """Return the text of a node."""
        return str(self.graph.nodes[node]["text"])

    def type_above(self, problem: str) -> str:
        """Return the type of a problem."""
        return " ".join(self.text(node) for node in self.graph.predecessors(problem))

    def chain(self, node: str) -> Iterator[str]:
        """Yield the steps after a problem or a step, in order."""
        while steps := [n for n in self.graph.successors(node) if self.graph.nodes[n]["level"] == "step"]:
            node = steps[0]
            yield node

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield every step with its problem."""
        return ((step, self._problems[self._problem_of[step]]) for step in self._steps if step in self._problem_of)

    def search(self, queries: Sequence[str], k: int) -> list[list[Passage]]:
        """Return the steps that are most like each query, of the problems that are most like it."""
        return [list(self.found(query, k)) for query in queries]

    def found(self, query: str, k: int) -> Iterator[Passage]:
        """Yield the passages of one query, best first."""
        near = {number for number, _ in best(self._coarse(query), PROBLEMS)}
        scores = np.array(self._fine(query))
        for i, step in enumerate(self._steps):
            if self._problem_of.get(step) not in near:
                scores[i] = 0.0
        for number, score in best(scores, k):
            yield self.passage(self._steps[number], score)

    def passage(self, step: str, score: float) -> Passage:
        """Return the passage of a step: its problem, the solution up to it, and the errors that were made there."""
        number = self._problem_of[step]
        problem = self._problems[number]
        before = []
        for one in self.chain(problem):
            before.append(self.text(one))
            if one == step:
                break
        wrong = [self.text(node) for node in self.graph.successors(step) if self.graph.nodes[node]["level"] == "error"]
        text = f"Problem: {self.text(problem)} Solution: {' '.join(before)}"
        text += f" Wrong step: {' / '.join(wrong[:2])}" if wrong else ""
        return bounded(Passage(f"step{number + 1}.{len(before)}", text, score))


def scorer_of(texts: Sequence[str]) -> Any:
    """Return a function from a query to the BM25 score of every text."""
    engine = library().BM25()
    engine.index([words_of(text) or ["-"] for text in texts], show_progress=False)

    def scores(query: str) -> Any:
        known = engine.get_tokens_ids(list(dict.fromkeys(words_of(query))))
        return engine.get_scores_from_ids(known) if known else np.zeros(len(texts), np.float32)

    return scores
