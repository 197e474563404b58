"""One PostgreSQL server for the tests of a session, started by the first that needs it."""

from collections.abc import Iterator

import pytest

from fakes.postgres import MISSING, Cluster, cluster, programs


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A server, or a skip."""
    if programs() is None:
        pytest.skip(MISSING)
    with cluster() as one:
        yield one
