"""Training of PRMs, of hinters, and of the shipped models."""
