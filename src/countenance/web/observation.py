"""What is seen of requests from outside: one structured line each, and counters for Prometheus.

Rules kept here:

- A line holds no image, template, name, case number, path or message: dialect, operation, status, code, duration and
  the random identifiers of request and credential.
- Labels of metrics come from closed lists, so that nobody can fill memory by inventing operations.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from countenance.web.caller_counts import CallerCounts
from countenance.web.work_pool import WorkPool

#: Logger of the requests; ``serve`` sends it to standard error.
LOGGER = logging.getLogger("countenance.requests")
#: Upper ends of the buckets, in seconds: a lookup takes a millisecond, a photo tens, a queue up to minutes.
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)


@dataclass(slots=True)
class Exchange:
    """What is noted about one request while it is answered.

    Attributes:
        request_id: Random UUID, told to the client.
        dialect: Whose words it is in.
        operation: A name from the dialect's closed list, or ``unknown``.
        status: HTTP status of the answer; 0 while there is none.
        code: Code of the error, or empty.
        credential_id: Identifier of the credential, once it is known.
        entry_id: The ledger entry that records a refusal, if there is one.
        address: Where the request came from, or empty; neither logged nor a label.
    """

    request_id: str
    dialect: str = "none"
    operation: str = "unknown"
    status: int = 0
    code: str = ""
    credential_id: str | None = None
    entry_id: str | None = None
    address: str = ""


class Metrics:
    """Counters of one running service."""

    def __init__(self, pools: tuple[WorkPool, ...]) -> None:
        """Take the pools whose fill is shown."""
        self.registry = CollectorRegistry()
        self.callers = CallerCounts()
        self._requests = Counter(
            "countenance_requests",
            "Requests answered.",
            ("dialect", "operation", "status", "code"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "countenance_request_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ("dialect", "operation"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._under_way = Gauge("countenance_requests_under_way", "Requests being answered.", registry=self.registry)
        waiting = Gauge(
            "countenance_work_taken", "Jobs at work or waiting for a thread.", ("pool",), registry=self.registry
        )
        for pool in pools:
            waiting.labels(pool.name).set_function(lambda pool=pool: pool.taken)  # type: ignore[misc]

    def begin(self) -> None:
        """Count a request that has come in."""
        self._under_way.inc()

    def end(self, exchange: Exchange, seconds: float) -> None:
        """Count a request that was answered."""
        self._under_way.dec()
        self._requests.labels(exchange.dialect, exchange.operation, str(exchange.status), exchange.code).inc()
        self._seconds.labels(exchange.dialect, exchange.operation).observe(seconds)
        self.callers.note(exchange.address, exchange.dialect, exchange.operation, exchange.status)

    def text(self) -> tuple[bytes, str]:
        """Return the counters in Prometheus' text format, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_PLAIN_0_0_4


def log_exchange(exchange: Exchange, seconds: float) -> None:
    """Write the line of one request."""
    line = {
        "request_id": exchange.request_id,
        "dialect": exchange.dialect,
        "operation": exchange.operation,
        "status": exchange.status,
        "code": exchange.code or None,
        "ms": round(seconds * 1000, 1),
        "credential_id": exchange.credential_id,
        "entry_id": exchange.entry_id,
    }
    LOGGER.info("%s", json.dumps({name: value for name, value in line.items() if value is not None}))
