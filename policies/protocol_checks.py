"""Checks of a protocol as it is made, so that a mistake in a file is found before a model is asked."""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from hintree.errors import UsageError
from hintree.policies.action_words import ACTIONS

if TYPE_CHECKING:
    from hintree.policies.protocol import Protocol

log = logging.getLogger(__name__)
OWN_FIELDS = {
    **dict.fromkeys(("temperature", "top_p", "top_k", "min_p"), "set it under sampling"),
    **dict.fromkeys(("max_tokens", "max_completion_tokens"), "set it under step"),
    **dict.fromkeys(("messages", "prompt", "model", "seed", "n", "stream", "stop"), "a request has its own"),
    **dict.fromkeys(("logprobs", "top_logprobs", "echo", "prompt_logprobs"), "a request has its own"),
    **dict.fromkeys(("continue_final_message", "add_generation_prompt"), "a request has its own"),
}
"""Fields of a server's request body that hintree sets, and what to do instead."""
SAMPLED = ("temperature", "top_k", "top_p", "min_p")
"""Settings of ``Sampling`` that a protocol may replace."""


def check_protocol(protocol: "Protocol") -> None:
    """Check the values that no type of a field holds. Raises UsageError."""
    check_template("user", protocol.user, needs=("question",), knows=("question", "choices"))
    if min(protocol.thinking_tokens, protocol.answer_tokens) < 1:
        raise UsageError("thinking_tokens and answer_tokens are numbers of at least 1")
    if bool(protocol.open) != bool(protocol.close) or (protocol.open and protocol.open == protocol.close):
        raise UsageError("open and close are the two marks of a thought: give two different ones or none")
    if taken := [name for name in protocol.server if name in OWN_FIELDS]:
        raise UsageError(f"server: hintree sets {taken[0]} itself; {OWN_FIELDS[taken[0]]}")
    check_json("server", protocol.server)
    check_json("template", protocol.template)
    check_sampling(protocol.sampling)
    check_forms(protocol.answers, protocol.phrases)
    warn_of_actions(list(protocol.words.actions))


def check_template(name: str, template: str, *, needs: Sequence[str], knows: Sequence[str] = ()) -> None:
    """Check that a template has the fields that it needs, and none that is nearly one of those it knows.

    Raises:
        UsageError: A field is missing or misspelt.
    """
    found = re.findall(r"\{(\w+)\}", template)
    if missing := [field for field in needs if field not in found]:
        raise UsageError(f"{name}={template[:60]!r} has no {{{missing[0]}}}, so no model would read it")
    for field in found:
        if field not in knows and (near := get_close_matches(field, knows, 1, 0.7)):
            raise UsageError(f"{name}: {{{field}}} is no field; did you mean {{{near[0]}}}?")


def check_json(name: str, values: Mapping[str, Any]) -> None:
    """Check that values can be sent as JSON. Raises UsageError."""
    for key, value in values.items():
        try:
            json.dumps({key: value}, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"{name}.{key}: {value} cannot be sent as JSON; put it in quotes, or leave it out"
            ) from error


def check_sampling(values: Mapping[str, Any]) -> None:
    """Check the names and ranges of sampling settings. Raises UsageError."""
    from hintree.policies.sampling import Sampling  # it imports protocols

    for name in values:
        if name not in SAMPLED:
            raise UsageError(f"sampling.{name} is not one of {', '.join(SAMPLED)}")
    try:
        Sampling(**values)
    except UsageError as error:
        raise UsageError(f"sampling: {error}") from error


def check_forms(answers: Sequence[str] | None, phrases: Sequence[str]) -> None:
    """Check the forms in which an answer is read. Raises UsageError."""
    if answers is None and not phrases:
        return
    from hintree.grade import FORMS, GraderError
    from hintree.grade.forms import Form, select

    try:
        select(None if answers is None else tuple(answers))
        if phrases:
            Form.phrase("protocol", *phrases)
    except GraderError as error:
        raise UsageError(f"answers and phrases: {error}") from error
    if taken := [phrase for phrase in phrases if phrase in FORMS]:
        log.warning("phrases: %r is the name of a form; forms go under answers", taken[0])


def warn_of_actions(names: Sequence[str]) -> None:
    """Log a warning for an action whose name is nearly that of a shipped one, whose wording stays as it is."""
    for name in names:
        if name not in ACTIONS and (near := get_close_matches(name, ACTIONS, 1, 0.85)):
            log.warning("words.actions.%s is no shipped action; did you mean %s?", name, near[0])
