"""Record the golden trees and golden solves anew: ``python -m tests.support.record_golden [NAME ...]``.

NAME is a preset, whose solve is recorded with the shipped models, or a search of tests/support/searches.py, whose trees
are grown with scripted handlers; without a name all of them are. A file whose content would load equal is not written,
so that ``git diff`` shows exactly what a change of the code has changed.
"""

import json
import sys
import tempfile
from pathlib import Path

from hintree.presets import PRESETS
from tests.support.golden import GOLDEN, RECORDED, SCRIPTED, golden, grown, problem_of, recorded, solved


def record_tree(name):
    """Write the golden tree of a scripted search unless it is equal; return True if it was written."""
    file, tree = GOLDEN / f"{name}.json", grown(name)
    if file.exists() and golden(name) == tree:
        return False
    file.write_text(json.dumps(tree).replace(' {"id"', '\n{"id"') + "\n")
    return True


def record_solve(preset):
    """Write the golden solve of a preset and its recording unless the solve is equal; return True if it was written."""
    file = RECORDED / f"{preset}.json"
    old = recorded(preset) if file.exists() else None
    like = old or recorded("greedy")
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "recording.jsonl"
        new = solved(preset, problem_of(like), like["seed"], recording)
        if new == old:
            return False
        file.write_text(json.dumps(new).replace(' {"id"', '\n{"id"') + "\n")
        (RECORDED / f"{preset}.recording.jsonl").write_bytes(recording.read_bytes())
    return True


def main(names):
    trees = [name for name in SCRIPTED if not names or name.removeprefix("searches/").rpartition("-")[0] in names]
    trees += [name for name in names if name in SCRIPTED]
    presets = [
        preset for preset in PRESETS if preset in names or (not names and (RECORDED / f"{preset}.json").exists())
    ]
    if unknown := [name for name in names if name not in PRESETS and not any(name in tree for tree in trees)]:
        sys.exit(f"{unknown[0]!r} is neither a preset nor a golden tree; names: {', '.join([*PRESETS, *SCRIPTED])}")
    written = [name for name in trees if record_tree(name)]
    written += [f"recorded/{preset}" for preset in presets if record_solve(preset)]
    for name in written:
        print(f"wrote tests/golden/{name}.json")
    print(f"{len(written)} of {len(trees) + len(presets)} changed")


if __name__ == "__main__":
    main(sys.argv[1:])
