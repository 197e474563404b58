"""The authority of a server, by its pin: known before anything is said, and trusted at no first sight.

The pin is the first 128 bits of the SHA-256 digest of the authority's certificate, as 32 hexadecimal digits.
The server presents its certificate with the authority's behind it. This module reads both without trusting
either, and returns the one of the pin. The caller then connects anew and trusts that authority alone, so the
server's own certificate, its name and its dates are checked as usual.
"""

import hashlib
import hmac
import socket
import ssl
from contextlib import suppress
from typing import Any, Final

from dreamapi.daemons import addresses

PIN_BYTES: Final = 16
CONNECT_S: Final = 5.0


class PinError(Exception):
    """No certificate of the pin was presented; the message has the next step."""


def pin_of(authority: str) -> str:
    """The pin of a certificate in PEM."""
    return _pin(ssl.PEM_cert_to_DER_cert(authority))


def _pin(der: bytes) -> str:
    return hashlib.sha256(der).digest()[:PIN_BYTES].hex()


def authority_of(server: str, pin: str, *, connect_s: float = CONNECT_S) -> str:
    """Return the authority's certificate, PEM, that the server at `host:port` presents; it blocks.

    Of several with commas the first counts that answers.

    Raises:
        PinError: nothing answers with TLS, or no certificate presented has this pin.
    """
    *others, last = addresses(server)
    for other in others:
        with suppress(PinError):
            return _authority_at(other, pin, connect_s)
    return _authority_at(last, pin, connect_s)


def _authority_at(server: str, pin: str, connect_s: float) -> str:
    host, _, port = server.rpartition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    host = host.strip("[]")
    try:
        with (
            socket.create_connection((host, int(port)), connect_s) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            chain = _chain(secured)
    except (OSError, ValueError) as error:
        raise PinError(
            f"nothing answers with TLS at {server} ({error}); start the daemon, or correct the line's address"
        ) from error
    for der in chain:
        if hmac.compare_digest(_pin(der), pin.lower()):
            return ssl.DER_cert_to_PEM_cert(der)
    raise PinError(
        f"the server at {server} does not present the authority of this line (pin {pin}): another program "
        "answers there, or the line is of another site; the code was not sent"
    )


def _chain(secured: ssl.SSLSocket) -> list[bytes]:
    """The certificates that the server presented, DER. Public from Python 3.13 on, and the same before."""
    public: Any = getattr(secured, "get_unverified_chain", None)
    if public is not None:
        return list(public())
    private: Any = secured._sslobj  # type: ignore[attr-defined]  # noqa: SLF001
    return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in private.get_unverified_chain()]
