"""Run models in this process on transformers, with a prefix-trie KV cache."""
