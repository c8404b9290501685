"""Searches by sub-questions: exact trees of scripted askers and answerers."""

from hintree.search import CogTree, DaSLaM, Rejection, StepOutput, Yield, from_dict, to_dict
from hintree.search.algorithms.daslam import entries
from hintree.search.algorithms.socratic import Socratic
from hintree.search.core.actions import kind_of
from hintree.search.core.questions import asked_before, asked_here, level_of, open_questions, question_key
from hintree.search.selection import select
from tests.support.scripted import Scripted, scores, solve_one, trail, written

NOTHING = "none"


def asker(lines):
    """Ask from {path: sub-questions by index}; "none" says that nothing is left to ask, as a protocol reads it."""

    def reply(request):
        texts = lines.get(trail(request.node), [NOTHING])
        text = texts[request.index % len(texts)]
        return StepOutput(text, "end" if text == NOTHING else "delimiter", 2, 0.9, 0.8, 0.1)

    return Scripted(reply)


def answerer(lines=None):
    """Answer a sub-question "q" by "A:q" and finish with "=7", or as {path: text} says."""

    def reply(request):
        kind = request.action.yields if request.action else Yield.STEP
        usual = "A:" + open_questions(request.node.path())[-1].step.text if kind is Yield.SUB_ANSWER else "end=7"
        return written((lines or {}).get(trail(request.node), usual))

    return Scripted(reply)


def chain(node):
    return [n.step.text for n in node.path()]


def test_asker_and_answerer_take_turns_until_nothing_is_left_to_ask():
    roles = {"hinter": asker({"": ["q"], "q/A:q": ["r?"]}), "reasoner": answerer()}
    run = solve_one(roles, Socratic())
    [end] = run.tree.terminals()
    assert chain(end) == ["q", "A:q", "r?", "A:r?", "end=7"]
    assert [kind_of(n) for n in end.path()] == [
        Yield.SUB_QUESTION, Yield.SUB_ANSWER, Yield.SUB_QUESTION, Yield.SUB_ANSWER, Yield.SOLUTION
    ]  # fmt: skip
    assert [n.author for n in end.path()] == ["hinter", "reasoner", "hinter", "reasoner", "reasoner"]
    [stopped] = [n for n in run.tree if n.status == "failed"]
    assert (stopped.rejected_because, stopped.step.text, stopped.depth) == (Rejection.NOTHING_TO_ASK, NOTHING, 5)
    assert {name: account.calls for name, account in run.ledger.actions.items()} == {
        "ask": 3, "sub_answer": 2, "solve": 1
    }  # fmt: skip


def test_questions_in_a_circle_fail_by_type_and_the_solution_is_written_from_what_is_known():
    for again, said in (("  Q!", "asks what step 1 asks"), ("question 0?", "asks what the problem asks")):
        run = solve_one({"hinter": asker({"": ["q"], "q/A:q": [again]}), "reasoner": answerer()}, Socratic())
        [failed] = [n for n in run.tree if n.status == "failed"]
        assert (failed.rejected_because, failed.reason) == (Rejection.ASKED_BEFORE, said)
        assert [chain(n) for n in run.tree.terminals()] == [["q", "A:q", "end=7"]]


def test_an_asker_or_answerer_that_writes_nothing_costs_its_own_node_only():
    for roles, steps in (
        ({"hinter": asker({"": [" "]}), "reasoner": answerer()}, ["end=7"]),
        ({"hinter": asker({"": ["q"]}), "reasoner": answerer({"q": ""})}, ["end=7"]),
        ({"reasoner": answerer()}, ["end=7"]),
    ):
        run = solve_one(roles, Socratic())
        assert [chain(n) for n in run.tree.terminals()] == [steps]
        assert {n.rejected_because for n in run.tree if n.status == "failed"} <= {Rejection.EMPTY_STEP}


def test_a_number_of_questions_and_a_cut_solution_are_kept_to():
    always = Scripted(lambda request: StepOutput(f"q{request.node.id}", "delimiter", 2, 0.9, 0.8, 0.1))
    lines = {"q0/A:q0/q2/A:q2": "so far~", "q0/A:q0/q2/A:q2/so far~": "=7"}
    run = solve_one({"hinter": always, "reasoner": answerer(lines)}, Socratic(questions=2))
    [end] = run.tree.terminals()
    assert chain(end) == ["q0", "A:q0", "q2", "A:q2", "so far~", "=7"]
    assert end.action is None and end.author == "reasoner"


def test_the_decomposer_reads_the_first_solution_and_its_list_is_asked_line_by_line():
    seen = []

    def listing(request):
        seen.append((request.node.id, request.action.name, request.revises and request.revises.step.text))
        return StepOutput("1. q\n2) Q?\n\n- r", "delimiter", 9, 0.9, 0.8, 0.1)

    roles = {"hinter": Scripted(listing), "reasoner": answerer({"": "first=3"})}
    run = solve_one(roles, DaSLaM())
    draft, listed, q, a, twice, r, b, end = run.tree.nodes[1:]
    assert seen == [(0, "draft_questions", "first=3")] and listed.parent is run.tree.root
    assert (kind_of(listed), listed.author, listed.step.tokens) == (Yield.SUB_QUESTIONS, "hinter", 9)
    assert [n.copy_of for n in (q, twice, r)] == [listed.id] * 3 and not any(n.step.tokens for n in (q, twice, r))
    assert (twice.parent, twice.rejected_because) == (a, Rejection.ASKED_BEFORE)
    assert chain(end) == [listed.step.text, "q", "A:q", "r", "A:r", "end=7"] and end.path()[2:4] == [a, r]
    assert (draft.status, draft.rejected_because) == ("pruned", Rejection.SUPERSEDED)
    assert run.ledger["hinter"].calls == 1 and b.author == "reasoner"


def test_a_first_solution_stands_where_nothing_is_asked_and_least_to_most_has_none():
    for hinter in (None, asker({})):
        roles = {"reasoner": answerer(), **({} if hinter is None else {"hinter": hinter})}
        run = solve_one(roles, DaSLaM())
        assert [chain(n) for n in run.tree.terminals()] == [["end=7"]] and run.ledger["reasoner"].calls == 1
    run = solve_one({"hinter": asker({"": ["q"]}), "reasoner": answerer()}, DaSLaM(draft=False))
    assert [chain(n) for n in run.tree.terminals()] == [["q", "q", "A:q", "end=7"]]
    assert list(run.ledger.actions) == ["sub_questions", "sub_answer", "solve"]
    assert entries("(1) a\n\u2022 b\n10: c\n3 apples\n \n1984 d? 2. e") == ["a", "b", "c", "3 apples", "1984 d?", "e"]
    assert entries("1. How many has Ana?\n2. What is the answer?\nThe answer is 100.") == [
        "How many has Ana?",
        "What is the answer?",
    ]


def test_the_best_proposals_are_split_until_they_are_answered_and_merged_bottom_up():
    lines = {"": ["low", "q"], "q": ["r"], "q/r/A:r": [NOTHING], "q/r/A:r/A:q": [NOTHING]}
    roles = {"hinter": asker(lines), "reasoner": answerer(), "scorer": scores({"low": 0.2, "q": 0.9})}
    run = solve_one(roles, CogTree(proposals=2, width=1))
    [end] = run.tree.terminals()
    assert chain(end) == ["q", "r", "A:r", "A:q", "end=7"]
    assert [n.action.name for n in end.path()] == ["ask", "split", "sub_answer", "merge", "solve"]
    assert [level_of(n.path()) for n in end.path()] == [1, 2, 2, 1, 0]
    [low] = [n for n in run.tree if n.step.text == "low"]
    assert low.rejected_because is Rejection.OUTRANKED and not low.children
    assert run.ledger["scorer"].calls == 6 and select(run.tree, CogTree().selection).answer == "7"


def test_equal_sub_questions_of_a_tree_are_answered_once():
    lines = {"": ["a", "b"], "a/A:a": ["b", "c"], "b/A:b": ["A ?", "a"]}
    roles = {"hinter": asker(lines), "reasoner": answerer(), "scorer": scores({})}
    run = solve_one(roles, CogTree(proposals=2, width=6, questions=2, levels=1))
    answers = [n for n in run.tree if kind_of(n) is Yield.SUB_ANSWER]
    written_once = [n.step.text for n in answers if n.copy_of is None]
    copies = [n for n in answers if n.copy_of is not None]
    assert sorted(written_once) == ["A:a", "A:b", "A:c"] and run.ledger.actions["sub_answer"].calls == 3
    assert [(trail(n), run.tree.nodes[n.copy_of].step.text) for n in copies] == [
        ("a/A:a/b/A:b", "A:b"), ("b/A:b/A ?/A:a", "A:a"), ("b/A:b/a/A:a", "A:a")
    ]  # fmt: skip
    assert all(n.step.tokens == 0 and n.score == 0.5 for n in copies)
    again = from_dict(to_dict(run.tree))
    assert to_dict(again) == to_dict(run.tree) and [n.copy_of for n in again] == [n.copy_of for n in run.tree]


def test_no_search_dies_of_answers_that_all_fail():
    roles = {"hinter": asker({"": ["q"], "q": ["r"]}), "reasoner": answerer({"q/r": "", "q": ""})}
    run = solve_one(roles, CogTree(proposals=1))
    assert str(run.stop_reason) == "complete" and [n.step.answer for n in run.tree.terminals()] == ["7"]


def test_questions_are_told_apart_by_their_words():
    assert question_key(" How  many\nAPPLES\uff1f ") == question_key("how many apples") != question_key("how many")
    run = solve_one({"hinter": asker({"": ["q"]}), "reasoner": answerer()}, Socratic())
    question, done = run.tree.nodes[1:3]
    assert open_questions(question.path()) == [question] and not open_questions(done.path())
    assert asked_here(question.path()) == 0 and asked_here(done.path()) == 1 and asked_before(question) is None
