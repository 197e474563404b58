"""One HTTP request to the provider, with a bound for its time as a whole and for its answer's size.

The standard library's client is used: it follows no redirect, so an answer cannot send a code elsewhere, and
takes no proxy from the environment. A socket's own time limit bounds one read, not the sum of many. So a
timer ends the connection at the deadline, whatever still drips.
"""

import http.client
import json
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

ANSWER_BYTES_MAX: Final = 256 << 10
"""Bytes of an answer's body; Entra's keys take 16 KiB."""
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_SOCKET_S: Final = 4.0
"""Longest wait for one read, and for one address to connect."""


class ProviderError(Exception):
    """The provider could not be used; the message is a sentence without anything that it sent."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address at the provider. path: with its query."""

    url: str
    secure: bool
    host: str
    port: int
    path: str


def endpoint_of(url: object, what: str, *, plain: bool = False) -> Endpoint:
    """Read an address. what: it, in words. plain: whether http:// is taken, on loopback alone.

    Raises:
        ProviderError: it is no https address.
    """
    expected = "https://" + (", or http:// on this machine's loopback" if plain else "")
    try:
        parts = urlsplit(url if isinstance(url, str) and url.isascii() and url.isprintable() else "")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ProviderError(f"{what} is no address; expected {expected}") from None
    local = plain and parts.scheme == "http" and host in LOOPBACK
    bare = not (parts.username or parts.password or parts.fragment) and " " not in parts.geturl()
    if not (parts.scheme == "https" or local) or not host or not bare:
        raise ProviderError(f"{what} is not at an address that may be asked; expected {expected}")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(parts.geturl(), secure, host, port or (443 if secure else 80), path)


class Fetcher:
    """Asks the provider. tls: trusts its authority. within_s: of one request as a whole."""

    def __init__(self, tls: ssl.SSLContext, within_s: float) -> None:
        self._tls = tls
        self._within_s = within_s

    def read_json(self, endpoint: Endpoint, what: str) -> dict[str, Any]:
        """The JSON object that this address answers.

        Raises:
            ProviderError: it does not answer in time, or with something else.
        """
        status, told = self._ask(endpoint, what, "GET", b"", {})
        if status != HTTPStatus.OK or not isinstance(told, dict):
            raise ProviderError(f"{what} answered with status {status} and no JSON object that can be used")
        return told

    def post_form(
        self, endpoint: Endpoint, what: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> tuple[int, dict[str, Any]]:
        """The status and the JSON object that answer a form. basic: name and secret of the client.

        Raises:
            ProviderError: it does not answer in time, or with something else.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if basic is not None:
            pair = ":".join(quote(part, safe="") for part in basic)  # RFC 6749, 2.3.1
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        status, told = self._ask(endpoint, what, "POST", urlencode(form).encode(), headers)
        if not isinstance(told, dict):
            raise ProviderError(f"{what} answered with status {status} and no JSON object")
        return status, told

    def _ask(
        self, endpoint: Endpoint, what: str, method: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, object]:
        headers = {"Accept": "application/json", "Connection": "close", **headers}
        late_s = time.monotonic() + self._within_s
        try:
            with self._connected(endpoint) as connection:
                connection.request(method, endpoint.path, body or None, headers)
                with connection.getresponse() as answer:
                    raw = answer.read(ANSWER_BYTES_MAX + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= late_s:
                raise ProviderError(f"{what} did not answer within {self._within_s:g} s") from None
            raise ProviderError(f"{what} cannot be asked ({_plain(error)})") from None
        if len(raw) > ANSWER_BYTES_MAX:
            raise ProviderError(f"{what} answered with more than {ANSWER_BYTES_MAX} bytes")
        try:
            return answer.status, json.loads(raw)
        except (ValueError, RecursionError):
            return answer.status, None

    @contextmanager
    def _connected(self, endpoint: Endpoint) -> Iterator[http.client.HTTPConnection]:
        """A connection that ends at the deadline: the timer shuts the socket under whatever reads it."""
        wait_s = min(_SOCKET_S, self._within_s)
        plain = socket.create_connection((endpoint.host, endpoint.port), wait_s)
        with plain.dup() as guarded:
            timer = threading.Timer(self._within_s, _shut, (guarded,))
            timer.daemon = True
            timer.start()
            connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=wait_s)
            try:
                connection.sock = plain
                if endpoint.secure:
                    connection.sock = self._tls.wrap_socket(plain, server_hostname=endpoint.host)
                yield connection
            finally:
                timer.cancel()
                timer.join()
                connection.close()
                plain.close()


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def _plain(error: Exception) -> str:
    """The reason of a failure, without a text that the other end chose."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}; name its authority with oidc.ca"
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    return "no whole answer came" if isinstance(error, http.client.HTTPException) else type(error).__name__
