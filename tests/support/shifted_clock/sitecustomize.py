"""Shifts ``time.time`` of a process by the seconds in the file that HINTREE_TEST_CLOCK names, for the chaos test alone.

Python imports this module at its start where the folder is in PYTHONPATH; the product does not know it.
"""

import os
import time

real_time = time.time
CLOCK = os.environ.get("HINTREE_TEST_CLOCK")


def shifted_time():
    try:
        with open(CLOCK) as file:
            return real_time() + float(file.read())
    except (OSError, ValueError):
        return real_time()


if CLOCK:
    time.time = shifted_time
