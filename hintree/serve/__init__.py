"""The server: presets behind the protocol of OpenAI's API. Start at app.py; engine.py grows the trees."""
