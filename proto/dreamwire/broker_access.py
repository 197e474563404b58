"""Access to the broker: its address, the trust in it, and the own identity there.

A ward's broker listens on a network. The broker's access rules bind a pod's messages to the pod, by its user
name; so the name needs a password, and a password needs TLS.

Rules. A secret is named by a file, never by a flag or an address, which every user of the machine may read in
the process list; its file is not open to all. A password leaves this machine over TLS only. The broker's
certificate and its name are always checked. A setting that could have no effect is refused, not ignored.
Files are read once, at the start: a new password or certificate needs a restart.
"""

import ipaddress
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dreamwire.operating_system import mode_of

PLAIN_PORT: Final = 1883
TLS_PORT: Final = 8883
EXPECTED: Final = "mqtt://HOST[:PORT] or mqtts://HOST[:PORT], without credentials or a path"
_PASSWORD_BYTES_MAX: Final = 1024
_EVERYONE: Final = 0o007


class AccessError(ValueError):
    """The broker cannot be used with these settings; the message is one sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Address:
    """A broker's address, and whether it uses TLS."""

    host: str
    port: int
    tls: bool = False

    @property
    def url(self) -> str:
        """The address as a URL, always with the port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"

    @property
    def on_this_machine(self) -> bool:
        """Whether messages to it stay on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True, slots=True)
class Papers:
    """The credentials to present and the certificates to trust; empty: none.

    flags: the prefix of its flags, `--broker` or `--mqtt`, for the sentences of refusals.
    """

    flags: str
    ca: str = ""
    cert: str = ""
    key: str = ""
    user: str = ""
    password_file: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """Everything a client needs; `tls` None: plain, `user` empty: anonymous."""

    address: Address
    tls: ssl.SSLContext | None = None
    user: str = ""
    password: str = field(default="", repr=False)


def parse_address(text: str) -> Address:
    """Parse `mqtt://HOST[:PORT]` or `mqtts://HOST[:PORT]`; the ports are 1883 and 8883 by default.

    Raises:
        ValueError: the text is something else; EXPECTED names the form.
    """
    url = urlsplit(text)
    bare = not (url.username or url.password or url.path.strip("/") or url.query or url.fragment)
    if url.scheme not in ("mqtt", "mqtts") or not bare or not url.hostname or url.port == 0:
        raise ValueError(EXPECTED)
    url.hostname.encode("idna")  # UnicodeError, a ValueError, if it is no host name
    tls = url.scheme == "mqtts"
    return Address(url.hostname, url.port or (TLS_PORT if tls else PLAIN_PORT), tls)


def open_access(address: Address, papers: Papers, name: str) -> Access:
    """Read the files and combine the access.

    name: the user if a password is given without a user.

    Raises:
        AccessError: the papers do not fit the address or one another, or a file cannot be used.
    """
    _agree(address, papers)
    user, password = "", ""
    if papers.password_file:
        user, password = (
            papers.user or name,
            read_password(papers.password_file, f"{papers.flags}-password-file"),
        )
    return Access(address, _context(papers) if address.tls else None, user, password)


def _agree(address: Address, papers: Papers) -> None:
    flags = papers.flags
    if not address.tls and (papers.ca or papers.cert or papers.key):
        raise AccessError(
            f"{flags}-ca, {flags}-cert and {flags}-key are for TLS and {address.url} is without it; "
            "write mqtts://, or leave them out"
        )
    if papers.key and not papers.cert:
        raise AccessError(f"{flags}-key is given without its certificate; name that with {flags}-cert")
    if papers.user and not papers.password_file:
        raise AccessError(
            f"{flags}-user is given without a password; name the file it is in with {flags}-password-file"
        )
    if papers.password_file and not address.tls and not address.on_this_machine:
        raise AccessError(
            f"a password would cross the network to {address.url} in the clear; use a broker with TLS and "
            "write mqtts://"
        )


def read_password(path: str, flag: str) -> str:
    """Read a secret: one line of a file that is not open to all; AccessError where it cannot be used."""
    _closed(path, flag)
    with Path(path).open("rb") as file:
        read = file.read(_PASSWORD_BYTES_MAX + 1)
    line = read.removesuffix(b"\n").removesuffix(b"\r")
    try:
        password = line.decode() if len(read) <= _PASSWORD_BYTES_MAX else ""
    except UnicodeDecodeError:
        password = ""
    if not password.isprintable() or not password:
        raise AccessError(
            f"{path} ({flag}) holds no password; expected is one line of UTF-8 of at most "
            f"{_PASSWORD_BYTES_MAX} bytes and nothing else"
        )
    return password


def _closed(path: str, flag: str) -> None:
    """Refuse a secret that cannot be read, or that every user of this machine could read."""
    _readable(path, flag)
    mode = mode_of(Path(path))
    if mode & _EVERYONE:
        raise AccessError(
            f"{path} ({flag}) is open to everyone on this machine (mode {mode:03o}); chmod 600 it, "
            "and change the secret in it if others use this machine"
        )


def _readable(path: str, flag: str) -> None:
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        raise AccessError(f"{path} ({flag}) cannot be read ({error.strerror}); correct it") from None


class _Closing(ssl.SSLSocket):
    """Closed when its handshake fails; paho, which creates it, does not close it."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 -- as the base class has it
        """Shake hands, or close."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def _context(papers: Papers) -> ssl.SSLContext:
    """A TLS context (1.2 or newer) that checks chain and host name."""
    flags = papers.flags
    if papers.ca:
        _readable(papers.ca, f"{flags}-ca")
    try:
        context = ssl.create_default_context(cafile=papers.ca or None)
    except ssl.SSLError:
        raise AccessError(
            f"{papers.ca} ({flags}-ca) holds no certificate; expected is the broker's CA in PEM"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _Closing
    if papers.cert:
        _readable(papers.cert, f"{flags}-cert")
        secret, flag = (papers.key, f"{flags}-key") if papers.key else (papers.cert, f"{flags}-cert")
        _closed(secret, flag)
        _load(context, papers)
    return context


def _load(context: ssl.SSLContext, papers: Papers) -> None:
    def none() -> str:  # without it OpenSSL prompts at the terminal, and an agent without one would hang
        return ""

    try:
        context.load_cert_chain(papers.cert, papers.key or None, none)
    except ssl.SSLError:
        raise AccessError(
            f"{papers.cert} ({papers.flags}-cert) and {papers.key or 'the key in it'} are no certificate "
            "with its key; expected are both in PEM, the key without a passphrase"
        ) from None
