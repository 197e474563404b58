"""The port of `dreamd console`: TLS with a certificate that is read again where its file changes."""

import asyncio
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from cryptography import x509

from dreamd.console.connections import DeadlineProtocol
from dreamd.console.web_app import ApiAddress, console_app

CERTIFICATE_EVERY_S: Final = 60.0
STOPS_WITHIN_S: Final = 3


class CannotRun(Exception):  # noqa: N818 - the name says it
    """The console does not start; the message names what was found and the step that helps."""


@dataclass(frozen=True, slots=True)
class Settings:
    """api: the daemon. host, port: where browsers call. certificate, key: PEM files."""

    api: ApiAddress
    host: str
    port: int
    certificate: Path
    key: Path


def certificate_names(path: Path) -> tuple[str, ...]:
    """The host names and addresses that a certificate names.

    Raises:
        CannotRun: the file is missing or is no certificate.
    """
    try:
        read = x509.load_pem_x509_certificate(path.read_bytes())
        named = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except OSError as error:
        raise CannotRun(
            f"{path} cannot be read ({error.strerror}); run this as the daemon's user, or name a certificate "
            "with --certificate and --key"
        ) from error
    except (ValueError, x509.ExtensionNotFound) as error:
        raise CannotRun(
            f"{path} is no certificate with names ({error}); name one with --certificate"
        ) from error
    return tuple(str(one.value) for one in named)


async def serve_console(settings: Settings, now_s: Callable[[], float], told: Callable[[int], None]) -> None:
    """Serve until a signal. told: called with the port once it is open.

    Raises:
        CannotRun: the certificate, its key or the port cannot be used.
    """
    names = certificate_names(settings.certificate)
    listening = _listening(settings.host, settings.port)
    with listening:
        config = uvicorn.Config(
            console_app(settings.api, names, now_s),
            http=DeadlineProtocol,
            ws="none",
            lifespan="on",
            ssl_certfile=settings.certificate,
            ssl_keyfile=settings.key,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=STOPS_WITHIN_S,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise CannotRun(
                f"{settings.certificate} cannot be served with {settings.key} ({error}); name both with "
                "--certificate and --key"
            ) from error
        assert config.ssl is not None
        async with asyncio.TaskGroup() as group:
            renewing = group.create_task(_renew(config.ssl, settings), name="certificate")
            told(listening.getsockname()[1])
            await _Server(config).serve(sockets=[listening])
            renewing.cancel()


class _Server(uvicorn.Server):
    """A server that a signal ends with status 0; uvicorn's own ends by raising the signal again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGINT or SIGTERM."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        raise CannotRun(
            f"the console cannot listen on {host}:{port} ({error}); name another with --listen"
        ) from error


async def _renew(context: ssl.SSLContext, settings: Settings) -> None:
    """Serve a renewed certificate from the next connection on; a damaged one leaves that of before."""
    newest = _changed_ns(settings)
    while True:
        await asyncio.sleep(CERTIFICATE_EVERY_S)
        found = _changed_ns(settings)
        if found != newest:
            try:
                context.load_cert_chain(settings.certificate, settings.key)
                newest = found
            except (OSError, ssl.SSLError) as error:
                print(f"dreamd: {settings.certificate} is not served yet ({error})", flush=True)  # noqa: T201


def _changed_ns(settings: Settings) -> tuple[int, ...]:
    try:
        return tuple(path.stat().st_mtime_ns for path in (settings.certificate, settings.key))
    except OSError:
        return ()
