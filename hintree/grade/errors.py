"""The error of the grader."""


class GraderError(Exception):
    """A file cannot be read, a package is missing, or workers cannot run; the message says what to do."""
