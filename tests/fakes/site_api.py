"""The API of a site with access control, over TLS, on an application in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.lanes import TABLE
from dreamd.adapters.grpc.calls.method_rules import check_rules
from dreamd.adapters.grpc.server import Guard, Running, serve_grpc
from dreamd.adapters.grpc.server_certificate import renewing_credentials
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.ports.identity_provider import IdentityProvider
from dreamd.ports.site_facts import SiteFacts
from fakes.coordination import FakeCoordination
from fakes.whereabouts import OneSite


@asynccontextmanager
async def site_api(
    application: FakeCoordination, site: SiteAuthority, provider: IdentityProvider | None = None
) -> AsyncIterator[Running]:
    """Serve it on a free port; a revoked principal's calls end, as in the daemon."""
    principals = application.principals
    admission = Admission(
        check_rules(TABLE),
        principals.table,
        OneSite("night"),
        principals.clock.now_s,
        principals.enrolment.used,
    )
    principals.enrolment.ended.append(admission.end_calls)
    running = await serve_grpc(
        application,
        "127.0.0.1",
        0,
        guard=Guard(admission, SiteFacts(site.authority_text), renewing_credentials(site), provider=provider),
    )
    try:
        yield running
    finally:
        await running.stop(0.0)
