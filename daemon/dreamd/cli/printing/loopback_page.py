"""The page on this machine's loopback to which a browser comes back from the provider.

Rules
- The address of `LoopbackPage.address` works in one browser: the first one gets a cookie and is sent on.
- An answer is taken with that cookie and the sign-in's own state, once. Any other one is refused, and the
  page goes on waiting: another page of the browser, or another program here, cannot end a sign-in.
- Nothing is logged, and no answer repeats what came.
"""

import http.server
import secrets
import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar, Final, Self, cast
from urllib.parse import parse_qsl, urlsplit

from dreamapi.sign_in import OtherBrowserError, SignInError, code_in

HOST: Final = "127.0.0.1"
PATH: Final = "/callback"
PATIENCE_S: Final = 5.0
_PROTECTION: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Content-Type": "text/html; charset=utf-8",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Connection": "close",
}


class LoopbackPage:
    """Listens on a free port of 127.0.0.1 between `with` and its end."""

    def __init__(self) -> None:
        self._server = _Server((HOST, 0), _Handler)
        self._server.page = self
        self._ticket, self._cookie = (secrets.token_urlsafe(16) for _ in range(2))
        self._url = self._state = self._issuer = ""
        self._is_opened = False
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._code: str | None = None
        self._failure: SignInError | None = None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        """The Host by which it is asked."""
        return f"{HOST}:{self._server.server_address[1]}"

    @property
    def address(self) -> str:
        """Where a browser begins."""
        return f"http://{self.host}/{self._ticket}"

    @property
    def redirect_uri(self) -> str:
        """Where the browser comes back."""
        return f"http://{self.host}{PATH}"

    def send_to(self, url: str, state: str, issuer: str) -> None:
        """Send browsers there; take the answer with this state."""
        self._url, self._state, self._issuer = url, state, issuer

    def wait_for_code(self, within_s: float) -> str | None:
        """The code with which the browser has come back; None: it has not, in this time.

        Raises:
            SignInError: the provider did not sign the person in.
        """
        self._over.wait(within_s)
        if self._failure is not None:
            raise self._failure
        return self._code

    def answer(self, path: str, host: str, cookies: str) -> tuple[HTTPStatus, str, dict[str, str]]:
        """The status, the text and further headers for one request."""
        if host != self.host:
            return HTTPStatus.FORBIDDEN, "This address is not of this program.", {}
        parts = urlsplit(path)
        is_bound = secrets.compare_digest(_cookie(cookies, self._name), self._cookie)
        with self._turn:
            if secrets.compare_digest(parts.path.encode(), f"/{self._ticket}".encode()):
                return self._opened(is_bound=is_bound)
            if parts.path == PATH:
                return self._came_back(dict(parse_qsl(parts.query, max_num_fields=16)), is_bound=is_bound)
        return HTTPStatus.NOT_FOUND, "There is no such page.", {}

    @property
    def _name(self) -> str:
        """The name of the cookie; cookies of one host are shared by all its ports."""
        return f"dreamd-login-{self._server.server_address[1]}"

    def _opened(self, *, is_bound: bool) -> tuple[HTTPStatus, str, dict[str, str]]:
        if self._is_opened and not is_bound:
            return HTTPStatus.FORBIDDEN, "Another browser has begun; run dreamd login again.", {}
        self._is_opened = True
        cookie = f"{self._name}={self._cookie}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"
        return HTTPStatus.FOUND, "", {"Location": self._url, "Set-Cookie": cookie}

    def _came_back(
        self, query: Mapping[str, str], *, is_bound: bool
    ) -> tuple[HTTPStatus, str, dict[str, str]]:
        if self._over.is_set():
            return HTTPStatus.FORBIDDEN, "This sign-in is over.", {}
        other = HTTPStatus.FORBIDDEN, "This answer belongs to another sign-in.", dict[str, str]()
        if not is_bound:
            return other
        try:
            self._code = code_in(query, self._state, self._issuer)
        except OtherBrowserError:
            return other
        except SignInError as no:
            self._failure = no
            self._over.set()
            return HTTPStatus.OK, "You are not signed in; the terminal says why.", {}
        self._over.set()
        return HTTPStatus.OK, "Done. You can close this page; the terminal goes on.", {}


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    page: LoopbackPage

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a browser that leaves is no fault."""


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout: ClassVar[float | None] = PATIENCE_S

    def do_GET(self) -> None:
        """Answer one request."""
        page = cast("_Server", self.server).page
        status, text, headers = page.answer(
            self.path, self.headers.get("Host", ""), self.headers.get("Cookie", "")
        )
        body = f"<!doctype html><title>dreamd</title><p>{text}</p>".encode()
        self.send_response_only(status)
        for name, value in {**_PROTECTION, **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Nothing: an address holds the code."""


def _cookie(header: str, name: str) -> str:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return next((value for key, _, value in pairs if key == name and value.isascii()), "")
