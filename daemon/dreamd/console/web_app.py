"""The console's routes: the page, signing in and out, its data, its acts.

How a page follows. It requests `/console/look` with the numbers of the parts it has. The answer comes as soon
as there is a newer part, after HOLD_S at the latest. The page asks again when it has drawn. So a slow browser
gets fewer ticks and never an older one: nothing waits in a queue or a socket's buffer.

How it acts. One POST, guarded by `request_guard`. In a site it carries the viewer's credential to the daemon,
which judges it; nothing here grants a right. A way out is refused here for its session alone: not for
idleness, not for a rate, not for the length of its reason. Without a site no viewer signs in: every page of
this machine has the rights of this machine, as every other caller has.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from http import HTTPStatus
from math import inf
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import dreamapi
from dreamapi.credentials import CredentialFile
from dreamapi.names import bare
from dreamd.console import request_guard as guard
from dreamd.console.acts.leads import Leads
from dreamd.console.acts.offers import BUTTONS
from dreamd.console.acts.order_bodies import LONG_MAX, Asked, UnfitOrderError
from dreamd.console.acts.orders import ACTS, Act, LateOrder, OrderRunner
from dreamd.console.answers import NO_ANSWER, failed, idle, late, refused, signed_out
from dreamd.console.governing.doors import Doors
from dreamd.console.governing.routes import Governing
from dreamd.console.page_files import MEDIA, PageFiles
from dreamd.console.people.clinic_routes import ClinicPage
from dreamd.console.people.consent_routes import OwnConsent
from dreamd.console.people.exchange_routes import BerthExchange
from dreamd.console.people.guideline_routes import OpenGuidelines
from dreamd.console.people.stage_routes import ArtistsStage
from dreamd.console.provider_door import ProviderDoor
from dreamd.console.request_guard import PROTECTION, RequestGuard
from dreamd.console.request_reader import (
    SECRET_MAX,
    read_count,
    read_request,
    read_text_of_secret,
)
from dreamd.console.session_store import SessionStore, SessionWriter, open_credential, seal_credential
from dreamd.console.sessions import LOOKS_OF_ALL, Sealing, Session, Sessions, SessionsFull
from dreamd.console.sign_in import ApiAddress, UnfitSecretError, signed_in
from dreamd.console.viewer import ENDING, IDLE_S, LOOKS, SCENES_MAX, NotFollowing, Viewer, Wish
from dreamwire.signing import VerifyKey
from dreamwire.topics import is_name

__all__ = ["ApiAddress", "Console", "console_app", "new_console"]

SIGN_INS: Final = 4
"""Credentials that are checked at once."""
COOKIE_BYTES: Final = 16
OPEN_PAGES: Final = ("consent",)
SIGNED_IN_PAGES: Final = ("guidelines", "clinic", "stage", "exchange")


class HostGuard:
    """Refuses a request that is not for this server, whatever its path, and protects every answer."""

    def __init__(self, app: ASGIApp, judge: RequestGuard) -> None:
        self._app, self._judge = app, judge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(PROTECTION)
            await send(message)

        wrong = self._judge.wrong_host(Headers(scope=scope))
        answer = refused(HTTPStatus.FORBIDDEN, wrong) if wrong else self._app
        await answer(scope, receive, protected)


class Console:
    """Sessions and viewers of one daemon. judge: of requests; a site's has names. store: of its sessions."""

    def __init__(
        self,
        api: ApiAddress,
        judge: RequestGuard,
        now_s: Callable[[], float],
        store: SessionStore | None = None,
        key: VerifyKey | None = None,
    ) -> None:
        """key: the daemon's, which proves its audit log; None: the console has none."""
        self._api, self.judge, self._now_s = api, judge, now_s
        self._near = None if api.authority else _session_of_machine(api)
        self.sessions = Sessions(
            lambda: secrets.token_urlsafe(COOKIE_BYTES),
            Sealing(seal_credential, open_credential),
            lambda credential: CredentialFile(api.target, "", credential, api.authority),
        )
        self._writer = SessionWriter(self.sessions, store)
        doors = Doors(api, judge, self._session, refused, self._failed_for, idle, signed_out, now_s, key)
        self._governing = Governing(doors) if api.authority else None
        self._stage = ArtistsStage(doors)
        self._people = (OwnConsent(doors), OpenGuidelines(doors))
        self._clinic, self._exchange = ClinicPage(doors), BerthExchange(doors)
        self._viewers: dict[str, tuple[Viewer, asyncio.Task[None]]] = {}
        self._signing_in = asyncio.Semaphore(SIGN_INS)
        self._group: asyncio.TaskGroup | None = None
        self._orders: OrderRunner | None = None
        self._own = PageFiles(in_site=bool(api.authority))

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Hold the tasks of the viewers."""
        async with asyncio.TaskGroup() as group:
            self._group, self._orders, self._stage.leads = group, OrderRunner(group), Leads(group)
            closing = group.create_task(self._close_idle(), name="idle-viewers")
            yield
            self._group = None
            await self._writer.write_changes()
            self._orders.cancel_orders()
            self._stage.leads.cancel_leads()
            for task in (closing, *(task for _, task in self._viewers.values())):
                task.cancel()

    def routes(self) -> list[Route]:
        """Every route."""
        return [
            Route("/", self._page("index")),
            Route("/healthz", _health),
            *(Route(f"/{page}", self._page(page)) for page in SIGNED_IN_PAGES),
            *(self._of_sessions() if self._near is None else ()),
            *(self._governing.routes() if self._governing is not None else ()),
            *(Route(f"/{page}", self._open_page(page)) for page in OPEN_PAGES),
            *(route for page in self._people for route in page.routes()),
            *self._clinic.case_routes(),
            *self._stage.stage_routes(),
            *self._exchange.exchange_routes(),
            Route("/console/look", self._look),
            *(Route(path, self._order(act), methods=["POST"]) for path, act in ACTS.items()),
            Route("/console/{file}", self._file),
        ]

    def _of_sessions(self) -> list[Route]:
        return [
            Route("/access", self._page("access")),
            Route("/session", self._tell_session),
            Route("/session", self._sign_in, methods=["POST"]),
            Route("/session", self._sign_out, methods=["DELETE"]),
            *ProviderDoor(self._api, self.judge, self._let_in, self._now_s).routes(),
        ]

    # -- pages and sessions -----------------------------------------------------------------------

    def _page(self, name: str) -> Callable[[Request], "asyncio.Future[Response]"]:
        """A page for viewers that are signed in; others get the page that signs them in."""

        async def answer(request: Request) -> Response:
            page = "sign_in" if self._session(request) is None else name
            return Response(self._own.pages[page], media_type=MEDIA[".html"])

        return answer  # type: ignore[return-value]  # Starlette takes any coroutine function

    def _open_page(self, page: str) -> Callable[[Request], "asyncio.Future[Response]"]:
        """A page that holds no data of its own and lets its reader sign in itself."""

        async def answer(_request: Request) -> Response:
            return Response(self._own.pages[page], media_type=MEDIA[".html"])

        return answer  # type: ignore[return-value]  # Starlette takes any coroutine function

    async def _file(self, request: Request) -> Response:
        found = self._own.files.get(request.path_params["file"])
        if found is None:
            return refused(HTTPStatus.NOT_FOUND, "no such file")
        return Response(found[1], media_type=found[0])

    def _session(self, request: Request) -> Session | None:
        if self._near is not None:
            return self._near
        return self.sessions.session_of(guard.cookie_of(request.headers), self._now_s())

    async def _tell_session(self, request: Request) -> Response:
        wrong = self.judge.wrong_reader(request.headers)
        if wrong:
            return refused(HTTPStatus.FORBIDDEN, wrong)
        session = self._session(request)
        if session is None:
            return signed_out()
        told = {"buttons": sorted(session.buttons), "methods": sorted(session.methods)}
        return JSONResponse({"principal": session.principal, **told})

    async def _sign_in(self, request: Request) -> Response:
        asked = await read_request(request, SECRET_MAX)
        wrong = self.judge.wrong_writer(request.headers)
        if wrong or asked is None:
            return refused(HTTPStatus.FORBIDDEN, wrong) if wrong else late()
        if self._signing_in.locked():
            return refused(HTTPStatus.SERVICE_UNAVAILABLE, f"{SIGN_INS} people sign in already; try again")
        async with self._signing_in:
            try:
                session, cookie = await self._begin_session(request, read_text_of_secret(asked.body))
            except UnfitSecretError as unfit:
                return refused(HTTPStatus.BAD_REQUEST, str(unfit))
            except SessionsFull as full:
                return refused(HTTPStatus.SERVICE_UNAVAILABLE, str(full))
            except dreamapi.ApiError as failure:
                return failed(failure)
        told = JSONResponse({"principal": session.principal})
        told.headers["Set-Cookie"] = guard.cookie_header(cookie)
        return told

    async def _begin_session(self, request: Request, secret: str) -> tuple[Session, str]:
        """Begin a session in the place of the browser's own; return it with its cookie."""
        session = await signed_in(self._api, secret, self._now_s())
        cookie = self.sessions.begin_session(session, self._now_s())
        self.sessions.end_session(guard.cookie_of(request.headers))
        await self._writer.write_changes()
        return session, cookie

    async def _let_in(self, request: Request, credential: str) -> str:
        """Begin a session of a credential that the provider's door has got; return its Set-Cookie."""
        _, cookie = await self._begin_session(request, credential)
        return guard.cookie_header(cookie)

    async def _sign_out(self, request: Request) -> Response:
        wrong = self.judge.wrong_writer(request.headers)
        if wrong:
            return refused(HTTPStatus.FORBIDDEN, wrong)
        self.sessions.end_session(guard.cookie_of(request.headers))
        await self._writer.write_changes()
        told = JSONResponse({"principal": ""})
        told.headers["Set-Cookie"] = guard.cookie_header("")
        return told

    # -- looking ----------------------------------------------------------------------------------

    async def _look(self, request: Request) -> Response:
        wrong = self.judge.wrong_reader(request.headers)
        session = self._session(request)
        if wrong or session is None:
            return refused(HTTPStatus.FORBIDDEN, wrong) if wrong else signed_out()
        query = request.query_params
        name, pod = query.get("dreamscape", ""), query.get("pod", "")
        if not all(one == "" or is_name(one) for one in (name, pod)):
            return refused(HTTPStatus.BAD_REQUEST, "invalid Dreamscape or pod name")
        if session.looks >= session.looks_most:
            told = f"{session.looks_most} console pages are open already; close one"
            return refused(HTTPStatus.SERVICE_UNAVAILABLE, told)
        wish = Wish(name, pod, *(read_count(query.get(key, "")) for key in ("house", "scene", "cursor")))
        session.turn_to((name, pod), self._now_s())
        return await self._newer(session, wish)

    async def _newer(self, session: Session, wish: Wish) -> Response:
        session.looks += 1
        viewer = self._viewer(session)
        try:
            return Response(await viewer.newer(wish), media_type="application/json")
        except NotFollowing as lost:
            if viewer.ending:
                self.sessions.end_credential(session.credential.credential)
                return signed_out(viewer.ending)
            if lost.is_refusal:
                return refused(HTTPStatus.FORBIDDEN, str(lost))
            if lost.is_hung:
                return refused(HTTPStatus.SERVICE_UNAVAILABLE, NO_ANSWER, "NO_ANSWER")
            return PlainTextResponse(f"{lost}\n", HTTPStatus.BAD_GATEWAY)  # no JSON: a page says "lost"
        finally:
            session.looks -= 1

    def _viewer(self, session: Session) -> Viewer:
        credential = session.credential.credential
        kept = self._viewers.get(credential)
        if kept is None or kept[1].done():
            assert self._group is not None
            scenes = SCENES_MAX if self._near is None else LOOKS_OF_ALL
            viewer = Viewer(self._api.shown(credential), session.methods, self._now_s, scenes)
            task = self._group.create_task(viewer.follow_house(), name=f"viewer-{session.principal}")
            kept = self._viewers[credential] = (viewer, task)
        kept[0].asked_s = self._now_s()
        return kept[0]

    def end_looks(self) -> None:
        """Answer every page that waits: the console ends."""
        for viewer, _ in self._viewers.values():
            viewer.end_looks()

    async def _close_idle(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            for credential, (viewer, task) in list(self._viewers.items()):
                if self._now_s() - viewer.asked_s > 2 * IDLE_S or task.done():
                    task.cancel()
                    del self._viewers[credential]
            await self._writer.write_changes()

    # -- acting -----------------------------------------------------------------------------------

    def _order(self, act: Act) -> Callable[[Request], "asyncio.Future[Response]"]:
        async def order(request: Request) -> Response:
            asked = await read_request(request, LONG_MAX)
            wrong = self.judge.wrong_writer(request.headers)
            if wrong or asked is None:
                return refused(HTTPStatus.FORBIDDEN, wrong) if wrong else late()
            session = self._session(request)
            if session is None:
                return signed_out()
            if not (act.frees or session.may_bind(self._now_s())):
                return idle()
            session.note_act(self._now_s())
            return await self._carried_out(act, asked, session)

        return order  # type: ignore[return-value]  # Starlette takes any coroutine function

    def _failed_for(self, failure: dreamapi.ApiError, session: Session) -> Response:
        if isinstance(failure, ENDING):
            self.sessions.end_credential(session.credential.credential)
        return failed(failure)

    async def _carried_out(self, act: Act, asked: Asked, session: Session) -> Response:
        assert self._orders is not None
        server = self._api.shown(session.credential.credential)
        try:
            outcome = await self._orders.run_order(act, asked, server)
        except LateOrder:
            told = f"{NO_ANSWER}; the order is carried out as soon as it answers"
            return refused(HTTPStatus.SERVICE_UNAVAILABLE, told)
        except UnfitOrderError as unfit:
            return refused(HTTPStatus.BAD_REQUEST, str(unfit))
        except dreamapi.ApiError as failure:
            return self._failed_for(failure, session)
        if outcome is None:
            return JSONResponse({"resumed": True})
        unconfirmed = [bare(pod) for pod in outcome.unconfirmed]
        answer = {"zeroed": outcome.zeroed, "confirmed": outcome.confirmed, "unconfirmed": unconfirmed}
        return JSONResponse({**answer, "kept": outcome.kept} if outcome.kept else answer)


def new_console(
    api: ApiAddress,
    names: Collection[str] | None,
    now_s: Callable[[], float],
    store: SessionStore | None = None,
    key: VerifyKey | None = None,
) -> Console:
    """A console. names: of the certificate; None: without a site. now_s: Unix seconds.

    store: where sessions are kept; None: they end with the console. key: the daemon's; None: not at hand.
    """
    return Console(api, RequestGuard(None if names is None else tuple(names)), now_s, store, key)


def console_app(console: Console) -> Starlette:
    """The whole program as an ASGI application."""
    return Starlette(
        routes=console.routes(),
        middleware=[Middleware(HostGuard, judge=console.judge)],
        lifespan=console.lifespan,
    )


def _session_of_machine(api: ApiAddress) -> Session:
    """The session of all pages where there is no site: the machine's rights, and no end."""
    methods = LOOKS | frozenset(BUTTONS.values())
    nothing = CredentialFile(api.target, "", "", "")
    return Session(
        *("", nothing, methods, frozenset(BUTTONS), inf, 0.0), looks_most=LOOKS_OF_ALL, idles=False
    )


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok\n")
