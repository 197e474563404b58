"""The port of `dreamd console`: a site's with TLS, whose certificate is read again where it changes."""

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
from dreamd.console.session_store import SessionStore, StoreError
from dreamd.console.web_app import ApiAddress, Console, console_app, new_console
from dreamwire.signing import KeyFileError, VerifyKey

CERTIFICATE_EVERY_S: Final = 60.0
STOPS_WITHIN_S: Final = 3


class CannotRun(Exception):  # noqa: N818 - the name says it
    """The console does not start; the message names what was found and the step that helps."""


@dataclass(frozen=True, slots=True)
class Files:
    """A certificate and its key: PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """api: the daemon. host, port: where browsers call. files: of a site's certificate; None: no site.

    sessions: the file of a site's sessions; None: they end with the program. daemon_key: the daemon's public
    key, which proves its audit log; it may be absent.
    """

    api: ApiAddress
    host: str
    port: int
    files: Files | None = None
    sessions: Path | None = None
    daemon_key: Path | None = None


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


async def serve_until_signal(
    settings: Settings, now_s: Callable[[], float], told: Callable[[int], None]
) -> None:
    """Serve until SIGINT or SIGTERM; as `serve_console`."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve_console(settings, now_s, told, stop)


async def serve_console(
    settings: Settings, now_s: Callable[[], float], told: Callable[[int], None], stop: asyncio.Event
) -> None:
    """Serve until `stop`. told: called with the port once the console answers.

    Raises:
        CannotRun: the certificate, its key, the sessions or the port cannot be used.
    """
    files = settings.files
    names = None if files is None else certificate_names(files.certificate)
    try:
        store = None if settings.sessions is None else SessionStore(settings.sessions)
        console = new_console(settings.api, names, now_s, store, _key(settings.daemon_key))
    except StoreError as no:
        raise CannotRun(str(no)) from no
    listening = _listening(settings.host, settings.port)
    with listening:
        config = uvicorn.Config(
            console_app(console),
            http=DeadlineProtocol,
            ws="none",
            lifespan="on",
            ssl_certfile=None if files is None else files.certificate,
            ssl_keyfile=None if files is None else files.key,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=STOPS_WITHIN_S,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            assert files is not None
            raise CannotRun(
                f"{files.certificate} cannot be served with {files.key} ({error}); name both with "
                "--certificate and --key"
            ) from error
        async with asyncio.TaskGroup() as group:
            server = _Server(config, lambda: told(listening.getsockname()[1]))
            beside = [group.create_task(_end(server, console, stop), name="end")]
            if files is not None and config.ssl is not None:
                beside.append(group.create_task(_renew(config.ssl, files), name="certificate"))
            await server.serve(sockets=[listening])
            for task in beside:
                task.cancel()


async def _end(server: uvicorn.Server, console: Console, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True
    console.end_looks()


class _Server(uvicorn.Server):
    """A server without uvicorn's handlers of signals, which end the program by raising the signal again."""

    def __init__(self, config: uvicorn.Config, answering: Callable[[], None]) -> None:
        super().__init__(config)
        self._answering = answering

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell that the console answers, once it does."""
        await super().startup(sockets)
        self._answering()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def _key(path: Path | None) -> VerifyKey | None:
    try:
        return None if path is None else VerifyKey.load(path)
    except KeyFileError:  # on another machine there is none: a page then says that no signature was checked
        return None


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        raise CannotRun(
            f"the console cannot listen on {host}:{port} ({error}); name another with --listen"
        ) from error


async def _renew(context: ssl.SSLContext, files: Files) -> None:
    """Serve a renewed certificate from the next connection on; a damaged one leaves that of before."""
    newest = _changed_ns(files)
    while True:
        await asyncio.sleep(CERTIFICATE_EVERY_S)
        found = _changed_ns(files)
        if found != newest:
            try:
                context.load_cert_chain(files.certificate, files.key)
                newest = found
            except (OSError, ssl.SSLError) as error:
                print(f"dreamd: {files.certificate} is not served yet ({error})", flush=True)  # noqa: T201


def _changed_ns(files: Files) -> tuple[int, ...]:
    try:
        return tuple(path.stat().st_mtime_ns for path in (files.certificate, files.key))
    except OSError:
        return ()
