"""Checks of the settings of searches."""

from hintree.errors import UsageError
from hintree.search.core.limits import PathLimits


def check_whole(search: object, **least: int) -> None:
    """Raise UsageError unless each named setting is a whole number of at least the given value."""
    for name, smallest in least.items():
        value = getattr(search, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < smallest:
            raise UsageError(f"{title(search)} {name}={value!r} is not a whole number of at least {smallest}")


def check_range(search: object, **ranges: tuple[float, float]) -> None:
    """Raise UsageError unless each named setting is a number within its range, both ends included."""
    for name, (low, high) in ranges.items():
        value = getattr(search, name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise UsageError(f"{title(search)} {name}={value!r} is not a number from {low} to {high}")


def check_one_of(search: object, **accepted: tuple[str, ...]) -> None:
    """Raise UsageError unless each named setting is one of the accepted words."""
    for name, words in accepted.items():
        if getattr(search, name) not in words:
            raise UsageError(f"{title(search)} {name}={getattr(search, name)!r} is not one of {', '.join(words)}")


def check_limits(search: PathLimits) -> None:
    """Raise UsageError unless the limits of paths that all searches share are in their ranges."""
    check_whole(search, path_tokens=1, repeats=0)
    if search.repeats == 1:
        raise UsageError(f"{title(search)} repeats=1 is not a whole number of at least 2, or 0 to look for no loops")


def title(search: object) -> str:
    """Return the name that users call the search by."""
    return type(search).__name__
