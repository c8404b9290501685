"""A server on an event loop in a thread of its own, for as long as a ``with`` statement."""

import asyncio
import threading


class LoopServer:
    """Runs ``_serve(ready)``, which sets ``port`` and ``loop``, then ``ready``, and ends when ``over`` is set.

    origin, url: Its address, and that of its API.
    """

    scheme = "http"

    def __enter__(self):
        ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self.thread.start()
        assert ready.wait(60)
        self.origin = f"{self.scheme}://127.0.0.1:{self.port}"
        self.url = f"{self.origin}/v1"
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(60)
