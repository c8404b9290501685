"""Plug hintree into evaluation harnesses; each module needs the harness it is named after."""
