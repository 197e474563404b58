"""The console of a site over an API in memory, as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dreamd.adapters.grpc.server import Running
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.console.session_store import SessionStore
from dreamd.console.sign_in import ApiAddress
from dreamd.console.web_app import console_app, new_console
from fakes.asgi_page import AsgiPage
from fakes.coordination import FakeCoordination


@asynccontextmanager
async def console(
    application: FakeCoordination, site: SiteAuthority, server: Running, store: SessionStore | None = None
) -> AsyncIterator[AsgiPage]:
    """A browser at a console of that API. store: of its sessions."""
    api = ApiAddress(f"127.0.0.1:{server.port}", site.authority_text)
    app = console_app(new_console(api, ("console.test",), application.principals.clock.now_s, store))
    async with app.router.lifespan_context(app):
        yield AsgiPage(app)
