"""The certificates of a site: one authority, and the server's certificate that it signs.

`dreamd init` makes them once, in the directory `access` beside the ledger. The authority lives ten years, a
server's certificate 90 days; `serve` renews its own after 60. Every file is closed to others, but the
authority's certificate, which everybody may read.

A new principal is given the pin of the authority (`dreamapi.pinned`). So it knows the authority before it
says anything, and trusts nothing at first sight.
"""

import datetime as dt
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dreamapi.pinned import pin_of
from dreamwire.closed_file import write_closed

DIRECTORY: Final = "access"
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
AUTHORITY_DAYS: Final = 3652
SERVER_DAYS: Final = 90
RENEWED_AFTER_DAYS: Final = 60
_EARLY: Final = dt.timedelta(minutes=5)
"""A certificate begins a little before its making: clocks of beds differ."""


_HOST: Final = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)


def is_host(text: str) -> bool:
    """Whether a certificate may name this: a host name in ASCII, or an address but not "every address"."""
    try:
        return not ipaddress.ip_address(text).is_unspecified
    except ValueError:
        name = text.lower()
        return _HOST.fullmatch(name) is not None and not name.rpartition(".")[2].isdigit()


class AuthorityError(Exception):
    """The certificates cannot be made or used; the message names the file and the next step."""


@dataclass(frozen=True, slots=True)
class Served:
    """A certificate as a port presents it, in PEM. chain: the server's certificate, then its authority's."""

    key: bytes
    chain: bytes
    authority: bytes


class SiteAuthority:
    """The authority and the server's certificate in a state directory."""

    def __init__(self, state_dir: Path) -> None:
        self.directory = state_dir / DIRECTORY
        self.certificate = self.directory / "authority.pem"
        self.key = self.directory / "authority.key"
        self.server_certificate = self.directory / "server.pem"
        self.server_key = self.directory / "server.key"

    @property
    def made(self) -> bool:
        """Whether `dreamd init` has made the authority."""
        return self.certificate.exists()

    def make_site(self, names: Sequence[str], now: dt.datetime) -> None:
        """Make the authority and the first server certificate, for these host names and addresses.

        Raises:
            AuthorityError: the directory cannot be written.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dreamd site authority")])
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        made = (
            _builder(name, name, key.public_key(), now, AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.chmod(0o700)
            write_closed(self.key, _private(key), 0o600)
            self._issue(made, key, names, now)
            # Last: its presence says that all is made.
            write_closed(self.certificate, _public(made), 0o644)
        except OSError as error:
            raise AuthorityError(f"{self.directory} cannot be written ({error.strerror})") from error

    def renew_certificate(self, now: dt.datetime) -> bool:
        """Renew the server's certificate where it is older than 60 days; return whether it was renewed.

        Raises:
            AuthorityError: a file cannot be read or written; the authority's key may be kept elsewhere.
        """
        old, listed = self._server(), self.names()
        if now < old.not_valid_before_utc + dt.timedelta(days=RENEWED_AFTER_DAYS):
            return False
        try:
            key = serialization.load_pem_private_key(self.key.read_bytes(), None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            self._issue(x509.load_pem_x509_certificate(self.certificate.read_bytes()), key, listed, now)
        except (OSError, ValueError) as error:
            raise AuthorityError(
                f"the server's certificate could not be renewed with {self.key} ({error}); it ends "
                f"{old.not_valid_after_utc:%Y-%m-%d}: bring the key back and restart"
            ) from error
        return True

    @property
    def authority_text(self) -> str:
        """The authority's certificate, PEM."""
        return self.served().authority.decode("ascii")

    def served(self) -> Served:
        """The certificate that the ports present.

        Raises:
            AuthorityError: a file is missing, damaged, or its key is open to others.
        """
        try:
            for path in (self.server_key, self.key):
                if path.exists() and path.stat().st_mode & 0o077:
                    raise AuthorityError(f"{path} is open to others; run: chmod 600 {path}")
            authority, leaf = self.certificate.read_bytes(), self.server_certificate.read_bytes()
            return Served(self.server_key.read_bytes(), leaf + authority, authority)
        except OSError as error:
            raise AuthorityError(
                f"{error.filename} cannot be read ({error.strerror}); run dreamd init --renew"
            ) from error

    def names(self) -> tuple[str, ...]:
        """The host names and addresses that the server's certificate names, the first one first."""
        names = self._server().extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return tuple(str(name.value) for name in names)

    def _server(self) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate(self.server_certificate.read_bytes())
        except (OSError, ValueError) as error:
            raise AuthorityError(
                f"{self.server_certificate} is no certificate ({error}); run dreamd init --renew"
            ) from error

    def reissue(self, names: Sequence[str], now: dt.datetime) -> None:
        """Issue the server's certificate anew, for these names.

        Raises:
            AuthorityError: the authority's key cannot be read.
        """
        try:
            key = serialization.load_pem_private_key(self.key.read_bytes(), None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            self._issue(x509.load_pem_x509_certificate(self.certificate.read_bytes()), key, names, now)
        except (OSError, ValueError) as error:
            raise AuthorityError(f"{self.key} cannot be used ({error}); bring it back") from error

    def _issue(
        self,
        authority: x509.Certificate,
        signing: ec.EllipticCurvePrivateKey,
        names: Sequence[str],
        now: dt.datetime,
    ) -> None:
        key, leaf = _leaf(authority, signing, "dreamd", names, now, SERVER_DAYS)
        write_closed(self.server_key, key, 0o600)
        write_closed(self.server_certificate, leaf, 0o600)

    def issue(self, common: str, names: Sequence[str], now: dt.datetime, days: int) -> tuple[bytes, bytes]:
        """A key and a certificate of another server of the site, in PEM; kept by the caller.

        Raises:
            AuthorityError: the authority's key cannot be read.
        """
        try:
            key = serialization.load_pem_private_key(self.key.read_bytes(), None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            authority = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except (OSError, ValueError) as error:
            raise AuthorityError(f"{self.key} cannot be used ({error}); bring it back") from error
        return _leaf(authority, key, common, names, now, days)

    def pin_text(self) -> str:
        """The pin of the authority: 32 hexadecimal digits."""
        return pin_of(self.certificate.read_text(encoding="ascii"))


def _leaf(
    authority: x509.Certificate,
    signing: ec.EllipticCurvePrivateKey,
    common: str,
    names: Sequence[str],
    now: dt.datetime,
    days: int,
) -> tuple[bytes, bytes]:
    """The key and the certificate of a server, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    leaf = (
        _builder(name, authority.subject, key.public_key(), now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_alternative(one) for one in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .sign(signing, hashes.SHA256())
    )
    return _private(key), _public(leaf)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: dt.datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
