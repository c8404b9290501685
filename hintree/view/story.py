"""Facts of a search beside its tree: answer, verdict, method, models and cost, as files and pages hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from hintree.errors import UsageError
from hintree.search import Ledger

TEXTS = ("answer", "status", "reference")
TABLES = ("method", "models")


@dataclass(frozen=True, slots=True)
class Story:
    """Facts of a search that its tree does not hold.

    Attributes:
        answer: The selected answer; None if no path states one.
        confidence: In [0, 1]; None where it is unknown.
        status: "finished", "budget: LIMIT", "failed: REASON" or "running"; "" where it is unknown.
        method: Preset, search, rewrite rule and other settings, by name.
        models: Name of the model behind each role.
        usage: Cost of each role: the data of ``Ledger.to_dict``.
        reference: The reference answer, where the user gave one.
        right: True if the answer equals the reference, as the grader found; None without a verdict.
        first_wrong: Id of the first wrong step of the chosen path; None where there is none, or it is unknown.
    """

    answer: str | None = None
    confidence: float | None = None
    status: str = ""
    method: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    usage: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    reference: str | None = None
    right: bool | None = None
    first_wrong: int | None = None

    def graded(self, reference: str) -> "Story":
        """Return the story with a reference answer, and the grader's verdict on the answer."""
        from hintree.grade import Verdict, grade  # its patterns take a tenth of a second to compile

        verdict = Verdict.WRONG if self.answer is None else grade(reference, self.answer)
        return replace(
            self, reference=reference, right=None if verdict is Verdict.UNGRADED else verdict is Verdict.RIGHT
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_dict(cls, data: Any) -> "Story":
        """Return the story of ``to_dict``'s data; unknown names are passed over.

        Raises:
            UsageError: A value is not of its field's type.
        """
        if not isinstance(data, Mapping):
            raise UsageError("result must be an object with answer, status, method, models and usage")
        known = {f.name: data[f.name] for f in fields(cls) if f.name in data}
        for name, value in known.items():
            if not fits(name, value):
                raise UsageError(f"result: {name}={str(value)[:40]!r} is not what this field holds")
        if "usage" in known:
            known["usage"] = checked_usage(known["usage"])
        return cls(**known)


def fits(name: str, value: Any) -> bool:
    """Tell whether a value is of the field's type."""
    if name in TABLES:
        return isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values())
    if name == "usage":
        return isinstance(value, Mapping) and all(isinstance(account, Mapping) for account in value.values())
    if name in TEXTS:
        return isinstance(value, str) or (value is None and name != "status")
    if value is None or name == "right":
        return value is None or isinstance(value, bool)
    if name == "first_wrong":
        return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def checked_usage(accounts: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Return the accounts with every figure of a ledger, unknown ones as 0.

    Raises:
        UsageError: A figure is not a number of at least 0.
    """
    try:
        figures = Ledger.from_dict(accounts).to_dict()
    except TypeError as error:
        raise UsageError(f"result: usage has figures that a ledger does not have: {error}") from error
    for role, account in figures.items():
        for name, value in account.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                raise UsageError(f"result: usage of {role}: {name}={str(value)[:40]!r} is not a number of at least 0")
    return figures
