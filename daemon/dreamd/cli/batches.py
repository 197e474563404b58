"""`--ray`: the jobs of a verb on the processors of this machine, or on those of a Ray cluster."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from dreamd.adapters.cluster.batch import open_batch
from dreamd.adapters.cluster.ray_session import HERE, ClusterError
from dreamd.ports.batch import Batch, BatchError

CANNOT: Final = (ClusterError, BatchError)
"""Errors of a batch; each message says what helps."""
SHARED: Final = ", which find the recordings under the same path"
"""`also` of a verb that reads recordings."""


def status_of(error: Exception) -> int:
    """Return the exit status: 2 for a cluster that cannot be used, 1 for any other error."""
    return 2 if isinstance(error, ClusterError) else 1


def add_ray(parser: argparse.ArgumentParser, also: str = "") -> None:
    """Add the flag. also: a condition on the cluster that the verb has, in words."""
    where = (
        f"on a Ray cluster with dreamd on its nodes{also}: HOST:PORT, or without one on this machine alone"
    )
    parser.add_argument("--ray", nargs="?", const=HERE, default="", metavar="HOST:PORT", help=where)


@contextmanager
def opened_batch(address: str) -> Iterator[Batch]:
    """Yield the batch at this address, empty for this machine's processors, and close it.

    Raises:
        ClusterError: the cluster cannot be used.
    """
    batch = open_batch(address)
    try:
        yield batch
    finally:
        batch.close()
