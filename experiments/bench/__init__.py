"""The benchmark of the local runtime: ``hintree bench``.

Speed is counted in generated tokens per second of this process's CPU time, on one thread: wall time says little on a
shared machine. What is compared runs in turns within one process, and every ratio is formed within one turn.
"""
