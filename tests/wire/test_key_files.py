"""Key files: the daemon's secret stays private, and a pod pins the published key."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from dreamwire import signing


@pytest.fixture
def careless_umask() -> Iterator[None]:
    """Create files as openly as the process can."""
    before = os.umask(0)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_saved_key_loads_and_signs_alike(tmp_path: Path) -> None:
    """A saved key loads again and makes the same signatures."""
    key = signing.SigningKey.generate()
    key.save(tmp_path / "daemon.key")
    again = signing.SigningKey.load(tmp_path / "daemon.key")
    assert again.sign(b"x") == key.sign(b"x")
    assert again.public == key.public


def test_a_pinned_key_is_the_published_one(tmp_path: Path) -> None:
    """A public key survives its file and its hexadecimal form."""
    key = signing.SigningKey.generate()
    key.save_public(tmp_path / "daemon.pub")
    assert signing.VerifyKey.load(tmp_path / "daemon.pub") == key.public
    assert signing.VerifyKey.from_hex(key.public.hex) == key.public
    assert hash(signing.VerifyKey(key.public.raw)) == hash(key.public)


@pytest.mark.usefixtures("careless_umask")
def test_a_secret_is_closed_and_a_public_key_readable_whatever_the_umask(tmp_path: Path) -> None:
    """A secret's file is 0600, a public key's 0644, whatever the umask, and no draft is left behind."""
    key = signing.SigningKey.generate()
    key.save(tmp_path / "daemon.key")
    key.save_public(tmp_path / "daemon.pub")
    assert _mode(tmp_path / "daemon.key") == 0o600
    assert _mode(tmp_path / "daemon.pub") == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["daemon.key", "daemon.pub"]


def test_a_secret_is_never_overwritten(tmp_path: Path) -> None:
    """Saving over a secret is refused and leaves it: every pod that pinned it would be lost."""
    first = signing.SigningKey.generate()
    first.save(tmp_path / "daemon.key")
    with pytest.raises(FileExistsError):
        signing.SigningKey.generate().save(tmp_path / "daemon.key")
    assert signing.SigningKey.load(tmp_path / "daemon.key").public == first.public
    assert [path.name for path in tmp_path.iterdir()] == ["daemon.key"]


def test_a_public_key_may_be_published_again(tmp_path: Path) -> None:
    """Saving a public key replaces the existing file."""
    signing.SigningKey.generate().save_public(tmp_path / "daemon.pub")
    key = signing.SigningKey.generate()
    key.save_public(tmp_path / "daemon.pub")
    assert signing.VerifyKey.load(tmp_path / "daemon.pub") == key.public


def test_a_secret_open_to_others_is_refused(tmp_path: Path) -> None:
    """A secret that others can read is refused, with the command that mends it."""
    path = tmp_path / "daemon.key"
    signing.SigningKey.generate().save(path)
    path.chmod(0o604)
    with pytest.raises(signing.KeyFileError, match="chmod 600"):
        signing.SigningKey.load(path)


@pytest.mark.parametrize("load", [signing.SigningKey.load, signing.VerifyKey.load])
def test_a_file_that_is_no_key_is_a_sentence(load: type, tmp_path: Path) -> None:
    """A missing file, a folder, garbage or another kind of key is a KeyFileError with the file's name."""
    stranger = X25519PrivateKey.generate()
    encoding = serialization.Encoding.PEM
    private = stranger.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = stranger.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    for name, data in (("garbage", b"\x00\xff"), ("private", private), ("public", public), ("empty", b"")):
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o600)
    for name in ("missing", "garbage", "private", "public", "empty", "."):
        with pytest.raises(signing.KeyFileError, match=str(tmp_path)):
            load(tmp_path / name)


@pytest.mark.parametrize("load", [signing.SigningKey.load, signing.VerifyKey.load])
def test_a_file_that_cannot_be_read_is_not_called_a_wrong_key(load: type, tmp_path: Path) -> None:
    """An unreadable file is reported with the system's reason, not as a wrong key."""
    with pytest.raises(signing.KeyFileError, match="cannot be read: Is a directory"):
        load(tmp_path)
    with pytest.raises(signing.KeyFileError, match="is not at"):
        load(tmp_path / "missing")


@pytest.mark.parametrize("text", ["", "xyz", "00" * 31, "00" * 33])
def test_a_public_key_has_32_bytes(text: str) -> None:
    """Anything but 64 hexadecimal digits is refused."""
    with pytest.raises(signing.KeyFileError):
        signing.VerifyKey.from_hex(text)


def test_no_secret_is_ever_printed() -> None:
    """The text forms of keys name them by their id and show nothing of a secret."""
    key = signing.SigningKey.from_seed(b"s" * 32)
    keyed = signing.KeyedSealer(b"a secret of a simulation")
    assert repr(key) == f"SigningKey({key.key_id:08x})"
    assert repr(key.public) == f"VerifyKey({key.key_id:08x})"
    assert "secret" not in repr(keyed)
