import torch

from hintree.data import Case as Case
from hintree.scorers import PRMSpec, load_prm
from hintree.search import Problem
from hintree.training.prm.check import check, lab_pairs, plain_pairs
from hintree.training.prm.rows import SampledSolution, exact_labels
from tests.support.prm_checkpoints import CHECKPOINTS


def test_the_shipped_prm_passes_its_check_and_a_wrong_declaration_does_not(tmp_path):
    findings = {finding.name: finding for finding in check(load_prm("embedded:prm"))}
    assert {finding.state for finding in findings.values()} <= {"ok", "warn"}
    assert findings["right above wrong"].state == "ok"
    upside_down = check(load_prm("embedded:prm", PRMSpec(prompt="{question}\n", right=(0,))))
    assert {f.name for f in upside_down if f.state == "fail"} == {"right above wrong"}
    torch.manual_seed(0)
    folder = CHECKPOINTS["skywork"](tmp_path)
    spec = PRMSpec(separator="<extra_0>", head="tensors", tensors="v_head", activation="sigmoid")
    found = {finding.name: finding for finding in check(load_prm(str(folder), spec))}
    assert found["separator is one token"].state == "fail" and "--prm-spec" in found["separator is one token"].todo


def test_pairs_differ_in_the_last_step_only():
    assert len(plain_pairs()) == len(lab_pairs()) == 24
    for pair in [*plain_pairs(), *lab_pairs()]:
        assert pair.right != pair.wrong
    for pair in lab_pairs():
        draft = SampledSolution(Case(Problem(pair.question), ""), [*pair.steps, pair.right])
        assert exact_labels(draft) == [1.0] * len(draft.steps)
        assert exact_labels(draft._replace(steps=[*pair.steps, pair.wrong]))[-1] == 0.0
