"""Tokens that end a model's text, and settings of its generation_config.json that are not applied."""

import logging
from typing import Any, NamedTuple, Protocol, cast

from transformers import PreTrainedTokenizerBase

from hintree.errors import CheckpointError
from hintree.models.local.templates import layout
from hintree.models.local.text import control_pattern
from hintree.models.thinking import detect_style

log = logging.getLogger(__name__)
NEUTRAL = {
    "repetition_penalty": 1,
    "encoder_repetition_penalty": 1,
    "guidance_scale": 1,
    "typical_p": 1,
    "num_beams": 1,
}
"""Values of settings that change nothing; of all others, these are 0, false and empty."""
NOT_APPLIED = (
    *NEUTRAL,
    "bad_words_ids",
    "begin_suppress_tokens",
    "encoder_no_repeat_ngram_size",
    "epsilon_cutoff",
    "eta_cutoff",
    "exponential_decay_length_penalty",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "min_length",
    "min_new_tokens",
    "no_repeat_ngram_size",
    "penalty_alpha",
    "sequence_bias",
    "stop_strings",
    "suppress_tokens",
    "watermarking_config",
)
"""Settings of generation_config.json with which ``generate`` writes other texts, and that are not applied here."""


class Configured(Protocol):
    """A model, or its configuration files alone; generation_config.json may be absent."""

    @property
    def config(self) -> Any:
        """Return the configuration of transformers."""

    @property
    def generation_config(self) -> Any:
        """Return the generation configuration of transformers, or None."""


class IgnoredSetting(NamedTuple):
    """Setting of a model's generation_config.json that is not applied."""

    name: str
    value: Any


def end_tokens(model: Configured, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Return the ids of the tokens that end the model's text.

    They are the end tokens that generation_config.json, the tokenizer and, if it is a control token there, config.json
    name, and the control token that the chat template writes after the assistant's turn.
    """
    control = {token for token, added in tokenizer.added_tokens_decoder.items() if added.special}
    settings = model.generation_config.eos_token_id if model.generation_config else None
    config = getattr(model.config.get_text_config(), "eos_token_id", None)
    named = [*listed(settings), *listed(tokenizer.eos_token_id), *control.intersection(listed(config))]
    return frozenset([*named, *listed(turn_end(tokenizer))])


def listed(ids: int | list[int] | None) -> list[int]:
    """Return the ids of a setting that holds one, several or none."""
    return [] if ids is None else [ids] if isinstance(ids, int) else list(ids)


def turn_end(tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Return the control token that the chat template writes after the text of an assistant's turn, or None.

    A token that also ends thoughts, such as the ``<|end|>`` of gpt-oss, is not an end of the turn.
    """
    pattern = control_pattern(tokenizer)
    if tokenizer.chat_template is None or pattern is None:
        return None
    try:
        after = layout(tokenizer, ("user", "assistant"), False, ()).after.lstrip()
    except CheckpointError as error:
        log.info("no end of the assistant's turn in the chat template: %s", error)
        return None
    style = detect_style(str(tokenizer.chat_template))
    found = pattern.match(after)
    if found is None or (style is not None and found[0] == style.close):
        return None
    return cast(int, tokenizer.convert_tokens_to_ids(found[0]))


def ignored_settings(model: Configured) -> tuple[IgnoredSetting, ...]:
    """Return the settings of a model's generation_config.json that change its texts and are not applied."""
    config = model.generation_config
    values = ((name, getattr(config, name, None)) for name in NOT_APPLIED)
    return tuple(IgnoredSetting(name, value) for name, value in values if value and value != NEUTRAL.get(name))


def warn_of_ignored(name: str, settings: tuple[IgnoredSetting, ...]) -> None:
    """Log one line that names the settings of a model that are not applied, if there are any."""
    if settings:
        shown = ", ".join(f"{setting.name} {str(setting.value)[:40]}" for setting in settings)
        log.warning("model %s: not applied from its generation_config.json: %s", name, shown)
