"""HTTP for machines: /metrics by prometheus-client's own server, /healthz and /readyz beside it.

The library's server answers each connection on a thread, so a scrape holds up no tick, and this port can
still tell that the tick loop hangs. The library bounds neither threads nor time. Here a connection carries
one request and is closed WHOLE_WITHIN_S after it was made, however many bytes still trickle; of more than
CONNECTIONS the oldest is closed, because an honest request lasts milliseconds.

The Host is an address, localhost or a name in the settings, on every path: a browser page that has rebound a
stranger's name to this machine reads nothing. In a site the port speaks TLS, with the certificate as it is
on the disk when a connection begins. /metrics then wants the credential of a principal that may read. The
health checks answer every caller, and give the reasons to callers on this machine or with a credential.
"""

import re
import secrets
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar, Final
from wsgiref.simple_server import WSGIRequestHandler
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from prometheus_client.exposition import ThreadingWSGIServer

from dreamd.core.refusals import Code, Refusal

CONNECTIONS: Final = 64
WHOLE_WITHIN_S: Final = 8.0
"""From a connection to the last byte of its answer."""
READ_WITHIN_S: Final = 5.0
"""Longest wait of one read or write."""
TEXT: Final = "text/plain; charset=utf-8"
_POLL_S: Final = 0.05

Check = Callable[[], tuple[str, ...]]
"""Returns the faults, one sentence each; empty: none."""
Reader = Callable[[str], Refusal | None]
"""Judges the text of an Authorization header, on any thread; None: its principal may read."""

_log = structlog.get_logger("dreamd.http")


@dataclass(frozen=True, slots=True)
class Checks:
    """alive: faults of the process. ready: faults that keep it from working. notes: of /readyz, no faults."""

    alive: Check
    ready: Check
    notes: Check = tuple


@dataclass(frozen=True, slots=True)
class Files:
    """The certificate of the port and its key: PEM files, which may be renewed."""

    certificate: Path
    key: Path


def wrong_name(host: str | None, names: Collection[str]) -> str:
    """Why a request with this Host is refused; empty: it is not.

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


class _Pages:
    """The paths, as a WSGI application."""

    def __init__(
        self, metrics: WSGIApplication, checks: Checks, names: Collection[str], reader: Reader | None
    ) -> None:
        self._metrics, self._checks, self._names, self._reader = metrics, checks, names, reader
        self._paths = {"/metrics": self._scrape, "/healthz": self._alive, "/readyz": self._ready}

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request; a bug is a 500 for this caller and an error in the log."""
        path = environ["PATH_INFO"]
        try:
            found = self._page(path, environ, start)
        except Exception as bug:  # noqa: BLE001 -- the last line before the caller: whatever it is, it is logged
            incident = secrets.token_hex(4)
            _log.error("page_failed", path=path, incident=incident, exc_info=bug)
            told = f"internal error; the daemon's log has the details under incident {incident}"
            found = _said(start, HTTPStatus.INTERNAL_SERVER_ERROR, told)
        return () if environ["REQUEST_METHOD"] == "HEAD" else found

    def _page(self, path: str, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        wrong = wrong_name(environ.get("HTTP_HOST"), self._names)
        if wrong:
            return _said(start, HTTPStatus.FORBIDDEN, wrong)
        page = self._paths.get(path)
        if page is None:
            return _said(
                start, HTTPStatus.NOT_FOUND, f"no such page; available: {' '.join(sorted(self._paths))}"
            )
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            told = f"{path} accepts only GET HEAD"
            return _said(start, HTTPStatus.METHOD_NOT_ALLOWED, told, ("Allow", "GET, HEAD"))
        return page(environ, start)

    def _scrape(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        no = self._refused(environ)
        if no is None:
            return self._metrics({**environ, "REQUEST_METHOD": "GET"}, start)
        if no.code in {Code.ROLE_LACKING, Code.PERSON_NEEDED, Code.PRINCIPAL_PAUSED}:
            return _said(start, HTTPStatus.FORBIDDEN, str(no))
        return _said(start, HTTPStatus.UNAUTHORIZED, str(no), ("WWW-Authenticate", "Bearer"))

    def _refused(self, environ: WSGIEnvironment) -> Refusal | None:
        return None if self._reader is None else self._reader(environ.get("HTTP_AUTHORIZATION", ""))

    def _alive(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return self._health(environ, start, self._checks.alive(), ())

    def _ready(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return self._health(environ, start, self._checks.ready(), self._checks.notes())

    def _health(
        self, environ: WSGIEnvironment, start: StartResponse, wrong: tuple[str, ...], notes: tuple[str, ...]
    ) -> Iterable[bytes]:
        status = HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK
        is_near = ip_address(environ["REMOTE_ADDR"].partition("%")[0]).is_loopback
        if not is_near and self._refused(environ) is not None:
            wrong, notes = (("not well; the reasons want a credential",) if wrong else ()), ()
        return _said(start, status, "\n".join((*(wrong or ("ok",)), *notes)))


def _said(start: StartResponse, status: HTTPStatus, told: str, *headers: tuple[str, str]) -> Iterable[bytes]:
    body = f"{told}\n".encode()
    own = [("Content-Type", TEXT), ("Content-Length", str(len(body)))]
    start(f"{status.value} {status.phrase}", [*own, *headers])
    return (body,)


class _Nowhere:
    """Takes the library's complaints about clients that leave halfway: no fact worth a line."""

    def write(self, _text: str) -> None:
        """Drop it."""

    def flush(self) -> None:
        """Nothing is kept."""


class _Handler(WSGIRequestHandler):
    timeout: ClassVar[float | None] = READ_WITHIN_S

    def get_stderr(self) -> Any:  # noqa: ANN401 -- the stubs ask for a whole text file
        """Where the library complains."""
        return _Nowhere()

    def version_string(self) -> str:
        """Name the program, not the library and its version."""
        return "dreamd"

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer an unreadable request with one sentence, like every other answer."""
        del explain
        status = HTTPStatus(code)
        body = f"{message or status.phrase}\n".encode()
        head = f"HTTP/1.0 {status.value} {status.phrase}\r\nContent-Type: {TEXT}\r\n"
        self.wfile.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Write nothing: a scrape every few seconds is no fact worth a line."""


class _Certificate:
    """TLS with the certificate on the disk, read again where it changes; a damaged one is not taken."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._seen = self._stamps()
        self._context = self._read()

    def context(self) -> ssl.SSLContext:
        """For the next connection."""
        with suppress(OSError, ssl.SSLError):
            seen = self._stamps()
            if seen != self._seen:
                self._context, self._seen = self._read(), seen
        return self._context

    def _stamps(self) -> tuple[int, ...]:
        return tuple(path.stat().st_mtime_ns for path in (self._files.certificate, self._files.key))

    def _read(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._files.certificate, self._files.key)
        return context


@dataclass(slots=True, eq=False)
class _Connection:
    socket: socket.socket
    until_s: float


class _Server(ThreadingWSGIServer):
    request_queue_size = 4 * CONNECTIONS

    def __init__(
        self, address: tuple[str, int], tls: _Certificate | None, now_s: Callable[[], float]
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._tls, self._now_s = tls, now_s
        self._lock = threading.Lock()
        self._open: dict[_Connection, None] = {}
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without a name lookup, which the base class makes and which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def service_actions(self) -> None:
        """Close the connections past their deadline; called at each poll."""
        with self._lock:
            now_s = self._now_s()
            for one in [one for one in self._open if not now_s <= one.until_s]:
                self._hang_up(one)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- as the base
        """Answer the one request of a connection, within its deadline."""
        one = _Connection(request, self._now_s() + WHOLE_WITHIN_S)
        with self._lock:
            while len(self._open) >= CONNECTIONS:
                self._hang_up(next(iter(self._open)))
            self._open[one] = None
        try:
            if self._tls is not None:
                request.settimeout(READ_WITHIN_S)
                one.socket = self._tls.context().wrap_socket(
                    request, server_side=True, do_handshake_on_connect=False
                )
                one.socket.do_handshake()
            self.finish_request(one.socket, client_address)
        except (OSError, ValueError):
            pass  # a client that left halfway, or spoke no TLS, is no fact worth a line
        finally:
            with self._lock:
                self._open.pop(one, None)
            self.shutdown_request(one.socket)

    def _hang_up(self, one: _Connection) -> None:
        """Free the place now; the thread that serves it finds its socket shut, and ends."""
        self._open.pop(one, None)
        with suppress(OSError):  # the client may have closed it
            socket.socket.shutdown(one.socket, socket.SHUT_RDWR)

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._open)


class MetricsServer:
    """The port for machines, served until `close`."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        metrics: WSGIApplication,
        checks: Checks,
        names: Collection[str] = (),
        reader: Reader | None = None,
        files: Files | None = None,
        now_s: Callable[[], float] = monotonic,
    ) -> None:
        """Listen and serve.

        Args:
            host: an address of this machine.
            port: 0 for any free one; see `port`.
            metrics: prometheus-client's application.
            checks: the content of /healthz and /readyz.
            names: host names by which the port may be asked, besides localhost and IP addresses.
            reader: judges credentials; None: every caller may read.
            files: of a certificate; None: without TLS.
            now_s: the deadlines' clock, which never goes back.

        Raises:
            OSError: the port is in use, or the certificate cannot be read.
        """
        self._server = _Server((host, port), None if files is None else _Certificate(files), now_s)
        self._server.set_app(_Pages(metrics, checks, names, reader))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="http", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._server.connections

    def close(self) -> None:
        """Stop listening; safe to call twice. Waits for at most one poll."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
