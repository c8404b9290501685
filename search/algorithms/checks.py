"""Checks of the settings of searches."""

from hintree.errors import UsageError


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


def title(search: object) -> str:
    """Return the name that users call the search by."""
    return type(search).__name__
