"""Run a study from Python: three methods on the same problems, with intervals, cost, and plots.

Needs ``pip install "hintree[study]"``. The same as ``hintree run study.yaml --out runs/first`` and
``hintree report runs/first``; a run that is stopped goes on when it is started again::

    python examples/study.py runs/first
"""

import sys
from pathlib import Path

from hintree.cli import main as hintree_command

STUDY = """\
problems: lab:test?steps=4-6&n=20
baseline: student
arms:
  student: greedy
  student with hints: hinted
  beam with the PRM: beam
"""


def main(folder: str) -> int:
    """Write the study file, run what is left of it, and write the report with its plots."""
    out = Path(folder)
    out.parent.mkdir(parents=True, exist_ok=True)
    file = out.with_suffix(".yaml")
    file.write_text(STUDY, encoding="utf-8")
    code = hintree_command(["run", str(file), "--out", folder, "--resume"])
    return code or hintree_command(["report", folder])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
