"""The page of a festival while it runs: a server on loopback, in a thread of its own.

The page asks for the state after the one it has. The answer comes with the next happening, after HOLD_S at
the latest, and at most every PACE_S. The server reads; it has no act, no file and no secret.

Rules
- It answers to loopback names alone, so no other page reaches it by a rebound name.
- Every text in it is escaped by `document`.
- It ends with its context. The page then keeps its last state.
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from importlib.resources import files
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dreamd.console.request_guard import RequestGuard
from dreamd.festival.account.account import FestivalAccount
from dreamd.festival.page.document import Shown, document, part
from dreamd.festival.timeline import Happening

HOLD_S: Final = 10.0
PACE_S: Final = 0.5
ENDS_WITHIN_S: Final = 2.0
PAGES_MOST: Final = 32
"""Requests that are answered at once; further ones are refused."""
DIGITS_MOST: Final = 18
LINGERS_S: Final = 1.5
"""How long the end waits for open pages to fetch the last state."""
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
SCRIPT: Final = '<script src="/follow.js" defer></script>'


class CannotShow(Exception):  # noqa: N818 - the name says it
    """The page has no port; the message names it and the flag that helps."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield


class LivePage:
    """A festival's page as it runs: `with LivePage(8090, shown) as page`, then `tell` and `close_with`."""

    def __init__(self, port: int, shown: Shown) -> None:
        """port: on 127.0.0.1; 0: any. shown: title and zone.

        Raises:
            CannotShow: the port is taken.
        """
        self._lock = threading.Lock()
        self._shown, self._timeline, self._revision = shown, [*shown.timeline], 1
        self._looks: set[asyncio.Event] = set()
        try:
            self._socket = socket.create_server(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise CannotShow(
                f"the page cannot listen on 127.0.0.1:{port} ({error}); name another port with --page"
            ) from error
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._guard = RequestGuard(None)
        routes = [
            Route("/", self._whole),
            Route("/part", self._part),
            Route("/follow.js", self._script),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=PAGES_MOST,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="festival-page", daemon=True)
        self._seen_last = threading.Event()

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Answer the pages that wait, then end."""
        if kind is None and self._looks:
            self._seen_last.wait(LINGERS_S)
        self._server.should_exit = True
        self._wake()
        self._thread.join(ENDS_WITHIN_S)
        self._socket.close()

    def tell(self, happening: Happening) -> None:
        """Show one more happening; any thread may call it."""
        with self._lock:
            self._timeline.append(happening)
            self._revision += 1
        self._wake()

    def close_with(self, account: FestivalAccount) -> None:
        """Show the account; nothing follows."""
        with self._lock:
            self._shown = replace(self._shown, account=account)
            self._revision += 1
        self._wake()

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._end_looks)

    def _end_looks(self) -> None:
        for one in self._looks:
            one.set()

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket])

    def _now(self) -> tuple[int, Shown]:
        with self._lock:
            return self._revision, replace(self._shown, timeline=tuple(self._timeline))

    async def _whole(self, request: Request) -> Response:
        refused = self._refused(request)
        return refused or HTMLResponse(document(self._now()[1], SCRIPT), headers=HEADERS)

    async def _script(self, request: Request) -> Response:
        text = files("dreamd.festival.page").joinpath("follow.js").read_text(encoding="utf-8")
        return self._refused(request) or Response(text, media_type="text/javascript", headers=HEADERS)

    async def _part(self, request: Request) -> Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        asked = request.query_params.get("after", "")
        if not (asked.isascii() and asked.isdigit() and len(asked) <= DIGITS_MOST):
            return PlainTextResponse(
                "after is the revision that the page has", HTTPStatus.BAD_REQUEST, headers=HEADERS
            )
        after = int(asked)
        if after:
            await asyncio.sleep(PACE_S)
        await self._newer(after)
        revision, shown = self._now()
        over = shown.account is not None
        if over:
            self._seen_last.set()
        told = {"revision": revision, "over": over, "html": part(shown)}
        return JSONResponse(told, headers=HEADERS)

    async def _newer(self, after: int) -> None:
        """Wait until there is a newer state, the page is closing, or HOLD_S have passed."""
        look = asyncio.Event()
        self._looks.add(look)
        try:
            if self._revision <= after and not self._server.should_exit:
                async with asyncio.timeout(HOLD_S):
                    await look.wait()
        except TimeoutError:
            return
        finally:
            self._looks.discard(look)

    def _refused(self, request: Request) -> Response | None:
        if not self._guard.wrong_host(request.headers):
            return None
        words = "this page answers only to 127.0.0.1, localhost and [::1]"
        return PlainTextResponse(words, HTTPStatus.MISDIRECTED_REQUEST, headers=HEADERS)
