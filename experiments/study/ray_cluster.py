"""Connect to a Ray cluster, or start Ray on this machine."""

import logging
import os
from importlib.util import find_spec
from typing import Any

from hintree.errors import UsageError

if find_spec("ray"):
    import ray


def connect(cluster: str, what: str, **options: Any) -> None:
    """Connect to a Ray cluster, or start one here without Ray's usage statistics.

    Args:
        cluster: Address of the cluster, or "local" to start Ray on this machine.
        what: What needs it, as the user named it; the errors begin with it.
        options: Arguments of ``ray.init`` for a cluster on this machine.

    Raises:
        UsageError: Ray is not installed, or there is no cluster at the address.
    """
    if find_spec("ray") is None:
        raise UsageError(f'{what}: it needs Ray; pip install "hintree[ray]"')
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if cluster == "local":
            ray.init(include_dashboard=False, **quiet, **options)
        else:
            ray.init(cluster, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UsageError(f"{what}: no Ray cluster can be reached at {cluster}: {error}") from error
