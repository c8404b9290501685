"""Clients of models behind OpenAI-compatible servers."""
