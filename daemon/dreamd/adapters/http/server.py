"""/metrics, /healthz and /readyz on their own thread.

Why the standard library's server, and a thread: three GETs without a body need no framework, and
prometheus-client already brings `http.server` into the process, so it weighs nothing. A thread keeps
the rendering of a thousand series off the event loop, and it is the one place from which "the tick loop
hangs" can still be said. A page with a websocket will want a real server; it will be another adapter.

Rules. Loopback only (settings see to that). At most CONNECTIONS at once, the next is closed unheard; a
client that says nothing is dropped after CLIENT_S. Checks are called on this thread: they may read
plain attributes and nothing else. A check answers with what is wrong, none of it means all is well.
"""

import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Final

CONNECTIONS: Final = 16
CLIENT_S: Final = 5.0
_POLL_S: Final = 0.05

Check = Callable[[], tuple[str, ...]]
"""What is wrong, one sentence each; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: status, media type, body."""

    status: HTTPStatus
    media: str
    body: bytes


def _health(wrong: tuple[str, ...]) -> Page:
    status = HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK
    return Page(status, "text/plain; charset=utf-8", ("\n".join(wrong or ("ok",)) + "\n").encode())


class _Handler(BaseHTTPRequestHandler):
    timeout: ClassVar[float | None] = CLIENT_S

    def do_GET(self) -> None:
        """Answer one of the three pages, or 404."""
        assert isinstance(self.server, _Server)
        page = self.server.page(self.path.partition("?")[0])
        self.send_response(page.status)
        self.send_header("Content-Type", page.media)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def version_string(self) -> str:
        """Name the program, not the library and its version."""
        return "dreamd"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Keep quiet: a scrape every few seconds is no fact worth a line."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], pages: dict[str, Callable[[], Page]]) -> None:
        self._pages = pages
        self._places = threading.BoundedSemaphore(CONNECTIONS)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, as the base class would: that may take seconds."""
        socketserver.TCPServer.server_bind(self)

    def page(self, path: str) -> Page:
        """The page at `path`."""
        make = self._pages.get(path)
        if make is None:
            known = " ".join(self._pages)
            return Page(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", f"here are: {known}\n".encode())
        return make()

    def process_request(self, request: object, client_address: object) -> None:
        """Serve on a thread where a place is free, else hang up."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)  # type: ignore[arg-type]
        else:
            self.shutdown_request(request)  # type: ignore[arg-type]

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Give the place back, however the request ended."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away in the middle is no fact worth a line."""


class HttpServer:
    """The three pages, served until `close`."""

    def __init__(
        self, host: str, port: int, *, render: Callable[[], tuple[str, bytes]], alive: Check, ready: Check
    ) -> None:
        """Listen and serve.

        Args:
            host: a loopback address.
            port: 0 for any free one; see `port`.
            render: media type and body of /metrics.
            alive: what is wrong with the process.
            ready: what keeps it from working.

        Raises:
            OSError: the port is in use.
        """

        def metrics() -> Page:
            media, body = render()
            return Page(HTTPStatus.OK, media, body)

        pages = {
            "/metrics": metrics,
            "/healthz": lambda: _health(alive()),
            "/readyz": lambda: _health(ready()),
        }
        self._server = _Server((host, port), pages)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="http", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening; safe to call twice. Waits for at most one poll."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
