"""Results of a report from small tables of figures, without models."""

from hintree.experiments.report.results import ProblemFacts, StudyResults
from hintree.experiments.report.trial import TrialRecord
from hintree.presets import PRESETS, settings_of
from hintree.search.core.ledger import ROLES, Ledger

NOBODY = dict.fromkeys(ROLES)


def arm(preset, **changes):
    """Return the configuration of an arm: that of a preset, with other parts."""
    return {**settings_of(PRESETS[preset]), **changes}


def attempt(*, right=True, answer="7", confidence=1.0, abstained=False, **roles):
    """Return an attempt whose roles have generated and read so many tokens, at 1 GFLOP for each generated one."""
    ledger = Ledger()
    for role, tokens in roles.items():
        account = ledger[role]
        account.calls, account.generated_tokens, account.prompt_tokens = 1, tokens, 10 * tokens
        account.forwarded_tokens, account.flops = tokens, 1e9 * tokens
    kept = right and not abstained
    return TrialRecord(
        kept, False, ledger, answer=answer, confidence=confidence, abstained=abstained, selected_right=right
    )


def results_of(arms, attempts, *, teacher=None, alone=(), problems=None, seeds=1, prices=None):
    """Return the results of arms by name; attempts are lists by arm, one entry for each problem and seed in turn."""
    count = max(map(len, attempts.values())) // seeds
    problems = problems or [ProblemFacts(str(i), "", None, "7") for i in range(count)]
    placed = {
        name: {divmod(i, seeds): one for i, one in enumerate(attempts[name]) if one is not None} for name in attempts
    }
    return StudyResults(
        "small", arms, next(iter(arms)), teacher, problems, list(range(seeds)), placed, list(alone), prices
    )
