"""Hostile data files, rows, and stores of studies."""

import json
import random
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hintree.experiments.study.store import FILE, Store
from hintree.experiments.study.store_rows import COLUMNS, checksum_of
from hintree.experiments.study.store_study import study_hash
from tests.support.hostile_texts_of_files import JSON, Maker, maker, write
from tests.support.stores import cases

RUN = ("run", "hints", "--set", "problems=FOLDER/FILE", "--out", "FOLDER/run")
ROWS: dict[str, Callable[[random.Random], str | bytes]] = {
    **{
        s: JSON[s]
        for s in ("deep lists", "deep objects", "deep but closed", "millions of lists", "random bytes", "empty")
    },
    "huge number": lambda draw: '{"question": "q", "answer": ' + "9" * draw.randint(5_000, 90_000) + "}",
    "one endless line": lambda draw: "x" * draw.randint(20_000_000, 60_000_000),
    "surrogates": lambda draw: '{"question": "\\ud800", "answer": "1"}',
    "control characters": lambda draw: '{"question": "\\u001b[2Jq", "answer": []}',
    "list of a huge hexadecimal number": lambda draw: json.dumps(
        {"question": "q", "choices": "[0x" + "f" * 20_000 + ", 'a']", "answer": {"a": 1}}
    ),
    "answers of another kind": lambda draw: json.dumps({"question": [{"role": []}], "answer": {"a": [1e308]}}),
}
TABLES: dict[str, Callable[[random.Random], str | bytes]] = {
    "millions of fields": lambda draw: "," * draw.randint(5_000_000, 16_000_000),
    "an open quote": lambda draw: 'question,answer\n"' + "x" * draw.randint(20_000_000, 30_000_000),
    "random bytes": lambda draw: draw.randbytes(50_000),
    "rows of other lengths": lambda draw: "question,answer\n" + "1,2,3\n" * draw.randint(1_000, 90_000),
    "NUL": lambda draw: b"question,answer\n" + b"\0" * 50_000,
}
GRADED: dict[str, Callable[[random.Random], str | bytes]] = {
    **{shape: JSON[shape] for shape in ("deep lists", "deep objects", "millions of lists", "random bytes", "empty")},
    "output of another kind": lambda draw: json.dumps({"answer": "1", "output": draw.choice([1, [1], {"a": 1}])}),
    "reference of another kind": lambda draw: json.dumps({"answer": draw.choice([None, {}, [1, 2]]), "output": "1"}),
    "not UTF-16": lambda draw: b"\xff\xfea",
}
LAB: dict[str, Callable[[random.Random], str | bytes]] = {
    **{shape: JSON[shape] for shape in ("deep lists", "huge number", "random bytes")},
    "row of another kind": lambda draw: json.dumps(draw.choice([[1], 7, "x", {"question": [1]}, {"question": "q"}])),
}


def study(**changes: object) -> dict[str, object]:
    """A study as a store holds it, with one arm."""
    arm = {"reasoner": "embedded:student", "teacher": None, "hinter": None, "scorer": None}
    arm |= {"search": {"name": "beam"}, "selection": {"aggregate": "last"}, "budget": {}, "rewrite": None}
    whole = {"name": "s", "baseline": "a", "problems": "p.jsonl", "seeds": [0], "arms": {"a": arm}}
    return {**whole, **changes}


def new_store(folder: Path, stored: dict[str, object] | None = None) -> sqlite3.Connection:
    """Write a store of one problem, and return a connection to it."""
    stored = study() if stored is None else stored
    with Store.create(folder, study(), cases(["p"]), versions={}, hardware={}):
        pass
    connection = sqlite3.connect(folder / FILE)
    own = {"study": json.dumps(stored)}
    with suppress(AttributeError, KeyError, TypeError):
        own["study_hash"] = json.dumps(study_hash(stored, cases(["p"])))
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(own.items()))
    return connection


def add_result(connection: sqlite3.Connection, tree: bytes, **changes: object) -> None:
    """Add a result with a right checksum, whatever it holds, and its tree."""
    [(arm,)] = connection.execute("SELECT hash FROM arms")
    [(problem,)] = connection.execute("SELECT key FROM problems")
    account = dict.fromkeys(("calls", "prompt_tokens", "forwarded_tokens", "generated_tokens", "discarded_tokens"), 1)
    ledger = {role: {**account, "flops": 1.0, "seconds": 1.0} for role in ("reasoner", "hinter", "teacher", "scorer")}
    row = {"arm": arm, "problem": problem, "seed": 0, "status": "done", "reason": "complete", "answer": "7"}
    row |= {"right": 1, "attempts": 1, "ledger": json.dumps(ledger), "parameters": "{}", **changes}
    values = [row[name] for name in COLUMNS.split(", ")]
    try:
        checksum = checksum_of(values)
    except ValueError:
        checksum = 0
    marks = ", ".join("?" * (len(values) + 1))
    connection.execute(f"INSERT INTO results ({COLUMNS}, checksum) VALUES ({marks})", [*values, checksum])
    connection.execute("INSERT INTO trees VALUES (?, ?, 0, ?)", [arm, problem, tree])


def bomb(connection: sqlite3.Connection, draw: random.Random) -> None:
    """A tree that is 500 times as long when it is unpacked."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(b" " * (1 << 20)) for _ in range(draw.randint(100, 400))]
    add_result(connection, b"".join([*parts, packer.flush()]))


def view_of_a_loop(connection: sqlite3.Connection, draw: random.Random) -> None:
    """A view in place of a table, which never ends."""
    connection.execute("DROP TABLE results")
    loop = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT x"
    connection.execute(f"CREATE VIEW results AS {loop} arm, x problem, x seed, x checksum FROM t")


def trigger(connection: sqlite3.Connection, draw: random.Random) -> None:
    """A trigger that runs when something is written."""
    connection.execute("CREATE TRIGGER t AFTER UPDATE ON meta BEGIN DELETE FROM results; END")


STORES: dict[str, Callable[[sqlite3.Connection, random.Random], object]] = {
    "zlib bomb": bomb,
    "view of a loop": view_of_a_loop,
    "trigger": trigger,
    "tree that is no tree": lambda c, draw: add_result(c, zlib.compress(draw.randbytes(500))),
    "tree that is not packed": lambda c, draw: add_result(c, draw.randbytes(500)),
    "deep tree": lambda c, draw: add_result(c, zlib.compress(b"[" * 500_000)),
    "ledger of another kind": lambda c, draw: add_result(
        c, b"", ledger=draw.choice(["[]", "7", '{"a": {"b": 1}}', "["])
    ),
    "huge ledger": lambda c, draw: add_result(c, b"", ledger='{"reasoner": {"calls": ' + "9" * 5000 + "}}"),
    "parameters of another kind": lambda c, draw: add_result(c, b"", parameters=draw.choice(["[]", '{"a": []}', "x"])),
    "bytes for a text": lambda c, draw: add_result(c, b"", reason=b"\xff\xfe"),
    "number for a text": lambda c, draw: add_result(c, b"", arm=None, status=7),
}
STUDIES: dict[str, Callable[[random.Random], dict[str, object]]] = {
    "study of another kind": lambda draw: study(**{draw.choice(["arms", "seeds", "name", "problems"]): 7}),
    "arm of another kind": lambda draw: study(arms={"a": draw.choice([7, None, [1], {"teacher": [1]}])}),
    "deep study": lambda draw: study(arms={"a": json.loads("[" * 400 + "]" * 400)}),
}


def store_maker(fill: Callable[[sqlite3.Connection, random.Random], object]) -> Maker:
    """A maker of a store that is filled by a function."""

    def make_it(folder: Path, draw: random.Random) -> list[str]:
        connection = new_store(folder / "run")
        try:
            fill(connection, draw)
            connection.commit()
        except sqlite3.IntegrityError:  # a store refuses what another one would hold: the study itself is broken then
            connection.execute("UPDATE meta SET value = '[' WHERE key = 'study'")
            connection.commit()
        connection.close()
        return ["report", str(folder / "run")]

    return make_it


def study_maker(make: Callable[[random.Random], dict[str, object]]) -> Maker:
    """A maker of a store of a study that is none."""

    def make_it(folder: Path, draw: random.Random) -> list[str]:
        connection = new_store(folder / "run", make(draw))
        connection.commit()
        connection.close()
        return [draw.choice(["report", "view"]), str(folder / "run")]

    return make_it


def raw_store(folder: Path, draw: random.Random) -> list[str]:
    """A store of random bytes after a right beginning."""
    (folder / "run").mkdir()
    write(folder / "run" / FILE, b"SQLite format 3\0" + draw.randbytes(8_000))
    return [draw.choice(["report", "view"]), str(folder / "run")]


def outside_store(folder: Path, draw: random.Random) -> list[str]:
    """A store that is a link to a file elsewhere."""
    (folder / "run").mkdir()
    (folder / "run" / FILE).symlink_to(folder.parent / "outside" / "secret.txt")
    return ["report", str(folder / "run")]


def data_maker(file: str, make: Callable[[random.Random], str | bytes]) -> Maker:
    """A maker of a file of problems."""
    return maker(file, make, *(word.replace("FILE", file) for word in RUN))


MAKERS: dict[tuple[str, str], Maker] = {
    **{("JSON lines", shape): data_maker("hostile.jsonl", make) for shape, make in ROWS.items()},
    **{("JSON data", shape): data_maker("hostile.json", make) for shape, make in ROWS.items()},
    **{("table", shape): data_maker("hostile.csv", make) for shape, make in TABLES.items()},
    **{("TSV", shape): data_maker("hostile.tsv", TABLES[shape]) for shape in ("NUL", "random bytes")},
    **{
        ("Parquet", "random bytes"): data_maker(
            "hostile.parquet", lambda draw: b"PAR1" + draw.randbytes(3_000) + b"PAR1"
        )
    },
    **{("outputs", shape): maker("hostile.jsonl", make, "grade", "FILE") for shape, make in GRADED.items()},
    **{("solutions", shape): maker("hostile.jsonl", make, "lab", "check", "FILE") for shape, make in LAB.items()},
    **{("store", shape): store_maker(fill) for shape, fill in STORES.items()},
    **{("store", shape): study_maker(make) for shape, make in STUDIES.items()},
    ("store", "random bytes"): raw_store,
    ("store", "link"): outside_store,
}
