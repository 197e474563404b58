"""Counters and histograms, made from the catalogue."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from dreamd.adapters.metrics.catalogue import BY_NAME

OTHER: Final = "other"


def counter(registry: CollectorRegistry, name: str) -> Counter:
    """The counter of this name in the catalogue."""
    metric = BY_NAME[name]
    return Counter(name, metric.meaning, metric.labels, registry=registry)


def histogram(registry: CollectorRegistry, name: str) -> Histogram:
    """The histogram of this name in the catalogue."""
    metric = BY_NAME[name]
    return Histogram(name, metric.meaning, metric.labels, buckets=metric.buckets, registry=registry)


class Closed:
    """A counter over a closed set of one label's values, all made at once."""

    def __init__(self, registry: CollectorRegistry, name: str, values: Iterable[str]) -> None:
        made = counter(registry, name)
        self._children = {value: made.labels(value) for value in (*values, OTHER)}

    def inc(self, value: str) -> None:
        """Count one; a value outside the set counts as `other`."""
        self._children.get(value, self._children[OTHER]).inc()
