"""Searches by name, settings from text, and every search on the shipped models."""

import re
from dataclasses import fields
from inspect import unwrap
from pathlib import Path

import pytest

from hintree import Solver
from hintree.errors import UsageError
from hintree.lab import problems
from hintree.search import ABMCTS, MCTS, Beam, PathLimits, Rewrite
from hintree.search.algorithms.base import selection_of
from hintree.search.escalation import OLD_NAMES
from hintree.search.registry import SEARCHES, make_rewrite, make_search
from tests.support.shared_models import shared_pool

SMALL = {
    "best-of-n": "n=3",
    "self-consistency": "n=4,batch=2",
    "confident-vote": "n=3,warmup=2,batch=1,keep=0.5",
    "beam": "width=2,branch=2,lookahead=1",
    "dvts": "width=2,branch=2",
    "best-first": "expansions=8,branch=2,answers=1",
    "mcts": "simulations=8,branch=2,rule=puct,widen=0.3",
    "ab-mcts": "simulations=10,arms=reasoner+hinted+teacher",
    "particles": "n=3",
    "gated": "threshold=0.7,branch=3",
    "smart": "n=4,m=2",
    "glimprouter": "threshold=0.2",
    "steer": "mixture=0.3+0.6+0.2+0.7+0.95+0.05",
    "mur": "scaling=0.98",
    "confspec": "accept=0.98",
    "first-tokens": "neighbours=0.01+0+1+0.02+0+0,k=1",
    "lorid": "rounds=2",
    "ssr": "tracks=2",
    "socratic": "questions=2",
    "daslam": "questions=2",
    "cogtree": "proposals=2,questions=1,levels=1",
    "retrieve": "chains=2,refine=true",
    "slimplm": "threshold=1",
    "revise": "rounds=1",
    "rstar": "rollouts=2,steps=1,questions=1,votes=1,last_votes=2,depth=1",
}


def test_settings_are_read_by_type():
    assert make_search("mcts", "simulations=64, c=1.4,rule=puct") == MCTS(simulations=64, c=1.4, rule="puct")
    assert make_search("ab-mcts", "arms=hinted+teacher") == ABMCTS(arms=("hinted", "teacher"))
    assert make_search("beam") == Beam()
    assert make_rewrite("threshold=0.7,stages=hint+resample,limit=2") == Rewrite(
        0.7, stages=("hint", "resample"), limit=2
    )
    assert make_rewrite("limit=none").limit is None
    assert make_rewrite("rungs=teacher") == make_rewrite("stages=teacher") == Rewrite(stages=("teacher",))
    assert make_rewrite("none").threshold == 0


def test_a_former_name_of_a_setting_counts_as_the_setting_and_for_rules_only():
    for text in ("rungs=hint,stages=teacher", "rungs=hint,rungs=teacher"):
        with pytest.raises(UsageError, match="--rewrite: stages of Rewrite is given twice"):
            make_rewrite(text)
    with pytest.raises(UsageError, match="rungs=2"):
        make_search("mcts", "rungs=2")
    assert set(OLD_NAMES) == {"rungs"} and set(OLD_NAMES.values()) <= {field.name for field in fields(Rewrite)}


@pytest.mark.parametrize("text", ["c", "c=", "=1", "c=1,c=2", "d=1", "c=__import__('os')", "simulations=2.5", "c=[1]"])
def test_other_settings_are_refused(text):
    with pytest.raises(UsageError, match=r"(?i)mcts"):
        make_search("mcts", text)


def test_the_page_of_searches_lists_every_setting_and_selection():
    page = (Path(__file__).parents[2] / "docs" / "searches.md").read_text()
    rows = {cells[1].strip(" `"): cells for line in page.splitlines() if len(cells := line.split("|")) == 7}
    assert set(SEARCHES) <= set(rows)
    shared = [field.name for field in fields(PathLimits)]
    for name, kind in SEARCHES.items():
        own = [field.name for field in fields(kind) if field.name not in shared]
        assert re.findall(r"`(\w+)`", rows[name][3]) == own, name
        assert rows[name][4].strip() == selection_of(kind()).choice, name
    limits = page.partition("## Limits of a path")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", limits, re.M) == ["depth", *shared]
    rule = page.partition("## The rewrite")[2]
    settings = [name for cell in re.findall(r"^\| ([^|]*) \|", rule, re.M) for name in re.findall(r"`(\w+)`", cell)]
    assert {field.name for field in fields(Rewrite)} <= set(settings)


@pytest.fixture(scope="module")
def loaded():
    """A solver whose models all searches share: they take longer to load than a search takes."""
    return Solver(pool=shared_pool())


@pytest.mark.parametrize("name", SEARCHES)
def test_every_search_runs_on_the_shipped_models_and_is_the_same_again(name, loaded):
    questions = [problem.question for problem in problems("validation", (2,), n=2, seed=8)]
    found = []
    for live in (1, 2):
        solver = Solver(search=make_search(name, SMALL[name]), rewrite=Rewrite(0.3), seed=4, pool=loaded.pool)
        runs = list(solver.solve_many(questions, live=live, progress=False))
        assert {str(run.stop_reason) for run in runs} == {"complete"}
        found.append([[node.step.text for node in run.tree] for run in runs])
    assert found[0] == found[1]


def test_models_are_shared_where_their_number_format_is_the_same_too(loaded):
    alike, other = Solver(pool=loaded.pool), Solver(pool=loaded.pool, dtype="float64")
    models = [unwrap(solver.handlers["reasoner"].handle).model for solver in (loaded, alike, other)]
    assert models[0] is models[1] is not models[2]
    assert [str(model.model.dtype) for model in models[1:]] == ["torch.float32", "torch.float64"]
    scorers = [unwrap(solver.handlers["scorer"].handle) for solver in (loaded, alike, other)]
    assert scorers[0] is scorers[1] is not scorers[2]
