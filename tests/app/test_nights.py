"""The nights of sleepers in the application: gathered, kept over restarts, written as letters once."""

import json
from math import isnan
from typing import Any

import pytest

from dreamd.adapters.exposure import LedgerExposure
from dreamd.app.people.nights import LAST_WORDS_S, LETTER, NIGHT
from dreamd.core.consent.grant import Scope
from dreamd.core.consent.hours import Hours
from dreamd.core.exposure.windows import bucket_of
from dreamd.core.guidelines.forms import Window
from dreamd.core.letters.document import document, night_of
from dreamd.core.letters.night import Oneself, Span
from dreamd.core.letters.wording import HARD
from dreamd.core.limits import HOP_S
from dreamd.core.pieces.piece import NO_CREDITS, Credits
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause
from dreamwire.messages import PodEventKind
from fakes.callers import OPERATOR, named
from fakes.ledger import MemoryLedger
from fakes.people import granted
from fakes.stage import Puppet, Stage

ASH, BEECH = "sleeper-1", "sleeper-2"
LETTER_HOPS = round((LAST_WORDS_S + 1.0) / HOP_S)


def report(pod: Puppet, kind: PodEventKind, cause: str = "", *, ago_s: float = 0.0) -> float:
    """Let a pod report an event, with its own stamp; return the stamp."""
    at_ms = round((pod.stage.clock.at_s - ago_s) * 1000)
    pod.event(kind, cause, unix_ms=at_ms)
    return at_ms / 1000


def merge(stage: Stage, hops: int = 40) -> None:
    """Let every pod render its newest grant."""
    for _ in range(hops):
        for pod in stage.pods:
            pod.applied = stage.coupling(pod.name) / 255 if pod.assign else 0.0
        stage.hop()


def dreaming(pods: int = 5, **changes: object) -> Stage:
    """Some dream, and have reported their merge."""
    stage = Stage(pods)
    stage.appear()
    stage.dream(**changes)
    for pod in stage.pods:
        report(pod, PodEventKind.MERGED)
    merge(stage)
    return stage


def come_back(stage: Stage) -> None:
    """Kill and restart the daemon; every bed connects again."""
    stage.restart()
    for pod in stage.pods:
        pod.presence()
        pod.status()


def check_out(stage: Stage, pod: str = "bed-1") -> None:
    """Check out, and let the bed report its zero."""
    stage.app.pods.check_out(OPERATOR, pod)
    report(stage.pod(pod), PodEventKind.SEVERED, "release")


def letters(stage: Stage, sleeper: str = ASH) -> list[dict[str, Any]]:
    """The letters that the ledger keeps, oldest first."""
    return [json.loads(row.body) for row in stage.ledger.personal(sleeper, "letter")]


def stored(stage: Stage) -> MemoryLedger:
    """The ledger in memory."""
    assert isinstance(stage.ledger, MemoryLedger)
    return stage.ledger


def lived_in_ledger(stage: Stage, since_s: float, sleeper: str = ASH) -> float:
    """The merge-minutes that the ledger was charged with since the ten minutes of a time."""
    buckets = stored(stage).exposure_buckets(since_s).get(sleeper, {})
    return sum(minutes for at, minutes in buckets.items() if at >= bucket_of(since_s))


def test_every_number_of_a_letter_is_the_ledgers() -> None:
    """Merged interval, merge-minutes, planned and used dose: recomputed from stamps, ledger and plan."""
    stage = Stage(5)
    stage.appear()
    begin_s = stage.clock.at_s
    stage.dream(close_at_s=stage.clock.at_s + 3600.0)
    merged_s = report(stage.pod("bed-1"), PodEventKind.MERGED)
    merge(stage, 80)
    zero_s = report(stage.pod("bed-1"), PodEventKind.SEVERED, "contact")
    merge(stage, 20)
    out_s = stage.clock.at_s
    stage.app.pods.check_out(OPERATOR, "bed-1")
    stage.hop(LETTER_HOPS)
    (told,) = letters(stage)
    night = night_of(told["facts"])
    lived_min = lived_in_ledger(stage, begin_s)
    assert lived_min > 0.01
    assert night.lived_min == pytest.approx(lived_min)
    assert f"That is {lived_min:.1f} merge-minutes" in told["text"]
    assert night.planned_min == stored(stage).planned_doses("night")[ASH]
    assert night.spans == (Span(merged_s, zero_s),)
    assert (night.begin_s, night.end_s, night.bed) == (begin_s, out_s, "bed-1")
    assert [(stop.at_s, stop.cause) for stop in night.stops] == [(zero_s, Cause.CONTACT)]
    assert night.day is not None
    assert night.day.used_min == pytest.approx(lived_min)
    assert (night.day.below_s, night.oneself, night.missed) == (0.0, Oneself.NOT_MEASURED, False)
    assert document(night) == told["facts"]
    assert stored(stage).personal(ASH, "night") == ()


def test_the_return_below_80_percent_is_that_of_the_buckets() -> None:
    """A dose above 80 % of its limit names the end of the bucket that brings it below, a day later."""
    stage = dreaming()
    exposures = stage.app._deps.exposures
    assert isinstance(exposures, LedgerExposure)
    charged_s = stage.clock.at_s
    exposures._accounts.charge({ASH: 50.0}, charged_s)
    stage.app._deps.nights.dose_of = lambda sleeper, now_s: exposures.dose(sleeper, now_s).__class__(
        *(exposures._accounts.sums_min(sleeper, now_s)[0], 60.0, 50.0, 240.0)
    )
    check_out(stage)
    stage.hop(LETTER_HOPS)
    (told,) = letters(stage)
    assert told["facts"]["day"]["below_s"] == (bucket_of(charged_s) + 1) * 600.0 + 86_400.0
    assert told["facts"]["week"]["below_s"] == 0.0
    assert f"of 60 merge-minutes. In 7 days: {told['facts']['week']['used_min']:.1f} of 240" in told["text"]
    assert "of both from Saturday 16 January, 08:10." in told["text"].replace(HARD, " ")


def test_two_letters_differ_only_in_their_own_facts() -> None:
    """One sleeper is in distress, another is not: each letter has its own bed and causes and no name."""
    stage = dreaming()
    report(stage.pod("bed-1"), PodEventKind.SEVERED, "distress")
    for bed in ("bed-1", "bed-2"):
        check_out(stage, bed)
    stage.hop(LETTER_HOPS)
    (ash,), (beech,) = letters(stage, ASH), letters(stage, BEECH)
    assert "You were in distress." in ash["text"]
    assert "distress" not in beech["text"]
    assert ("bed-1" in ash["text"], "bed-2" in ash["text"]) == (True, False)
    for told in (ash, beech):
        assert not any(f"sleeper-{n}" in json.dumps(told) for n in range(1, 6))


@pytest.mark.parametrize("killed", ["in the night", "after the check-out", "after the letter"])
def test_a_killed_daemon_makes_one_letter_a_night(killed: str) -> None:
    """Killed before or after the check-out or the letter: one letter, with all that was lived."""
    stage = dreaming()
    begin_s = stored(stage).personal(ASH, "night")[0].at_s
    if killed == "in the night":
        come_back(stage)
    check_out(stage)
    if killed == "after the check-out":
        stage.hop(1)
        stage.restart()
    stage.hop(LETTER_HOPS)
    if killed == "after the letter":
        stage.restart()
        stage.hop(LETTER_HOPS)
    (told,) = letters(stage)
    night = night_of(told["facts"])
    assert night.begin_s == begin_s
    assert night.missed is (killed == "in the night")
    assert night.lived_min == pytest.approx(lived_in_ledger(stage, begin_s))
    assert len(night.spans) == 1
    assert stored(stage).personal(ASH, "night") == ()


def test_a_check_out_that_was_missed_has_its_letter_at_the_start() -> None:
    """The bed is empty when the daemon comes back: the letter says that the check-out is not known."""
    stage = dreaming()
    del stored(stage).storage.beds["bed-1"]
    stage.restart()
    stage.hop(LETTER_HOPS)
    (told,) = letters(stage)
    assert told["facts"]["end_known"] is False
    assert "to a time not known" in told["text"]
    assert isnan(night_of(told["facts"]).spans[0].end_s)
    assert letters(stage, BEECH) == []


def test_an_orderly_restart_in_the_night_is_one_whole_night() -> None:
    """A daemon that ends in order hands the night on: nothing is missing, and no letter is made of it."""
    stage = dreaming()
    stage.app.shutdown(OPERATOR)
    report(stage.pod("bed-1"), PodEventKind.SEVERED, "daemon")
    stage.app.close()
    come_back(stage)
    stage.hop(LETTER_HOPS)
    assert letters(stage) == []
    check_out(stage)
    stage.hop(LETTER_HOPS)
    (told,) = letters(stage)
    assert told["facts"]["missed"] is False
    assert Cause.SHUTDOWN.value in {stop["cause"] for stop in told["facts"]["stops"]}


def test_a_ledger_that_fails_delays_a_letter_and_loses_none() -> None:
    """While the ledger fails the check-out is done and the letter waits; it is written afterwards."""
    stage = dreaming()
    check_out(stage)
    stage.hop(4)
    assert not stage.app._deps.exposures.marked(ASH)
    stored(stage).broken = "the disk is full"
    stage.hop(2 * LETTER_HOPS)
    stored(stage).broken = ""
    assert letters(stage) == []
    stage.hop(2 * LETTER_HOPS)
    assert len(letters(stage)) == 1


def test_a_letter_waits_until_the_account_is_closed() -> None:
    """While minutes may still be charged there is no letter, however long ago the check-out was."""
    stage = dreaming()
    exposures = stage.app._deps.exposures
    assert isinstance(exposures, LedgerExposure)
    check_out(stage)
    stage.hop(4)
    exposures._ours.add(ASH)
    stage.hop(3 * LETTER_HOPS)
    assert letters(stage) == []
    exposures._ours.discard(ASH)
    stage.hop(2)
    assert len(letters(stage)) == 1


def test_a_sleeper_that_moves_at_once_goes_on_with_the_night() -> None:
    """Checked in to another bed before the account is closed: one night, one letter, of the last bed."""
    stage = dreaming()
    stage.pods.append(Puppet(stage, "bed-9", 9))
    stage.pod("bed-9").presence()
    stage.pod("bed-9").status()
    check_out(stage)
    stage.app.pods.check_in(OPERATOR, "bed-9", ASH)
    stage.hop(2 * LETTER_HOPS)
    assert letters(stage) == []
    check_out(stage, "bed-9")
    stage.hop(LETTER_HOPS)
    (told,) = letters(stage)
    assert told["facts"]["bed"] == "bed-9"
    assert len(told["facts"]["spans"]) == 1


def test_a_late_report_of_a_bed_is_of_the_night_before() -> None:
    """A report with a stamp before a check-in belongs to the sleeper that lay there then."""
    stage = dreaming()
    stage.app.pods.check_out(OPERATOR, "bed-1")
    stage.hop(2)
    stage.app.pods.check_in(OPERATOR, "bed-1", "elm")
    report(stage.pod("bed-1"), PodEventKind.SEVERED, "distress", ago_s=0.4)
    stage.hop(LETTER_HOPS)
    (told,) = letters(stage)
    assert [stop["cause"] for stop in told["facts"]["stops"]] == [Cause.DISTRESS.value]
    present = stage.app._deps.nights.present("elm")
    assert present is not None
    assert present.stops == ()


@pytest.mark.parametrize(
    ("words", "told_as"),
    [
        (NO_CREDITS, "Led by mia with a piece of unknown title."),
        (Credits("Low Tide", "Mia Vance"), "Led by Mia Vance with “Low Tide”."),
    ],
)
def test_artist_piece_and_the_largest_share_are_told(words: Credits, told_as: str) -> None:
    """A lead while the sleeper was merged is named with its piece and share; a later one is not."""
    stage = dreaming(artist_share=0.3)
    lead = stage.app.dreamscapes.lead(named("mia"), "night", words)
    assert not isinstance(lead, Refusal)
    for share in (0.1, 0.25, 0.2):
        assert lead.offer([0.0] * 12, share) is None
        stage.hop(2)
    check_out(stage)
    lead.close()
    stage.hop(2)
    later = stage.app.dreamscapes.lead(named("zoe"), "night")
    assert not isinstance(later, Refusal)
    stage.hop(LETTER_HOPS)
    (told,) = letters(stage)
    (led,) = told["facts"]["leads"]
    assert (led["artist"], round(led["share"], 3)) == (words.artist or "mia", 0.15)
    assert told_as in told["text"]


def test_a_likeness_that_was_measured_is_told() -> None:
    """A likeness that was known is told as within the own band, as halved, or as lost; else as not known."""
    stage = Stage(8)
    stage.appear()
    stage.dream()
    monitor = stage.app.registry["night"].dreamscape.monitor
    monitor.fusion.identity.likeness[:3] = 0.9
    monitor.digest()
    log = stage.app.registry["night"].dreamscape.log
    for bed, kind in (("bed-2", "coupling-halved"), ("bed-3", "identity-lost")):
        seat = stage.app.registry["night"].dreamscape.seats.of(bed)
        assert seat is not None
        log.write_seat(kind, seat, "told", Cause.IDENTITY.value)
    for number in range(1, 5):
        check_out(stage, f"bed-{number}")
    stage.hop(LETTER_HOPS)
    told = [letters(stage, f"sleeper-{n}")[0]["facts"]["oneself"] for n in range(1, 5)]
    assert told == ["within", "halved", "lost", "not measured"]


def test_letters_and_nights_are_read_by_name() -> None:
    """The newest letter, one by its night, all; nights with doses, the present one without an end."""
    stage = dreaming()
    check_out(stage)
    stage.hop(LETTER_HOPS)
    stage.app.pods.check_in(OPERATOR, "bed-1", ASH)
    api = stage.app.letters
    newest = api.letter_of(OPERATOR, ASH).answer()
    assert not isinstance(newest, Refusal)
    assert api.letter_of(OPERATOR, ASH, newest.night).answer() == newest
    assert api.letters_of(OPERATOR, ASH).answer() == (newest,)
    assert newest.html.startswith("<!doctype html>")
    present, past = stage.app.exposure.nights_of(OPERATOR, ASH).answer()  # type: ignore[misc]
    assert (present.end_s, present.lived_min) == (0.0, pytest.approx(0.0))
    assert (past.night, past.lived_min) == (newest.night, json.loads(newest.facts)["lived_min"])
    for refused in (api.letter_of(OPERATOR, BEECH), api.letter_of(OPERATOR, ASH, "20000101T000000Z")):
        answer = refused.answer()
        assert isinstance(answer, Refusal)
        assert answer.code is Code.LETTER_UNKNOWN
    stored(stage).broken = "the disk is gone"
    answer = api.letter_of(OPERATOR, ASH).answer()
    assert isinstance(answer, Refusal)
    assert answer.code is Code.LEDGER_UNAVAILABLE


def test_an_erased_sleeper_leaves_nothing_to_write() -> None:
    """After an erasure neither the night in memory nor a write that failed puts a row back."""
    stage = dreaming()
    stored(stage).held = True
    check_out(stage)
    stage.hop(LETTER_HOPS)
    stage.app._deps.nights.forget_sleeper(ASH)
    stored(stage).storage.personal.clear()
    for transaction, commit in tuple(stored(stage)._waiting):
        if any(row.sleeper == ASH for row in transaction.personal):
            commit.withdraw()
    stored(stage).release()
    check_out(stage, "bed-2")
    stage.app._deps.nights.forget_sleeper(BEECH)
    stage.hop(2 * LETTER_HOPS)
    kept = [key for key in stored(stage).storage.personal if key[0] in (ASH, BEECH)]
    assert [key for key in kept if key[1] in (NIGHT, LETTER)] == []


def test_a_row_that_cannot_be_read_is_a_letter_all_the_same() -> None:
    """A night of which the row is broken ends as a letter that says what is not known."""
    stage = dreaming()
    rows = stored(stage).storage.personal
    key = next(key for key in rows if key[:2] == (ASH, "night"))
    rows[key] = rows[key].__class__(*key[:2], key[2], b"{")
    stage.restart()
    stage.hop(LETTER_HOPS)
    (told,) = letters(stage)
    assert "Bed not known" in told["text"]
    assert "something may be missing" in told["text"]


def test_writes_after_a_tick_are_few() -> None:
    """However many check out at once, one transaction of at most 64 nights is on its way."""
    stage = Stage(100)
    stage.appear()
    stage.hop(4)
    assert len(stored(stage).personal_of("night")) == 100
    for pod in stage.pods:
        stage.app.pods.check_out(OPERATOR, pod.name)
    stage.hop(LETTER_HOPS + 10)
    stored(stage).held = True
    stage.hop(20)
    waiting = [t for t, _ in stored(stage)._waiting if t.personal]
    assert len(waiting) <= 1
    stored(stage).release()
    stage.hop(10)
    assert len(stored(stage).personal_of("letter")) == 100


def test_the_consent_in_force_and_its_zone_are_told() -> None:
    """A letter names what was granted and until when, by the clock of the zone of the sleeper's own hours."""
    stage = Stage(5)
    until_s = stage.clock.at_s + 20 * 86_400.0
    stage.appear()
    hours = Hours(Window(0, 24 * 60 - 1), "Europe/Zurich")
    granted(stage.app, ASH, scopes=frozenset({Scope.MERGE}), artist_share=0.0, hours=hours, expires_s=until_s)
    stage.hop(4)
    check_out(stage)
    stage.hop(LETTER_HOPS)
    (told,) = letters(stage)
    assert told["zone"] == "Europe/Zurich"
    assert told["facts"]["yes"]["scopes"] == ["merge"]
    assert told["facts"]["yes"]["until_s"] == until_s
    assert "You said yes to merging, 00:00 to 23:59, until Thursday 4 February, 09:00." in told["text"]
    stage.app.consents.withdraw(OPERATOR, BEECH)
    check_out(stage, "bed-2")
    stage.hop(LETTER_HOPS)
    assert "You took your yes back." in letters(stage, BEECH)[0]["text"]
