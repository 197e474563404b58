"""A program's credential is renewed in its file at half of its life, and no step of that can lose it."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

import dreamapi
from dreamapi.credentials import CredentialError, CredentialFile, HeldCredential, load_credential
from dreamapi.renewal import RETRY_MOST_S, Renewing
from dreamd.adapters.grpc.server import Running
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import DAY_S, PROGRAM_S, Grant, Kind
from fakes.coordination import FakeCoordination
from fakes.site_api import site_api
from run_here import run_here

SERVICE = Grant(Role.SERVICE, sites=frozenset("*"), methods=frozenset({"ListPods", "GetHouse"}))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SiteAuthority:
    """An authority and a certificate for 127.0.0.1."""
    made = SiteAuthority(tmp_path_factory.mktemp("site"))
    made.make_site(("127.0.0.1",), dt.datetime.now(dt.UTC))
    return made


@pytest.fixture
async def server(application: FakeCoordination, site: SiteAuthority) -> AsyncIterator[Running]:
    """The API of a site, over TLS."""
    async with site_api(application, site) as running:
        yield running


@pytest.fixture
def file(application: FakeCoordination, site: SiteAuthority, server: Running, tmp_path: Path) -> Path:
    """The credential file of the service `recorder`, of a day's life."""
    token = application.principals.known("recorder", SERVICE, kind=Kind.SERVICE)
    path = tmp_path / "recorder.json"
    CredentialFile(f"127.0.0.1:{server.port}", "recorder", token, site.authority_text).write_file(path)
    return path


def connected(file: Path) -> dreamapi.Api:
    """A connection with this file."""
    return dreamapi.connect(load_credential(file).server, credential=file, rng=Random(1))


def modes_of(file: Path) -> str:
    """Its permissions."""
    return f"{file.stat().st_mode & 0o777:03o}"


def secrets_of(application: FakeCoordination) -> int:
    """How many credentials the service was ever given."""
    return len(application.principals.table.credentials_of("recorder"))


async def test_a_file_is_renewed_at_half_of_the_life_and_not_before(
    application: FakeCoordination, file: Path
) -> None:
    """Before, nothing is asked for; after, the file has the new one, closed to others; the old one ends."""
    old, clock = load_credential(file), application.principals.clock
    async with connected(file) as api:
        clock.now += 0.5 * DAY_S - 5.0
        early = await api.renew()
        assert (early.renewed, early.renew_in_s, secrets_of(application)) == (False, 4.5, 1)
        clock.now += 5.0
        found = await api.renew()
        assert (found.renewed, found.expires_in_s, found.renew_in_s) == (True, PROGRAM_S, 0.5 * PROGRAM_S)
        await api.houses.get()
    new = load_credential(file)
    assert new.credential != old.credential
    assert (new.server, new.principal, new.authority) == (old.server, old.principal, old.authority)
    assert modes_of(file) == "600"
    with pytest.raises(dreamapi.CredentialExpired):
        async with dreamapi.connect(old.server, credential=old) as late:
            await late.houses.get()


async def test_the_command_line_renews_a_file_and_the_bare_copy_beside_it(
    application: FakeCoordination, file: Path, tmp_path: Path
) -> None:
    """`dreamd access renew --bare` writes the newest credential alone, closed to others, due or not."""
    bare, words = tmp_path / "scraper", ["access", "renew", "--credential", str(file), "--bare"]
    for age_s, said in ((0.0, "not due yet"), (0.6 * DAY_S, "renewed")):
        application.principals.clock.now += age_s
        told = await asyncio.to_thread(run_here, [*words, str(bare)], {})
        assert (told.returncode, told.stderr) == (0, "")
        assert told.stdout.startswith(said)
        assert bare.read_text() == load_credential(file).credential
        assert modes_of(bare) == "600"
    assert secrets_of(application) == 2


async def test_two_processes_that_share_a_file_renew_once_and_both_go_on(
    application: FakeCoordination, file: Path
) -> None:
    """Both find it due at once: one renews, the other takes the new one. Neither is refused by it."""
    application.principals.clock.now += 0.6 * DAY_S
    async with connected(file) as one, connected(file) as two, connected(file) as three:
        async with asyncio.TaskGroup() as group:
            found = [group.create_task(api.renew()) for api in (one, two)]
        assert sorted(task.result().renewed for task in found) == [False, True]
        assert secrets_of(application) == 2
        for api in (one, two, three):
            await api.houses.get()


async def test_a_lost_answer_leaves_the_old_secret_which_renews_again(
    application: FakeCoordination, file: Path
) -> None:
    """Killed between answer and disk: the file is as before, it counts, and the next look renews it."""
    application.principals.clock.now += 0.6 * DAY_S
    async with connected(file) as api:
        await api.access.renew_credential()
    before = load_credential(file)
    async with connected(file) as api:
        await api.houses.get()
        assert (await api.renew()).renewed
        await api.houses.get()
    assert load_credential(file).credential != before.credential
    assert secrets_of(application) == 3


async def test_no_secret_is_made_that_cannot_be_kept(
    application: FakeCoordination, file: Path, tmp_path: Path
) -> None:
    """Where the file cannot be written the daemon is asked for no other, and the sentence names it."""
    application.principals.clock.now += 0.6 * DAY_S
    async with connected(file) as api:
        (tmp_path / f".{file.name}.fresh").mkdir()
        with pytest.raises(
            CredentialError, match=r"recorder\.json cannot be written .* so it is not renewed"
        ):
            await api.renew()
        await api.houses.get()
    assert secrets_of(application) == 1


async def test_a_file_of_another_principal_is_not_shown(
    application: FakeCoordination, file: Path, site: SiteAuthority
) -> None:
    """A file that is replaced by another's, opened to others, or torn changes nothing of a connection."""
    kept = load_credential(file)
    other = application.principals.known("eve", SERVICE, kind=Kind.SERVICE)
    async with connected(file) as api:
        CredentialFile(kept.server, "eve", other, site.authority_text).write_file(file)
        assert (await api.access.caller()).name == "principals/recorder"
        await asyncio.to_thread(file.write_text, "{")
        assert (await api.access.caller()).name == "principals/recorder"


class Years:
    """A sleep that moves the session clock of the site instead."""

    def __init__(self, application: FakeCoordination, until_s: float) -> None:
        self._clock, self._until_s = application.principals.clock, application.principals.clock.now + until_s
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Sleep; at the end of the time, for ever."""
        self.slept.append(seconds)
        self._clock.now += seconds
        if not self._clock.now < self._until_s:
            raise asyncio.CancelledError


async def test_a_program_that_runs_for_weeks_is_never_without_a_credential(
    application: FakeCoordination, file: Path
) -> None:
    """Renewed within an hour or a fiftieth of half-life; a daemon that is away for a while is asked again."""
    kept = load_credential(file)
    async with dreamapi.connect(kept.server, credential=kept) as api:
        held, years = HeldCredential(kept, file), Years(application, 32 * DAY_S)
        with pytest.raises(asyncio.CancelledError):
            async with dreamapi.connect(kept.server, credential=file) as own:
                await Renewing(own.access, held, Random(1), years).keep_renewed()
        assert secrets_of(application) == 4
        assert max(years.slept) <= DAY_S
        assert load_credential(file).credential == held.credential
        with pytest.raises(dreamapi.CredentialExpired):
            await api.houses.get()  # the contents of before, without a file, are renewed by nothing


async def test_a_failed_look_is_repeated_less_and_less_often_and_a_person_is_never_renewed(
    application: FakeCoordination, site: SiteAuthority, server: Running, tmp_path: Path
) -> None:
    """Refused looks: between half a minute and an hour apart. A person's file is left as it is."""
    path = tmp_path / "anna.json"
    token = application.principals.known("anna")
    CredentialFile(f"127.0.0.1:{server.port}", "anna", token, site.authority_text).write_file(path)
    async with connected(path) as api:
        application.principals.clock.now += 0.6 * DAY_S
        found = await api.renew()
        assert (found.ever, found.renewed, load_credential(path).credential) == (False, False, token)
        await Renewing(
            api.access, HeldCredential(load_credential(path), path), Random(1), _now
        ).keep_renewed()
        years = Years(application, 0.4 * DAY_S)
        application.principals.enrolment.revoke("anna", "lost", lambda one: one)
        with pytest.raises(asyncio.CancelledError):
            await Renewing(
                api.access, HeldCredential(load_credential(path), path), Random(1), years
            ).keep_renewed()
    waits = years.slept[1:]
    assert 30.0 <= waits[0] <= 60.0
    assert all(0.5 * RETRY_MOST_S <= wait <= RETRY_MOST_S for wait in waits[8:])


async def _now(_seconds: float) -> None:
    """A sleep that is over at once."""
