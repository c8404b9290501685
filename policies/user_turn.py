"""The user's turn of a prompt: the question with its lettered options."""

from collections.abc import Sequence
from string import ascii_uppercase

from hintree.grade.choices import lists_options
from hintree.policies.protocol import Protocol
from hintree.policies.words import fill


def user_turn(protocol: Protocol, question: str, choices: Sequence[str]) -> str:
    """Return the user's turn, with the options after the question unless the protocol has a place of its own for them.

    Options that the question lists after their letters already are not listed again.
    """
    listed = "" if lists_options(question, choices) else lettered(choices)
    own = "{choices}" in protocol.user
    user = protocol.user if own or not listed else protocol.user.replace("{question}", "{question}\n\n{choices}")
    text = fill(user, question=question, choices=listed)
    return text.rstrip() if own and not listed else text


def lettered(choices: Sequence[str]) -> str:
    """Return options as lines that begin with their letters."""
    return "\n".join(f"{letter}) {choice}" for letter, choice in zip(ascii_uppercase, choices, strict=False))
