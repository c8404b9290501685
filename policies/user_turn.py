"""The user's turn of a prompt: the question with its lettered options."""

from collections.abc import Sequence

from hintree.policies.protocol import Protocol
from hintree.policies.words import fill

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def user_turn(protocol: Protocol, question: str, choices: Sequence[str]) -> str:
    """Return the user's turn, with the options after the question unless the protocol has a place of its own for them.

    Options that the question lists already are not listed again.
    """
    listed = "" if all(choice in question for choice in choices) else lettered(choices)
    if not listed:
        text = fill(protocol.user, question=question, choices="")
        return text.rstrip() if "{choices}" in protocol.user else text
    own = "{choices}" in protocol.user
    user = protocol.user if own else protocol.user.replace("{question}", "{question}\n\n{choices}")
    return fill(user, question=question, choices=listed)


def lettered(choices: Sequence[str]) -> str:
    """Return options as lines that begin with their letters."""
    return "\n".join(f"{letter}) {choice}" for letter, choice in zip(LETTERS, choices, strict=False))
