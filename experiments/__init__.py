"""Experiments: problems, graders, the ablation runner, and the lab that makes the tiny models."""
