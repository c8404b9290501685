"""Figures for Prometheus: how many requests, how long, how many tokens. No text, no key, no caller."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from hintree.search import Ledger
from hintree.serve.engine import Engine

SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500)
KINDS = ("prompt", "forwarded", "generated", "discarded")


class Metrics:
    """The figures of one server."""

    def __init__(self, engine: Engine) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("hintree_requests", "Answered requests", ["preset", "status"], registry=self.registry)
        self.seconds = Histogram(
            "hintree_request_seconds", "From a request to its end", ["preset"], buckets=SECONDS, registry=self.registry
        )
        self.tokens = Counter(
            "hintree_tokens",
            "Tokens of searches that came to their end, by role",
            ["role", "kind"],
            registry=self.registry,
        )
        self.live = Gauge("hintree_live_searches", "Searches that are worked on", registry=self.registry)
        self.live.set_function(lambda: len(engine.jobs))
        self.waiting = Gauge("hintree_waiting_searches", "Searches that wait", registry=self.registry)
        self.waiting.set_function(lambda: len(engine.waiting))

    def book(self, preset: str, status: int, seconds: float) -> None:
        """Count one request; 499 stands for a caller who left."""
        self.requests.labels(preset, str(status)).inc()
        self.seconds.labels(preset).observe(seconds)

    def book_tokens(self, ledger: Ledger) -> None:
        """Count what one search has cost."""
        for role, account in ledger.to_dict().items():
            for kind in KINDS:
                self.tokens.labels(role, kind).inc(account[f"{kind}_tokens"])

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)
