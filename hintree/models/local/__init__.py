"""Models in this process, on transformers, with a prefix-trie KV cache."""

from hintree.models.loader_logs import quiet_loaders

quiet_loaders()  # before any module of the package imports transformers
