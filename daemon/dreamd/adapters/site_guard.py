"""The faults of a site's files for which `serve` does not start, each in a sentence with the step that helps.

Once `dreamd init` has made a site, its secrets must be closed to every other user of the machine, and the
server's certificate must be one that a pinned client accepts. A fault ends the start: a daemon that served
all the same would be trusted by its callers for nothing.

Rules
- A file that is missing never makes an open daemon of a site's: without its authority the site is broken,
  not absent.
- A symbolic link is judged by the file it leads to, and by the directory of that file.
- A certificate that cannot be renewed is served until it ends.
"""

import asyncio
import datetime as dt
import ipaddress
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from functools import partial
from math import nan
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from dreamd.adapters.site_authority import LOOPBACK, AuthorityError, Served, SiteAuthority
from dreamwire.broker_access import Address
from dreamwire.detached_thread import aside

PUBLIC: Final = frozenset({"authority.pem", "daemon.pub"})
"""Files that everybody may read and that only their owner may write."""
RENEW_EVERY_S: Final = 6 * 3600.0
"""From one look at the age of the server's certificate to the next."""
TOLD_MAX: Final = 5
"""Open files that one refusal names."""
_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_READ: Final = stat.S_IRGRP | stat.S_IROTH
_ANY: Final = stat.S_IRWXG | stat.S_IRWXO


def guarded_site(
    state_dir: Path, hosts: tuple[str, str], now_s: Callable[[], float], *brokers: Address
) -> SiteAuthority | None:
    """The site of this state directory; None: `dreamd init` has made none, and the API is for this machine.

    hosts: where the API and the port for metrics listen. now_s: Unix seconds.

    Raises:
        AuthorityError: one of them would listen beyond this machine without a site; a file of the site is
            missing, open to others or another user's; its certificate does not hold, does not name the
            address or does not fit its key; or a broker is elsewhere and without TLS.
    """
    site = SiteAuthority(state_dir)
    if not site.made:
        if any(path.exists() for path in (site.key, site.server_key, site.server_certificate)):
            raise AuthorityError(
                f"{site.certificate} is missing beside the site's other files; bring it back from a copy "
                "(where dreamd init was interrupted, run it again)"
            )
        for host, what, flag in zip(hosts, ("API", "port for metrics"), ("grpc", "http"), strict=True):
            if host not in LOOPBACK:
                raise AuthorityError(
                    f"the {what} does not listen on {host} without access control; run dreamd init on this "
                    f"machine, or leave --{flag}-host out"
                )
        return None
    found = [*open_to_others(state_dir, os.geteuid())]
    if not found:
        _renew(site, now_s())
        served, now = site.served(), _moment(now_s())
        away = (host for host in hosts[1:] if host not in LOOPBACK)
        faults = (fault for host in (hosts[0], *away) for fault in certificate_faults(served, host, now))
        found += dict.fromkeys(faults)
    for broker in brokers:
        if not broker.tls and not broker.on_this_machine:
            found.append(f"the broker {broker.url} is elsewhere and without TLS; write mqtts:// (--mqtt-url)")
    if found:
        raise AuthorityError("; ".join(found))
    return site


def certificate_faults(served: Served, host: str, now: dt.datetime) -> tuple[str, ...]:
    """Why this certificate must not be served on this address; empty: it may.

    Raises:
        AuthorityError: a file holds no certificate or no key.
    """
    try:
        leaf, authority = (x509.load_pem_x509_certificate(one) for one in (served.chain, served.authority))
        named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(str(one.value) for one in named)
    except (ValueError, x509.ExtensionNotFound) as error:
        raise AuthorityError(
            f"access/server.pem or access/authority.pem is no certificate with names ({error}); run "
            "dreamd init --renew, or bring the authority's back from a copy"
        ) from error
    return (*_out_of_date(leaf, authority, now), *_unfit(served.key, leaf, authority), *_unnamed(names, host))


def _out_of_date(leaf: x509.Certificate, authority: x509.Certificate, now: dt.datetime) -> Iterator[str]:
    for what, one, helps in (
        ("server's certificate", leaf, "run dreamd init --renew"),
        ("authority's certificate", authority, "make a new site (every principal enrols anew)"),
    ):
        if not one.not_valid_before_utc <= now < one.not_valid_after_utc:
            yield (
                f"the {what} holds from {one.not_valid_before_utc:%Y-%m-%d} to "
                f"{one.not_valid_after_utc:%Y-%m-%d}, and this machine's clock says {now:%Y-%m-%d}; set the "
                f"clock, or {helps}"
            )


def _unfit(key: bytes, leaf: x509.Certificate, authority: x509.Certificate) -> Iterator[str]:
    try:
        own = serialization.load_pem_private_key(key, None).public_key()
    except (ValueError, TypeError) as error:
        raise AuthorityError(f"access/server.key is no key ({error}); run dreamd init --renew") from error
    if own != leaf.public_key():
        yield "access/server.key is not the key of access/server.pem; run dreamd init --renew"
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        yield "access/server.pem is not signed by access/authority.pem; run dreamd init --renew"


def _unnamed(names: tuple[str, ...], host: str) -> Iterator[str]:
    asked = _address(host)
    everywhere = not isinstance(asked, str) and asked.is_unspecified
    if not everywhere and asked not in map(_address, names):
        yield f"the server's certificate does not name {host}; run dreamd init --renew --name {host}"


def _address(text: str) -> "ipaddress.IPv4Address | ipaddress.IPv6Address | str":
    """An address in its own form, so that two spellings of it are one; a name in lower case."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return text.lower()


def open_to_others(state_dir: Path, own: int) -> tuple[str, ...]:
    """The directories and files of a site that another user may read or change, each with the remedy.

    The state directory may be passed through, for the socket of the ways out and the public key; it may not
    be listed. Everything in it is closed, but PUBLIC and sockets. own: the user of the daemon.
    """
    found: list[str] = []
    access = state_dir / SiteAuthority(state_dir).directory.name
    try:
        above = state_dir.resolve().parent.stat().st_mode
        if above & stat.S_IWOTH and not above & stat.S_ISVTX:
            above_dir = state_dir.resolve().parent
            found.append(f"everybody may replace what is in {above_dir}; run: chmod o-w {above_dir}")
        found += _judged(state_dir, _READ | _WRITE, own)
        for folder in (state_dir, access, access / "broker"):
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                found += _judged(path, _WRITE if path.name in PUBLIC else _ANY, own)
    except OSError as error:
        raise AuthorityError(
            f"{error.filename} cannot be looked at ({error.strerror}); run the daemon as the user that has "
            "run dreamd init"
        ) from error
    more = len(found) - TOLD_MAX
    return (*found[:TOLD_MAX], *([f"and {more} more"] if more > 0 else []))


def _judged(path: Path, forbidden: int, own: int) -> Iterator[str]:
    try:
        real = path.resolve()
        seen = real.stat()
    except FileNotFoundError:
        return  # a link that leads nowhere, or a file that has just gone
    if stat.S_ISSOCK(seen.st_mode):
        return
    if seen.st_uid not in (own, 0):
        yield (
            f"{path} belongs to {_user(seen.st_uid)}, and this daemon runs as {_user(own)}; run it as the "
            f"owner, or: chown -R {_user(own)} {path}"
        )
    mode = stat.S_IMODE(seen.st_mode)
    if mode & forbidden:
        closed = mode & ~forbidden & 0o777
        yield f"{path} is open to others (mode {mode:04o}); run: chmod {closed:o} {real}"
    if path.is_symlink() and real.parent.stat().st_mode & _WRITE:
        yield f"others may replace {real}, to which {path} leads; run: chmod go-w {real.parent}"


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _moment(now_s: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(now_s, dt.UTC)


def _renew(site: SiteAuthority, now_s: float) -> str:
    """Renew the certificate where it is due; return why it could not be renewed."""
    try:
        site.renew_certificate(_moment(now_s))
    except AuthorityError as error:
        return str(error)
    return ""


def _ends(site: SiteAuthority) -> dict[str, float]:
    """The Unix times at which the site's certificates end; of one that cannot be read, NaN."""
    files = {
        "authority": site.certificate,
        "server": site.server_certificate,
        "broker": site.directory / "broker" / "broker.pem",
    }
    found = {}
    for name, file in files.items():
        try:
            found[name] = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc.timestamp()
        except (OSError, ValueError):
            found[name] = nan
    return found


async def renew_in_time(
    site: SiteAuthority | None,
    now_s: Callable[[], float],
    say: Callable[[str], None],
    show: Callable[[dict[str, float]], None] = lambda _: None,
) -> None:
    """Renew the server's certificate as it comes of age, for ever.

    Args:
        site: None: there is none, and nothing to renew.
        now_s: Unix seconds.
        say: called once a reason against.
        show: called with the Unix times at which the authority's, the server's and the broker's end.
    """
    told = ""
    while True:
        if site is not None:
            why = await aside(partial(_renew, site, now_s()), "certificate")
            show(await aside(partial(_ends, site), "certificate"))
            if why and why != told:
                say(why)
            told = why
        await asyncio.sleep(RENEW_EVERY_S)
