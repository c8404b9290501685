"""Prometheus metrics: requests, latencies and tokens. They hold no text, no key and no caller."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from hintree.search import Ledger
from hintree.serve.engine import Engine

SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500)
KINDS = ("prompt", "forwarded", "generated", "discarded")


class Metrics:
    """Collect the metrics of one server."""

    def __init__(self, engine: Engine) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("hintree_requests", "Finished requests", ["preset", "status"], registry=self.registry)
        self.seconds = Histogram(
            "hintree_request_seconds",
            "Seconds from the arrival of a request to its end",
            ["preset"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.tokens = Counter(
            "hintree_tokens",
            "Tokens of finished searches, by role and kind",
            ["role", "kind"],
            registry=self.registry,
        )
        self.live = Gauge("hintree_live_searches", "Running searches", registry=self.registry)
        self.live.set_function(lambda: len(engine.jobs))
        self.waiting = Gauge("hintree_waiting_searches", "Waiting searches", registry=self.registry)
        self.waiting.set_function(lambda: len(engine.waiting))

    def count_request(self, preset: str, status: int, seconds: float) -> None:
        """Count one request; status 499 is a client that disconnected."""
        self.requests.labels(preset, str(status)).inc()
        self.seconds.labels(preset).observe(seconds)

    def count_tokens(self, ledger: Ledger) -> None:
        """Count the tokens of one search."""
        for role, account in ledger.to_dict().items():
            for kind in KINDS:
                self.tokens.labels(role, kind).inc(account[f"{kind}_tokens"])

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)
