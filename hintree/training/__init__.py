"""Train PRMs, hinters and the shipped models."""
