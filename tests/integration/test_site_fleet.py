"""A site in which sleepers dream: enrolment, revocation and a sever of others cost a sleeper nothing.

All processes share CLOCK_BOOTTIME, so the pods' own stamps compare with the moment of a call. With
DREAMD_LONG=1 fifty beds enrol, and a siege of 1,200 streams holds every lane full while the ledger is locked.
"""

import asyncio
import contextlib
import datetime as dt
import http.client
import json
import ssl
import time
from collections.abc import AsyncIterator, Iterator

import aiomqtt
import pytest
import pytest_asyncio

import dreamapi
from depth import LONG
from dreamwire import topics
from dreamwire.broker_access import Access, Papers, open_access
from dreamwire.connection import PromptClient
from integration.besieged import besieged
from integration.fleet import NIGHT, boottime_s, number, stamp_s, until
from integration.own_acts import AGENT, PODS, Desk, applied_since, asked, lie_down
from integration.site_fleet import SiteFleet
from mosquitto import MOSQUITTO

pytestmark = pytest.mark.asyncio(loop_scope="module")
WARD = "ward"
DREAMERS, ENROLLED, REVOKED, SEVERS = (8, 50, 3, 10) if LONG else (4, 2, 1, 1)
STREAMS, CALLS, WATCHERS = (1200, 1000, 150) if LONG else (0, 0, 1)
ZERO_S = STREAMS_S = 0.5
DROPPED_S = 2.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SiteFleet]:
    """A site whose light pods dream together, and journal every hop."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (make system-packages)")
    one = SiteFleet(tmp_path_factory.mktemp("site"), WATCHERS)
    try:
        one.daemon()
        await one.begin(await one.light_beds(WARD, DREAMERS, "--hops"))
        await merged(one)
        yield one
    finally:
        one.close()


def dreamers(site: SiteFleet) -> list[str]:
    """The pods that have not been revoked."""
    every = [f"light-{one}" for one in range(1, DREAMERS + 1)]
    return [pod for pod in every if not (site.beds / pod / "revoked").exists()]


async def merged(site: SiteFleet) -> None:
    """Wait until all of them are."""
    await until(lambda: all(site.applied(pod, WARD) > 0.01 for pod in dreamers(site)))


async def test_beds_enrol_while_others_dream_and_no_lease_lapses(site: SiteFleet) -> None:
    """Beds enrol in the midst of a Dreamscape, at the shipped pace: no pod falls, each hop stays merged.

    The last of them is let in by the broker.
    """
    began_s = boottime_s()
    for one in range(ENROLLED):
        await site.enrol(f"new-{one}")
    last = f"new-{ENROLLED - 1}"
    async with PromptClient(bed_access(site, last), lambda _: None, clean_session=True) as bed:
        await bed.announce(topics.pod_topic(last, "presence"), b"here")
    hops = [one for one in site.journal(WARD) if one["kind"] == "hop" and stamp_s(one) > began_s]
    fell = [one for one in site.journal(WARD) if one["kind"] == "severed" and stamp_s(one) > began_s]
    assert fell == []
    assert {one["pod"] for one in hops} == set(dreamers(site))
    assert min(number(one, "applied") for one in hops) > 0.0
    if LONG:
        print(f"\n{ENROLLED} beds enrolled in {boottime_s() - began_s:.0f} s beside {DREAMERS} that dream")


GRANT = "me consent grant merge intimate --modality light --adult"
OF_OTHERS = (
    *("me status", "me dose", "me nights", "me letter", "me consent show", "me consent list", f"{GRANT} "),
    *("me consent receipt", "me withdraw", "me export theirs", "me erase --confirm ash"),
)
"""Every act of `dreamd me`, as it is tried on another sleeper."""
ENDS_AFTER_S = 5.0
TICK_S = 0.25
PROGRAM_S = 10.0
"""The start of a program beside others."""


async def test_sleepers_live_a_night_with_their_own_logins(site: SiteFleet) -> None:
    """From a code at the desk to an erasure, by `dreamd me` alone and in real beds of a site.

    One of them is a walk-in, whose login an operator has made, and whom that operator cannot check in.

    Narrowed, a bed renders no more in the next messages. The grant of a second sleeper ends: alone in a tick
    more. Withdrawn in the midst of the Dreamscape, the first bed is at zero within 0.5 s by its own stamp.
    Each act on another sleeper is refused with NOT_YOURS. Letter and export tell the same night. Erased, the
    login is gone. A new login for the same pseudonym finds the dose, and neither letter nor grant.
    """
    desk, logins = Desk(site), ("ash-1", "birch-1", "cedar-1")
    desk.holds("admin", "olga")
    desk.holds("watcher-0")
    for login in logins[:2]:
        desk.join(login, login.removesuffix("-1"))
    desk.redeem("cedar-1", desk.done("enrol cedar --walk-in", "watcher-0"))
    for whose in ("watcher-0", "olga"):
        assert "this sleeper has a login" in desk.refused("enrol cedar --walk-in", whose)
    told = desk.done("me status", "ash-1")
    assert told.startswith("consent: nothing is granted\n")
    for line in OF_OTHERS:
        assert "and birch-1 is not this sleeper; " in desk.refused(f"{line} --sleeper ash", "birch-1"), line
    async with dreamapi.connect(site.server, credential=site.folder / "birch-1.json") as api:
        with pytest.raises(dreamapi.NotYours):
            await api.letters.letter_of("ash")
    for login in logins:
        assert "given, revision 1" in desk.done(f"{GRANT} --ceiling 0.1", login)
    await lie_down(site, desk, [login.removesuffix("-1") for login in logins])
    await until(lambda: all(site.applied(pod, AGENT) > 0.03 for pod in PODS))
    assert "seat 1 of own" in desk.done("me status", "ash-1")
    ash, birch, cedar = PODS

    assert "revision 2" in desk.done(f"{GRANT} --ceiling 0.01", "ash-1")
    told_s = boottime_s()
    await until(lambda: len(applied_since(site, ash, told_s + ZERO_S)) >= 2)
    assert max(applied_since(site, ash, told_s + ZERO_S)) <= 0.01 + 1 / 255
    await until(lambda: site.applied(birch, AGENT) > 0.02)

    end_s, at_s = time.time() + ENDS_AFTER_S, boottime_s()
    end = dt.datetime.fromtimestamp(end_s, dt.UTC).isoformat()
    assert "revision 2" in desk.done(f"{GRANT} --ceiling 0.1 --until {end}", "cedar-1")
    await until(lambda: after(site, cedar, "alone", at_s + ENDS_AFTER_S - TICK_S, AGENT))
    ended_s = site.alone_after_s(cedar, at_s + ENDS_AFTER_S - TICK_S, AGENT) - TICK_S
    assert ended_s <= TICK_S + ZERO_S
    await until(lambda: site.applied(birch, AGENT) > 0.02)

    began_s = boottime_s()
    assert "withdrawn: 1 zeroed, 1 confirmed" in desk.done("me withdraw", "ash-1")
    answered_s = boottime_s() - began_s
    await until(lambda: site.facts(ash, "alone", AGENT))
    zero_s = site.alone_after_s(ash, began_s, AGENT)
    assert zero_s < answered_s, "the bed confirms it before it is answered"
    assert zero_s <= (PROGRAM_S if LONG else 0.0) + ZERO_S
    print(f"\nwithdrawn with the own login: zero after {zero_s:.3f} s, answered after {answered_s:.3f} s")
    await morning(site, desk)


async def morning(site: SiteFleet, desk: Desk) -> None:
    """The letter, the export, the erasure, and what a new login finds."""
    for pod in PODS:
        desk.done(f"pods check-out {pod}", "olga")
    await asked(lambda: desk.type("me letter", "ash-1").returncode == 0)
    letter, mine = desk.done("me letter", "ash-1"), site.folder / "mine"
    assert "You took back your yes." in letter
    (night,) = json.loads(desk.done("me nights --json", "ash-1"))
    (other,) = json.loads(desk.done("me nights --json", "birch-1"))
    night, other = night["name"].rpartition("/")[2], other["name"].rpartition("/")[2]
    desk.done(f"me export {mine}", "ash-1")
    assert (mine / "letters" / f"{night}.txt").read_text().split() == letter.split()
    desk.done(f"receipt verify {mine}/receipts/consent-2.json --key {site.key}", "ash-1")
    facts = json.loads((mine / "nights" / f"{night}.json").read_text())
    assert (facts["bed"], len(facts["spans"])) == ("real-1", 1)
    words = "".join(path.read_text() for path in mine.rglob("*") if path.is_file())
    assert [name for name in ("birch", "cedar", "real-2", "real-3") if name in words] == []

    dose = json.loads(desk.done("me dose --json", "ash-1"))
    assert dose["day"]["used_min"] > 0.0
    told = desk.done("me erase --confirm ash", "ash-1")
    assert told.startswith("erased: what the house kept about you cannot be opened any more, by anyone\n")
    assert f"remove its file: {site.folder / 'ash-1.json'}\n" in told
    for line in ("me letter", f"me letter {night}", "me status", "me withdraw"):
        assert "its holder was erased" in desk.refused(line, "ash-1")
    desk.join("ash-1", "ash")
    assert "there is no letter" in desk.refused("me letter", "ash-1")
    assert "no letter" in desk.refused(f"me letter {night}", "ash-1")
    assert json.loads(desk.done("me consent list --json", "ash-1")) == []
    again = json.loads(desk.done("me dose --json", "ash-1"))
    assert again["day"]["used_min"] == pytest.approx(dose["day"]["used_min"])
    assert "Your night" in desk.done(f"me letter {other}", "birch-1")


async def test_a_revoked_person_and_bed_are_out_in_time(site: SiteFleet) -> None:
    """A person's watch ends within 0.5 s; a merged bed is at zero within 0.5 s by its own stamp.

    Each call of the person is refused after, a sever too. The broker drops the bed within 2 s, for good.
    """
    over: dict[str, float] = {}
    zeros_s, drops_s = [], []

    async def watch(whose: str) -> None:
        async with site.api(whose) as api:
            try:
                async for _ in api.pods.watch():
                    pass
            except dreamapi.CredentialRevoked:
                over[whose] = boottime_s()

    async with site.api("admin") as admin, asyncio.TaskGroup() as group, asyncio.timeout(60.0):
        group.create_task(watch("watcher-0"))
        await asyncio.sleep(0.3)
        told_s = boottime_s()
        await admin.access.revoke("watcher-0", reason="left the house")
        await until(lambda: over)
        async with site.api("watcher-0") as api:
            with pytest.raises(dreamapi.CredentialRevoked):
                await api.severs.order(dreamapi.OrderSeverRequest.SCOPE_FLEET)
        for pod in dreamers(site)[-REVOKED:]:
            began_s = boottime_s()
            await admin.access.revoke(pod, reason="lost")
            (site.beds / pod / "revoked").touch()
            drops_s.append(await dropped_after_s(site, pod, began_s))
            zeros_s += site.zeroed_after_s([pod], began_s, WARD)
            with pytest.raises(aiomqtt.MqttError, match=f"does not accept user {pod}"):
                await PromptClient(bed_access(site, pod), lambda _: None).__aenter__()
            assert after(site, pod, "connected", began_s) == []
    assert over["watcher-0"] - told_s <= STREAMS_S
    assert max(zeros_s) <= ZERO_S
    assert max(drops_s) <= DROPPED_S
    await merged(site)
    if LONG:
        print(f"\nzero after {max(zeros_s):.3f} s, dropped after {max(drops_s):.3f} s, at most")


def after(site: SiteFleet, pod: str, kind: str, since_s: float, process: str = WARD) -> list[float]:
    """The stamps of this pod's facts of one kind since then."""
    return [stamp_s(one) for one in site.facts(pod, kind, process) if stamp_s(one) > since_s]


async def dropped_after_s(site: SiteFleet, pod: str, since_s: float) -> float:
    """Seconds from `since_s` until the pod's link was lost, by its own stamp."""
    await until(lambda: after(site, pod, "disconnected", since_s))
    return after(site, pod, "disconnected", since_s)[0] - since_s


def bed_access(site: SiteFleet, bed: str) -> Access:
    """An enrolled bed's access to the broker."""
    home = site.beds / bed
    papers = Papers("--x", ca=str(home / "authority.pem"), password_file=str(home / "password"))
    return open_access(site.ward.address, papers, bed)


@contextlib.contextmanager
def siege(site: SiteFleet) -> Iterator[None]:
    """Clients of many principals hold every lane full; without DREAMD_LONG there are none."""
    if not LONG:
        yield
        return
    with besieged(site, STREAMS, CALLS, 64, site.caller_files()):
        time.sleep(3.0)
        yield


def lanes_are_full(site: SiteFleet) -> bool:
    """Whether the daemon says that a lane is full for all callers."""
    tls = ssl.create_default_context(cafile=str(site.state / "access" / "authority.pem"))
    connection = http.client.HTTPSConnection("localhost", site.http_port, timeout=10.0, context=tls)
    connection.request("GET", "/readyz")
    answer = connection.getresponse().read().decode()
    connection.close()
    return "is full" in answer


async def test_a_sever_waits_for_no_lane_rate_or_ledger(site: SiteFleet) -> None:
    """Severed while its caller's rate is used up, its streams are all held, and the ledger is locked.

    The same caller's check-ins and reads come meanwhile, more than its rates allow. As many sign-ins as there
    are places for wait for a provider that does not answer.

    Each pod is at zero within 0.5 s by its own stamp, and the answer has them all confirmed.
    """
    took_s: list[float] = []
    async with site.api() as api, contextlib.AsyncExitStack() as stack:
        watches = [await stack.enter_async_context(held(site)) for _ in range(8)]
        assert len(watches) == 8
        for turn in range(SEVERS):
            if turn:
                await api.dreamscapes.resume(NIGHT)
                await merged(site)
            with siege(site), site.ledger_locked():
                await merged(site)
                if LONG:
                    await until(lambda: lanes_are_full(site))
                calls = [api.pods.check_in(f"new-{one}", "ash") for one in range(40)]
                told = asyncio.gather(
                    *calls, *(api.pods.get("light-1") for _ in calls), return_exceptions=True
                )
                signing_in = [asyncio.ensure_future(sign_in(site)) for _ in range(5)]
                await asyncio.wait(signing_in, timeout=3.0, return_when=asyncio.FIRST_COMPLETED)
                began_s = boottime_s()
                outcome = await api.dreamscapes.sever(NIGHT, reason="a drill")
                answered_s = boottime_s() - began_s
                assert sum(one.done() for one in signing_in) == 1, "four are under way, the fifth is refused"
                for one in signing_in:
                    one.cancel()
                await asyncio.gather(*signing_in, return_exceptions=True)
                assert any(isinstance(one, dreamapi.RateExceeded) for one in await told)
                assert not outcome.unconfirmed
                assert outcome.zeroed == len(dreamers(site))
            took_s += site.zeroed_after_s(dreamers(site), began_s, WARD)
            assert answered_s <= 2 * ZERO_S
    assert max(took_s) <= ZERO_S
    if LONG:
        took_s.sort()
        print(
            f"\nsevered under siege, {len(took_s)} times: p50 {took_s[len(took_s) // 2]:.3f} s, "
            f"at most {took_s[-1]:.3f} s"
        )


async def sign_in(site: SiteFleet) -> None:
    """Show a provider's code; the daemon asks the provider."""
    async with dreamapi.connect(site.server, authority=site.authority) as api:
        code, verifier, nonce = "c" * 22, "v" * 43, "n" * 22
        await api.access.sign_in(
            code, code_verifier=verifier, nonce=nonce, redirect_uri="http://127.0.0.1:1/"
        )


@contextlib.asynccontextmanager
async def held(site: SiteFleet) -> AsyncIterator[None]:
    """One watch, held open."""
    async with site.api() as api:
        watch = api.pods.watch()
        await anext(watch)
        yield
        await watch.aclose()
