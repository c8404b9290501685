"""Money, Pareto fronts, and the same search by the teacher, on small tables whose right values are known."""

import pytest

from hintree.cli import main
from hintree.errors import UsageError
from hintree.experiments import STUDIES
from hintree.experiments.report import fronts, same_search
from hintree.experiments.report.costs import compute_table, cost_table
from hintree.experiments.report.load import alone as teachers_alone
from hintree.experiments.report.prices import Price, Prices, read_prices, role_models
from hintree.experiments.study.resolve import resolve
from hintree.yaml_file import parse
from tests.support.report_study import by_arm, rows_of
from tests.support.small_results import arm, attempt, results_of

TEACHER, STUDENT, HINTER = "embedded:teacher", "embedded:student", "embedded:hinter"
ALONE = arm("greedy", reasoner=TEACHER)
PRICES = Prices("USD", {TEACHER: Price(2.0, 10.0), STUDENT: Price(0.0, 1.0), "big": Price(1.0, 1.0)})


def test_money_is_the_price_of_prompt_and_generated_tokens_and_a_dash_where_a_price_is_missing():
    arms = {"greedy": arm("greedy"), "hintree": arm("hintree"), "teacher": ALONE}
    attempts = {
        "greedy": [attempt(reasoner=100), attempt(reasoner=300, right=False)],
        "hintree": [attempt(reasoner=100, hinter=10)],
        "teacher": [attempt(teacher=50)],
    }
    results = results_of(arms, attempts, teacher="teacher", alone=["teacher"], prices=PRICES)
    table = cost_table(results)
    money = {row[0]: row[-1] for row in table.rows}
    assert table.columns[-1].head == "USD"
    assert money["greedy"].value == pytest.approx(200 / 1e6)
    assert money["teacher"].value == pytest.approx((2 * 500 + 10 * 50) / 1e6)
    assert table.columns[-1].show(money["hintree"]) == "-"
    assert by_arm(compute_table(results))["greedy"]["USD per solved"].value == pytest.approx(400 / 1e6)
    assert by_arm(cost_table(results_of(arms, attempts)))["greedy"].keys() == by_arm(table)["greedy"].keys() - {"USD"}


def test_gflops_of_a_model_of_unknown_size_are_a_dash():
    served = attempt(reasoner=100, scorer=5)
    served.ledger["reasoner"].flops = 0.0
    table = cost_table(results_of({"served": arm("beam")}, {"served": [served]}))
    shown = dict(
        zip(
            [c.head for c in table.columns],
            (c.show(x) for c, x in zip(table.columns, table.rows[0], strict=True)),
            strict=True,
        )
    )
    assert [shown[head] for head in ("reasoner GFLOPs", "GFLOPs", "GFLOPs without scorer")] == ["-"] * 3
    assert shown["scorer GFLOPs"].startswith("5 ") and shown["hinter GFLOPs"].startswith("0 ")


def test_a_role_has_the_model_that_answers_for_it():
    assert role_models(arm("specreason"))["scorer"] == TEACHER
    assert role_models(arm("beam"))["scorer"] == "embedded:prm"
    assert role_models(arm("beam", scorer="confidence"))["scorer"] is None
    assert role_models(arm("hinted", hinter="other:big"))["hinter"] == "big"
    assert PRICES.of("http://host:8000/v1#big") == Price(1.0, 1.0) and PRICES.of("other") is PRICES.of(None) is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("gpt: {prompt: 1, generated: 2}", "expected `currency: NAME` and `models:`"),
        ("models:\n  gpt: {prompt: 1}", "line 2: gpt: expected {prompt: NUMBER, generated: NUMBER}"),
        ("models:\n  gpt: {prompt: -1, generated: 2}", "line 2: gpt"),
        ("models:\n  gpt: {prompt: .inf, generated: 2}", "line 2: gpt"),
        ("models: [", "not YAML"),
    ],
)
def test_a_file_of_prices_is_read_or_refused_in_one_line(tmp_path, text, error):
    file = tmp_path / "prices.yaml"
    file.write_text("currency: EUR\nmodels:\n  gpt: {prompt: 0.5, generated: 2}\n")
    assert read_prices(file) == Prices("EUR", {"gpt": Price(0.5, 2.0)})
    file.write_text(text)
    with pytest.raises(UsageError, match=r"prices\.yaml") as raised:
        read_prices(file)
    assert error in str(raised.value) and "\n" not in str(raised.value)


def test_the_default_preset_is_on_the_fronts_on_which_no_arm_beats_it():
    arms = {"greedy": arm("greedy"), "ours": arm("hintree"), "rsd": arm("rsd"), "teacher": ALONE}
    attempts = {
        "greedy": [attempt(reasoner=10), attempt(reasoner=10, right=False)],
        "ours": [attempt(reasoner=20, teacher=2, scorer=90), attempt(reasoner=20, teacher=2, scorer=90)],
        "rsd": [attempt(reasoner=20, teacher=5), attempt(reasoner=20, teacher=5, right=False)],
        "teacher": [attempt(teacher=60), attempt(teacher=60)],
    }
    results = results_of(arms, attempts, teacher="teacher", alone=["teacher"])
    assert fronts.front(results, "teacher tokens") == ["greedy", "ours"]
    assert fronts.front(results, "GFLOPs") == ["greedy", "teacher"]
    assert fronts.front(results, "GFLOPs without scorer") == ["greedy", "ours"]
    assert fronts.standing(results) == (
        "the default preset hintree (arm ours) is on the Pareto front of accuracy against teacher tokens and against "
        "GFLOPs without scorer, and not on that against GFLOPs"
    )
    exact = {"exact": arm("rsd", scorer="exact")} | arms
    bound = results_of(exact, {"exact": [attempt(reasoner=1)] * 2} | attempts, teacher="teacher", alone=["teacher"])
    assert fronts.front(bound, "GFLOPs") == ["greedy", "teacher"]
    rows = by_arm(fronts.fronts_table(results))
    assert set(rows) == {"greedy", "ours", "teacher"} and rows["ours"]["front of GFLOPs"] == "no"
    assert "is no arm of this study" in fronts.standing(results_of({"rsd": arms["rsd"]}, {"rsd": attempts["rsd"]}))
    worse = {"ours": [attempt(right=False, reasoner=9, teacher=70)] * 2, "teacher": attempts["teacher"]}
    beaten = results_of({"ours": arms["ours"], "teacher": ALONE}, worse, teacher="teacher", alone=["teacher"])
    assert fronts.standing(beaten).endswith("is on none")


def test_a_method_is_held_against_the_teacher_in_the_same_search():
    search = {**arm("hintree")["search"], "name": "beam", "width": 1, "branch": 2}
    arms = {
        "hintree": arm("hintree", search=search),
        "rsd": arm("rsd"),
        "hawkeye": arm("hawkeye"),
        "mur": arm("mur"),
        "teacher": ALONE,
        "teacher in a beam": arm("hintree", reasoner=TEACHER, hinter=None, teacher=None, rewrite=None, search=search),
    }
    attempts = {
        "hintree": [attempt(reasoner=50, hinter=9, teacher=4), attempt(right=False, reasoner=50, teacher=6)],
        "rsd": [attempt(reasoner=50, teacher=10)] * 2,
        "hawkeye": [attempt(reasoner=50, hinter=30)] * 2,
        "mur": [attempt(reasoner=50)] * 2,
        "teacher": [attempt(teacher=100)] * 2,
        "teacher in a beam": [attempt(teacher=200)] * 2,
    }
    results = results_of(arms, attempts, teacher="teacher", alone=["teacher", "teacher in a beam"])
    rows = by_arm(same_search.same_search_table(results))
    assert list(rows) == ["hintree", "rsd", "hawkeye", "mur"]
    ours = rows["hintree"]
    assert ours["teacher alone"] == "teacher in a beam"
    assert ours["of its tokens, %"].value == pytest.approx(10 / 400)
    assert ours["of tokens of one chain, %"].value == pytest.approx(10 / 200)
    assert (ours["of its accuracy, %"].value, ours["accuracy, difference, points"].value) == (0.5, -0.5)
    assert ours["of its GFLOPs, %"].value == pytest.approx((50 + 9 + 4 + 50 + 6) / 400)
    assert rows["rsd"]["teacher alone"] == "teacher"
    assert rows["hawkeye"]["of its tokens, %"].value == pytest.approx(0.3), "its hinter is the teacher's model"
    assert rows["mur"]["teacher alone"] == "not in this study: no arm of the teacher has this search"
    assert rows["mur"]["of its tokens, %"] is None


@pytest.mark.parametrize(
    ("study", "size", "least", "without"),
    [
        ("methods", "n=1000", 40, {"self-consistency", "best-of-8"}),
        ("decomposition", "n=500", 12, {*(f"votes / {tokens}" for tokens in (500, 1000, 2000, 4000))}),
    ],
)
def test_a_study_has_the_teacher_in_the_search_of_every_preset(study, size, least, without):
    text = (STUDIES / f"{study}.yaml").read_text().replace(size, "n=1")
    arms = resolve(parse(f"{study}.yaml", text)).data["arms"]
    alone = teachers_alone(arms)
    results = results_of(arms, {name: [attempt(reasoner=1)] for name in arms}, teacher="teacher", alone=alone)
    rows = rows_of(same_search.same_search_table(results))
    lacking = {row["arm"] for row in rows if str(row["teacher alone"]).startswith("not in this study")}
    assert len(rows) > least and lacking == without


def test_a_missing_file_of_prices_is_an_error_before_anything_is_read(tmp_path, capsys):
    assert main(["report", str(tmp_path), "--prices", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err
