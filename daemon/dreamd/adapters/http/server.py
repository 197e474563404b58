"""The HTTP port: routes answered on threads of their own, never on the event loop.

Why the standard library's server, and threads. prometheus-client already loads `http.server` into the
process, so it costs nothing (aiohttp: 30 MB more and a third of a second at every start). Rendering a
thousand series or a page for five hundred sleepers stays off the event loop. A client that reads slowly
blocks only its own thread. And this thread can still report that the tick loop hangs. Nothing streams: a
client that follows asks again (see `console_routes`).

Rules. Loopback only (settings enforce it). Every connection has a place and every phase of a request a
deadline (`connection_limits`). A body is at most BODY_MAX bytes with a declared length. Of a longer one, up
to LONG_MAX, beginning and end are kept, because a way out is not refused for the length of its reason. The
three pages for machines read plain attributes and nothing else. A check returns what is wrong; an empty
answer means that all is well.
"""

import re
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from time import monotonic
from typing import ClassVar, Final
from urllib.parse import parse_qsl

import structlog

from dreamd.adapters.http.connection_limits import (
    ASKING_PLACES,
    ASKS_WITHIN_S,
    Connection,
    ConnectionLimits,
    Phase,
)

CONNECTIONS: Final = ASKING_PLACES
"""Connections that have not sent their whole request; one more closes the oldest of them."""
CLIENT_S: Final = ASKS_WITHIN_S
"""Longest wait of one read or write; `connection_limits` bounds the total of many short ones."""
BODY_MAX: Final = 4096
LONG_MAX: Final = 16 << 20
_CHUNK: Final = 64 << 10
TEXT: Final = "text/plain; charset=utf-8"
_FIELDS_MAX: Final = 16
_POLL_S: Final = 0.05

Check = Callable[[], tuple[str, ...]]
"""Returns what is wrong, one sentence each; empty: nothing."""

_log = structlog.get_logger("dreamd.http")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. headers: names in lower case; a repeated one has all its values, by comma.

    whole: the body was at most BODY_MAX bytes; otherwise `body` is its first and its last BODY_MAX bytes.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: status, media type, body, further headers."""

    status: HTTPStatus
    media: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Route = Callable[[Asked], Page]
Routes = Mapping[tuple[str, str], Route]
"""By method and path."""


def said(status: HTTPStatus, sentence: str) -> Page:
    """A page of one sentence."""
    return Page(status, TEXT, f"{sentence}\n".encode())


def _health(wrong: tuple[str, ...], notes: tuple[str, ...] = ()) -> Page:
    status = HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK
    return said(status, "\n".join((*(wrong or ("ok",)), *notes)))


def wrong_name(host: str | None, names: Collection[str]) -> str:
    """Why this Host gets no page for machines; empty: it does.

    A browser page that has rebound a stranger's name to this machine sends that name. An IP address cannot be
    rebound, and a request without a Host comes from no browser.
    """
    if host is None:
        return ""
    name = host.lower() if host.endswith("]") else re.sub(r":\d{1,5}$", "", host.lower())
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        if name not in {"localhost", *(one.lower() for one in names)}:
            return "this port answers to localhost, IP addresses and the names in the setting http.names"
    return ""


def _for_machines(route: Route, names: Collection[str]) -> Route:
    def guarded(asked: Asked) -> Page:
        wrong = wrong_name(asked.headers.get("host"), names)
        return said(HTTPStatus.FORBIDDEN, wrong) if wrong else route(asked)

    return guarded


def phase_of(asked: Asked) -> Phase:
    """The phase of a request that has been read."""
    if asked.method == "POST":
        return Phase.ORDER
    if asked.path in ("/healthz", "/readyz"):
        return Phase.HEALTH
    return Phase.METRICS if asked.path == "/metrics" else Phase.PAGE


class _Handler(BaseHTTPRequestHandler):
    timeout: ClassVar[float | None] = CLIENT_S
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a head and a body are two writes: the second must not wait for an ACK

    def setup(self) -> None:
        """Get the place of this connection."""
        super().setup()
        assert isinstance(self.server, _Server)
        self._place = self.server.place_of(self.request)

    def handle_one_request(self) -> None:
        """Read and answer one request within its deadlines."""
        assert isinstance(self.server, _Server)
        if self.server.places.ask_again(self._place):
            super().handle_one_request()
        else:
            self.close_connection = True

    def do_GET(self) -> None:
        """Answer."""
        self._answer()

    do_HEAD = do_POST = do_GET  # noqa: N815 -- the base class looks for these names
    do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_CONNECT = do_GET  # noqa: N815 -- likewise

    def _answer(self) -> None:
        assert isinstance(self.server, _Server)
        places = self.server.places
        places.has_head(self._place)
        path, _, query = self.path.partition("?")
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        page = self._unfit(headers)
        if page is None:
            length = int(headers.get("content-length", "0"))
            body = self._body(length)
            try:
                fields = dict(parse_qsl(query, max_num_fields=_FIELDS_MAX))
            except ValueError:
                page = said(HTTPStatus.BAD_REQUEST, "too many query fields")
            else:
                page = self._page(Asked(self.command, path, fields, headers, body, length <= BODY_MAX))
        self._send(page)

    def _page(self, asked: Asked) -> Page:
        assert isinstance(self.server, _Server)
        if self.server.places.has_asked(self._place, phase_of(asked)):
            return self.server.page(asked)
        self.close_connection = True
        return said(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "all places for pages are taken; orders and health checks still work",
        )

    def _body(self, length: int) -> bytes:
        """Read the body; of one longer than BODY_MAX keep the beginning and the end."""
        body = self.rfile.read(min(length, BODY_MAX))
        left, end = length - len(body), b""
        while left > 0 and (chunk := self.rfile.read(min(left, _CHUNK))):
            left -= len(chunk)
            end = (end + chunk)[-BODY_MAX:]
        return body + end

    def _unfit(self, headers: Mapping[str, str]) -> Page | None:
        """Return why the body will not be read, which ends the connection; None: it will be."""
        told = headers.get("content-length", "" if self.command == "POST" else "0")
        length = int(told) if told.isascii() and told.isdigit() and len(told) <= len(str(LONG_MAX)) else -1
        if "transfer-encoding" in headers or not told:
            page = said(HTTPStatus.LENGTH_REQUIRED, "Content-Length is required")
        elif not 0 <= length <= (LONG_MAX if self.command == "POST" else BODY_MAX):
            page = said(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body must be at most {BODY_MAX} bytes")
        else:
            return None
        self.close_connection = True
        return page

    def _send(self, page: Page) -> None:
        self.send_response(page.status)
        self.send_header("Content-Type", page.media)
        self.send_header("Content-Length", str(len(page.body)))
        for name, value in page.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer an unreadable request with one sentence, like every other answer."""
        del explain
        self.close_connection = True
        self.command = getattr(self, "command", None) or ""
        self.request_version = self.protocol_version  # an answer to bytes that are no HTTP needs a head
        status = HTTPStatus(code)
        self._send(said(status, message or status.phrase))

    def version_string(self) -> str:
        """Name the program, not the library and its version."""
        return "dreamd"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Write nothing: a scrape every few seconds is no fact worth a line."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 4 * CONNECTIONS  # a page and its files come at once, among slow clients

    def __init__(self, address: tuple[str, int], routes: Routes, now_s: Callable[[], float]) -> None:
        self._routes = routes
        self._connections: dict[object, Connection] = {}
        self.places = ConnectionLimits(now_s)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def place_of(self, request: object) -> Connection:
        """The place of this client's socket."""
        return self._connections[request]

    def service_actions(self) -> None:
        """Close expired connections; called at each poll."""
        self.places.expire()

    def server_bind(self) -> None:
        """Bind without a name lookup, which the base class makes and which may take seconds."""
        socketserver.TCPServer.server_bind(self)

    def page(self, asked: Asked) -> Page:
        """Answer a request; a bug is a 500 for this caller and an error in the log."""
        method = "GET" if asked.method == "HEAD" else asked.method
        route = self._routes.get((method, asked.path))
        if route is None:
            return self._no_route(asked)
        try:
            return route(asked)
        except Exception as bug:  # noqa: BLE001 -- the last line before the caller: whatever it is, it is logged
            incident = secrets.token_hex(4)
            _log.error("page_failed", path=asked.path, incident=incident, exc_info=bug)
            return said(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                f"internal error; the daemon's log has the details under incident {incident}",
            )

    def _no_route(self, asked: Asked) -> Page:
        methods = sorted(method for method, path in self._routes if path == asked.path)
        if methods:
            allowed = [*methods, *(["HEAD"] if "GET" in methods else [])]
            page = said(HTTPStatus.METHOD_NOT_ALLOWED, f"{asked.path} accepts only {' '.join(allowed)}")
            return Page(page.status, page.media, page.body, {"Allow": ", ".join(allowed)})
        gets = (path for method, path in self._routes if method == "GET")
        known = " ".join(path for path in gets if path.count("/") == 1)
        return said(HTTPStatus.NOT_FOUND, f"no such page; available: {known}")

    def process_request(self, request: object, client_address: object) -> None:
        """Serve on a thread where there is a place, else close the socket."""
        assert isinstance(request, socket.socket)
        assert isinstance(client_address, tuple)
        connection = self.places.enter(request, str(client_address[0]))
        if connection is None:
            self.shutdown_request(request)
            return
        self._connections[request] = connection
        super().process_request(request, client_address)

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Free the place, however the request ended."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self.places.connection_ended(self._connections.pop(request))

    def handle_error(self, request: object, client_address: object) -> None:
        """Write nothing: a client that left halfway is no fact worth a line."""


class HttpServer:
    """The pages for machines and the routes given, served until `close`."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        render: Callable[[], tuple[str, bytes]],
        alive: Check,
        ready: Check,
        notes: Check = tuple,
        names: Collection[str] = (),
        routes: Routes | None = None,
        now_s: Callable[[], float] = monotonic,
    ) -> None:
        """Listen and serve.

        Args:
            host: a loopback address.
            port: 0 for any free one; see `port`.
            render: media type and body of /metrics.
            alive: faults of the process.
            ready: faults that keep it from working.
            notes: notes of /readyz that do not make it fail.
            names: host names allowed for the pages for machines, besides loopback and IP addresses.
            routes: all other routes.
            now_s: the deadlines' clock, which never goes back.

        Raises:
            OSError: the port is in use.
        """

        def metrics(_asked: Asked) -> Page:
            media, body = render()
            return Page(HTTPStatus.OK, media, body)

        everything: dict[tuple[str, str], Route] = {
            ("GET", "/metrics"): _for_machines(metrics, names),
            ("GET", "/healthz"): _for_machines(lambda _asked: _health(alive()), names),
            ("GET", "/readyz"): _for_machines(lambda _asked: _health(ready(), notes()), names),
            **(routes or {}),
        }
        self._server = _Server((host, port), everything, now_s)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="http", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def places(self) -> ConnectionLimits:
        """The connections and their phases."""
        return self._server.places

    def close(self) -> None:
        """Stop listening; safe to call twice. Waits for at most one poll."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
