"""Hint distillation: from solutions to hints, from hints to a hinter, and what the hinter is worth."""
