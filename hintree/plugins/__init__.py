"""Adapters for evaluation harnesses; each module needs the harness it is named after."""
