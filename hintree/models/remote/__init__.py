"""Ask models on OpenAI-compatible servers."""
