"""The benchmark of engines on real models: ``hintree bench --real FOLDER``.

Every engine runs in a process of its own (worker.py) and they take turns, so that a busy machine slows all of them
alike. Speed is generated tokens per CPU second of the process and its children, on all threads.
"""
