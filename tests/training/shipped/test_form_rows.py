import copy
import itertools
import random
import re
from dataclasses import replace

import pytest
import torch
from tokenizers import Tokenizer

from hintree.errors import UsageError
from hintree.lab import check_step
from hintree.lab.forms import CRITIQUES, LABELS, NONE, critique, sub_question
from hintree.lab.generate import problems
from hintree.lab.parse import parse_problem
from hintree.models.local.model import LocalModel
from hintree.policies import shipped_format
from hintree.policies.actions import prompt_of
from hintree.policies.paths import path_of
from hintree.scorers import FAMILIES, PRM, VERIFIERS, Debate, GenerativeVerifier
from hintree.search import Problem, StepRequest, Tree
from hintree.search.verdict import VERDICT
from hintree.training.shipped.initialisation import new_model
from hintree.training.shipped.mix import KINDS, Mix, draw_row
from hintree.training.shipped.recipes import DEEP_STUDENT, RECIPES, STUDENT, TEACHER, UNHINTED_MIX
from hintree.training.shipped.rows import GUIDED_WEIGHT, IGNORED, steps_of
from hintree.training.shipped.solution_rows import draft, show_solutions
from hintree.training.shipped.vocabulary import build_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer()


def lines(tokenizer, kind, n=20):
    """Return for every row of a kind its lines as (text, learned part of the text)."""
    found = []
    for seed in range(n):
        row = draw_row(random.Random(seed), Mix(steps=range(1, 7), **{kind: 1.0}), tokenizer)
        assert tokenizer.unk_token_id not in row.ids
        pieces, current = [], []
        for token, label in zip(row.ids[1:], row.labels[1:], strict=True):
            current.append((token, label))
            if token in (tokenizer.get_vocab()["\n"], tokenizer.eos_token_id):
                pieces.append(current)
                current = []
        found.append([read(tokenizer, piece) for piece in [*pieces, current] if piece])
    return found


def read(tokenizer, piece):
    text = tokenizer.decode([token for token, _ in piece], skip_special_tokens=True).strip()
    return text, tokenizer.decode([label for _, label in piece if label != IGNORED], skip_special_tokens=True).strip()


FORMS = (
    *("socratic", "asked", "nested", "listed", "sub_problems", "restated"),
    *("corrected", "reviewed", "compared", "judged", "retrieved", "informed", "mended"),
)


@pytest.mark.parametrize("kind", FORMS)
def test_labels_are_never_learned_and_what_follows_them_is(tokenizer, kind):
    seen = set()
    for row in lines(tokenizer, kind):
        for text, learned in row[1:]:
            label = next((label for label in LABELS if text.startswith(label)), "")
            assert not any(other in learned for other in LABELS)
            if label and learned:
                assert text == f"{label} {learned}"
            seen.add(label)
    assert bool(seen - {""}) == (kind not in ("sub_problems", "compared"))


@pytest.mark.parametrize("kind", ("socratic", "corrected", "judged", "mended"))
def test_learned_steps_are_right(tokenizer, kind):
    checked = 0
    for question, *rest in lines(tokenizer, kind, 30):
        problem, history = parse_problem(question[0]), []
        if kind == "mended":  # the steps before the hint are only read
            history = [text for text, _ in rest[:-2]]
        for text, learned in rest:
            step = text.removeprefix("Answer: ")
            if learned == step and step not in history[-1:] and not step.startswith(tuple(LABELS)):
                known = check_step(problem, history, step)
                assert known.right, (history, step)
                checked += 1
                history.append(step)
    assert checked > 20


def test_mended_rows_learn_only_the_step_under_the_hint(tokenizer):
    for row in lines(tokenizer, "mended"):
        assert [bool(learned) for _, learned in row] == [False] * (len(row) - 1) + [True]
        assert row[-2][0].startswith("Hint: ")
    rows = [draw_row(random.Random(seed), Mix(steps=range(1, 7), mended=1.0), tokenizer) for seed in range(20)]
    assert {row.weight for row in rows} == {GUIDED_WEIGHT}


def test_a_share_of_the_criticised_steps_is_right_and_only_those_are_learned(tokenizer):
    first, right = 0, 0
    for _, *rest in lines(tokenizer, "corrected", 120):
        for i, (after, _) in enumerate(rest):
            if after.startswith("Critique: "):
                (text, learned), (again, _) = rest[i - 1], rest[i + 1]
                assert (text == again) == (learned == text) == (after == "Critique: the step is right.")
                assert learned in (text, "")
                first, right = first + 1, right + (text == again)
    assert first > 200 and right / first == pytest.approx(Mix.kept, abs=0.07)


def test_sub_questions_ask_for_what_the_next_step_states(tokenizer):
    asked = 0
    for question, *rest in lines(tokenizer, "socratic"):
        facts = question[0].rpartition(". ")[0]
        for (text, _), (after, _) in itertools.pairwise(rest):
            if text.startswith("Sub-question:") and not text.endswith(NONE):
                earlier = parse_problem(f"{facts}. {text.removeprefix('Sub-question: ')}")
                assert after.startswith("Answer: ") and after.endswith(f" {earlier.answer}.")
                asked += 1
    assert asked > 20


def test_a_single_sub_question_asks_for_what_the_next_step_finds_and_is_learned_alone(tokenizer):
    asked = ended = 0
    for question, *rest in lines(tokenizer, "asked", 60):
        assert [bool(learned) for _, learned in rest] == [False] * (len(rest) - 1) + [True]
        problem = parse_problem(question[0])
        steps = [text.removeprefix("Answer: ") for text, _ in rest[:-1] if not text.startswith("Sub-question:")]
        assert rest[-1][1] == sub_question(problem, steps)
        asked, ended = asked + (rest[-1][1] != NONE), ended + (rest[-1][1] == NONE)
    assert asked > 30 and ended > 8


def test_an_open_sub_question_is_split_until_it_can_be_answered(tokenizer):
    seen = set()
    for question, *rest in lines(tokenizer, "nested", 80):
        problem, (last, learned) = parse_problem(question[0]), rest[-1]
        assert learned and not any(part for _, part in rest[:-1])
        steps, waiting = [], []
        for text, _ in rest[:-1]:
            if text.startswith("Sub-question:"):
                waiting.append(text.removeprefix("Sub-question: "))
            else:
                steps.append(text.removeprefix("Answer: "))
                waiting = waiting[:-1] if text.startswith("Answer:") else waiting
        [open_one] = waiting
        if last.startswith("Answer:"):
            assert check_step(problem, steps, learned).right and sub_question(problem, steps) == open_one
        else:
            assert learned == (NONE if sub_question(problem, steps) == open_one else sub_question(problem, steps))
        seen.add("answer" if last.startswith("Answer:") else "none" if learned == NONE else "split")
    assert seen == {"answer", "none", "split"}


def test_a_list_of_sub_questions_leads_to_the_last_step(tokenizer):
    for question, *rest in lines(tokenizer, "listed"):
        problem = parse_problem(question[0])
        steps = steps_of(problem)[:-1]
        expected = [sub_question(problem, steps[:i]) for i in range(max(1, len(steps) - 1))]
        assert [learned for _, learned in rest] == expected


def test_drafts_build_on_their_error_and_the_review_names_it(tokenizer):
    rng, found, same = random.Random(0), set(), 0
    for number, problem in enumerate(problems("validation", n=60)):
        written = draft(rng, problem, right=number % 3 == 0)
        right = [check_step(problem, written.steps[:i], step).right for i, step in enumerate(written.steps)]
        assert written.steps[-1].startswith("The answer is ")
        assert all(right) == (number % 3 == 0) == (written.review == CRITIQUES[""])
        if not all(right):
            first = right.index(False)
            assert written.review == critique(problem, written.steps[:first], written.steps[first])
            found.add(check_step(problem, written.steps[:first], written.steps[first]).kind)
            same += written.steps[-1] == steps_of(problem)[-1]
    assert {"arithmetic", "operand"} <= found
    assert same < 12  # of 40 wrong drafts; an unneeded step or a repaired number leaves the answer as it is
    for _, *rest in lines(tokenizer, "compared"):
        shown = [text for text, learned in rest if not learned]
        assert shown.count("[1]") == shown.count("[2]") == 1


def test_the_rows_of_a_verdict_show_solutions_as_the_teacher_reads_them(tokenizer):
    solutions = [["(2) Ben has 4.", "The answer is 4."], ["The answer is 7."]]
    tree = Tree(Problem("How many?"))
    candidates = tuple(path_of("How many?", steps)[-1] for steps in solutions)
    prompt = prompt_of(shipped_format("lab"), StepRequest(tree, tree.root, candidates=candidates), VERDICT)
    assert f"{prompt.user}\n{prompt.assistant}" == f"How many?\n\n{show_solutions(solutions)}\n"


def test_verdicts_agree_with_the_checker(tokenizer):
    verdicts = {"yes.": 0, "no.": 0}
    for question, *rest in lines(tokenizer, "judged", 40):
        problem, history, last = parse_problem(question[0]), [], ""
        for text, learned in rest:
            if text.startswith("Right: "):
                right = check_step(problem, history, last).right
                assert text == f"Right: {'yes.' if right else 'no.'}"
                verdicts[learned] += 1
            elif text.startswith("Grade: "):
                assert (text == "Grade: 9.") == check_step(problem, history, last).right
            elif not text.startswith("Analysis: "):
                history += [last] if check_step(problem, history, last).right else []
                last = text
    assert min(verdicts.values()) > 5


def untrained(tokenizer):
    made = new_model(tokenizer, STUDENT, seed=1)
    for weights in made.parameters():
        weights.data *= 0.3  # so that no token has all of the probability
    return LocalModel("untrained", made, tokenizer)


@pytest.mark.filterwarnings("ignore:.*seldom answers with")  # the weights are random
def test_judges_ask_a_model_of_the_lab_what_the_rows_ask(tokenizer):
    model, read = untrained(tokenizer), {}
    rows = [[text for text, _ in row[:3]] for row in lines(tokenizer, "judged")]
    for question, step, verdict in rows:
        read.setdefault(verdict.split(" ")[0], f"{question}\n{step}\n")
    for label, words, build in (
        ("Right:", ("yes", "no"), lambda: PRM(model, FAMILIES["yes-no"])),
        ("Grade:", "0123456789", lambda: PRM(model, FAMILIES["digits"])),
        ("Analysis:", ("yes", "no"), lambda: GenerativeVerifier(model, model, VERIFIERS["genprm"]._replace(tokens=4))),
        ("Analysis:", ("yes", "no"), lambda: GenerativeVerifier(model, model, VERIFIERS["think"]._replace(tokens=4))),
        ("Analysis:", ("yes", "no"), lambda: GenerativeVerifier(model, model, VERIFIERS["br-rm"]._replace(tokens=4))),
    ):
        question, step, _ = read[label].split("\n")
        [found] = build().score(question, [step])
        text = read[label] + label
        if label == "Analysis:":
            text = f"{text}{written(model, text)}\nRight:"
        [logits] = model.model(torch.tensor([tokenizer.encode(text)])).logits[:, -1].detach()
        shares = logits[[tokenizer.get_vocab()[word] for word in words]].softmax(-1)
        expected = float(shares @ torch.arange(10.0)) / 9 if label == "Grade:" else float(shares[0])
        assert found == pytest.approx(expected, abs=1e-5)
    older = copy.deepcopy(tokenizer)
    older._tokenizer = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str().replace('"Right:"', '"Former:"'))
    with pytest.raises(UsageError, match="older cannot judge: its vocabulary lacks Right:, Grade:"):
        PRM(LocalModel("older", model.model, older), FAMILIES["digits"])


@pytest.mark.filterwarnings("ignore:.*seldom answers with")
def test_a_debate_of_a_model_of_the_lab_shows_the_others_analyses_as_lines(tokenizer, monkeypatch):
    model, asked = untrained(tokenizer), []
    generate = model.generate
    monkeypatch.setattr(model, "generate", lambda requests: asked.append(list(requests)) or generate(requests))
    [score] = Debate(model, model, rounds=2, tokens=4).score("How many?", ["Ben has 4."])
    assert round(score * 3, 6) in (0, 1, 2, 3)
    first, second = asked
    assert {request.prompt.user for request in first} == {"How many?\nBen has 4."}
    assert [request.temperature for request in first] == [0.0, 1.0, 1.0]
    for request in second:
        shown = request.prompt.user.split("\n")
        assert shown[:2] == ["How many?", "Ben has 4."] and len(shown) == 4
        assert all(line.startswith("Analysis:") for line in shown[2:]) and request.prompt.assistant == "Analysis:"


def written(model, text):
    """Return the line of at most 4 tokens that a model writes greedily after a text."""
    ids, line = model.tokenizer.encode(text), []
    for _ in range(4):
        line.append(int(model.model(torch.tensor([ids + line])).logits[0, -1].argmax()))
        if line[-1] in (model.tokenizer.eos_token_id, model.tokenizer.get_vocab()["\n"]):
            line.pop()
            break
    return f" {model.tokenizer.decode(line)}"


def test_passages_stand_behind_the_question_and_a_query_ends_the_row(tokenizer):
    queries = quotes = 0
    for _, *rest in lines(tokenizer, "retrieved", 40):
        passages = [text for text, _ in rest if re.match(r"\[", text)]
        assert not any(learned for text, learned in rest if text in passages)
        for text, learned in rest:
            if text.startswith("“"):
                sentence, cited = re.fullmatch(r"“(.+)” \[(.+)\]", learned).groups()
                assert f"[{cited}] {sentence}" in passages
                quotes += 1
        queries += rest[-1][0].startswith("Query: ")
        assert rest[-1][0].startswith(("Query: the ", "The answer is "))
    assert queries > 10 and quotes > 10


def test_a_student_without_hints_never_sees_one(tokenizer):
    labels = {tokenizer.get_vocab()[label] for label in ("Hint:", "Plan:", "Fault:")}
    texts = replace(UNHINTED_MIX, copies=0.0)  # copy rows are random tokens
    assert not any(labels & set(draw_row(random.Random(seed), texts, tokenizer).ids) for seed in range(150))


def test_the_teacher_is_ten_times_the_students_and_shares_leave_room_for_solutions(tokenizer):
    sizes = {size: new_model(tokenizer, size, seed=1).num_parameters() for size in (TEACHER, STUDENT, DEEP_STUDENT)}
    assert sizes[TEACHER] >= 10 * max(sizes[STUDENT], sizes[DEEP_STUDENT])
    assert sizes[TEACHER] < 3e6
    for recipe in RECIPES.values():
        assert 0.4 < sum(getattr(recipe.mix, kind) for kind in KINDS) < 1
