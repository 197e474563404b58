"""A site and its API, for the console's tests."""

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from dreamd.adapters.grpc.server import Running
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.core.dreamscapes.views import DreamscapeState
from fakes.coordination import FakeCoordination
from fakes.site_api import site_api


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> SiteAuthority:
    """An authority and a certificate for 127.0.0.1."""
    made = SiteAuthority(tmp_path_factory.mktemp("site"))
    made.make_site(("127.0.0.1", "localhost"), dt.datetime.now(dt.UTC))
    return made


@pytest.fixture
def application() -> FakeCoordination:
    """Three pods; night dreams in two of them."""
    made = FakeCoordination()
    made.add("night", DreamscapeState.DREAMING)
    return made


@pytest.fixture
async def server(application: FakeCoordination, site: SiteAuthority) -> AsyncIterator[Running]:
    """The API with access control, over TLS."""
    async with site_api(application, site) as running:
        yield running
