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
from hintree.lab.forms import LABELS, NONE
from hintree.lab.parse import parse_problem
from hintree.models.local.model import LocalModel
from hintree.scorers import FAMILIES, PRM, VERIFIERS, GenerativeVerifier
from hintree.training.shipped.initialisation import new_model
from hintree.training.shipped.mix import KINDS, Mix, draw_row
from hintree.training.shipped.recipes import DEEP_STUDENT, RECIPES, STUDENT, TEACHER, UNHINTED_MIX
from hintree.training.shipped.rows import GUIDED_WEIGHT, IGNORED
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


FORMS = ("socratic", "sub_problems", "restated", "corrected", "judged", "retrieved", "informed", "mended")


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
    assert bool(seen - {""}) == (kind != "sub_problems")


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


@pytest.mark.filterwarnings("ignore:.*seldom answers with")  # the weights are random
def test_judges_ask_a_model_of_the_lab_what_the_rows_ask(tokenizer):
    made = new_model(tokenizer, STUDENT, seed=1)
    for weights in made.parameters():
        weights.data *= 0.3  # so that no token has all of the probability
    model, read = LocalModel("untrained", made, tokenizer), {}
    rows = [[text for text, _ in row[:3]] for row in lines(tokenizer, "judged")]
    for question, step, verdict in rows:
        read.setdefault(verdict.split(" ")[0], f"{question}\n{step}\n")
    for label, words, build in (
        ("Right:", ("yes", "no"), lambda: PRM(model, FAMILIES["yes-no"])),
        ("Grade:", "0123456789", lambda: PRM(model, FAMILIES["digits"])),
        ("Analysis:", ("yes", "no"), lambda: GenerativeVerifier(model, model, VERIFIERS["genprm"]._replace(tokens=4))),
        ("Analysis:", ("yes", "no"), lambda: GenerativeVerifier(model, model, VERIFIERS["think"]._replace(tokens=4))),
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
        PRM(LocalModel("older", made, older), FAMILIES["digits"])


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
