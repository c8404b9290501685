import numpy as np
import pytest
import sklearn.metrics

from hintree import Problem, Selection
from hintree.data.lab import lab_problems
from hintree.experiments.report import audits, extract
from hintree.experiments.report.citations import citations_table
from hintree.experiments.report.extract import exact_labels, extract_record, judged, trace
from hintree.experiments.report.results import ProblemFacts, StudyResults
from hintree.experiments.report.trial import RewriteRecord, TrialRecord
from hintree.lab.book import make_book
from hintree.lab.checker import check_step
from hintree.lab.problem import gold
from hintree.policies.leaks import leaks
from hintree.search import Passage, Tree
from tests.support.question_trees import write
from tests.support.report_study import ARMS, SOURCE, STEPS, N, by_arm, rows_of, solve


def test_rewrites_are_counted_as_the_trees_hold_them(done, results):
    truth = {problem.id: problem for problem in lab_problems(SOURCE.format(N, STEPS))}
    rewrites = mended = broken = kept = 0
    rises = []
    for (arm, name, _), solution in done[1].items():
        for node in solution.tree if arm == "rewrites 200" else ():
            if node.replaces is not None:
                rises.append((node.score, solution.tree.nodes[node.replaces].score))
                old, history = solution.tree.nodes[node.replaces], [n.step.text for n in node.parent.path()]
                before, after = (check_step(truth[name], history, n.step.text).right for n in (old, node))
                took = not node.reason.startswith(("not better", "same as", "empty", "repeated"))
                rewrites, kept = rewrites + 1, kept + took
                mended, broken = mended + (took and after > before), broken + (took and after < before)
    rows = [row for row in rows_of(audits.rewrite_table(results)) if row["arm"] == "rewrites 200"]
    total = {head: sum(row[head] for row in rows) for head in ("rewrites", "kept", "wrong to right", "right to wrong")}
    assert list(total.values()) == [rewrites, kept, mended, broken] and rewrites > 0 and mended > 0
    both = [new > old for new, old in rises if new is not None and old is not None]
    rose = sum(row["score rose, %"].value * row["score rose, %"].n for row in rows)
    assert rose == pytest.approx(sum(both)) and sum(row["score rose, %"].n for row in rows) == len(both)


def test_mended_mistakes_are_counted_by_kind(done, results):
    truth = {problem.id: problem for problem in lab_problems(SOURCE.format(N, STEPS))}
    found = dict.fromkeys(audits.MISTAKES, 0)
    for (arm, name, _), solution in done[1].items():
        for node in solution.tree if arm == "rewrites 200" else ():
            if node.replaces is not None:
                old, history = solution.tree.nodes[node.replaces], [n.step.text for n in node.parent.path()]
                if kind := check_step(truth[name], history, old.step.text).kind:
                    found[kind] += 1
    rows = [row for row in rows_of(audits.mistake_table(results)) if row["arm"] == "rewrites 200"]
    counts = {kind: [tuple(map(int, row[kind].split(" of "))) for row in rows] for kind in found}
    assert {kind: sum(n for _, n in pairs) for kind, pairs in counts.items()} == found and sum(found.values()) > 0
    mended = [row["wrong to right"] for row in rows_of(audits.rewrite_table(results)) if row["arm"] == "rewrites 200"]
    assert sum(k for pairs in counts.values() for k, _ in pairs) == sum(mended) > 0


def test_hints_are_measured_against_hints_of_other_problems(done, results):
    row = by_arm(audits.hint_table(results))["rewrites 200"]
    nodes = [
        (s, node)
        for (arm, _, _), s in done[1].items()
        if arm == "rewrites 200"
        for node in s.tree
        if node.hint is not None
    ]
    assert row["hints"] == len(nodes)
    leaked = [leaks(n.hint.text, s.question, [x.step.text for x in n.path()[:-1]]) for s, n in nodes]
    assert row["leaked, %"].value == np.mean(leaked)
    assert row["followed, %"].value > max(0.8, row["shuffled, %"].value)


def one_arm(trees, truth):
    """StudyResults of attempts at lab problems with one seed."""
    attempts = {
        (i, 0): extract_record(s.tree, s.ledger, s.answer, s.answer == str(p.answer), str(p.answer), Selection(), p)
        for i, (s, p) in enumerate(zip(trees, truth, strict=True))
    }
    return StudyResults(
        "one", {"arm": {}}, "arm", None, [ProblemFacts(p.id, "", None) for p in truth], [0], {"arm": attempts}
    )


@pytest.mark.parametrize("name", ["exact", "random"])
def test_exact_scores_are_perfect_in_every_audit_and_random_ones_are_not(name):
    truth = list(lab_problems("lab:test?n=5&steps=4-7&seed=22"))
    problems = [Problem(p.question, p.id) for p in truth]
    results = one_arm(solve(ARMS["rewrites 200"], problems, scorer=name), truth)
    (scores,), (trigger,) = rows_of(audits.scores_table(results)), rows_of(audits.trigger_table(results))
    assert 0 < scores["wrong"] < scores["steps"]
    seen = [step for _, step in audits.judged_of(results, "arm")]
    wrong, triggered = [not step.right for step in seen], [step.triggered for step in seen]
    assert trigger["precision, %"].value == pytest.approx(sklearn.metrics.precision_score(wrong, triggered))
    assert trigger["recall, %"].value == pytest.approx(sklearn.metrics.recall_score(wrong, triggered))
    if name == "exact":
        assert (scores["AUC"].value, scores["ECE"], scores["F1, %"]) == (1, 0, 1)
        assert trigger["precision, %"].value == 1
    else:
        assert scores["AUC"].value < 0.8 and scores["ECE"] > 0.1 and trigger["precision, %"].value < 1


def test_a_study_of_other_problems_has_no_exact_labels(done):
    solution = next(s for (arm, _, _), s in done[1].items() if arm == "rewrites 200")
    attempt = extract_record(solution.tree, solution.ledger, solution.answer, True, solution.answer, Selection(), None)
    assert attempt.judged == attempt.traces == []
    assert all(r.before is None for r in attempt.rewritten)
    assert attempt.hinted and not any(hint.points for hint in attempt.hinted)


def test_steps_are_labelled_in_the_trees_of_actions_and_other_texts_are_not():
    [lab] = lab_problems("lab:test?n=1&steps=3&seed=6")
    first, *rest = [step for _, step in gold(lab)]
    tree = Tree(Problem(lab.question, lab.id))
    asked = write(tree, tree.root, "sub_question", "Which comes first?")
    answered = write(tree, asked, "sub_answer", first)
    wrong = write(tree, tree.root, "step", rest[-1])
    ended, cut = (write(tree, answered, "finish", "\n".join(lines)) for lines in (rest, [first, *rest]))
    for node in (asked, answered, ended, cut, wrong):
        tree.record_score(node, 0.9)
    labels = exact_labels(tree, lab)
    found = [(answered, ""), (wrong, "operand"), (ended, ""), (cut, "repeated")]
    assert [(node, label.kind) for node, label in labels.items()] == [(node.id, kind) for node, kind in found]
    assert [step.right for step in judged(tree, labels)] == [True, False, True, False]
    assert trace(cut.path(), labels) == (1, -1), "the sub-question is no step"


def test_citations_are_counted_before_they_are_rejected_and_all_needed_ones_are_looked_for():
    [lab] = lab_problems("lab:test?n=1&hops=2&steps=0&seed=6")
    records = []
    for steps in ([step for _, step in gold(lab)], ["“Nobody keeps 9 cows.” [Amber Bay cows]", "The answer is 9."]):
        tree = Tree(Problem(lab.question, lab.id))
        found = tuple(Passage(entry.id, f"{entry.text}.") for entry in make_book(0).entries())
        node = write(tree, tree.root, "look_up", "found", passages=found)
        for text in steps:
            node = write(tree, node, "step", text)
        records.append(extract.citations_of_tree(tree, node, lab))
    assert records == [(2, 2, True), (1, 0, False)]
    made = [
        TrialRecord(failed=False, answer="7", selected_right=i == 0, citations=one) for i, one in enumerate(records)
    ]
    facts = [ProblemFacts("a", "", None), ProblemFacts("b", "", None)]
    attempts = {"arm": {(i, 0): one for i, one in enumerate(made)}}
    [row] = citations_table(StudyResults("s", {"arm": {}}, "arm", None, facts, [0], attempts)).rows
    assert [row[1], row[2].value, row[3], row[4].value, row[5].value] == [3, 2 / 3, 2, 1 / 2, 1]


def test_what_is_mended_and_spoilt_counts_rewrites_that_were_not_kept():
    turns = [(True, False, True), (True, False, False), (False, False, True), (True, True, False), (False, True, True)]
    made = [RewriteRecord("correct", kept, before, after, None, "") for kept, before, after in turns]
    made.append(RewriteRecord("correct", True, None, None, None, ""))
    cells = audits.outcomes(made)
    assert cells[:5] == [6, 4, 1, 1, 1]
    assert [(cell.value, cell.n) for cell in cells[5:9]] == [(1 / 2, 2), (1, 1), (1 / 3, 3), (1 / 2, 2)]
