"""Figures of a service for Prometheus. `prometheus-client` writes the text format and knows memory and open files."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest

from trunkline_edge.services.engine import Engine

BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0)


class Metrics:
    """Counters of one engine and of what asks it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "trunkline_requests",
            "Requests by protocol, route and outcome.",
            ("protocol", "route", "outcome"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "trunkline_request_seconds",
            "From the request to its answer.",
            ("protocol", "route"),
            buckets=BUCKETS_S,
            registry=self._registry,
        )
        waiting = Gauge("trunkline_waiting", "Requests asked and not answered.", registry=self._registry)
        waiting.set_function(lambda: engine.waiting)
        ready = Gauge("trunkline_ready", "1 when a bundle is loaded.", registry=self._registry)
        ready.set_function(lambda: engine.runtime is not None)
        swaps = Gauge("trunkline_bundle_swaps", "Bundles that took the place of another.", registry=self._registry)
        swaps.set_function(lambda: engine.swaps)
        self._bundle = Info("trunkline_bundle", "The bundle in force.", registry=self._registry)

    def count(self, protocol: str, route: str, outcome: str, seconds: float) -> None:
        """Note one request; `route` and `outcome` must be one of a few words, never what a caller wrote."""
        self._requests.labels(protocol, route, outcome).inc()
        self._seconds.labels(protocol, route).observe(seconds)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        if (runtime := self._engine.runtime) is not None:
            manifest = runtime.manifest
            version = str(manifest.provenance.version)
            self._bundle.info(
                {
                    "bundle_id": runtime.bundle_id,
                    "product": manifest.product,
                    "version": version,
                }
            )
        return generate_latest(self._registry)
