"""The console's routes: the page, its data, and its orders.

How a page follows. It requests `/console/look` with the numbers of the parts it has. The answer comes as soon
as there is a newer part, after HOLD_S at the latest. The page asks again when it has drawn. So a slow browser
gets fewer ticks and never an older one: nothing waits in a queue or a socket's buffer. A client that stops
reading holds one answer and loses its connection after CLIENT_S. At most LOOKERS wait at once.

How it acts. One POST, guarded by `request_guard`. A sever waits for the application's thread alone, happens
even where that is late, may be sent twice, and answers like the API: zeroed, confirmed, unconfirmed, within
1.5 s. Resume needs the etag of the view on which it is based.
"""

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from importlib.resources import files
from time import monotonic, sleep
from typing import Final, TypeVar

from dreamd.adapters.http import request_guard
from dreamd.adapters.http.console_json import SnapshotEncoder
from dreamd.adapters.http.console_snapshots import ConsoleView, SnapshotCache
from dreamd.adapters.http.loop_bridge import LoopBridge, NoAnswerError
from dreamd.adapters.http.order_bodies import (
    Order,
    UnfitOrderError,
    read_order,
    read_scoped,
    read_way_out,
)
from dreamd.adapters.http.server import Asked, Page, Route, Routes
from dreamd.app.api.protocols import Api, SeverTicket
from dreamd.app.events.watcher_budget import WatcherBudget
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.dreamscapes.views import DreamscapeView
from dreamd.core.limits import CONFIRM_WITHIN_S
from dreamd.core.refusals import Code, Kind, Refusal
from dreamd.core.safety.scopes import SeverScope
from dreamwire.messages import WakeScope
from dreamwire.topics import is_name

HOLD_S: Final = 1.0
"""The longest an answer is held back: a page without an answer for longer knows that the daemon is gone."""
LOOKERS: Final = 16
WAITING_MAX: Final = 16
"""Orders that wait for the pods' confirmation at once."""
SETTLE_LOOK_S: Final = 0.02
WAKES: Final = {
    SeverScope.POD: WakeScope.POD,
    SeverScope.DREAMSCAPE: WakeScope.DREAMSCAPE,
    SeverScope.SITE: WakeScope.SITE,
    SeverScope.FLEET: WakeScope.FLEET,
}
"""Wake scopes; there is none for a single sleeper, whose order goes to the bed's pod."""
_Told = TypeVar("_Told")
NAMELESS: Final = "the console"

MEDIA: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
STATUS: Final = {
    Kind.INVALID: HTTPStatus.BAD_REQUEST,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.EXISTS: HTTPStatus.CONFLICT,
    Kind.PRECONDITION: HTTPStatus.CONFLICT,
    Kind.ABORTED: HTTPStatus.CONFLICT,
    Kind.OUT_OF_RANGE: HTTPStatus.BAD_REQUEST,
    Kind.EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
NO_ANSWER: Final = "the daemon is frozen: every bed switches to zero by its own tether within 1.5 s"


def _json(status: HTTPStatus, value: object) -> Page:
    return _guarded(status, "application/json", json.dumps(value).encode())


def _guarded(status: HTTPStatus, media: str, body: bytes) -> Page:
    return Page(status, media, body, request_guard.PROTECTION)


def _no(status: HTTPStatus, sentence: str, code: str = "") -> Page:
    return _json(status, {"error": sentence, "code": code})


def _refused(refusal: Refusal) -> Page:
    return _no(STATUS[refusal.kind], str(refusal), refusal.code.value)


class Console:
    """Answers the console's requests, on HTTP's threads."""

    def __init__(
        self,
        api: Api,
        application: LoopBridge,
        now_s: Callable[[], float],
        budget: WatcherBudget | None = None,
    ) -> None:
        """budget: of all watchers together; the console's own where absent."""
        self._api = api
        self._application = application
        self._lookout = SnapshotCache(api, now_s)
        if budget is not None:
            self._lookout.budget = budget
        self._teller = SnapshotEncoder()
        self._places = threading.BoundedSemaphore(LOOKERS)
        self._waiting = threading.BoundedSemaphore(WAITING_MAX)

    def routes(self) -> Routes:
        """All routes of the console."""
        routes: dict[tuple[str, str], Route] = {("GET", "/console/look"): self._look}
        for file in files("dreamd.adapters.http").joinpath("page").iterdir():
            media = MEDIA.get(file.name[file.name.rfind(".") :])
            if media is not None:
                path = "/" if file.name == "index.html" else f"/console/{file.name}"
                routes["GET", path] = _asset(media, file.read_bytes())
        ask = self._api
        routes["POST", "/console/sever"] = self._severs(
            lambda o: ask.dreamscapes.sever(_caller(o), o.name, o.reason or NAMELESS), read_way_out
        )
        routes["POST", "/console/wake"] = self._severs(
            lambda o: ask.dreamscapes.wake(_caller(o), o.name, o.reason or NAMELESS), read_way_out
        )
        routes["POST", "/console/sever-scope"] = self._severs(self._sever_scope, read_scoped)
        routes["POST", "/console/wake-scope"] = self._severs(self._wake_scope, read_scoped)
        routes["POST", "/console/release"] = self._severs(
            lambda o: ask.pods.release(_caller(o), o.name, o.reason or NAMELESS), read_way_out
        )
        routes["POST", "/console/resume"] = self._resume
        return routes

    # -- looking ----------------------------------------------------------------------------------

    def _look(self, asked: Asked) -> Page:
        wrong = request_guard.wrong_reader(asked)
        if wrong:
            return _no(HTTPStatus.FORBIDDEN, wrong)
        if not self._places.acquire(blocking=False):
            return _no(
                HTTPStatus.SERVICE_UNAVAILABLE, f"{LOOKERS} console pages are connected already; close one"
            )
        try:
            return self._newer(asked)
        except NoAnswerError:
            return _no(HTTPStatus.SERVICE_UNAVAILABLE, NO_ANSWER, "NO_ANSWER")
        finally:
            self._places.release()

    def _newer(self, asked: Asked) -> Page:
        name, pod = (asked.query.get(key, "") for key in ("dreamscape", "pod"))
        house, scene, cursor = (_count(asked.query.get(key, "")) for key in ("house", "scene", "cursor"))
        if not all(one == "" or is_name(one) for one in (name, pod)):
            return _no(HTTPStatus.BAD_REQUEST, "invalid Dreamscape or pod name")
        until_s = monotonic() + HOLD_S
        while True:
            beats = self._lookout.beats
            sight = self._application.do(lambda: self._lookout.look(name, cursor, pod))
            left_s = until_s - monotonic()
            if _is_news(sight, house, scene) or not left_s > 0.0:
                break
            self._lookout.wait(beats, left_s)
        with self._lookout.budget.spending():
            told = self._teller.tell(sight, house_seen=house or 0, scene_seen=scene or 0)
        return _guarded(HTTPStatus.OK, "application/json", told)

    # -- acting -----------------------------------------------------------------------------------

    def _sever_scope(self, order: tuple[SeverScope, Order]) -> SeverTicket | Refusal:
        scope, told = order
        return self._api.severs.order(_caller(told), scope, told.name, told.reason)

    def _wake_scope(self, order: tuple[SeverScope, Order]) -> SeverTicket | Refusal:
        """Give a wake order, which stands until a named person lifts it."""
        scope, told = order
        if scope not in WAKES:
            return Refusal(
                Code.INVALID_ARGUMENT, "scope: expected pod, dreamscape, site or fleet", {"field": "scope"}
            )
        ordered = self._api.wake_orders.order(_caller(told), WAKES[scope], told.name, told.reason or NAMELESS)
        return ordered if isinstance(ordered, Refusal) else ordered.ticket

    def _severs(self, act: Callable[[_Told], SeverTicket | Refusal], read: Callable[[Asked], _Told]) -> Route:
        def route(asked: Asked) -> Page:
            order = self._admitted(asked, read)
            if isinstance(order, Page):
                return order
            try:
                ticket = self._application.do(lambda: act(order), even_late=True)
                return _refused(ticket) if isinstance(ticket, Refusal) else self._settled(ticket)
            except NoAnswerError:
                return _no(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    f"{NO_ANSWER}; the order is carried out as soon as it answers",
                )

        return route

    def _settled(self, ticket: SeverTicket) -> Page:
        if self._waiting.acquire(blocking=False):  # otherwise the sever is done too, and answered at once
            try:
                until_s = monotonic() + CONFIRM_WITHIN_S
                while not self._application.do(lambda: ticket.settled) and monotonic() < until_s:
                    sleep(SETTLE_LOOK_S)
            finally:
                self._waiting.release()
        outcome = self._application.do(ticket.outcome)
        counts = {"zeroed": outcome.zeroed, "confirmed": outcome.confirmed}
        return _json(HTTPStatus.OK, {**counts, "unconfirmed": outcome.unconfirmed})

    def _resume(self, asked: Asked) -> Page:
        order = self._admitted(asked, read_order)
        if isinstance(order, Page):
            return order
        if not order.etag:
            return _no(HTTPStatus.BAD_REQUEST, "etag is required to resume")
        try:
            view: DreamscapeView | Refusal = self._application.do(
                lambda: self._api.dreamscapes.resume(_caller(order), order.name, order.etag)
            )
        except NoAnswerError:
            return _no(HTTPStatus.SERVICE_UNAVAILABLE, f"{NO_ANSWER}; nothing is resumed")
        return _refused(view) if isinstance(view, Refusal) else _json(HTTPStatus.OK, {"resumed": True})

    @staticmethod
    def _admitted(asked: Asked, read: Callable[[Asked], _Told]) -> _Told | Page:
        wrong = request_guard.wrong_writer(asked)
        if wrong:
            return _no(HTTPStatus.FORBIDDEN, wrong)
        try:
            return read(asked)
        except UnfitOrderError as unfit:
            return _no(HTTPStatus.BAD_REQUEST, str(unfit))


def _caller(order: Order) -> Caller:
    return Caller(order.issuer or NAMELESS, Role.OPERATOR, Channel.CONSOLE)


def _is_news(sight: ConsoleView, house: int | None, scene: int | None) -> bool:
    if sight.events or sight.house.number != house:
        return True
    return sight.scene is not None and sight.scene.number != scene


def _count(text: str) -> int | None:
    fits = text.isascii() and text.isdigit() and len(text) <= len(str(1 << 63))
    return int(text) if fits else None


def _asset(media: str, body: bytes) -> Route:
    def route(asked: Asked) -> Page:
        wrong = request_guard.wrong_host(asked)
        return _no(HTTPStatus.FORBIDDEN, wrong) if wrong else _guarded(HTTPStatus.OK, media, body)

    return route
