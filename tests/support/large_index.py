"""Cost of a BM25 index of many passages: to make it, to open it and to search it. Linux only.

Makes up passages of some 200 characters, whose words are as frequent as those of natural text (Zipf's law), in a new
folder, runs ``hintree index`` on them, opens the index in another process, and removes the folder::

    python -m tests.support.large_index --passages 1000000 --form jsonl
"""

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyarrow
from pyarrow.parquet import ParquetWriter

VOCABULARY, WORDS, BLOCK = 100_000, 34, 10_000
"""Different words, words of a passage, and passages that are made together."""
SYLLABLES = [f"{onset}{vowel}" for onset in "bdfgklmnprstvz" for vowel in "aeiou"]


def vocabulary():
    """Return the made-up words, the most frequent first; shorter words are more frequent, as in natural text."""
    draws = random.Random(1)
    found = {}
    while len(found) < VOCABULARY:
        found["".join(draws.choices(SYLLABLES, k=1 + min(3, len(found) // 50 + draws.randrange(2))))] = None
    return np.array(list(found), dtype=object)


def blocks(count):
    """Yield lists of made-up passages, each with the number of its first one."""
    words, draws = vocabulary(), np.random.default_rng(1)
    ranks = np.cumsum(1 / np.arange(1, VOCABULARY + 1))
    for start in range(0, count, BLOCK):
        chosen = words[np.searchsorted(ranks, draws.random((BLOCK, WORDS)) * ranks[-1])]
        yield start, [" ".join(row) for row in chosen[: count - start]]


def write_passages(folder, count, form):
    """Write the passages as a file of rows, or as a folder of texts with a passage in every paragraph."""
    folder.mkdir()
    if form == "text":
        for start, texts in blocks(count):
            (folder / f"{start:09}.txt").write_text("\n\n".join(texts))
        return
    source = (folder / f"passages.{form}").open("wb")
    schema = pyarrow.schema([("id", pyarrow.string()), ("text", pyarrow.string())])
    with source, ParquetWriter(source, schema) if form == "parquet" else nullcontext() as table:
        for start, texts in blocks(count):
            names = [f"p{number}" for number in range(start, start + len(texts))]
            if table is not None:
                table.write_table(pyarrow.table({"id": names, "text": texts}, schema))
                continue
            rows = ({"id": name, "text": text} for name, text in zip(names, texts, strict=True))
            source.writelines(f"{json.dumps(row)}\n".encode() for row in rows)


def size_of(folder):
    """Return the megabytes of the files of a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) >> 20


def memory():
    """Return the resident megabytes of this process: all, and those that are no files."""
    status = Path("/proc/self/status").read_text()
    return tuple(int(re.search(rf"{name}:\s+(\d+)", status)[1]) // 1024 for name in ("VmRSS", "RssAnon"))


def queries(index, count):
    """Return (name, queries, number of the passage to be found or None) of each kind of query."""
    draws = random.Random(2)
    numbers = [draws.randrange(count) for _ in range(50)]
    texts = [index.passages.passage(number, 0.0).text.split() for number in numbers]
    joined = [" ".join(word for text in draws.sample(texts, 20) for word in text)[:4000] for _ in range(20)]
    [(common, _)] = Counter(word for text in texts for word in text).most_common(1)
    return [
        ("8 words of a passage", [" ".join(draws.sample(text, 8)) for text in texts], numbers),
        ("a whole passage", [" ".join(text) for text in texts], numbers),
        ("4,000 characters", joined, None),
        ("the most frequent word", [common] * 20, None),
    ]


def opened(folder):
    """Open an index, search it, and print the figures as one JSON object."""
    from hintree.retrieval import Index

    before, start = memory(), time.process_time()
    index = Index(Path(folder))
    rows = [("open, CPU s", round(time.process_time() - start, 2))]
    rows.append(("memory after opening, MB (of it not files)", "{} ({})".format(*grown(before))))
    for name, asked, numbers in queries(index, len(index.passages)):
        seconds, hits = [], 0
        for place, query in enumerate(asked):
            begin = time.process_time()
            [found] = index.search([query], 3)
            seconds.append(time.process_time() - begin)
            hits += numbers is not None and index.passages.passage(numbers[place], 0.0).id in [one.id for one in found]
        rows.append((f"query of {name}, CPU s: median, most", f"{np.median(seconds):.3f}, {max(seconds):.3f}"))
        if numbers is not None:
            rows.append(("of them find the passage among 3", f"{hits} of {len(asked)}"))
    rows.append(("memory after all queries, MB (of it not files)", "{} ({})".format(*grown(before))))
    print(json.dumps(rows))


def grown(before):
    """Return the growth of both kinds of memory."""
    return [now - then for now, then in zip(memory(), before, strict=True)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--form", choices=("jsonl", "parquet", "text"), default="jsonl")
    parser.add_argument("--open", metavar="INDEX", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.open:
        opened(args.open)
        return
    with tempfile.TemporaryDirectory() as folder:
        source, index = Path(folder, "source"), Path(folder, "index")
        write_passages(source, args.passages, args.form)
        command = [sys.executable, "-m", "hintree", "index", source, "--out", index, "--size", "300"]
        subprocess.run(command, check=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        rows = [
            ("source, MB", size_of(source)),
            ("make, CPU s", round(used.ru_utime + used.ru_stime)),
            ("peak memory, MB", used.ru_maxrss >> 10),
            ("index on disk, MB", size_of(index)),
        ]
        command = [sys.executable, "-m", "tests.support.large_index", "--open", str(index)]
        rows += json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    print(f"| {args.passages:,} passages | |\n|---|---|")
    for name, figure in rows:
        print(f"| {name} | {figure} |")


if __name__ == "__main__":
    main()
