"""Hint distillation: hint data from solutions, a hinter tuned on them, and its evaluation."""
