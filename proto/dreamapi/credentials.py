"""A credential file: the secret of a principal, and the authority of the server that it is shown to.

The file is JSON, and closed to other users. A credential leaves this machine over TLS only, and
the authority in the file must have signed the server's certificate.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import grpc

from dreamapi.errors import ApiError
from dreamapi.operating_system import PLAIN, close_to_others, closed_to_others, flush_folder

VARIABLE: Final = "DREAMD_CREDENTIAL"
"""The environment variable that names a credential file."""


class CredentialError(ApiError):
    """The file cannot be used; the message names it and the next step."""


@dataclass(frozen=True, slots=True)
class CredentialFile:
    """The contents of a credential file.

    server: host:port. principal: its name. credential: `dreamd_{id}_{secret}`. authority: certificate, PEM.
    signing_keys: public keys of the daemon, hex. expires: RFC 3339.
    """

    server: str
    principal: str
    credential: str
    authority: str
    signing_keys: tuple[str, ...] = ()
    broker_url: str = ""
    expires: str = ""

    def write_file(self, path: Path) -> None:
        """Write it whole, for its owner alone; OSError from the disk."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.fresh")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | PLAIN, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            close_to_others(handle)
            json.dump(asdict(self), file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(handle)
        fresh.replace(path)
        flush_folder(path.parent)  # a power cut must not bring the file before back


def load_credential(path: Path) -> CredentialFile:
    """Read a credential file.

    Raises:
        CredentialError: it is missing, open to others, or holds something else.
    """
    try:
        closed, text = closed_to_others(path), path.read_text(encoding="utf-8")
    except OSError as error:
        raise CredentialError(f"the credential {path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CredentialError(f"{path} is no credential file ({error}); enrol again") from error
    if not closed:
        raise CredentialError(f"the credential {path} is open to others; run: chmod 600 {path}")
    try:
        kept = json.loads(text)
        return CredentialFile(**{**kept, "signing_keys": tuple(kept.get("signing_keys", ()))})
    except (ValueError, TypeError, AttributeError) as error:
        raise CredentialError(
            f"{path} is no credential file ({error}); enrol again (dreamd redeem)"
        ) from error


def default_path() -> Path:
    """The file that is used where none is named."""
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path("~/.config").expanduser())
    return Path(config) / "dreamd" / "credential.json"


class HeldCredential:
    """A credential in use. path: its file, which may change while it is used; None: it has none.

    Another process may renew it: a changed file is read again with the next call. A file that cannot be read,
    or is of another principal or authority, changes nothing.
    """

    def __init__(self, kept: CredentialFile, path: Path | None = None) -> None:
        self.kept, self.path = kept, path
        self._seen = self._mark()

    def _mark(self) -> tuple[int, int, int]:
        """The marks by which one version of the file is told from another."""
        try:
            told = self.path.stat() if self.path is not None else None
        except OSError:
            told = None
        return (told.st_ino, told.st_mtime_ns, told.st_size) if told is not None else (0, 0, 0)

    @property
    def credential(self) -> str:
        """The newest text."""
        if self.path is not None and self._mark() != self._seen:
            self.reread()
        return self.kept.credential

    def reread(self) -> None:
        """Read the file again."""
        if self.path is None:
            return
        seen = self._mark()
        try:
            found = load_credential(self.path)
        except CredentialError:
            return
        self._seen = seen
        if (found.principal, found.authority) == (self.kept.principal, self.kept.authority):
            self.kept = found

    def renewed_to(self, kept: CredentialFile) -> None:
        """Use this one from now on; it has just been written."""
        self.kept, self._seen = kept, self._mark()


class _Bearer(grpc.AuthMetadataPlugin):
    """Attaches the credential to each call; gRPC does so over TLS only."""

    def __init__(self, held: HeldCredential) -> None:
        self._held = held

    def __call__(self, _context: grpc.AuthMetadataContext, callback: grpc.AuthMetadataPluginCallback) -> None:
        """Give gRPC the metadata of one call."""
        callback((("authorization", f"Bearer {self._held.credential}"),), None)


def channel_credentials(authority: str, held: HeldCredential | None = None) -> grpc.ChannelCredentials:
    """TLS to a server of this authority, PEM; with the credential in each call, where there is one."""
    tls = grpc.ssl_channel_credentials(root_certificates=authority.encode())
    if held is None:
        return tls
    return grpc.composite_channel_credentials(tls, grpc.metadata_call_credentials(_Bearer(held)))
