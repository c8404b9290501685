"""A run of made-up results, for the tests of its pages."""

import random

from hintree.experiments.study.store import Store
from hintree.experiments.study.store_rows import Result, pack_tree
from hintree.experiments.study.store_study import StoredCase, key_of
from hintree.search import Ledger, Problem, StepOutput, Tree
from hintree.search.core.endings import Rejection

ARMS = ("student", "beam", "hints", "teacher")


def made_tree(case, answer, *, rewritten):
    """Return a tree of two steps, the first of which may be a rewrite, that ends in the answer."""
    tree = Tree(Problem(case.question, case.id))
    step = tree.add(tree.root, StepOutput("Gina has 3.", "delimiter", 9, 0.5, 0.5, 0.1), "reasoner")
    if rewritten:
        new = tree.add(tree.root, step.step._replace(text="Gina has 4."), "teacher", replaces=step)
        step.close("rejected", Rejection.REWRITTEN, f"rewritten as step {new.id}")
        step.replaced_by, step = new.id, new
    tree.add(step, StepOutput(f"The answer is {answer}.", "end", 5, 0.5, 0.5, 0.1, answer), "reasoner")
    return tree


def make_run(folder, count, after=None):
    """Write a run of ``count`` problems and four arms, of which later ones are more often right; return its results.

    ``after`` is called with the store and the results so far after each problem.
    """
    draw = random.Random(count)
    cases = [StoredCase(f"p{i:04d}", f"Question {i}: how many?", str(2 * i), None, 2 + i % 5) for i in range(count)]
    arms = {arm: {"preset": "hintree", "reasoner": f"model of {arm}"} for arm in ARMS}
    study = {"name": "a run", "baseline": "student", "arms": arms, "seeds": [0], "problems": "file"}
    results = []
    with Store.create(folder, study, cases) as store:
        for case in cases:
            batch = []
            for level, arm in enumerate(ARMS):
                right, failed = draw.random() < 0.3 + 0.2 * level, draw.random() < 0.02
                answer = case.reference if right else f"{case.reference}1"
                ledger = Ledger()
                ledger["reasoner"].calls, ledger["reasoner"].generated_tokens = 3, draw.randrange(50, 900)
                if arm != "teacher":  # whose size is unknown
                    ledger["reasoner"].flops = 4e5 * ledger["reasoner"].generated_tokens
                done = Result(arm, key_of(case.id, case.question), 0, "done", "complete", answer, right, ledger, {})
                if failed:
                    batch.append((done._replace(status="failed", reason="no server", answer=None, right=False), None))
                else:
                    batch.append((done, pack_tree(made_tree(case, answer, rewritten=draw.random() < 0.3))))
            store.add(batch)
            results += [result for result, _ in batch]
            if after is not None:
                after(store, results)
    return results
