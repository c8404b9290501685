"""Prices of models by name, from a YAML file (``--prices``), and the price of a ledger."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hintree.policies.hint_controls import read_hinter
from hintree.scorers import models_of
from hintree.search.core.ledger import MODEL_ROLES, Ledger
from hintree.solver.roles import scoring_role
from hintree.yaml_file import YamlText, read

MILLION = 1e6
"""Tokens that a price is for."""
NAMES = ("prompt", "generated")
"""Names of the two prices of a model."""


class Price(NamedTuple):
    """Price of a million prompt tokens (cached ones included) and of a million generated tokens, each at least 0."""

    prompt: float
    generated: float


class Prices(NamedTuple):
    """Prices by the model's name, and their currency."""

    currency: str
    models: Mapping[str, Price]

    def of(self, model: str | None) -> Price | None:
        """Return the price of a model by its whole name, or by the part after "#" of a server's; None if unknown."""
        name = model or ""
        return self.models.get(name) or self.models.get(name.rpartition("#")[2])

    def cost(self, ledger: Ledger, models: Mapping[str, str | None]) -> float:
        """Return the price of a search; NaN if a role used tokens of a model without a price.

        Args:
            ledger: Its tokens.
            models: Model of each role.
        """
        total = 0.0
        for role, account in ledger.accounts.items():
            if account.prompt_tokens or account.generated_tokens:
                price = self.of(models.get(role))
                if price is None:
                    return math.nan
                total += price.prompt * account.prompt_tokens + price.generated * account.generated_tokens
        return total / MILLION


def role_models(config: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the model behind each role of an arm; None for an absent role, and for a scorer of none or several.

    The hints of a control, such as ``other:MODEL``, are of its model.
    """
    models = {role: config.get(role) for role in MODEL_ROLES}
    scorer, hinter = models["scorer"], models["hinter"]
    models["hinter"] = read_hinter(hinter).model if isinstance(hinter, str) else hinter
    if (role := scoring_role(scorer)) is not None:
        models["scorer"] = models[role]
    elif scorer is not None:
        named = models_of(scorer)
        models["scorer"] = next(iter(named)) if len(named) == 1 else None
    return models


def read_prices(path: Path) -> Prices:
    """Read a file of prices.

    Raises:
        UsageError: It cannot be read, or holds something else; names the line.
    """
    text = read(path)
    data = text.data if isinstance(text.data, dict) else {}
    currency, models = data.get("currency", ""), data.get("models")
    if not set(data) <= {"currency", "models"} or not isinstance(currency, str) or not isinstance(models, dict):
        raise text.error((), "expected `currency: NAME` and `models:` with one line per model (docs/report.md)")
    return Prices(currency, {name: read_price(text, name, price) for name, price in models.items()})


def read_price(text: YamlText, name: str, given: Any) -> Price:
    """Return the price of a model. Raises UsageError unless it is two finite numbers of at least 0."""
    price = given if isinstance(given, dict) and set(given) == set(NAMES) else {}
    values = [price.get(kind) for kind in NAMES]
    numbers = [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(NAMES) or not all(0 <= number < math.inf for number in numbers):
        form = "{prompt: NUMBER, generated: NUMBER}"
        raise text.error(("models", name), f"{name}: expected {form}, prices of a million tokens of at least 0")
    return Price(*numbers)
