"""The error of the grader."""


class GraderError(Exception):
    """A file cannot be read, a package is missing, or workers cannot run; the message says what to do."""


JSON_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "a text"),
    ((list, tuple), "a list"),
    (dict, "an object"),
    (type(None), "null"),
)
"""Names of the types of JSON; bool is first because it is a kind of int in Python."""


def json_kind(value: object) -> str:
    """Return the JSON name of a value's type, with its article, for messages: "a list", "an object", "null"."""
    return next((name for kinds, name in JSON_KINDS if isinstance(value, kinds)), "another value")
