"""Access to the broker: addresses, and every invalid credential, in one sentence."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from dreamwire.broker_access import AccessError, Address, Papers, open_access, parse_address
from ward import Authority, secret

FAR = Address("broker.ward", 8883, tls=True)


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    """A valid CA, a certificate with its key, and a password."""
    authority = Authority()
    authority.issue(tmp_path, "bed-1", "bed-1")
    return Papers(
        "--broker",
        ca=str(authority.save(tmp_path / "ca.crt")),
        cert=str(tmp_path / "bed-1.crt"),
        key=str(tmp_path / "bed-1.key"),
        password_file=str(secret(tmp_path / "password", b"wool \xc3\xa4nd moss\r\n")),
    )


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("mqtt://127.0.0.1", "mqtt://127.0.0.1:1883"),
        ("mqtts://broker.ward", "mqtts://broker.ward:8883"),
        ("mqtts://[::1]:9000/", "mqtts://[::1]:9000"),
    ],
)
def test_an_address_has_the_port_of_its_scheme(text: str, url: str) -> None:
    """1883, and 8883 with TLS, unless another is named."""
    address = parse_address(text)
    assert address.url == url
    assert address.tls == url.startswith("mqtts")
    assert parse_address(address.url) == address


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "broker",
            "http://broker",
            "mqtt://",
            "mqtts://:8883",
            "mqtt://broker:0",
            "mqtt://broker:70000",
        ),
        *(
            "mqtts://bed-1:secret@broker",
            "mqtt://bed-1@broker",
            "mqtt://broker/topic",
            "mqtt://broker?tls=no",
        ),
        *("mqtt://broker#x", "mqtts://.broker", "mqtt://a..b", "mqtt://" + 70 * "a"),
    ],
)
def test_an_invalid_address_is_refused(text: str) -> None:
    """Other schemes, credentials, paths, ports and invalid hosts raise ValueError, nothing else."""
    with pytest.raises(ValueError):  # noqa: PT011 -- the caller makes the sentence, with its source
        parse_address(text)


def test_good_papers_make_a_checking_context(papers: Papers) -> None:
    """Good credentials give TLS 1.2 or newer with chain and host name checked, and the pod as user."""
    access = open_access(FAR, papers, "bed-1")
    assert access.tls is not None
    assert access.tls.minimum_version is ssl.TLSVersion.TLSv1_2
    assert access.tls.check_hostname
    assert access.tls.verify_mode is ssl.CERT_REQUIRED
    assert (access.user, access.password) == ("bed-1", "wool änd moss")
    assert open_access(FAR, replace(papers, user="nurse"), "bed-1").user == "nurse"
    assert "wool" not in repr(access)


def test_without_papers_a_name_is_not_shown() -> None:
    """Without a password there is no user; with TLS the system's CAs count."""
    plain = open_access(Address("10.0.0.1", 1883), Papers("--broker"), "bed-1")
    assert (plain.tls, plain.user, plain.password) == (None, "", "")
    trusting = open_access(FAR, Papers("--broker"), "bed-1")
    assert trusting.tls is not None
    assert trusting.tls.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_password_needs_no_tls_on_this_machine(papers: Papers, host: str) -> None:
    """On loopback a password needs no TLS."""
    bare = Papers("--broker", password_file=papers.password_file)
    assert open_access(Address(host, 1883), bare, "bed-1").password


@pytest.mark.parametrize("host", ["10.0.0.1", "0.0.0.0", "broker.ward", "localhost.evil.org", "::"])
def test_a_password_does_not_cross_a_network_in_the_clear(papers: Papers, host: str) -> None:
    """A password for a broker on the network without TLS is refused before anything is sent."""
    bare = Papers("--broker", password_file=papers.password_file)
    with pytest.raises(AccessError, match="in the clear; use a broker with TLS and write mqtts://"):
        open_access(Address(host, 1883), bare, "bed-1")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ca": "none"}, "none (--broker-ca) cannot be read (No such file or directory)"),
        ({"ca": "password"}, "holds no certificate"),
        ({"cert": "none"}, "(--broker-cert) cannot be read"),
        ({"key": "none"}, "(--broker-key) cannot be read"),
        ({"cert": ""}, "name that with --broker-cert"),
        ({"key": "other.key"}, "are no certificate with its key"),
        ({"cert": "locked.crt", "key": "locked.key"}, "without a passphrase"),
        ({"key": ""}, "open to everyone"),
        ({"password_file": ""}, "name the file it is in with --broker-password-file"),
        ({"password_file": "none"}, "(--broker-password-file) cannot be read"),
        ({"password_file": "open"}, "is open to everyone on this machine (mode 644); chmod 600 it"),
        ({"password_file": "empty"}, "holds no password"),
        ({"password_file": "two"}, "one line of UTF-8"),
        ({"password_file": "latin"}, "one line of UTF-8"),
        ({"password_file": "long"}, "at most 1024 bytes"),
    ],
)
def test_papers_that_cannot_be_used_are_refused(
    papers: Papers, tmp_path: Path, change: dict[str, str], says: str
) -> None:
    """Each unusable file is refused in a sentence with file, flag and remedy; a locked key never prompts."""
    Authority().issue(tmp_path, "other", "bed-1")
    Authority().issue(tmp_path, "locked", "bed-1", passphrase=b"moss")
    secret(tmp_path / "open", b"moss").chmod(0o644)
    secret(tmp_path / "empty", b"\n")
    secret(tmp_path / "two", b"moss\nwool\n")
    secret(tmp_path / "latin", b"\xe4")
    secret(tmp_path / "long", b"m" * 1025)
    files = {name: value and str(tmp_path / value) for name, value in change.items()}
    with pytest.raises(AccessError) as refused:
        open_access(FAR, replace(papers, user="bed-1", **files), "bed-1")
    assert says in str(refused.value)
    assert "moss" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_papers_for_tls_are_not_ignored_without_it(papers: Papers) -> None:
    """A CA with mqtt:// is refused as a mistake."""
    with pytest.raises(
        AccessError, match="are for TLS and mqtt://localhost:1883 is without it; write mqtts://"
    ):
        open_access(Address("localhost", 1883), Papers("--broker", ca=papers.ca), "bed-1")
