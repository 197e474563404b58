"""Starts that `serve` refuses for a site's files, principals or names, each with a sentence that helps."""

import asyncio
import datetime as dt
import os
from collections.abc import Callable
from dataclasses import replace
from math import isnan
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from dreamd.adapters.grpc.guards import Admitting, guard_of, open_to_all
from dreamd.adapters.grpc.server import CannotListen
from dreamd.adapters.site_authority import AuthorityError, SiteAuthority, is_host
from dreamd.adapters.site_guard import certificate_faults, guarded_site, open_to_others, renew_in_time
from dreamd.core.access.caller import Role
from dreamd.core.access.codes import LIVES_S, TRIES_MAX, Code
from dreamd.core.access.principals import DAY_S, Credential, Grant, Kind, Principal, digest_of
from dreamd.core.refusals import Refusal
from dreamd.main import main
from dreamwire.broker_access import parse_address
from fakes.access import FakeAccess
from fakes.callers import named
from fakes.views import NOW_S
from fakes.waiting import until

NOW = dt.datetime.fromtimestamp(NOW_S, dt.UTC)
NAMES = ("broker.ward", "10.0.0.5", "fe80::1", "localhost", "127.0.0.1", "::1")
HERE = parse_address("mqtts://broker.ward")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a site by their path in the state directory."""
    state = tmp_path_factory.mktemp("made")
    SiteAuthority(state).make_site(NAMES, NOW)
    return {str(path.relative_to(state)): path.read_bytes() for path in (state / "access").iterdir()}


@pytest.fixture
def state(tmp_path: Path, made: dict[str, bytes]) -> Path:
    """A state directory with a site and a ledger, closed as `dreamd init` and `serve` close them."""
    state = tmp_path / "state"
    (state / "access" / "broker").mkdir(parents=True)
    kept = {"ledger.sqlite3": b"", "ledger.sqlite3-wal": b"", "daemon.key": b"", "daemon.pub": b""}
    for name, content in (made | kept | {"access/broker/broker.key": b""}).items():
        (state / name).write_bytes(content)
        (state / name).chmod(0o644 if name.endswith((".pub", "authority.pem")) else 0o600)
    for folder in (state, state / "access", state / "access" / "broker"):
        folder.chmod(0o700)
    return state


def guarded(state: Path, host: str = "broker.ward", days: float = 1.0, url: str = "") -> SiteAuthority | None:
    """The site as `serve` takes it, so many days after it was made."""
    broker = parse_address(url) if url else HERE
    return guarded_site(state, (host, "127.0.0.1"), lambda: NOW_S + days * DAY_S, broker)


def test_a_site_that_is_closed_is_served_on_loopback_too(state: Path) -> None:
    """Access control holds on every address, 127.0.0.1 too; others may pass through the state directory."""
    for host in ("0.0.0.0", "::", "0:0:0:0:0:0:0:0", "127.0.0.1", "10.0.0.5", "FE80:0:0:0::1", "Broker.Ward"):
        assert guarded(state, host) is not None
    state.chmod(0o711)
    assert open_to_others(state, os.geteuid()) == ()


@pytest.mark.parametrize(
    ("name", "mode", "remedy"),
    [
        ("", 0o755, "chmod 711"),
        ("", 0o750, "chmod 710"),
        ("", 0o720, "chmod 700"),
        ("access", 0o710, "chmod 700"),
        ("access/broker", 0o701, "chmod 700"),
        ("access/server.key", 0o640, "chmod 600"),
        ("access/broker/broker.key", 0o604, "chmod 600"),
        ("access/authority.pem", 0o664, "chmod 644"),
        ("daemon.key", 0o620, "chmod 600"),
        ("daemon.pub", 0o646, "chmod 644"),
        ("ledger.sqlite3", 0o644, "chmod 600"),
        ("ledger.sqlite3-wal", 0o640, "chmod 600"),
        ("..", 0o777, "chmod o-w"),
    ],
)
def test_a_path_that_others_may_read_or_change_is_refused(
    state: Path, name: str, mode: int, remedy: str
) -> None:
    """By the name of the directory or file and the chmod that closes it, and it is not closed in silence."""
    path = (state / name).resolve()
    path.chmod(mode)
    with pytest.raises(AuthorityError) as refused:
        guarded(state)
    assert remedy in str(refused.value)
    assert str(path) in str(refused.value)
    assert path.stat().st_mode & 0o777 == mode


def test_a_link_is_judged_by_its_file_and_the_directory_of_it(state: Path, tmp_path: Path) -> None:
    """A link to an open file and one into a directory where others write are refused; a closed one is not."""
    key, elsewhere = state / "access" / "server.key", tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (elsewhere / "key").write_bytes(key.read_bytes())
    key.unlink()
    key.symlink_to(elsewhere / "key")
    (elsewhere / "key").chmod(0o600)
    assert guarded(state) is not None
    elsewhere.chmod(0o770)
    with pytest.raises(AuthorityError, match=r"others may replace .*elsewhere/key"):
        guarded(state)
    elsewhere.chmod(0o700)
    (elsewhere / "key").chmod(0o640)
    with pytest.raises(AuthorityError, match=r"server.key is open to others .* chmod 600 .*elsewhere/key"):
        guarded(state)


def test_a_path_of_another_user_is_refused(state: Path) -> None:
    """Each path of another user is named with both users; at most five, and the number of the rest."""
    own = os.geteuid()
    assert open_to_others(state, own) == ()
    if own == 0:  # a path of root's is trusted
        for path in (state, *state.rglob("*")):
            os.chown(path, 54321, -1)
    else:
        own += 1
    found = open_to_others(state, own)
    assert "belongs to" in found[0]
    assert f"chown -R {'root' if own == 0 else f'user {own}'} {state}" in found[0]
    assert found[-1] == "and 7 more"


def test_a_site_without_its_authority_is_broken_and_not_absent(state: Path, tmp_path: Path) -> None:
    """Without authority.pem nothing is served, on loopback neither; without any file there is no site."""
    (state / "access" / "authority.pem").unlink()
    with pytest.raises(AuthorityError, match="bring it back from a copy"):
        guarded(state, "127.0.0.1")
    assert guarded(tmp_path / "none", "localhost") is None
    for host in ("0.0.0.0", "127.0.0.2", "::", "ward.example"):
        with pytest.raises(AuthorityError, match="run dreamd init on this machine"):
            guarded(tmp_path / "none", host)


def test_the_certificate_holds_now_names_the_address_and_fits_its_key(
    state: Path, made: dict[str, bytes], tmp_path: Path
) -> None:
    """Out of date, of another name, key or authority, or of one that has ended: each has a sentence."""
    served = SiteAuthority(state).served()
    other = SiteAuthority(tmp_path / "other")
    other.make_site(NAMES, NOW)

    def fault(host: str = "broker.ward", days: float = 1.0, **changed: bytes) -> str:
        return "; ".join(certificate_faults(replace(served, **changed), host, NOW + dt.timedelta(days=days)))

    assert fault() == fault("::") == fault("0.0.0.0") == ""
    assert "holds from 2023-11-14" in fault(days=-1.0)
    assert "clock says" in fault(days=91.0)
    assert fault(days=91.0).count("certificate holds") == 1
    assert fault(days=3700.0).count("certificate holds") == 2
    for host in ("10.0.0.6", "ward.example", "fe80::2", "0", "127.0.0.2"):
        assert fault(host).endswith(f"run dreamd init --renew --name {host}")
    assert "is not the key of access/server.pem" in fault(key=other.served().key)
    assert "is not signed by access/authority.pem" in fault(authority=other.served().authority)
    for broken in ({"key": b"none"}, {"chain": b"none"}, {"authority": made["access/server.key"]}):
        with pytest.raises(AuthorityError, match="dreamd init --renew"):
            fault(**broken)


@pytest.mark.parametrize("url", ["mqtt://broker.ward", "mqtt://10.0.0.5:1883", "mqtt://[fe80::1]"])
def test_a_broker_elsewhere_without_tls_is_refused(state: Path, url: str) -> None:
    """By its address; one on this machine, or with TLS, is not."""
    with pytest.raises(AuthorityError, match="is elsewhere and without TLS; write mqtts://"):
        guarded(state, url=url)
    for fine in (url.replace("mqtt:", "mqtts:"), "mqtt://127.0.0.1", "mqtt://[::1]", "mqtt://localhost"):
        assert guarded(state, url=fine) is not None


async def test_a_certificate_is_renewed_while_the_daemon_runs_and_served_until_it_ends(state: Path) -> None:
    """At 60 days a new one is made. With the authority's key away the old one is served and told of."""
    site = SiteAuthority(state)
    before = site.served().chain
    said: list[str] = []

    async def renewed(days: float, over: Callable[[], bool]) -> None:
        task = asyncio.create_task(
            renew_in_time(site, lambda: NOW_S + days * DAY_S, said.append), name="renew"
        )
        await until(over)
        task.cancel()

    site.key.rename(state / "key-in-the-safe")
    await renewed(61.0, lambda: bool(said))
    assert "bring the key back" in said[0]
    assert guarded(state, days=89.0) is not None
    with pytest.raises(AuthorityError, match="set the clock, or run dreamd init --renew"):
        guarded(state, days=91.0)
    (state / "key-in-the-safe").rename(site.key)
    await renewed(61.0, lambda: site.served().chain != before)
    assert guarded(state, days=100.0) is not None


async def test_the_ends_of_the_certificates_are_shown(state: Path) -> None:
    """The daemon shows when the authority's and the server's certificates end; there is none of a broker."""
    shown: list[dict[str, float]] = []
    look = renew_in_time(SiteAuthority(state), lambda: NOW_S, lambda _: None, shown.append)
    task = asyncio.create_task(look, name="renew")
    await until(lambda: bool(shown))
    task.cancel()
    days = {name: (end - NOW_S) / DAY_S for name, end in shown[0].items()}
    assert days["server"] == pytest.approx(90.0, abs=1.0)
    assert days["authority"] == pytest.approx(3652.0, abs=1.0)
    assert isnan(days["broker"])


def _guard(access: FakeAccess) -> None:
    application = SimpleNamespace(principals=access.table, enrolment=access.enrolment, whereabouts=None)
    site = SimpleNamespace(served=lambda: None, authority_text="")
    guard_of(site, cast("Admitting", application), access.clock, key=b"", broker_url="")


ADMIN = Principal("root-anna", Kind.PERSON, (Grant(Role.ADMIN),))
KEY = Credential("k", ADMIN.name, digest_of("s"), NOW_S - DAY_S, NOW_S - 1.0)
CODE = Code("c", ADMIN.name, digest_of("s"), NOW_S + LIVES_S)


@pytest.mark.parametrize(
    ("keys", "codes", "may"),
    [
        ((), (), False),
        ((KEY,), (), True),
        ((replace(KEY, revoked_s=NOW_S - 2.0),), (), False),
        ((replace(KEY, revoked_s=NOW_S - 2.0),), (CODE,), True),
        ((), (CODE,), True),
        ((), (replace(CODE, expires_s=NOW_S),), False),
        ((), (replace(CODE, tries=TRIES_MAX),), False),
        ((), (replace(CODE, made="k"),), False),
        ((replace(KEY, principal="olga"),), (), False),
    ],
)
def test_an_administrator_that_could_act_is_needed(
    keys: tuple[Credential, ...], codes: tuple[Code, ...], *, may: bool
) -> None:
    """A credential counts until it is revoked, an expired one too; a code until it is spent, late or dead."""
    access = FakeAccess()
    access.table.put_rows((ADMIN, Principal("olga", Kind.PERSON, (Grant(Role.OPERATOR),))), keys, codes)
    assert access.table.administered(NOW_S) is may
    if not may:
        with pytest.raises(CannotListen, match="dreamd init --new-admin"):
            _guard(access)


@pytest.mark.parametrize("name", ["dreamd", "canary", "dreamd-rights", "Bed-1", "bed\x1b[1m", ""])
def test_no_bed_has_a_name_of_the_daemons_or_one_that_is_no_name(name: str) -> None:
    """Enrolling refuses it; a ledger that has one ends the start, with the name as text."""
    access = FakeAccess()
    refused = access.commands.enrol(named("anna"), name, Kind.BED, ())
    assert isinstance(refused, Refusal)
    access.table.put_rows((ADMIN, Principal(name, Kind.BED)), (KEY,))
    with pytest.raises(CannotListen, match="dreamd ledger restore") as told:
        _guard(access)
    assert repr(name) in str(told.value)
    assert str(told.value).isprintable()


def test_a_bed_has_not_the_name_of_a_person_or_a_service() -> None:
    """Nor they a bed's: the kind of a principal never changes."""
    access = FakeAccess()
    for kind, other in ((Kind.PERSON, Kind.BED), (Kind.SERVICE, Kind.BED), (Kind.BED, Kind.PERSON)):
        access.table.put_rows((Principal("anna", kind),))
        grants = (Grant(Role.AUDITOR),) if other is Kind.PERSON else ()
        refused = access.commands.enrol(named("root-anna"), "anna", other, grants)
        assert isinstance(refused, Refusal)
        assert refused.sentence == f"anna is a {kind.value} already"


def test_principals_without_a_site_end_the_start() -> None:
    """A ledger of a site in a state directory without one is refused, also on loopback."""
    access = FakeAccess()
    open_to_all(access.table)
    access.table.put_rows((Principal("bed-1", Kind.BED),))
    with pytest.raises(CannotListen, match="bring its directory access back"):
        open_to_all(access.table)


def test_init_takes_names_that_callers_can_use_and_closes_the_directory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No address that is every address, no name that DNS lacks, no administrator of the daemon's own name."""
    state = str(tmp_path)
    for name in ("0.0.0.0", "::", "0", "müller.ward", "a b", "", "ward\x1b", "*", "10.0.0.256"):
        assert not is_host(name)
        assert main(["init", "--state-dir", state, "--name", name]) == 2
    for name in ("dreamd", "canary", "Anna", ""):
        assert main(["init", "--state-dir", state, "--admin", name]) == 2
    tmp_path.chmod(0o755)
    assert main(["init", "--state-dir", state, "--name", "Ward.Example", "--name", "fe80::1"]) == 0
    assert open_to_others(tmp_path, os.geteuid()) == ()
    assert SiteAuthority(tmp_path).names()[:2] == ("ward.example", "fe80::1")
    capsys.readouterr()
    ledger = tmp_path / "ledger.sqlite3"
    assert ledger.stat().st_mode & 0o777 == 0o600
