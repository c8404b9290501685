"""Run the command line as ``python -m hintree``."""

import sys

from hintree.cli import main

sys.exit(main())
