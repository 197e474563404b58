"""The house's authority for provenance: a certificate that signs manifests, in the state directory.

C2PA asks for a certificate that another one has signed. A house makes its own authority once; until a reader
lists it, that reader reads the manifest as valid and its signer as unknown. The authority's key signs
certificates alone, the signer's key manifests alone; neither is the daemon's.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dreamd.render.permission import RenderError
from dreamwire.closed_file import write_closed

DIRECTORY: Final = "provenance"
AUTHORITY: Final = "authority.pem"
"""The certificate that a reader lists."""
UNNAMED: Final = "a house without a name"
_AUTHORITY_KEY, _SIGNER, _SIGNER_KEY = "authority.key", "signer.pem", "signer.key"
_AUTHORITY_DAYS: Final = 3650
_SIGNER_DAYS: Final = 365
_EARLY: Final = dt.timedelta(days=1)
_RENEWED: Final = dt.timedelta(days=30)
_READABLE: Final = 0o644
_PEM: Final = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class SignerKeys:
    """The signer's certificate with its authority's behind it, and its key; both in PEM."""

    chain: bytes
    key: bytes


def signer_keys(state_dir: Path, house: str, now: dt.datetime) -> SignerKeys:
    """Return the signer of this state directory; made at the first call, and anew before it ends.

    Args:
        state_dir: of the daemon.
        house: a name for the certificates; empty: none is stated.
        now: UTC.

    Raises:
        RenderError: the directory cannot be read or written, or a file is damaged.
    """
    folder = state_dir / DIRECTORY
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if not (folder / AUTHORITY).exists():
            _make_authority(folder, house, now)
        authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
        if not _holds(folder / _SIGNER, now):
            _make_signer(folder, authority, house, now)
        chain = (folder / _SIGNER).read_bytes() + authority.public_bytes(_PEM)
        return SignerKeys(chain, (folder / _SIGNER_KEY).read_bytes())
    except (OSError, ValueError, TypeError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise RenderError(
            f"the provenance authority in {folder} cannot be used ({why}); allow this user to read and write "
            "there, or render without manifests (--plain)"
        ) from error


def _make_authority(folder: Path, house: str, now: dt.datetime) -> None:
    key = Ed25519PrivateKey.generate()
    name = _name("dreamd provenance authority", house)
    made = (
        _builder(name, name, key, now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, None)
    )
    write_closed(folder / _AUTHORITY_KEY, _private(key))
    # Last: its presence says that all is made.
    write_closed(folder / AUTHORITY, made.public_bytes(_PEM), _READABLE)


def _make_signer(folder: Path, authority: x509.Certificate, house: str, now: dt.datetime) -> None:
    signing = serialization.load_pem_private_key((folder / _AUTHORITY_KEY).read_bytes(), None)
    if not isinstance(signing, Ed25519PrivateKey):
        raise ValueError(f"{_AUTHORITY_KEY} is no Ed25519 key")  # noqa: TRY004 - of a file, not of a caller
    key = Ed25519PrivateKey.generate()
    of_authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    made = (
        _builder(_name("dreamd render", house), authority.subject, key, now, _SIGNER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=True)
        .add_extension(of_authority, critical=False)
        .sign(signing, None)
    )
    write_closed(folder / _SIGNER_KEY, _private(key))
    write_closed(folder / _SIGNER, made.public_bytes(_PEM), _READABLE)


def _holds(signer: Path, now: dt.datetime) -> bool:
    """Whether there is a signer that holds for a month more."""
    if not signer.exists():
        return False
    kept = x509.load_pem_x509_certificate(signer.read_bytes())
    return kept.not_valid_before_utc <= now <= kept.not_valid_after_utc - _RENEWED


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Ed25519PrivateKey, now: dt.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates,
        crl_sign=signs_certificates, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(common: str, house: str) -> x509.Name:
    of_house = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, (house or UNNAMED)[:64])]
    return x509.Name([*of_house, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _private(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
