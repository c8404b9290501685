"""One contract for all scorers: a number in [0, 1] per step; anything else fails the node, with the reason."""

import json
import math

import pytest
import torch

from hintree.errors import UsageError
from hintree.models import load_model, read_tokens
from hintree.scorers import (
    FORMS,
    LABELS,
    Constant,
    Debate,
    Ensemble,
    FromScores,
    Prefix,
    ScoreError,
    TokenConfidence,
    Verdict,
)
from hintree.scorers.rollouts import Agreement, finish
from hintree.scorers.symbolic import check, equations
from hintree.search import Beam, Handler, Problem, Response, ScoreRequest, StepOutput, Tree, Usage, choose
from hintree.search.core.serialization import from_json, to_json
from hintree.solver import Solver
from hintree.solver.scorers import JUDGES, make_scorer, models_of, parts
from tests.support.scripted import handlers, solve_one, steps

LAB = "(1) Ana has 4 pens. (2) Ben gets 3 more pens than Ana. How many pens does Ben have?"
RIGHT = ["(2) Ben gets 3 more pens than Ana. Ana has 4. 4 + 3 = 7. Ben has 7.", "The answer is 7."]


class Fixed:
    """Says the same of every solution."""

    def __init__(self, answer):
        self.answer = answer

    def score(self, question, steps):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(len(steps)) if callable(self.answer) else self.answer


ODD = {
    "nan": (lambda n: [math.nan] * n, "nan"),
    "infinity": (lambda n: [math.inf] * n, "inf"),
    "none": (lambda n: [None] * n, "None"),
    "text": (lambda n: ["0.5"] * n, "0.5"),
    "truth": (lambda n: [True] * n, "True"),
    "above": (lambda n: [1.01] * n, "1.01"),
    "below": (lambda n: [-0.01] * n, "-0.01"),
    "too few": (lambda n: [0.5] * (n - 1), f"{0} scores for 1 steps"),
    "too many": (lambda n: [0.5] * (n + 1), "2 scores for 1 steps"),
    "no list": (None, "'None' for 1 steps"),
    "exception": (ValueError("out of order"), "out of order"),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_score_fails_its_node_with_the_reason_and_never_wins(odd):
    answer, reason = ODD[odd]
    good = FromScores(Fixed(lambda n: [0.2] * n))
    broken = FromScores(Fixed(answer))

    def scorer(asks):
        return [(broken if ask.node.step.text == "bad" else good)([ask])[0] for ask in asks]

    cast = {"reasoner": steps({"": ["bad", "fine"], "fine": ["a=1", "b=1"]}), "scorer": scorer}
    run = solve_one(cast, Beam(2, 2))
    nodes = {node.step.text: node for node in run.tree}
    assert nodes["bad"].status == "failed" and reason in nodes["bad"].reason
    assert run.stop_reason == "complete"
    assert (choose(run.tree).answer, nodes["bad"].score) == ("1", None)


@pytest.mark.parametrize("odd", [math.nan, math.inf, None, "0.5", True, 1.5, -1, ValueError("no")])
def test_an_odd_answer_to_a_score_question_fails_its_node_too(odd):
    def scorer(asks):
        odd_one = odd if isinstance(odd, Exception) else Response(odd, Usage(1))
        return [odd_one if ask.node.step.text == "bad" else Response(0.2, Usage(1)) for ask in asks]

    cast = {"reasoner": steps({"": ["bad", "fine"], "fine": ["a=1", "b=1"]}), "scorer": scorer}
    run = solve_one(cast, Beam(2, 2))
    bad = next(node for node in run.tree if node.step.text == "bad")
    assert bad.status == "failed" and bad.reason and choose(run.tree).answer == "1"


@pytest.mark.parametrize("odd", [x for x in ODD if x != "exception"])
def test_scores_of_a_solution_are_checked(odd):
    judge = FromScores(Fixed(ODD[odd][0]))
    with pytest.raises(ScoreError):
        judge.score("q", ["a"])


def test_a_scorer_with_score_is_enough_for_the_solver():
    solver = Solver("greedy", scorer=Fixed(lambda n: [0.25] * n))
    assert {node.score for node in solver.solve(LAB).steps} == {0.25}


def ask(chances, entropies=(0.5,)):
    tokens = len(chances)
    step = StepOutput(
        "a",
        "delimiter",
        tokens,
        sum(chances) / tokens,
        min(chances),
        sum(entropies) / len(entropies),
        None,
        sum(map(math.log, chances)) / tokens,
        sum(sorted(chances)[:3]) / min(3, tokens),
        entropies[0],
    )
    tree = Tree(Problem("q"))
    return ScoreRequest(tree, tree.add(tree.root, step, "reasoner"))


def test_confidence_by_its_definitions():
    question = ask((0.9, 0.5, 0.8, 0.4), (0.1, 0.3))
    said = {way: TokenConfidence(way)([question])[0].value for way in ("mean", "min", "least-3", "entropy")}
    assert said == pytest.approx({"mean": 0.65, "min": 0.4, "least-3": 1.7 / 3, "entropy": math.exp(-0.2)})
    assert TokenConfidence("first-entropy")([question])[0].value == pytest.approx(math.exp(-0.1))
    assert TokenConfidence("geometric")([question])[0].value == pytest.approx((0.9 * 0.5 * 0.8 * 0.4) ** 0.25)
    with pytest.raises(UsageError, match="geometric"):
        TokenConfidence("median")


@pytest.mark.parametrize("way", ["entropy", "first-entropy", "geometric", "least-3"])
def test_what_was_not_recorded_is_no_full_confidence(way):
    """A server tells the mean, but neither entropies nor, in old trees, the rest."""
    tree = Tree(Problem("q"))
    node = tree.add(tree.root, StepOutput("a", "delimiter", 1, 0.9, 0.9, 0.0), "reasoner")
    tree.judge(node, TokenConfidence(way)([ScoreRequest(tree, node)])[0].value)
    assert (node.score, node.status) == (None, "failed")


def test_a_writer_notes_what_confidence_needs_and_trees_keep_it():
    solution = Solver("greedy").solve(LAB)
    step = solution.steps[0].step
    assert 0 < step.min_probability <= step.least_probability <= 1
    assert step.min_probability - 1e-9 <= math.exp(step.log_probability) <= step.mean_probability + 1e-9
    assert step.first_entropy >= 0
    back = from_json(to_json(solution.tree))
    assert [node.step for node in back] == [node.step for node in solution.tree]
    old = json.loads(to_json(solution.tree))
    for row in old["nodes"]:
        for name in ("log_probability", "least_probability", "first_entropy"):
            row["step"].pop(name, None)
    assert from_json(json.dumps(old)).nodes[1].step.first_entropy is None


def test_an_ensemble_is_the_weighted_mean_and_fails_with_its_members():
    made = make_scorer("3*constant:0.8+1*constant:0.4").handler.handle
    assert made([ask((0.5,))])[0].value == pytest.approx(0.7)
    broken = Ensemble([Constant(0.5), FromScores(Fixed(ValueError("gone")))], [1, 1])
    assert str(broken([ask((0.5,))])[0]) == "gone"
    with pytest.raises(UsageError, match="above 0"):
        Ensemble([Constant(0.5)], [0])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("genprm:", "name a model"),
        ("x*random", "is not a weight"),
        ("0*random", "is not a weight"),
        ("constant:2", "not a number in"),
        ("constant:half", "not a number in"),
        ("symbolic:3", "takes nothing"),
        ("confidence:median", "is not one of"),
    ],
)
def test_a_wrong_name_is_one_clear_error(name, message):
    with pytest.raises(UsageError, match=message):
        make_scorer(name)


def test_names_say_which_models_they_need():
    assert models_of("0.5*embedded:prm+yes-no:embedded:teacher+random") == {"embedded:prm", "embedded:teacher"}
    assert [kind for _, kind, _ in parts("a/b+maj:c/d")] == ["prm", "maj"]
    assert all(kind.name.startswith(name) and kind.about and kind.source for name, kind in JUDGES.items())


@pytest.mark.parametrize(
    ("step", "verdict"),
    [
        ("(2) Ben gets 3 more. Ana has 4. 4 + 3 = 7. Ben has 7.", 1.0),
        ("4 + 3 = 8.", 0.0),
        ("2 * (3 + 4) = 14 and 14 / 4 = 3.5", 1.0),
        ("1/3 + 1/6 = 1/2", 1.0),
        (r"so $\frac{1}{2} \times 3 = 1.5$", 1.0),
        ("12 x", 0.5),
        ("2x + 3 = 7", 0.5),
        ("half of 20 = 10", 0.5),
        ("$1,200 + $300 = $1,500", 1.0),
        ("3 + 4 = 7 = 8 - 1", 1.0),
        ("3 + 4 = 7 = 8 - 2", 0.0),
        ("9**9**9**9 = 1", 0.5),
        ("__import__('os').system('x') = 1", 0.5),
        ("9^9^9^9^9 = 3", 0.0),
        ("", 0.5),
    ],
)
def test_the_symbolic_check_judges_equations_between_numbers(step, verdict):
    assert check(step) == verdict, list(equations(step))


def test_the_oracle_and_chance_have_names():
    exact = make_scorer("exact").handler.handle
    assert exact.score(LAB, [*RIGHT, "The answer is 8."]) == [1.0, 1.0, 0.0]
    with pytest.raises(UsageError, match="knows only lab problems"):
        exact.score("What is 2 + 2?", ["4"])
    assert 0 <= make_scorer("random").handler.handle([ask((0.5,))])[0].value < 1


@pytest.fixture(scope="module")
def writer(chat_model):
    return load_model(str(chat_model))


@pytest.mark.parametrize("name", FORMS)
def test_a_verdict_is_read_where_it_is_said_to_be(writer, name):
    form = FORMS[name]._replace(tokens=12)
    judge = Verdict(writer, read_tokens(writer, LABELS), form)
    got = judge.score("What is 1 + 1?", ["1 + 1 = 2.", "So 2."])
    asked, said = form.turns[0], ""
    for turn in form.turns:
        texts = {"question": "What is 1 + 1?", "steps": "1 + 1 = 2.\nSo 2.", "said": said}
        asked = turn
        for place, text in texts.items():
            asked = asked.replace("{" + place + "}", text)
        shown = f"<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n{form.begin}"
        ids = writer.tokenizer.encode(shown, add_special_tokens=False)
        start = len(ids)
        for _ in range(12):
            with torch.inference_mode():
                token = int(writer.model(torch.tensor([ids])).logits[0, -1].argmax())
            ids.append(token)
            if token == writer.tokenizer.eos_token_id:
                ids.pop()
                break
        said = form.begin + writer.tokenizer.decode(ids[start:], skip_special_tokens=True)
    verdict = shown.removesuffix(form.begin) + said + form.verdict
    cand = [writer.tokenizer.encode(label)[-1] for label in LABELS]
    with torch.inference_mode():
        ids = writer.tokenizer.encode(verdict, add_special_tokens=False, split_special_tokens=False)
        want = float(writer.model(torch.tensor([ids])).logits[0, -1, cand].softmax(-1)[0])
    assert got[1] == pytest.approx(want, abs=1e-4)


def test_chains_are_averaged_and_a_debate_votes(writer):
    reader = read_tokens(writer, LABELS)
    form = FORMS["think"]._replace(tokens=6)
    one, three = (Verdict(writer, reader, form, chains=n).score("Q?", ["a."])[0] for n in (1, 3))
    assert 0 <= three <= 1 and three != one
    votes = Debate(writer, reader, rounds=2, tokens=6).score("Q?", ["a.", "b."])
    assert all(vote in (0.0, 1 / 3, 2 / 3, 1.0) for vote in votes)
    with pytest.raises(UsageError, match="at least one"):
        Debate(writer, reader, profiles=())


def test_rollouts_agree_as_far_as_their_answers_do():
    answers = iter(["answer: 5", "answer: 5", "answer: 6", "no answer"])

    def write(asks):
        said = [next(answers) for _ in asks]
        found = [text.rpartition(": ")[2] if ":" in text else None for text in said]
        return [
            Response(StepOutput(t, "end", 3, 0.5, 0.5, 0.1, a), Usage(1, 1, 1, 3))
            for t, a in zip(said, found, strict=True)
        ]

    case = Prefix("q", ("first",), 7)
    (done,) = finish([case], Handler(write), 4)
    assert (done.answers, done.usage.generated_tokens) == (["5", "5", "6", None], 12)
    assert Agreement(Handler(write), 4).share(done.answers, None) == 0.5
    assert Agreement(Handler(write), 4).share(done.answers, "6") == 0.25


def test_rollouts_of_the_shipped_teacher_agree_about_an_easy_problem():
    scorer = make_scorer("rollouts:embedded:teacher").handler.handle
    assert all(0 <= score <= 1 for score in scorer.score(LAB, RIGHT))


def test_every_listed_scorer_solves_a_problem():
    assert handlers  # the scripted cast is not needed: these are real models
    for name in ("confidence:geometric", "symbolic", "exact", "random", "0.5*embedded:prm+0.5*confidence:min"):
        solution = Solver("beam", scorer=name).solve(LAB)
        assert solution.stop_reason == "complete" and all(0 <= n.score <= 1 for n in solution.steps), name
