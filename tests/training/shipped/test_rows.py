import operator
import random
import re
from collections import Counter

import pytest

from hintree.lab import FAMILIES, problems
from hintree.lab.difficulty import Difficulty
from hintree.lab.oracle import next_hint, next_step
from hintree.lab.parse import parse_problem
from hintree.lab.problem import gold, solve, write_plan
from hintree.policies.leaks import leaks
from hintree.training.shipped.mix import Mix, draw_row
from hintree.training.shipped.prm_rows import made_up, prm_row
from hintree.training.shipped.recipes import CIRCUITS, COPYING, STUDENT_MIX, TEACHER_MIX, by_curriculum
from hintree.training.shipped.rows import GUIDED_WEIGHT, IGNORED, guided
from hintree.training.shipped.vocabulary import build_tokenizer

CALCULATE = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


everywhere = pytest.mark.parametrize("family", FAMILIES)


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer()


def encode(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False)


def learned(row):
    """Return for each token of a row whether it is learned."""
    assert len(row.ids) == len(row.labels)
    assert all(label in (token, IGNORED) for token, label in zip(row.ids, row.labels, strict=True))
    return [label != IGNORED for label in row.labels]


def rows(tokenizer, mix, n=25):
    return [draw_row(random.Random(seed), mix, tokenizer) for seed in range(n)]


def test_solutions_are_learned_after_the_question_only(tokenizer):
    for row in rows(tokenizer, Mix(steps=range(1, 9))):
        cut = row.ids.index(encode(tokenizer, "\n")[0]) + 1
        assert learned(row) == [False] * cut + [True] * (len(row.ids) - cut)
        assert row.ids[0] == tokenizer.bos_token_id
        assert row.ids[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(row.ids[cut:-1]).split("\n")[-1].startswith("The answer is ")
        assert tokenizer.decode(row.ids[1:cut]).endswith("?\n")


def test_drills_are_true_and_only_their_results_are_learned(tokenizer):
    seen = set()
    for row in rows(tokenizer, Mix(steps=(1,), drills=1.0)):
        words = tokenizer.convert_ids_to_tokens(row.ids[1:])
        for i in range(0, len(words), 6):
            left, op, right, equals, result, stop = words[i : i + 6]
            assert (equals, stop) == ("=", ".")
            assert CALCULATE[op](int(left), int(right)) == int(result)
            assert 1 <= int(result) <= 199
            seen.add(op)
        assert learned(row) == [False] + [False, False, False, False, True, False] * (len(words) // 6)
    assert seen == set("+-*/")


def test_large_drills_are_true_sums_and_differences_of_any_two_numbers(tokenizer):
    seen = []
    for row in rows(tokenizer, Mix(steps=(1,), large_drills=1.0), 60):
        words = tokenizer.convert_ids_to_tokens(row.ids[1:])
        for left, op, right, _, result, _ in zip(*(words[i::6] for i in range(6)), strict=True):
            assert CALCULATE[op](int(left), int(right)) == int(result)
            seen.append((op, int(left), int(right)))
    assert {op for op, *_ in seen} == set("+-")
    for op in "+-":  # the constants of facts are at most 40, but a bill and its change may be larger
        assert sum(right > 40 for o, _, right in seen if o == op) > 20


def test_copy_rows_learn_only_what_stood_before_at_distances_that_vary(tokenizer):
    distances = set()
    for row in rows(tokenizer, Mix(steps=(1,), copies=1.0)):
        places = [i for i, taught in enumerate(learned(row)) if taught]
        assert len(places) > 20
        for i in places:
            assert row.ids[i] in row.ids[1:i]
            distances.add(i - row.ids.index(row.ids[i]))
        assert not set(row.ids[1:]) & set(tokenizer.all_special_ids)
    assert len(distances) > 30


def test_recitals_learn_the_fact_after_its_label_and_lookups_only_values(tokenizer):
    for row in rows(tokenizer, Mix(steps=(2, 3), recitals=1.0)):
        question, *facts = tokenizer.decode(row.ids, skip_special_tokens=True).strip().split("\n")
        assert all(fact in question for fact in facts)
        taught = [i for i, y in zip(row.ids, row.labels, strict=True) if y >= 0]
        assert tokenizer.decode(taught) == " ".join(fact.split(" ", 1)[1] for fact in facts)
    for row in rows(tokenizer, Mix(steps=(2, 3), lookups=1.0)):
        first, second = tokenizer.decode(row.ids, skip_special_tokens=True).strip().split("\n")
        assert sorted(first[:-1].split(". ")) == sorted(second[:-1].split(". "))
        words = tokenizer.convert_ids_to_tokens([y for y in row.labels if y >= 0])
        assert set(words[1::2]) == {"."} and all(word.isdigit() for word in words[::2])


def lines(tokenizer, row):
    """Return the lines of a row as (text, set of whether its tokens are learned), without the start token."""
    found, tokens, flags = [], [], []
    for token, flag in list(zip(row.ids, learned(row), strict=True))[1:]:
        tokens.append(token)
        flags.append(flag)
        if token in (*encode(tokenizer, "\n"), tokenizer.eos_token_id):
            text = tokenizer.decode(tokens, skip_special_tokens=True).rstrip("\n")
            given = 1 if text.startswith("Hint:") else 0  # the label belongs to the prompt
            assert not any(flags[:given])
            found.append((text, set(flags[given:])))
            tokens, flags = [], []
    assert not tokens
    return found


@pytest.mark.parametrize("with_errors", [False, True])
@pytest.mark.parametrize("write_hint", [False, True])
@everywhere
def test_guided_rows_learn_only_the_hint_or_the_step_under_it(tokenizer, family, write_hint, with_errors):
    for seed, problem in enumerate(problems("train", range(1, 9), n=20, seed=2, families=(family,))):
        row = guided(random.Random(seed), problem, tokenizer, with_errors=with_errors, write_hint=write_hint)
        question, *history = lines(tokenizer, row)
        last = None if write_hint else history.pop()
        hint = history.pop()
        steps = [text for text, _ in history]
        assert question == (problem.question, {False})
        assert hint == (f"Hint: {next_hint(problem, steps)}", {write_hint})
        assert last == (None if write_hint else (next_step(problem, steps), {True}))
        assert all(flags == {False} for _, flags in history)
        assert row.weight == GUIDED_WEIGHT > 1
        assert row.labels[-1] == row.ids[-1]
        answered = not write_hint and last[0].startswith("The answer")
        assert (row.ids[-1] == tokenizer.eos_token_id) == answered


@everywhere
def test_a_plan_row_is_the_question_and_the_facts_to_use_in_order(tokenizer, family):
    for problem in problems("train", range(1, 9), n=20, seed=6, families=(family,)):
        plan = write_plan(problem)
        used = [step.split(" ")[0] for _, step in gold(problem)]
        assert re.findall(r"\(\d+\)", plan) == used[:-1]
        assert not leaks(plan, problem.question, [])
    row = draw_row(random.Random(5), Mix(steps=(4,), plans=1.0), tokenizer)
    start = learned(row).index(True)
    assert all(learned(row)[start:]) and row.ids[start - 2 : start] == encode(tokenizer, "\nPlan:")
    assert re.fullmatch(r"(\(\d+\) [\w ]+, ){3}\(\d+\) [\w ]+\.", tokenizer.decode(row.ids[start:]))


def kind(text):
    if re.fullmatch(r"<s>( ?\d+ [-+*/] \d+ = \d+\.)+", text):
        return "drill"
    if not text.startswith("<s> (1) "):
        return "copy"
    if "\nHint:" not in text:
        return "plan" if "\nPlan:" in text else "solution"
    return "hint" if text.rstrip("\n").rpartition("\n")[2].startswith("Hint:") else "hinted"


def test_an_order_row_names_the_facts_to_use_and_skips_those_that_only_state_a_number(tokenizer):
    skipped = 0
    for row in rows(tokenizer, Mix(steps=range(1, 8), orders=1.0)):
        text = tokenizer.decode(row.ids[1:])
        question, labels = text.split("\n,")
        assert [int(x) for x in re.findall(r"\d+", labels)] == [f.label for f in solve(parse_problem(question))]
        assert learned(row) == [False] * (len(row.ids) - labels.count("(")) + [True] * labels.count("(")
        assert row.weight > 1
        skipped += max(f.label for f in solve(parse_problem(question))) - 1 - labels.count("(")
    assert skipped > 10


def test_a_planned_row_is_a_solution_under_its_plan_which_is_only_read(tokenizer):
    for row in rows(tokenizer, Mix(steps=(3,), planned=1.0)):
        question, plan, *steps = tokenizer.decode(row.ids[1:-1]).split("\n")
        problem = parse_problem(question)
        assert plan == write_plan(problem)
        assert steps == [step for _, step in gold(problem)]
        taught = sum(learned(row)) - 1
        assert taught == len(encode(tokenizer, "\n".join(steps)))


def test_the_shares_of_a_mix_are_kept(tokenizer):
    mix = Mix(steps=(1, 2), drills=0.3, copies=0.1, hinted=0.25, hints=0.15)
    found = Counter(kind(tokenizer.decode(row.ids)) for row in rows(tokenizer, mix, 500))
    assert found["drill"] == pytest.approx(150, abs=40)
    assert found["copy"] == pytest.approx(50, abs=25)
    assert found["hinted"] == pytest.approx(125, abs=40)
    assert found["hint"] == pytest.approx(75, abs=30)
    assert found["solution"] == pytest.approx(100, abs=35)


def test_the_curriculum_begins_with_copying_and_ends_with_long_problems(tokenizer):
    draw = by_curriculum(tokenizer, TEACHER_MIX)
    at = {
        step: [tokenizer.decode(draw(random.Random(seed), step).ids) for seed in range(60)]
        for step in (0, 499, 500, 1_999, 2_000, 100_000)
    }
    assert {kind(text) for step in (0, 499) for text in at[step]} == {"copy"}
    short = Counter(kind(tokenizer.decode(draw(random.Random(seed), 500).ids)) for seed in range(300))
    assert min(short[name] for name in ("drill", "solution", "plan", "hinted")) > 2
    assert not any("(6)" in text for step in (500, 1_999) for text in at[step] if kind(text) != "copy")
    assert any("(8)" in text for text in at[2_000]) and at[2_000] == at[100_000]
    for mix in (CIRCUITS, TEACHER_MIX, STUDENT_MIX):
        shares = (mix.drills, mix.copies, mix.recitals, mix.lookups, mix.hinted, mix.hints, mix.orders, mix.plans)
        assert sum(shares) + mix.planned < 0.9


def test_no_row_is_longer_than_the_context(tokenizer):
    mixes = [COPYING, CIRCUITS, TEACHER_MIX, STUDENT_MIX, Mix(steps=(10,), hinted=0.4, hints=0.3, with_errors=0.5)]
    longest = max(len(row.ids) for mix in mixes for row in rows(tokenizer, mix, 60))
    rng = random.Random(0)
    for problem in problems("train", (10,), n=60, difficulty=Difficulty(distractors=(2,), dead_ends=0.5)):
        longest = max(longest, len(prm_row(tokenizer, *made_up(rng, problem)).ids))
    assert 200 < longest <= tokenizer.model_max_length == 1024
