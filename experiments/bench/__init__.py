"""The benchmark of the local runtime: ``hintree bench``.

Speed is generated tokens per second of process CPU time on one thread; wall time is unreliable on a shared machine.
Compared arms run in turns within one process, and every ratio is taken within one turn.
Forwarded tokens, the ledger's term, are the tokens that a model computed in prefill and decode. A hit in the KV cache
is not counted.
"""
