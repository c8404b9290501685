"""Study files: all settings are resolved, and errors name the line."""

import json
import re
from pathlib import Path

import pytest

from hintree.cli import main
from hintree.errors import UsageError
from hintree.experiments import shipped_studies
from hintree.experiments.study.resolve import resolve, select
from hintree.experiments.study.run import load
from hintree.experiments.study.store import Store
from hintree.experiments.study.store_study import study_hash
from hintree.experiments.study.variables import FOLDERS
from hintree.policies import shipped_format
from hintree.search import Problem, Tree
from hintree.search.core.hints import Hint
from hintree.yaml_file import parse, put, read
from tests.support.scripted import written

STUDIES = shipped_studies()
SMALL_STUDIES = {"equal_accuracy": 5, "gsm8k/greedy": 2, "gsm8k/pool": 1}
"""Shipped studies of fewer than six arms, with their number."""
SMALL = """problems: lab:test?n=3&steps=2-3
seeds: [0]
arms:
  student: greedy
  smart:
    preset: greedy
    scorer: embedded:prm
    teacher: embedded:teacher
    rewrite: {stages: [teacher], accept: always}
    grid:
      rewrite.threshold: [0.2, 0.5]
      keep: {kept: {keep_hints: true}, dropped: {}}
"""


def study(text, **replaced):
    for old, new in replaced.items():
        text = text.replace(old, new)
    return resolve(parse("s.yaml", text))


def test_arms_are_presets_settings_and_grids_laid_over_each_other():
    data, cases = study(SMALL)
    assert list(data["arms"]) == [
        "student",
        *(f"smart / threshold={t} / {k}" for t in (0.2, 0.5) for k in ("kept", "dropped")),
    ]
    smart = data["arms"]["smart / threshold=0.5 / kept"]
    assert smart["rewrite"] == {
        "threshold": 0.5, "trigger": "score", "stages": ["teacher"], "accept": "always", "when": "after", "final": True,
        "limit": None, "per": "parent", "margin": 0.0, "weights": [],
    }  # fmt: skip
    assert (smart["hinter"], smart["scorer"], smart["keep_hints"]) == (None, "embedded:prm", True)
    assert (smart["device"], smart["dtype"]) == ("cpu", "float64")
    assert set(smart["weights"]) == {"embedded:student", "embedded:prm", "embedded:teacher"}
    assert (data["name"], data["baseline"], len(cases)) == ("s", "student", 3)
    assert json.loads(json.dumps(data)) == data


def test_a_search_that_is_named_starts_from_its_own_defaults():
    head = "problems: lab:test?n=1\ndefaults: {search: {name: beam, width: 7}}\n"
    arms = study(head + "arms:\n  a: {search.branch: 2}\n  b: {search: mcts}\n").data["arms"]
    assert (arms["a"]["search"]["width"], arms["a"]["search"]["branch"]) == (7, 2)
    assert arms["b"]["search"]["name"] == "mcts" and "width" not in arms["b"]["search"]


def test_texts_stand_for_lists_of_names_and_for_the_choice_of_a_selection():
    head = "problems: lab:test?n=1\ndefaults: {search: {name: beam, actions: decompose+query}}\n"
    arms = study(head + "arms:\n  a: {selection: majority, rewrite.stages: hint+teacher}\n").data["arms"]
    assert arms["a"]["search"]["actions"] == ["decompose", "query"]
    assert (arms["a"]["selection"]["choice"], arms["a"]["rewrite"]["stages"]) == ("majority", ["hint", "teacher"])


def test_roles_and_rules_are_taken_out_with_none():
    arms = study("problems: lab:test?n=1\narms:\n  a: {hinter: none, rewrite: null}\n").data["arms"]
    assert arms["a"]["hinter"] is None and arms["a"]["rewrite"] is None and arms["a"]["teacher"] == "embedded:teacher"


WRONG = {
    "key": ("problems", "problms", r"line 1: 'problms' is not known; did you mean 'problems'\?"),
    "arm key": ("scorer:", "scorr:", r"line 7: 'scorr' is not known; did you mean 'scorer'\?"),
    "rewrite key": ("accept: always", "acept: always", r"line 9: 'acept' is not known; did you mean 'accept'\?"),
    "grid key": (
        "rewrite.threshold: [",
        "rewrite.treshold: [",
        r"line 11: 'treshold' is not known; did you mean 'thresh",
    ),
    "rung": ("[teacher]", "[tutor]", r"line 9: rewrite\.stages\.0: .*'hint', 'correct', 'resample' or.*'tutor'"),
    "value": ("[0.2, 0.5]", "[0.2, high]", r"line 11: rewrite\.threshold: .*'high'"),
    "range": ("[0.2, 0.5]", "[0.2, -1]", r"line 5: arm 'smart': .*threshold=-1"),
    "preset": ("student: greedy", "student: gredy", r"line 4: preset 'gredy'"),
    "model": ("embedded:prm", "embedded:prn", r"line 5: .*embedded:prn"),
    "seconds": ("preset: greedy", "budget: {seconds: 3}", r"line 6: no seconds in a study"),
    "budget": ("preset: greedy", "budget: {teacher: 3}", r"line 6: 'teacher' is not known; did you mean"),
    "search": ("preset: greedy", "search: bean", r"line 6: search: 'bean' is not known; did you mean 'beam'\?"),
    "search key": ("preset: greedy", "search: {name: beam, widht: 2}", r"line 6: 'widht' .* did you mean 'width'\?"),
    "sampling": ("preset: greedy", "sampling: {temperature: hot}", r"line 6: sampling\.temperature: .*'hot'"),
    "seeds": ("seeds: [0]", "seeds: [0, 0]", r"line 2: a seed is given twice"),
    "problems": ("lab:test?n=3&steps=2-3", "[1]", r"line 1: problems: \[1\] is not a text"),
    "seeds' kind": ("seeds: [0]", "seeds: x", r"line 2: seeds: 'x' is not a list"),
    "seed": ("seeds: [0]", "seeds: [zero]", r"line 2: seeds\.0: .*'zero'"),
    "baseline": ("seeds: [0]", "baseline: studnet", r"line 2: baseline: 'studnet' .* did you mean 'student'\?"),
    "source": ("lab:test?n=3&steps=2-3", "nowhere.jsonl", r"line 1: nowhere\.jsonl: no such file"),
    "twins": ("[0.2, 0.5]", "[0.2, 0.20]", r"line 5: there are two arms"),
    "same": ("keep_hints: true", "keep_hints: false", r"line 5: the arms .* are the same"),
    "twice": ("seeds: [0]", "problems: b", r"line 2: the key 'problems' is given twice"),
    "comma": ("smart:", "a, b:", r"line 5: arm 'a, b': no comma"),
    "alias": ("seeds: [0]", "seeds: &s [0]\nname: *s", r"aliases \(\*s\)"),
    "yaml": ("seeds: [0]", "seeds: [0", r"s\.yaml: not YAML: .*line"),
    "date": ("seeds: [0]", "seeds: [2020-99-99]", r"line 2: "),
    "many": ("[0.2, 0.5]", f"[{', '.join(map(str, range(6000)))}]", r"more than 10000 arms"),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_with_its_line(old, new, message):
    with pytest.raises(UsageError, match=message):
        study(SMALL, **{old: new})


@pytest.mark.parametrize(
    "text", ["", "[]", "text", "problems: lab:test", "problems: lab:test?n=1\narms: {}", "\0", "- " * 5000]
)
def test_what_is_no_study_is_refused(text):
    with pytest.raises(UsageError, match=r"^s\.yaml"):
        study(text)


def test_values_are_set_from_the_command_line_and_change_the_hash():
    text = parse("s.yaml", SMALL)
    before = resolve(text)
    put(text.data, "arms.smart.rewrite.final", "false")
    put(text.data, "arms.student.sampling.temperature", "0.5")
    put(text.data, "seeds", "[4, 5]")
    after = resolve(text)
    assert after.data["seeds"] == [4, 5] and after.data["arms"]["student"]["sampling"]["temperature"] == 0.5
    assert not after.data["arms"]["smart / threshold=0.2 / kept"]["rewrite"]["final"]
    assert study_hash(*before) != study_hash(*after) and study_hash(*before) == study_hash(*study(SMALL))
    with pytest.raises(UsageError, match="not in a mapping"):
        put(text.data, "seeds.x", "1")


def test_arms_are_selected_by_name_with_all_points_of_their_grids():
    names = list(study(SMALL).data["arms"])
    assert select(names, None) == names
    assert select(names, "smart") == names[1:]
    assert select(names, "smart / threshold=0.2 / kept,student") == names[:2]
    with pytest.raises(UsageError, match=r"did you mean 'student'\?"):
        select(names, "studnet")


def test_a_folder_of_the_same_name_does_not_hide_a_shipped_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scorers").mkdir()
    assert load(Path("scorers"), ["problems=lab:test?n=9"]).data["name"] == "scorers"


def test_a_former_name_of_a_shipped_study_is_accepted():
    few = ["problems=lab:test?n=9"]
    assert load(Path("ladder"), few).data == load(Path("escalation"), few).data


@pytest.mark.parametrize("name", STUDIES)
def test_the_shipped_studies_can_be_run(name, tmp_path, monkeypatch):
    for variable in FOLDERS:
        monkeypatch.setenv(variable, str(tmp_path))
    for model in ("qwen05.gguf", "qwen15.gguf"):
        (tmp_path / model).write_bytes(b"GGUF")
    rows = [json.dumps({"id": str(i), "question": f"{i}?", "answer": "1"}) for i in range(40)]
    (tmp_path / "gsm8k_test_dev.jsonl").write_text("\n".join(rows))
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "twins.jsonl").write_text("\n".join(rows))
    monkeypatch.chdir(tmp_path)
    problems = read(STUDIES[name]).data["problems"]
    fewer = re.sub(r"(?<=\bn=)\d+", "40", problems)  # to draw those of the lab takes longer than all the rest
    study = load(Path(name), [f"problems={fewer}"])
    most = study.data["limit"] or 40
    assert len(study.data["arms"]) >= SMALL_STUDIES.get(name, 6) and len(study.cases) >= min(40, most)


def test_a_study_is_run_resumed_and_read_again_with_real_models_and_controls(tmp_path, capsys):
    file = tmp_path / "small.yaml"
    file.write_text(
        "problems: lab:test?n=2&steps=2&seed=1\narms:\n  exact: {preset: beam, scorer: exact, hinter: exact}\n"
        "  random: {preset: beam, scorer: random, hinter: other, keep_hints: true, budget.reasoner_tokens: 60}\n"
    )
    command = ["run", str(file), "--out", str(tmp_path / "run"), "--record", str(tmp_path / "recordings")]
    assert main([*command, "--arms", "exact", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["arm"] for row in rows] == ["exact"] * 2 and all(row["right"] for row in rows)
    assert main(command) == 2
    assert main([*command, "--resume"]) == 0
    shown = capsys.readouterr()
    assert "4/4" in shown.err and "random" in shown.out
    assert len(list((tmp_path / "recordings").glob("reasoner-*.jsonl"))) == 2, "with and without hints in prompts"
    with Store.open(tmp_path / "run") as store:
        results = list(store.results())
        assert [r.arm for r in results] == ["exact", "exact", "random", "random"]
        for result in results:
            tree = store.tree(result.arm, result.problem, 0)
            assert result.ledger["reasoner"].generated_tokens == sum(n.step.tokens for n in tree if n.parent)
            assert tree.problem.question == store.problems()[result.problem].question
        assert store.meta("versions")["hintree"] and store.meta("hardware")["cpus"]
    assert len((tmp_path / "run" / "results.csv").read_text().splitlines()) == 5
    assert main(["view", str(tmp_path / "run"), "--to", str(tmp_path / "pages")]) == 0
    assert len(list((tmp_path / "pages").glob("problem-*.html"))) == 2
    assert main(["export", str(tmp_path / "run"), "--to", str(tmp_path / "prm.jsonl")]) == 0
    assert (tmp_path / "prm.jsonl").stat().st_size > 0


def test_hints_leave_the_prompt_after_their_step_unless_they_are_kept():
    tree = Tree(Problem("Q?"))
    first = tree.add(tree.root, written("one"), "reasoner", hint=Hint("look"))
    path = tree.add(first, written("two"), "reasoner").path()
    lab, problem = shipped_format("lab"), Problem("Q?")
    assert lab.step(problem, path, Hint("now")).assistant == "one\ntwo\nHint: now\n"
    assert lab.step(problem, path, Hint("now"), keep_hints=True).assistant == "Hint: look\none\ntwo\nHint: now\n"


BAD = {
    "no out": ["s.yaml"],
    "no study": ["hnts", "--out", "x"],
    "no file": ["nowhere.yaml", "--out", "x"],
    "shard": ["s.yaml", "--out", "x", "--shard", "3/2"],
    "workers": ["s.yaml", "--out", "x", "--workers", "0"],
    "record": ["s.yaml", "--out", "x", "--record", "y", "--workers", "2"],
    "set": ["s.yaml", "--out", "x", "--set", "seeds"],
}


@pytest.mark.parametrize("args", BAD.values(), ids=BAD.keys())
def test_bad_options_get_one_clear_line(args, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(SMALL)
    assert main(["run", *args]) == 2
    assert len([line for line in capsys.readouterr().err.splitlines() if line.startswith("hintree: error: ")]) == 1
    assert not Path("x").exists()
