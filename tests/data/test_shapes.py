"""One row in the shape of each public data set, in words of our own."""

import pytest

from hintree.data import Fields, LeftOutWarning, RowError, read_cases, read_row
from hintree.data.fields import USUAL, read_fully

ASK = "How many eggs are in the nest?"
ABC = "(A) two\n(B) three\n(C) four"
TEXTS = ["two", "three", "four"]
CHAT = [{"role": "user", "content": ASK}]
OPEN = {
    "GSM8K": ({"question": ASK, "answer": "2 + 1 = <<2+1=3>>3\n#### 3"}, "3"),
    "MATH": ({"problem": ASK, "level": "Level 5", "type": "Algebra", "solution": r"So $\boxed{3}$."}, "3"),
    "MATH-500": ({"problem": ASK, "solution": r"$\boxed{3}$", "answer": "3", "subject": "Algebra", "level": 1}, "3"),
    "AIME": ({"ID": "x", "Problem": ASK, "Solution": "long", "Answer": 3}, "3"),
    "AMC": ({"id": 0, "problem": ASK, "answer": 3.0, "url": "u"}, "3"),
    "IMO-AnswerBench": ({"Problem ID": "x", "Problem": ASK, "Short Answer": "3", "Category": "Algebra"}, "3"),
    "ASDiv": ({"body": "", "question": ASK, "answer": "3 (eggs)", "formula": "2+1=3"}, "3 (eggs)"),
    "OlympiadBench": ({"question": ASK, "final_answer": ["3"], "solution": ["a"], "context": None, "unit": None}, "3"),
    "Minerva": ({"problem": ASK, "solution": r"\boxed{3}", "type": "physics", "idx": 2}, "3"),
    "Minerva, short": ({"question": ASK, "answer": "3"}, "3"),
    "MGSM": ({"question": ASK, "answer": None, "answer_number": 3, "equation_solution": None}, "3"),
    "MGSM, train": ({"question": ASK, "answer": "Step-by-Step Answer: 2+1=4. No.", "answer_number": 3}, "3"),
    "MultiArith": ({"question": ASK, "final_ans": "3"}, "3"),
    "MultiArith, raw": ({"iIndex": 1, "sQuestion": ASK, "lEquations": ["X=2+1"], "lSolutions": [3.0]}, "3"),
    "StrategyQA": ({"qid": "x", "term": "nest", "question": "Is it big?", "answer": True, "facts": ["a"]}, "yes"),
    "BoolQ": ({"question": "is it big", "answer": False}, "no"),
    "a statement": ({"question": "It is big. True or false?", "answer": True}, "True"),
    "BBH": ({"input": ASK, "target": "3"}, "3"),
    "BIG-bench": ({"inputs": ASK, "targets": ["3"], "idx": 4}, "3"),
    "NuminaMath": ({"source": "amc", "problem": ASK, "solution": r"\boxed{3}", "messages": CHAT}, "3"),
    "NuminaMath, chat": ({"messages": [*CHAT, {"role": "assistant", "content": r"So \boxed{3}."}]}, "3"),
    "OpenR1": ({"problem": ASK, "solution": "s", "answer": "3", "uuid": "u", "messages": CHAT, "generations": []}, "3"),
    "DeepMath": ({"question": ASK, "final_answer": "3", "difficulty": 4.5, "topic": "T", "r1_solution_1": "s"}, "3"),
    "DAPO": ({"prompt": CHAT, "reward_model": {"ground_truth": "3", "style": "rule"}, "data_source": "m"}, "3"),
    "ShareGPT": ({"conversations": [{"from": "human", "value": ASK}, {"from": "gpt", "value": "#### 3"}]}, "3"),
    "evals": ({"input": CHAT, "ideal": "3"}, "3"),
    "content parts": ({"messages": [{"role": "user", "content": [{"type": "text", "text": ASK}]}], "answer": 3}, "3"),
    "LiveBench": ({"question_id": "x", "turns": [ASK], "ground_truth": "3", "category": "math"}, "3"),
    "MetaMathQA": ({"type": "GSM", "query": ASK, "response": "2 + 1.\n#### 3\nThe answer is 3"}, "3"),
    "OpenMathInstruct": ({"problem": ASK, "expected_answer": "3", "generated_solution": "s"}, "3"),
    "MathInstruct": ({"instruction": ASK, "output": "The answer is 3"}, "3"),
    "TheoremQA": ({"Question": ASK, "Answer": "3", "Answer_type": "integer", "Picture": None}, "3"),
    "gsm-hard": ({"input": ASK, "code": "def solution(): ...", "target": 3.0}, "3"),
    "GSM-Plus": ({"question": ASK, "solution": "s", "answer": "3", "perturbation_type": "p", "seed_answer": "2"}, "3"),
    "GSM-Symbolic": ({"id": 1, "instance": 2, "question": ASK, "answer": "#### 3", "original_id": 4}, "3"),
    "SciBench": ({"problem_text": ASK, "answer_number": "3", "answer_latex": "3", "source": "s", "unit": " "}, "3"),
    "Math23K": ({"id": "1", "original_text": ASK, "equation": "x=3", "ans": "3"}, "3"),
    "verl": ({"prompt": CHAT, "extra_info": {"index": 3}, "reward_model": {"ground_truth": ["3"]}}, "3"),
    "SQuAD": ({"id": "x", "question": ASK, "answers": {"text": ["3", "3"], "answer_start": [1, 1]}}, "3"),
    "DROP": ({"query_id": "x", "question": ASK, "answers_spans": {"spans": ["3", "3"], "types": ["n", "n"]}}, "3"),
    "DROP, raw": ({"question": ASK, "answer": {"number": "3", "date": {"day": ""}, "spans": []}}, "3"),
    "DROP, a date": (
        {"question": ASK, "answer": {"number": "", "date": {"day": "3", "month": "May", "year": ""}, "spans": []}},
        "3 May",
    ),
    "hub viewer": ({"row_idx": 4, "row": {"question": ASK, "answer": "3"}, "truncated_cells": []}, "3"),
    "ORZ": ([{"from": "human", "value": ASK}, {"from": "assistant", "ground_truth": {"value": "3"}}], "3"),
    "PRM800K": ({"problem": ASK, "ground_truth_answer": "3", "ground_truth_solution": "s"}, "3"),
    "MMMU, open": ({"question": ASK, "options": "[]", "answer": "3"}, "3"),
    "flag": ({"question": ASK, "answer": "3", "correct": True}, "3"),
}
TWO_PARTS = {
    "SVAMP": {"ID": "c", "Body": "2 eggs, then 1 more.", "Question": ASK, "Equation": "( 2 + 1 )", "Answer": 3.0},
    "ASDiv": {"body": "2 eggs, then 1 more.", "question": ASK, "answer": "3 (eggs)"},
    "DROP": {"passage": "2 eggs, then 1 more.", "question": ASK, "answers_spans": {"spans": ["3"]}},
    "OlympiadBench": {"context": "2 eggs, then 1 more.", "question": ASK, "final_answer": ["3"]},
    "Alpaca": {"instruction": "2 eggs, then 1 more.", "input": ASK, "output": "3"},
    "TabMWP": {"table": "2 eggs, then 1 more.", "question": ASK, "answer": "3", "choices": None},
}
ARC = {"text": TEXTS, "label": ["A", "B", "C"]}
LABELLED = [{"label": mark, "text": text} for mark, text in zip("ABC", TEXTS, strict=True)]
CHOICE = {
    "AQuA": {
        "question": ASK,
        "options": ["A)two", "B)three", "C)four"],
        "rationale": "The answer is A",
        "correct": "B",
    },
    "MathQA": {"Problem": ASK, "Rationale": "a", "options": "a ) two , b ) three , c ) four", "correct": "b"},
    "MathQA, list": {"Problem": ASK, "options": "['a ) two', 'b ) three', 'c ) four']", "correct": "b"},
    "MMLU": {"question": ASK, "subject": "s", "choices": TEXTS, "answer": 1},
    "MMLU, columns": {"input": ASK, "A": "two", "B": "three", "C": "four", "target": "B"},
    "MMLU-Pro": {"question_id": 1, "question": ASK, "options": TEXTS, "answer": "B", "answer_index": 1, "src": "s"},
    "ARC": {"id": "x", "question": ASK, "choices": ARC, "answerKey": "B"},
    "ARC, numbers": {"question": ASK, "choices": ARC | {"label": ["1", "2", "3"]}, "answerKey": "2"},
    "ARC, raw": {"id": "x", "question": {"stem": ASK, "choices": LABELLED}, "answerKey": "B"},
    "CommonsenseQA": {"id": "x", "question": ASK, "question_concept": "egg", "choices": ARC, "answerKey": "B"},
    "OpenBookQA": {"id": "x", "question_stem": ASK, "choices": ARC, "answerKey": "B"},
    "MedQA": {
        "question": ASK,
        "options": {"A": "two", "B": "three", "C": "four"},
        "answer": "three",
        "answer_idx": "B",
    },
    "MedMCQA": {"question": ASK, "opa": "two", "opb": "three", "opc": "four", "cop": 1},
    "SIQA": {"question": ASK, "answerA": "two", "answerB": "three", "answerC": "four", "label": "2"},
    "option columns": {"question": ASK, "option1": "two", "option2": "three", "option3": "four", "answer": "2"},
    "SuperGPQA": {"uuid": "u", "question": ASK, "options": TEXTS, "answer": "three", "answer_letter": "B"},
    "AGIEval": {"passage": None, "query": ASK, "choices": ["(A)two", "(B)three", "(C)four"], "gold": [1]},
    "LogiQA": {"query": ASK, "options": TEXTS, "correct_option": 1},
    "HellaSwag, named": {"question": ASK, "endings": TEXTS, "label": "1"},
    "ReClor": {"question": ASK, "answers": TEXTS, "label": 1, "id_string": "x"},
    "BIG-bench": {"inputs": ASK, "targets": ["three"], "multiple_choice_targets": TEXTS},
    "Inspect": {"input": CHAT, "choices": TEXTS, "target": "B"},
    "option's text": {"question": ASK, "choices": TEXTS, "answer": "Three."},
    "letter and text": {"question": ASK, "choices": TEXTS, "answer": "(B) three"},
    "a sentence": {"question": ASK, "choices": TEXTS, "answer": "Three it is. #### B"},
    "a solution": {"question": ASK, "choices": TEXTS, "solution": "So the answer is B."},
    "TAL-SCQ": {"problem": ASK, "answer_option_list": [[one] for one in LABELLED], "answer_value": "B"},
    "HellaSwag": {"ctx": ASK, "endings": TEXTS, "label": "1", "activity_label": "x"},
    "PIQA": {"goal": ASK, "sol1": "two", "sol2": "three", "sol3": "four", "label": 1},
    "WinoGrande": {"sentence": ASK, "option1": "two", "option2": "three", "option3": "four", "answer": "2"},
    "lines": {"question": ASK, "choices": "A. two\nB. three\nC. four", "answer": "b"},
    "pandas": {"question": ASK, "choices": "['two' 'three'\n 'four']", "answer": "1"},
    "pandas, ARC": {
        "question": ASK,
        "choices": "{'text': array(['two', 'three',\n 'four'], dtype=object), 'label': array(['A', 'B', 'C'])}",
        "answerKey": "B",
    },
    "JSON": {"question": ASK, "choices": '["two", "three", "four"]', "answer": "1"},
}


def quiet(row):
    read = read_fully(row, USUAL)
    assert read.left_out == ()
    return read.case


@pytest.mark.parametrize(("row", "reference"), OPEN.values(), ids=OPEN.keys())
def test_an_open_question_keeps_its_text_and_answer(row, reference):
    case = quiet(row)
    inner = {} if isinstance(row, list) else row.get("row", row)
    question = inner.get("question", ASK)
    assert (case.problem.question, case.reference, case.choices) == (question, reference, ())


@pytest.mark.parametrize(
    ("question", "answer", "reference"),
    [
        ("What percentage of the 4 flowers are red?", "75", "75%"),
        ("By what percent did the price rise?", "12.5", "12.5%"),
        ("What percentage of the flowers are red?", "75%", "75%"),
        ("What percentage of the flowers are red?", "0.75", "0.75"),
        ("What percentage of the flowers are red?", "none", "none"),
        ("She sold 20 percent of 40 flowers. How many are left?", "32", "32"),
    ],
)
def test_a_question_that_asks_for_percent_has_a_reference_in_percent(question, answer, reference):
    assert read_row({"question": question, "answer": answer}).reference == reference


@pytest.mark.parametrize("row", TWO_PARTS.values(), ids=TWO_PARTS.keys())
def test_the_story_stands_before_the_question(row):
    case = quiet(row)
    assert case.problem.question.split() == f"2 eggs, then 1 more. {ASK}".split()
    assert case.reference.startswith("3")


def test_a_story_that_the_question_repeats_or_that_goes_on_is_joined_well():
    assert (
        quiet({"Body": "There are 2", "Question": "How many?", "Answer": 2}).problem.question
        == "There are 2, How many?"
    )
    whole = "There are 2. How many?"
    assert quiet({"Body": "There are 2.", "Question": whole, "Answer": 2}).problem.question == whole


@pytest.mark.parametrize("row", CHOICE.values(), ids=CHOICE.keys())
def test_multiple_choice_lists_its_options_and_the_reference_is_a_letter(row):
    case = quiet(row)
    assert (case.problem.question, case.reference) == (f"{ASK}\n\n{ABC}", "B")
    assert case.choices == case.problem.choices == ("two", "three", "four")


def test_right_and_wrong_answers_are_mixed_the_same_way_every_time():
    rows = [
        {"Question": f"{ASK} {i}", "Correct Answer": "three", **{f"Incorrect Answer {j}": f"no {j}" for j in (1, 2, 3)}}
        for i in range(40)
    ]
    cases = [quiet(row) for row in rows]
    assert {case.reference for case in cases} == set("ABCD")
    assert [case.choices["ABCD".index(case.reference)] for case in cases] == ["three"] * 40
    assert [quiet(row) for row in rows] == cases
    truthful = {"question": ASK, "best_answer": "three", "correct_answers": ["3"], "incorrect_answers": ["two", "four"]}
    assert sorted(quiet(truthful).choices) == sorted(TEXTS)
    sciq = {"question": ASK, "correct_answer": "three", "distractor1": "two", "distractor2": "four", "support": "s"}
    assert sorted(quiet(sciq).choices) == sorted(TEXTS)


def test_options_that_the_question_lists_already_are_not_repeated():
    question = f"{ASK}\nA. two\nB. three\nC. four"
    assert quiet({"question": question, "options": TEXTS, "answer": "B"}).problem.question == question
    bbh = quiet({"input": f"{ASK}\nOptions:\n{ABC}", "target": "(B)"})
    assert (bbh.reference, bbh.choices) == ("B", ("two", "three", "four"))


def test_several_right_options_and_several_answers():
    assert quiet({"question": ASK, "choices": TEXTS, "answer": ["A", "C"]}).reference == "A, C"
    assert quiet({"question": ASK, "choices": TEXTS, "answer": "AC"}).reference == "A, C"
    read = read_fully({"question": ASK, "answer": ["6", "-1"], "is_multiple_answer": True}, USUAL)
    assert (read.case.reference, read.left_out) == ("6, -1", ("several answers are read as one list",))


NUMBERS = ["0", "4", "2", "6"]


@pytest.mark.parametrize(("answer", "letter"), [(1, "B"), (3, "D"), ("4", "B"), ("2", "C"), ("C", "C"), (2.0, "C")])
def test_a_number_is_a_position_where_it_is_no_option(answer, letter):
    assert read_row({"question": ASK, "choices": NUMBERS, "answer": answer}).reference == letter


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"question": ASK, "choices": ["1", "2"], "answer": "1"}, "may be option A, B"),
        ({"question": ASK, "choices": ["5", "5"], "answer": "5"}, "may be option A, B"),
        ({"question": ASK, "choices": ["Two", "three", "two."], "answer": "two"}, "may be option A, C"),
        ({"question": ASK, "choices": TEXTS, "answer": 3}, "none of the 3 options"),
        ({"question": ASK, "choices": TEXTS, "answer": "D"}, "none of the 3 options"),
        ({"question": ASK, "choices": TEXTS, "answerKey": ""}, "no answer"),
        ({"question": ASK, "choices": ["x"] * 27, "answer": "A"}, "27 options"),
        ({"question": ASK, "choices": [{"a": 1}, {"a": 2}], "answer": "A"}, "an option is neither"),
        ({"question": ASK, "choices": {"text": TEXTS, "label": ["A"]}, "answer": "A"}, "3 options, but 1 labels"),
        ({"question": ASK, "choices": "none", "answer": "A"}, "one text in which none are found"),
        ({"question": ASK, "choices": 7, "answer": "A"}, "options are neither"),
        ({"problem": ASK, "answer": "proof"}, "no final answer"),
        ({"problem": ASK, "answer": "notfound"}, "no final answer"),
        ({"problem": ASK, "answer": "so " * 300}, "899 characters"),
        (
            {
                "problem": ASK,
                "answer": "He has 3 dozen eggs, and he eats 3.\n3 * 12 = 36\n36 - 3 = 33 eggs are then left over.",
            },
            "84 characters",
        ),
        ({"problem": ASK, "answer": "an egg " * 41}, "286 characters"),
        ({"problem": ASK, "answer": float("inf")}, "infinite"),
        ({"problem": ASK, "answer": {"style": "rule"}}, "neither a text nor a number"),
        ({"messages": [*CHAT, *CHAT], "answer": 1}, "2 user messages"),
        ({"messages": [{"role": "judge", "content": "x"}], "answer": 1}, "role 'judge'"),
        ({"messages": [{"role": "user", "content": 5}], "answer": 1}, "content of a message"),
    ],
)
def test_a_row_that_cannot_be_read_says_why(row, why):
    with pytest.raises(RowError, match=why):
        read_row(row)


@pytest.mark.parametrize(
    ("more", "remark"),
    [
        ({"image_1": {"bytes": b"x"}}, "the field image_1 is left out"),
        ({"Picture": "a.png"}, "the field picture is left out"),
        ({"context": {"title": ["t"]}}, "the field context is left out"),
        ({"options": ["one"]}, "options are left out, since there are fewer than 2"),
        ({"unit": "kJ"}, "the field unit is left out"),
        ({"answer": "C", "my_own_options": TEXTS}, "the answer is a letter, but no options are found"),
        ({"question": "See <image 1>."}, "an image in the question is left out"),
        ({"question": [{"role": "system", "content": "Be brief."}, *CHAT]}, "the system message is left out"),
    ],
)
def test_what_a_case_leaves_out_is_named(more, remark):
    assert read_fully({"question": ASK, "answer": "3", **more}, USUAL).left_out == (remark,)


def test_what_is_left_out_is_warned_about_once_with_counts(tmp_path):
    path = tmp_path / "my.jsonl"
    path.write_text("".join(f'{{"question": "q{i}", "answer": 1, "image": "{"a" * (i % 2)}"}}\n' for i in range(6)))
    with pytest.warns(LeftOutWarning) as found:
        assert len(read_cases(str(path))) == 6
    assert [str(one.message) for one in found] == [f"{path}: the field image is left out (3 of 6, first in line 2)"]


def test_any_field_can_be_named():
    row = {"text": ASK, "Key": {"Value": "3"}, "x": "two", "y": "three", "z": "four", "question": "no", "answer": "no"}
    assert read_row(row, Fields("text", "key.value")).reference == "3"
    row["Key"] = {"Value": "three"}
    case = read_row(row, Fields("TEXT", "Key.Value", "x+y+z"))
    assert (case.problem.question, case.reference) == (f"{ASK}\n\n{ABC}", "B")
    assert read_row({"a": "One.", "b": "Two?", "c": [{"d": 4}]}, Fields("a+b", "c.0.d")).problem.question == "One. Two?"
    for fields, why in (
        (Fields("nosuch"), "no field 'nosuch' .--question-field"),
        (Fields("text", "nosuch.a"), "--answer-field"),
        (Fields("text", "answer", "nosuch"), "--choices-field"),
        (Fields("Key"), "not a text"),
    ):
        with pytest.raises(RowError, match=why):
            read_row(row, fields)
