"""MCTS and AB-MCTS: selection against formulas written anew, backups, batches, widening, posteriors."""

import math
import random
from collections import Counter
from statistics import fmean, pvariance

import pytest

from hintree.search import ABMCTS, MCTS, HintOutput, Position, Problem, Rejection, Rewrite, Tree, choose
from hintree.search.algorithms.ab_mcts import RunningStats, SubtreeStats, observed_score
from tests.support.scripted import Scripted, hints, random_roles, scores, solve, solve_one, steps, written


def grown(visits, values, sure=(0.5, 0.5, 0.5)):
    """A root with children that were visited so often, with these mean values and token probabilities."""
    tree = Tree(Problem("q", "p"))
    for i, (n, value, chance) in enumerate(zip(visits, values, sure, strict=True)):
        node = tree.add(tree.root, written(f"s{i}", sure=chance), "reasoner", position=Position(i))
        node.visits, node.value = n, value
    tree.root.visits, tree.root.children_requested = sum(visits), len(visits)
    return tree


CASES = [([3, 1, 1], [0.9, 0.2, 0.4]), ([10, 10, 3], [0.5, 0.6, 0.55]), ([50, 2, 2], [0.8, 0.1, 0.7])]


@pytest.mark.parametrize("c", [0.0, 0.3, 1.4, 5.0])
@pytest.mark.parametrize(("visits", "values"), CASES)
def test_uct_takes_the_child_that_the_formula_says(visits, values, c):
    tree = grown(visits, values)
    total = sum(visits)
    bounds = [q + c * math.sqrt(math.log(total) / n) for n, q in zip(visits, values, strict=True)]
    assert MCTS(branch=3, c=c).select(tree, {}).step.text == f"s{bounds.index(max(bounds))}"


@pytest.mark.parametrize("c", [0.0, 0.3, 1.4, 5.0])
@pytest.mark.parametrize("sure", [(0.5, 0.5, 0.5), (0.1, 0.2, 0.9)])
@pytest.mark.parametrize(("visits", "values"), CASES)
def test_puct_takes_the_child_that_the_formula_says(visits, values, sure, c):
    tree = grown(visits, values, sure)
    total = sum(visits)
    bounds = [q + c * p / sum(sure) * math.sqrt(total) / (1 + n) for n, q, p in zip(visits, values, sure, strict=True)]
    assert MCTS(branch=3, c=c, rule="puct").select(tree, {}).step.text == f"s{bounds.index(max(bounds))}"


def test_a_visit_under_way_counts_as_a_loss():
    tree = grown([4, 4, 4], [0.6, 0.5, 0.1])
    search = MCTS(branch=3, c=0.5)
    virtual_loss = {}
    chosen = []
    for _ in range(3):
        leaf = search.select(tree, virtual_loss)
        chosen.append(leaf.step.text)
        for node in (tree.root, leaf):
            virtual_loss[node.id] = virtual_loss.get(node.id, 0) + 1
    assert chosen[:2] == ["s0", "s1"]


def test_noise_mixes_into_the_roots_priors_only_and_sums_to_one():
    tree = grown([1, 1, 1], [0.5] * 3, (0.2, 0.3, 0.5))
    children = tree.root.children
    plain, noisy = MCTS(rule="puct").priors(tree.root, children), MCTS(noise=0.25).priors(tree.root, children)
    assert plain == pytest.approx([0.2, 0.3, 0.5]) and noisy != pytest.approx(plain)
    assert sum(noisy) == pytest.approx(1) and all(n >= 0.75 * p for n, p in zip(noisy, plain, strict=True))
    assert MCTS(noise=0.25).priors(children[0], children) == pytest.approx(plain)
    assert MCTS(noise=0.25).priors(tree.root, children) == noisy


SETTINGS = {
    "plain": MCTS(20, 3, depth=6),
    "batched": MCTS(20, 3, batch=5, depth=6),
    "widening": MCTS(20, 2, widen=0.5, depth=6),
    "rollouts": MCTS(8, 2, value="rollout", depth=6),
}


@pytest.mark.parametrize("search", SETTINGS.values(), ids=SETTINGS.keys())
def test_the_visits_of_a_step_are_its_own_and_those_of_its_children(search):
    for run in solve(random_roles(), search, count=12).values():
        for node in run.tree:
            below = sum(child.visits for child in node.children)
            own = node.visits - below
            if node.status == "terminal" or search.value != "score":
                assert own >= 0, node
            else:
                assert own in (0, 1), node
        assert all(node.visits >= 1 for node in run.tree if node.status not in ("pruned", "rejected"))
        backed = [node for node in run.tree if node.visits]
        assert all(-1e-9 <= node.value <= 1 + 1e-9 for node in backed)


def test_a_value_is_the_mean_score_of_all_that_was_written_below():
    compared = 0
    for run in solve(random_roles(odd=False), MCTS(15, 3, depth=9), count=12).values():
        if any(n.visits > 1 for n in run.tree.terminals()):
            continue
        below = {node.id: [] for node in run.tree}
        for node in run.tree:
            if node.status in ("open", "terminal", "failed") and node.parent is not None:
                for at in (run.tree.root, *node.path()):
                    below[at.id].append(0.0 if node.score is None else node.score)
        for node in run.tree:
            if node.visits:
                assert node.value == pytest.approx(fmean(below[node.id])), node
                compared += 1
    assert compared > 0


def test_parallel_simulations_write_no_duplicate_requests():
    rounds = []
    for batch in (1, 4, 16):
        roles = random_roles(odd=False)
        run = solve_one(roles, MCTS(32, 2, batch=batch, depth=8, c=3.0))
        assert len(roles["reasoner"].requests()) == len(run.tree) - 1 <= 64
        rounds.append(len(roles["reasoner"].batches))
    assert rounds[0] > rounds[1] > rounds[2]


@pytest.mark.parametrize(("simulations", "children"), [(2, 2), (10, 6), (30, 11), (60, 14)])
def test_widening_gives_the_root_as_many_children_as_its_visits_allow(simulations, children):
    """Every simulation starts at the root and writes all children that the visits so far allow there."""
    earlier, run = (
        solve_one(random_roles(odd=False), MCTS(count, 2, widen=0.5, depth=8, c=0.5))
        for count in (simulations - 1, simulations)
    )
    assert run.tree.root.children_requested == math.floor(2 * earlier.tree.root.visits**0.5) == children
    assert all(n.children_requested <= math.floor(2 * max(1, n.visits) ** 0.5) for n in run.tree)


def test_without_widening_every_expanded_step_has_branch_children():
    narrow = solve_one(random_roles(odd=False), MCTS(60, 2, depth=8, c=0.5))
    assert {node.children_requested for node in narrow.tree if node.children_requested} == {2}


def test_rollouts_end_in_solutions_and_stay_in_the_tree():
    run = solve_one(random_roles(odd=False), MCTS(1, 3, value="rollout", depth=9))
    fresh = [node for node in run.tree.root.children if node.status != "pruned"]
    assert all(any(end.status == "terminal" for end in run.tree if node in end.path()) for node in fresh)


def test_a_step_is_rewritten_at_its_first_visit_or_at_its_expansion():
    visits, calls = {}, {}
    for mend in ("visit", "expansion"):
        roles = random_roles(odd=False)
        runs = solve(roles, MCTS(10, 3, depth=7, c=0.3, mend=mend), Rewrite(0.7, per="step"), count=3).values()
        rejected = [n for run in runs for n in run.tree if n.rejected_because is Rejection.REWRITTEN]
        visits[mend] = {min(n.visits, 1) for n in rejected}
        calls[mend] = len(roles["teacher"].requests())
        for run in runs:
            kept = [n for n in run.tree if n.replaces is not None and n.status in ("open", "terminal")]
            assert kept and all(n.visits for n in kept)
    assert visits == {"visit": {1}, "expansion": {0}} and 0 < calls["visit"] < calls["expansion"]


def test_a_step_may_take_the_value_of_its_best_child():
    compared = 0
    for run in solve(random_roles(odd=False), MCTS(15, 3, depth=9, backup="best"), count=4).values():
        for node in run.tree:
            below = [child.value for child in node.children if child.visits and child.status in ("open", "terminal")]
            if node.visits and below:
                assert node.value == max(below), node
                compared += 1
            elif node.visits == 1:
                assert node.value == node.score, node
    assert compared > 20


def test_at_a_visit_a_rule_per_parent_leaves_a_step_with_a_better_sibling():
    for run in solve(random_roles(odd=False), MCTS(10, 3, depth=7, mend="visit"), Rewrite(0.7), count=3).values():
        rewritten = [n for n in run.tree if n.replaces is not None]
        assert rewritten
        for node in rewritten:
            old = run.tree.nodes[node.replaces]
            before = [n for n in old.parent.children if n.id < node.id and n.status in ("open", "terminal")]
            assert old.replaces is not None or all((n.score or 0) <= old.score for n in before)


def test_where_all_children_fail_one_is_rewritten_without_a_visit():
    roles = {
        "reasoner": steps({"": ["", " "]}),
        "teacher": Scripted(lambda r: written("end=1")),
        "scorer": scores({}, 0.9),
    }
    run = solve_one(roles, MCTS(2, 2, mend="visit"), Rewrite(0.5, stages=("teacher",)))
    assert choose(run.tree).answer == "1" and len(roles["teacher"].requests()) == 1


def test_a_sure_path_ends_the_search():
    lines = {"": ["a", "b"], "a": ["end=1", "more"]}
    found = {}
    for sure in (0.0, 0.6, 0.8):
        roles = {"reasoner": steps(lines), "scorer": scores({"a": 0.7, "b": 0.6}, 0.9)}
        run = solve_one(roles, MCTS(9, 2, c=0.0, sure=sure))
        found[sure] = (len(run.tree.terminals()), run.tree.root.visits)
    assert found == {0.6: (1, 4), 0.0: (1, 11), 0.8: (1, 11)}


def posterior(search, seen):
    """Mean and variance of the posterior of the mean, by the textbook's normal-inverse-chi-squared update."""
    n = len(seen)
    average = fmean(seen) if seen else 0.0
    kappa, nu = search.kappa + n, search.nu + n
    mean = (search.kappa * search.mean + n * average) / kappa
    squares = n * pvariance(seen) if seen else 0.0
    scale = (search.nu * search.tau2 + squares + search.kappa * n * (average - search.mean) ** 2 / kappa) / nu
    return mean, scale / kappa * nu / (nu - 2)


@pytest.mark.parametrize("seen", [[0.5, 0.5], [0.9, 0.8, 0.95, 0.7], [0.1] * 20, [0.0, 1.0] * 5])
def test_thompson_draws_have_the_moments_of_the_posterior(seen):
    search, draw, tally = ABMCTS(), random.Random(3), RunningStats()
    for value in seen:
        tally.add(value)
    draws = [search.sample(draw, tally) for _ in range(40_000)]
    mean, variance = posterior(search, seen)
    assert fmean(draws) == pytest.approx(mean, abs=0.01)
    if len(seen) > 3:
        assert pvariance(draws) == pytest.approx(variance, rel=0.15)


def test_the_arm_that_writes_better_steps_writes_more_of_them():
    def judged(request):
        return 0.9 if request.node.hint is not None else 0.1

    def write(request):
        return written(f"{request.node.depth} {request.index}")

    roles = random_roles() | {role: Scripted(write) for role in ("reasoner", "teacher")} | {"scorer": Scripted(judged)}
    found = Counter()
    for run in solve(roles, ABMCTS(24, ("reasoner", "hinted", "teacher"), depth=6), count=12).values():
        for node in run.tree.nodes[1:]:
            found["hinted" if node.hint is not None else node.author] += 1
    assert found["hinted"] > 2 * max(found["reasoner"], found["teacher"])


def test_an_arm_that_writes_duplicates_is_chosen_less_and_less():
    def write(request):
        return written("same" if request.hint is None else f"other {request.index}")

    roles = {"reasoner": Scripted(write), "hinter": hints("look"), "scorer": scores({"same": 0.9}, 0.8)}
    run = solve_one(roles, ABMCTS(90, depth=1))
    found = Counter(request.hint is None for request in roles["reasoner"].requests())
    assert found[False] > 2 * found[True]
    assert len([node for node in run.tree if node.status == "pruned"]) == found[True] - 1


def test_a_step_whose_hint_was_dropped_counts_for_the_hinted_arm():
    def write(request):
        return written(f"step {request.index}")

    roles = {
        "reasoner": Scripted(write),
        "hinter": Scripted(lambda request: HintOutput(None, 3)),
        "scorer": Scripted(lambda request: 0.9 if request.node.hint_dropped else 0.1),
    }
    run = solve_one(roles, ABMCTS(60, depth=1))
    dropped = Counter(node.hint_dropped for node in run.tree.nodes[1:])
    assert dropped[True] > 2 * dropped[False]


def test_the_stats_of_a_subtree_count_every_step_in_it_but_duplicates_and_rejected_ones():
    rule = Rewrite(0.6, stages=("resample", "teacher"))
    for run in solve(random_roles(), ABMCTS(40, ("reasoner", "hinted"), batch=3, depth=6), rule=rule, count=6).values():
        stats = SubtreeStats(run.tree)
        gone = [node for node in run.tree.nodes[1:] if node.status in ("pruned", "rejected")]
        for node in run.tree.nodes[1:]:
            after = [n for n in run.tree.nodes[1:] if node in n.path() and not set(gone) & set(n.path())]
            seen = stats.below[node.id]
            assert (seen.count, seen.total) == (len(after), pytest.approx(sum(map(observed_score, after))))


def test_every_simulation_writes_one_step_or_revisits_a_solution():
    roles = random_roles(odd=False)
    run = solve_one(roles, ABMCTS(30, depth=6))
    wrote = len(roles["reasoner"].requests())
    assert wrote <= 30 and len(run.tree) - 1 == wrote
    assert choose(run.tree).answer is not None


def test_all_dead_ends_end_the_search():
    run = solve_one({"reasoner": steps({"": ["", " ", ""]}), "scorer": scores({})}, MCTS(50, 3))
    assert (str(run.stop_reason), len(run.tree), run.tree.root.status) == ("complete", 4, "failed")
    found = choose(run.tree)
    assert found.node is run.tree.root and (found.answer, found.confidence) == (None, 0.0)
