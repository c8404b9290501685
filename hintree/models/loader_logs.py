"""Log levels of the libraries that report while models load. Imports neither torch nor transformers."""

import logging

LOADER_LOGGERS = ("torchao", "torch.utils._pytree")
"""Loggers that warn while torchao is imported, which transformers does wherever it is installed.

torchao warns of each compiled library that does not fit the machine, and torch of each enumeration that torchao
registers. hintree uses neither.
"""


def quiet_loaders() -> None:
    """Let the loader loggers report errors only, except those whose level was set before."""
    for name in LOADER_LOGGERS:
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.ERROR)
