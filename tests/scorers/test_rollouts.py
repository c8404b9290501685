from hintree.scorers import Prefix, make_scorer
from hintree.scorers.rollouts import RolloutAgreement, roll_out_prefixes
from hintree.search import Handler, Response, StepOutput, Usage
from tests.support.scores import QUESTION, RIGHT_STEPS


def test_rollouts_agree_as_far_as_their_answers_do():
    texts = iter(["answer: 5", "answer: 5", "answer: 6", "no answer"])

    def write(requests):
        lines = [next(texts) for _ in requests]
        found = [line.rpartition(": ")[2] if ":" in line else None for line in lines]
        return [
            Response(StepOutput(line, "end", 3, 0.5, 0.5, 0.1, answer), Usage(1, 1, 1, 3))
            for line, answer in zip(lines, found, strict=True)
        ]

    (rollouts,) = roll_out_prefixes([Prefix("q", ("first",), 7)], Handler(write), 4)
    assert (rollouts.answers, rollouts.usage.generated_tokens) == (["5", "5", "6", None], 12)
    assert RolloutAgreement(Handler(write), 4).agreement(rollouts.answers, None) == 0.5
    assert RolloutAgreement(Handler(write), 4).agreement(rollouts.answers, "6") == 0.25


def test_rollouts_of_the_shipped_teacher_agree_about_an_easy_problem():
    scores = make_scorer("rollouts:embedded:teacher").handler.handle.score(QUESTION, RIGHT_STEPS)
    assert len(scores) == 2 and all(0 <= score <= 1 for score in scores)


def test_a_letter_and_the_text_of_its_option_agree():
    agreement = RolloutAgreement(Handler(lambda requests: []), 4).agreement
    assert agreement(["B", "5", "(B)", "C"], None, ("4", "5", "6")) == 0.75
    assert agreement(["B", "5", "(B)", "C"], "5", ("4", "5", "6")) == 0.75
    assert agreement(["B", "5", "(B)", "C"], "5") == 0.25
