"""Hostile YAML, recordings, trees and plain texts."""

import json
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

QUESTION = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
SOLVE = ["solve", QUESTION, "--preset", "greedy"]
Maker = Callable[[Path, random.Random], list[str]]


def aliases(draw: random.Random) -> str:
    """Nine lists of nine aliases, each of the list before."""
    names = "abcdefghij"
    lines = [f"a: &a [{', '.join(['x'] * draw.randint(7, 9))}]"]
    return "\n".join(lines + [f"{n}: &{n} [{', '.join([f'*{p}'] * 9)}]" for p, n in pairwise(names)])


YAML: dict[str, Callable[[random.Random], str | bytes]] = {
    "aliases": aliases,
    "alias of itself": lambda draw: "step: &a [*a]",
    "merged alias": lambda draw: "a: &a {b: 1}\n<<: *a",
    "deep flow": lambda draw: "step: " + "[" * draw.randint(5_000, 50_000),
    "deep mappings": lambda draw: "{a: " * draw.randint(2_000, 9_000),
    "deep blocks": lambda draw: "\n".join(f"{' ' * i}a:" for i in range(draw.randint(200, 400))),
    "huge number": lambda draw: "scale: " + "9" * draw.randint(5_000, 90_000),
    "huge hexadecimal number": lambda draw: "scale: 0x" + "f" * draw.randint(9_000, 90_000),
    "base 60": lambda draw: "scale: 1" + ":59" * draw.randint(9_000, 30_000),
    "tag of a call": lambda draw: "!!python/object/apply:os.system ['touch outside/pwned']",
    "tag inside": lambda draw: "step: !!python/name:os.system ''",
    "tag that does not fit": lambda draw: f"step: !!{draw.choice(['bool', 'int', 'timestamp', 'float', 'binary'])} '+'",
    "not UTF-8": lambda draw: b"step: \xff\xfe\xfa" + draw.randbytes(200),
    "control characters": lambda draw: "step: \x00\x1b[31m",
    "key of a list": lambda draw: "? [a, b]\n: 1",
    "key twice": lambda draw: "step: a\nstep: b",
    "long key": lambda draw: "k" * draw.randint(60_000, 90_000) + ": 1",
    "two documents": lambda draw: "a: 1\n---\nb: 2",
    "longer than a limit": lambda draw: "# " + "x" * draw.randint(110_000, 5_000_000),
    "list at the top": lambda draw: "[1, 2, 3]",
    "random bytes": lambda draw: draw.randbytes(3_000),
}


def yaml_makers() -> dict[tuple[str, str], Maker]:
    """YAML as a declaration of a PRM, a protocol and a study, in turn."""
    uses: list[tuple[str, Callable[[str, Path], list[str]]]] = [
        ("prm.yaml", lambda file, _: [*SOLVE, "--scorer", "embedded:prm", "--prm-spec", file]),
        ("protocol", lambda file, _: [*SOLVE, "--protocol", file]),
        ("study", lambda file, out: ["run", file, "--out", str(out / "run")]),
    ]

    def maker(make: Callable[[random.Random], str | bytes], use: Callable[[str, Path], list[str]]) -> Maker:
        def write_it(folder: Path, draw: random.Random) -> list[str]:
            return use(write(folder / "hostile.yaml", make(draw)), folder)

        return write_it

    return {
        (uses[i % 3][0], f"{shape}"): maker(make, uses[i % 3][1]) for i, (shape, make) in enumerate(YAML.items())
    } | {("prm.yaml", shape): maker(make, uses[0][1]) for shape, make in YAML.items()}


def write(path: Path, content: str | bytes) -> str:
    """Write a file and return its path as text."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return str(path)


def node(number: int, **changes: object) -> dict[str, object]:
    """A node of a tree's file; a chain of them is a whole tree."""
    step = {"text": f"step {number}", "ended": "delimiter", "tokens": 1, "mean_probability": 1.0, "answer": None}
    step |= {"min_probability": 1.0, "entropy": 0.0, "log_probability": None}
    empty = dict.fromkeys(("hint", "hint_kind", "score", "rejected_because", "duplicate_of", "replaces", "replaced_by"))
    plain = {"author": "reasoner" if number else "", "index": 0, "hint_tokens": 0, "visits": 0}
    plain |= {"value": 0.0, "status": "open", "reason": "", "rewrites": 0}
    place = {"id": number, "depth": number, "parent": number - 1 if number else None, "step": step}
    return {**empty, **plain, **place, **changes}


def tree(nodes: object = None, **changes: object) -> str:
    """The file of a tree."""
    problem = {"id": "p", "question": "How many?"}
    whole = {"format": "hintree-tree", "version": 4, "problem": problem, "seed": 0}
    return json.dumps({**whole, "nodes": [node(0), node(1)] if nodes is None else nodes, **changes})


JSON: dict[str, Callable[[random.Random], str | bytes]] = {
    "deep lists": lambda draw: "[" * draw.randint(10_000, 200_000),
    "deep objects": lambda draw: '{"a":' * 10_000 + "1" + "}" * 10_000,
    "deep but closed": lambda draw: '{"nodes": ' + "[" * 500 + "]" * 500 + "}",
    "millions of lists": lambda draw: "[" + "[]," * draw.randint(3_000_000, 4_000_000) + "[]]",
    "huge number": lambda draw: '{"version": ' + "9" * draw.randint(4_000, 90_000) + "}",
    "cut off": lambda draw: tree()[: draw.randint(10, 200)],
    "random bytes": lambda draw: draw.randbytes(2_000),
    "empty": lambda draw: "",
    "a text": lambda draw: '"hintree-tree"',
}
TREES: dict[str, Callable[[random.Random], str | bytes]] = {
    **JSON,
    "newer version": lambda draw: tree(version=draw.choice([5, 10**30, -1, True, None, [4], "4"])),
    "no nodes": lambda draw: tree([]),
    "nodes of another kind": lambda draw: tree(draw.choice([{"0": {}}, "nodes", 7, [1], [None], [[]]])),
    "parent after itself": lambda draw: tree([node(0), node(1, parent=draw.choice([1, 9, -1, "0", 0.5, [0]]))]),
    "deep root": lambda draw: tree([node(0, depth=10**9), node(1, depth=10**9 + 1)]),
    "huge score": lambda draw: tree([node(0), node(1, score=draw.choice([1e308, -1, "1", [1], True and 7]))]),
    "number of another kind": lambda draw: tree([node(0), node(1, visits=draw.choice([10**30, -1, "x", None, {}]))]),
    "text of another kind": lambda draw: tree([node(0), node(1, reason=draw.choice([1, None, ["x"], {"a": 1}]))]),
    "step of another kind": lambda draw: tree([node(0), node(1, step=draw.choice([None, 1, "x", [], {"text": "x"}]))]),
    "unknown kind of hint": lambda draw: tree([node(0), node(1, hint="x", hint_kind="run")]),
    "hint of an old version": lambda draw: tree([node(0, hint=[1])], version=2),
    "replaced by none": lambda draw: tree([node(0), node(1, replaced_by=draw.choice([9, -3, 10**9]))]),
    "problem of another kind": lambda draw: tree(problem=draw.choice([None, [], "x", {"id": 1}, {"question": [1]}])),
    "seed of another kind": lambda draw: tree(seed=draw.choice([None, "0", [1], 0.5])),
}
ENTITIES = "".join(f'<!ENTITY {b} "{("&" + a + ";") * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
XML: dict[str, Callable[[random.Random], str | bytes]] = {
    "entities": lambda draw: (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{ENTITIES}]><graphml>&i;</graphml>'
    ),
    "outside entity": lambda draw: '<!DOCTYPE x [<!ENTITY a SYSTEM "../outside/secret.txt">]><graphml>&a;</graphml>',
    "millions of tags": lambda draw: "<graphml>" + "<a/>" * draw.randint(600_000, 900_000) + "</graphml>",
    "deep": lambda draw: "<a>" * draw.randint(20_000, 90_000),
    "no tree": lambda draw: "<graphml></graphml>",
    "random bytes": lambda draw: draw.randbytes(2_000),
}
HEAD = '{"format": "hintree-recording", "version": 1}\n'
RECORDINGS: dict[str, Callable[[random.Random], str | bytes]] = {
    **{shape: JSON[shape] for shape in ("deep lists", "huge number", "random bytes", "a text")},
    "newer version": lambda draw: HEAD.replace("1}", draw.choice(["2}", "[1]}", "1e400}"])),
    "another format": lambda draw: '{"format": "pickle", "version": 1}\n',
    "one endless line": lambda draw: "[" * 40_000_000 + "\n",
}
QUESTIONS: dict[str, Callable[[random.Random], str | bytes]] = {
    "control characters": lambda draw: b"How many? \x1b]0;pwned\x07\x00",
    "not UTF-8": lambda draw: b"How many? \xff\xfe" + draw.randbytes(50),
    "longer than a limit": lambda draw: "How many? " * 2_000_000,
    "too long a question": lambda draw: "How many? " * 20_000,
    "empty": lambda draw: " \n",
}


def maker(file: str, make: Callable[[random.Random], str | bytes], *command: str) -> Maker:
    """A maker of one file, whose command names it as FILE."""

    def write_it(folder: Path, draw: random.Random) -> list[str]:
        path = write(folder / file, make(draw))
        return [path if word == "FILE" else word.replace("FOLDER", str(folder)) for word in command]

    return write_it


def link_maker(file: str, *command: str) -> Maker:
    """A maker of a named pipe in place of a file, which nobody writes to."""

    def make_it(folder: Path, draw: random.Random) -> list[str]:
        import os

        os.mkfifo(folder / file)
        return [str(folder / file) if word == "FILE" else word for word in command]

    return make_it


VIEWS = (("view", "FILE", "--to", "FOLDER/page.html"), ("export", "FILE", "--to", "FOLDER/tree.svg"))
MAKERS: dict[tuple[str, str], Maker] = {
    **yaml_makers(),
    **{("tree", s): maker("hostile.json", make, *VIEWS[i % 2]) for i, (s, make) in enumerate(TREES.items())},
    **{("graph", s): maker("hostile.graphml", make, *VIEWS[0]) for s, make in XML.items()},
    **{("gexf", s): maker("hostile.gexf", XML[s], *VIEWS[0]) for s in ("entities", "no tree")},
    **{("recording", s): maker("hostile.jsonl", m, *SOLVE, "--record", "FILE") for s, m in RECORDINGS.items()},
    **{("question", s): maker("hostile.txt", make, "solve", "--file", "FILE") for s, make in QUESTIONS.items()},
    ("tree", "pipe"): link_maker("hostile.json", "view", "FILE", "--to", "page.html"),
    ("recording", "pipe"): link_maker("hostile.jsonl", *SOLVE, "--record", "FILE"),
}
