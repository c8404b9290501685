"""HTTP server: presets behind OpenAI's API. Start reading at app.py; engine.py runs the searches."""
