"""The door through the site's provider: a button, the way there, and the way back to a session.

The console carries; the daemon exchanges the code and verifies the person. State, nonce and verifier of a
sign-in travel in a cookie of this host, so the answer counts in the browser that has begun it and in no
other, and nothing waits in this program. The cookie is SameSite=Lax, for the way back comes from the
provider's page; the session's own cookie stays Strict. So the answer is a page of ours, which loads the
console anew with it.
"""

import asyncio
import html
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

import dreamapi
from dreamapi.sign_in import ANSWERS_WITHIN_S, Begun, OtherBrowserError, begin_sign_in, code_in
from dreamapi.v1.access_pb2 import IssuedCredential, Provider
from dreamd.console.request_guard import RequestGuard
from dreamd.console.sessions import SessionsFull
from dreamd.console.sign_in import ANSWER_S, ApiAddress

COOKIE: Final = "__Host-dreamd-login"
CALLBACK: Final = "/session/callback"
LIVES_S: Final = 600
"""Time for a person to sign in at the provider."""
KEPT_S: Final = 60.0
"""The daemon is asked for its provider at most this often."""
TRIED_S: Final = 5.0
"""After a failure, it is asked again at most this often."""
AT_ONCE: Final = 4
"""Answers of the provider that are exchanged at once."""
_PART: Final = r"[A-Za-z0-9_-]{43}"
_COOKIE: Final = re.compile(rf"(?:^|;\s*){COOKIE}=({_PART})\.({_PART})\.({_PART})(?:;|$)")
_FLAGS: Final = "Path=/; Secure; HttpOnly; SameSite=Lax"
_PAGE: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8">{head}<title>Sign in · dreamd</title>'
    '<link rel="stylesheet" href="/console/console.css"><p>{text}</p><p><a href="/">Go on</a></p>'
)


_RELOAD: Final = '<meta http-equiv="refresh" content="0;url=/">'


class ProviderDoor:
    """The routes of the door.

    open_session: makes a session of a credential for the browser of a request; returns its Set-Cookie, raises
    ApiError or SessionsFull. now_s: seconds of any clock.
    """

    def __init__(
        self,
        api: ApiAddress,
        judge: RequestGuard,
        open_session: Callable[[Request, str], Awaitable[str]],
        now_s: Callable[[], float],
    ) -> None:
        self._api, self._judge = api, judge
        self._open_session, self._now_s = open_session, now_s
        self._found: tuple[float, Provider | dreamapi.ApiError] | None = None
        self._asking = asyncio.Lock()
        self._exchanging = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[Route]:
        """Every route."""
        return [
            Route("/session/provider", self._offer),
            Route("/session/provider", self._begin, methods=["POST"]),
            Route(CALLBACK, self._came_back),
        ]

    async def _offer(self, request: Request) -> Response:
        """The provider's name for the button; empty: there is none, or why it cannot be used now."""
        wrong = self._judge.wrong_reader(request.headers)
        if wrong:
            return _no(HTTPStatus.FORBIDDEN, wrong)
        found = await self._provider()
        if isinstance(found, Provider):
            return JSONResponse({"provider": urlsplit(found.issuer).hostname or found.issuer, "trouble": ""})
        trouble = "" if isinstance(found, dreamapi.NoProvider) else str(found)
        return JSONResponse({"provider": "", "trouble": trouble})

    async def _begin(self, request: Request) -> Response:
        """Where the browser goes, and the cookie with which it comes back."""
        wrong = self._judge.wrong_writer(request.headers)
        if wrong:
            return _no(HTTPStatus.FORBIDDEN, wrong)
        found = await self._provider()
        if not isinstance(found, Provider):
            return _no(HTTPStatus.SERVICE_UNAVAILABLE, str(found))
        begun = begin_sign_in(found, _redirect_uri(request))
        told = JSONResponse({"url": begun.url})
        kept = f"{begun.state}.{begun.nonce}.{begun.verifier}"
        told.headers["Set-Cookie"] = f"{COOKIE}={kept}; {_FLAGS}; Max-Age={LIVES_S}"
        return told

    async def _came_back(self, request: Request) -> Response:
        """Trade the provider's answer for a session."""
        found, kept = await self._provider(), _COOKIE.search(request.headers.get("cookie", ""))
        issuer = found.issuer if isinstance(found, Provider) else ""
        if kept is None:
            return _page(
                HTTPStatus.FORBIDDEN,
                "This sign-in was not begun in this browser, or is too old: begin again.",
            )
        if self._exchanging.locked():
            return _page(HTTPStatus.SERVICE_UNAVAILABLE, f"{AT_ONCE} people sign in already; begin again.")
        state, nonce, verifier = kept.groups()
        begun = Begun("", state, nonce, verifier, _redirect_uri(request))
        try:
            code = code_in(dict(request.query_params), begun.state, issuer)
            async with self._exchanging:
                session = await self._open_session(request, (await self._issued(code, begun)).credential)
        except OtherBrowserError as other:
            return _page(HTTPStatus.FORBIDDEN, f"Not signed in: {other}.")
        except (dreamapi.ApiError, SessionsFull) as no:
            return _page(HTTPStatus.FORBIDDEN, f"Not signed in: {no}.", ends=True)
        told = _page(HTTPStatus.OK, "Signed in.", head=_RELOAD, ends=True)
        told.headers.append("Set-Cookie", session)
        return told

    async def _issued(self, code: str, begun: Begun) -> IssuedCredential:
        async with dreamapi.connect(
            self._api.target, authority=self._api.authority, connect_s=ANSWER_S, deadline_s=ANSWERS_WITHIN_S
        ) as strange:
            return await strange.access.sign_in(code, **begun.proof)

    async def _provider(self) -> Provider | dreamapi.ApiError:
        """The site's provider, or why there is none now; the daemon is not asked for each page."""
        async with self._asking:
            if self._found is None or not self._now_s() < self._found[0]:
                try:
                    found = await self._asked()
                    self._found = self._now_s() + KEPT_S, found
                except dreamapi.ApiError as no:
                    self._found = self._now_s() + TRIED_S, no
            return self._found[1]

    async def _asked(self) -> Provider:
        async with dreamapi.connect(
            self._api.target, authority=self._api.authority, connect_s=ANSWER_S, deadline_s=ANSWERS_WITHIN_S
        ) as strange:
            return await strange.access.provider()


def _redirect_uri(request: Request) -> str:
    """Where the provider sends the browser; the Host was judged before."""
    return f"https://{request.headers['host']}{CALLBACK}"


def _no(status: HTTPStatus, sentence: str) -> Response:
    return JSONResponse({"error": sentence, "code": ""}, status)


def _page(status: HTTPStatus, text: str, *, head: str = "", ends: bool = False) -> Response:
    """A page of one sentence. ends: the sign-in is over, and its cookie with it."""
    told = HTMLResponse(_PAGE.format(head=head, text=html.escape(text)), status)
    if ends:
        told.headers.append("Set-Cookie", f"{COOKIE}=; {_FLAGS}; Max-Age=0")
    return told
