"""A ward's broker: the shipped configuration and rules, with certificates and passwords made for a test."""

import base64
import datetime as dt
import getpass
import hashlib
import os
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dreamwire.broker_access import Access, Address, Papers, open_access
from dreamwire.connection import PromptClient
from mosquitto import Broker, free_port

DEPLOY = Path(__file__).parents[1] / "deploy"
HOST = "localhost"
USERS = ("dreamd", "bed-1", "bed-2", "bed-3")
_DAY = dt.timedelta(days=1)


class Authority:
    """A certificate authority."""

    def __init__(self, name: str = "Ward CA") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        can_sign = x509.BasicConstraints(ca=True, path_length=None)
        builder = _builder(self._name, self._name, self._key.public_key(), expired=False)
        self._certificate = builder.add_extension(can_sign, critical=True).sign(self._key, hashes.SHA256())

    def save(self, path: Path) -> Path:
        """Write the certificate for others to trust."""
        path.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def issue(
        self, folder: Path, stem: str, name: str, *, expired: bool = False, passphrase: bytes = b""
    ) -> None:
        """Write `stem`.crt and `stem`.key, for `name` as CN and as host."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_named(name), self._name, key.public_key(), expired=expired)
        host = x509.SubjectAlternativeName([x509.DNSName(name)])
        certificate = builder.add_extension(host, critical=False).sign(self._key, hashes.SHA256())
        (folder / f"{stem}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        none = serialization.NoEncryption()
        lock = serialization.BestAvailableEncryption(passphrase) if passphrase else none
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        secret(folder / f"{stem}.key", key.private_bytes(pem, pkcs8, lock))


def secret(path: Path, content: bytes) -> Path:
    """Write a file that its owner alone may read."""
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


@dataclass
class Ward:
    """A running broker with its own certificate; `require_certificates`: instead of passwords."""

    folder: Path
    expired: bool = False
    require_certificates: bool = False
    port: int = field(default_factory=free_port)
    authority: Authority = field(default_factory=Authority)

    def __post_init__(self) -> None:
        """Write everything, and start."""
        self.ca = self.authority.save(self.folder / "ca.crt")
        self.authority.issue(self.folder, "broker", HOST, expired=self.expired)
        self.passwords = {user: secrets.token_hex(8) for user in USERS}
        self.admit(USERS)
        (self.folder / "ward.acl").write_text((DEPLOY / "ward.acl").read_text())
        conf = (DEPLOY / "mosquitto-ward.conf").read_text()
        conf = conf.replace("listener 8883", f"listener {self.port} 127.0.0.1")
        conf = conf.replace("/etc/mosquitto/dreamd/", f"{self.folder}/")
        if self.require_certificates:
            conf = conf.replace("#require_certificate", "require_certificate")
            conf = conf.replace("#use_identity_as_username", "use_identity_as_username")
        if os.geteuid() == 0:  # it would become another user, and could not read the folder
            conf += f"user {getpass.getuser()}\n"
        path = self.folder / "mosquitto-ward.conf"
        path.write_text(conf)
        self.broker = Broker(path, self.port)
        self.broker.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"mqtts://{HOST}:{self.port}"

    def admit(self, users: tuple[str, ...]) -> None:
        """Write the password file for these users and no others."""
        lines = (f"{user}:{_hashed(self.passwords[user])}\n" for user in users)
        secret(self.folder / "passwords", "".join(lines).encode())

    def password_file(self, user: str) -> Path:
        """The user's own password file."""
        return secret(self.folder / f"{user}.password", f"{self.passwords[user]}\n".encode())

    def papers(self, user: str) -> Papers:
        """The user's credentials and trusted CA."""
        return Papers("--x", ca=str(self.ca), user=user, password_file=str(self.password_file(user)))

    def access(self, user: str) -> Access:
        """The user's access."""
        return open_access(Address(HOST, self.port, tls=True), self.papers(user), user)

    def tls(self) -> ssl.SSLContext:
        """For a client of the test's own."""
        return ssl.create_default_context(cafile=str(self.ca))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, *, expired: bool
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    until = now - _DAY if expired else now + _DAY
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    return (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * _DAY)
        .not_valid_after(until)
    )


def _hashed(password: str) -> str:
    """The hash as mosquitto_passwd writes it: PBKDF2-SHA512, 101 rounds."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return f"$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


@asynccontextmanager
async def speaking(
    ward: Ward, user: str, *filters: str, **options: object
) -> AsyncIterator[tuple[PromptClient, list[aiomqtt.Message]]]:
    """A client of that user, and the messages it receives of `filters`."""
    heard: list[aiomqtt.Message] = []
    async with PromptClient(ward.access(user), heard.append, **options) as client:
        if filters:
            await client.hear([(one, 1) for one in filters])
        yield client, heard


def agent_command(ward: Ward, key: str, pods: str = "bed-1") -> tuple[str, ...]:
    """`dreamedge run` of those beds, each with its own password; key: the daemon's public one."""
    for pod in pods.split(","):
        ward.password_file(pod)
    return (
        *("dreamedge", "run", "--pods", pods, "--daemon-key", key, "--state-dir", str(ward.folder / "pods")),
        *("--broker", ward.url, "--broker-ca", str(ward.ca)),
        *("--broker-password-file", str(ward.folder / "{pod}.password")),
    )
