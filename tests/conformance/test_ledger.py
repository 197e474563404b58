"""The obligations of ports.ledger, every subject, checked on every adapter.

`Library` opens a ledger on one and the same store any number of times: a second opening is a
second process, an opening after `close` is a restart.
"""

import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.shipped import shipped_bundle
from dreamd.adapters.ledger.postgres import PostgresLedger
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.audit.records import GENESIS, Act, head_of, record_of, salted
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import Grant as ConsentGrant
from dreamd.core.consent.grant import Held, Modality, Scope
from dreamd.core.consent.hours import Hours
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.core.exposure.windows import bucket_of
from dreamd.core.guidelines.course import Course, CourseState
from dreamd.core.guidelines.forms import Window
from dreamd.core.invitations.course import Guest, Invitation
from dreamd.core.moratoria.course import Moratorium, MoratoriumScope, MoratoriumState, Signature
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import Lock, Mark
from dreamd.core.safety.wake_orders import Order
from dreamd.core.surveillance.e_detector import Evidence
from dreamd.core.surveillance.kinds import HarmKind
from dreamd.core.surveillance.watch import Alarm, NightCount, Watch
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.exposure import Account, Exposure, MarkMove, PlannedDose
from dreamd.ports.ledger.generation import LAPSED_S
from dreamd.ports.ledger.guidelines import ADMISSIONS_KEPT_S, Comment, KeptAdmission, KeptRevision
from dreamd.ports.ledger.handovers import HandedSlot, Handover
from dreamd.ports.ledger.ledger import Ledger
from dreamd.ports.ledger.surveillance import JudgedNight
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import WakeScope
from fakes.ledger import LedgerStorage, MemoryLedger, charge, draw, holds, settled

NOW_S = 1_760_000_000.0
NOW_MS = 1_760_000_000_000

Library = Callable[[], Ledger]


@pytest.fixture(params=["sqlite", "postgres", "memory"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """Open a ledger on the one store of this test."""
    storage, opened = LedgerStorage(), list[Ledger]()
    url = request.getfixturevalue("postgres").url() if request.param == "postgres" else ""
    kinds: dict[str, Library] = {
        "sqlite": lambda: SqliteLedger(tmp_path / "ledger"),
        "postgres": lambda: PostgresLedger(url, tmp_path / "ledger"),
        "memory": lambda: MemoryLedger(storage),
    }

    def open_one() -> Ledger:
        one = kinds[request.param]()
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        one.close()


def _record(name: str, state: DreamscapeState = DreamscapeState.DREAMING) -> DreamscapeRecord:
    return DreamscapeRecord(
        plan=Plan(name, 2, 8, pods=("bed-1", "bed-2"), site="north", ramp_s=10.0, ceiling=0.1),
        state=state,
        created_s=NOW_S + 0.125,
        seats=((1, "bed-1", "ash"), (2, "bed-2", "birch")),
        excused=("bed-9",),
        mu_db=(0.1, 1 / 3, -12.5),
        sigma_db=(1.0, 2.5, 1e-3),
    )


def test_a_first_term_is_the_unix_time_in_milliseconds(library: Library) -> None:
    """A first term is the Unix time in ms, so a lost store still yields terms above all earlier ones."""
    assert draw(library(), "night", 0, NOW_S) == NOW_MS


def test_terms_never_come_back_whatever_the_clock_says(library: Library) -> None:
    """A clock that stands still, or is set back a day, still yields higher terms."""
    ledger = library()
    terms = [draw(ledger, "night", 0, now_s) for now_s in (NOW_S, NOW_S, NOW_S - 86_400.0, NOW_S)]
    assert terms == [NOW_MS, NOW_MS + 1, NOW_MS + 2, NOW_MS + 3]


def test_terms_survive_a_restart(library: Library) -> None:
    """The next process, its clock set back, draws higher."""
    first = library()
    term = draw(first, "night", 0, NOW_S)
    first.close()
    assert draw(library(), "night", 0, NOW_S - 3600.0) == term + 1


def test_two_processes_never_draw_the_same_term(library: Library) -> None:
    """Alternating draws on one store, in one millisecond, are all different and grow."""
    one, other = library(), library()
    terms = [draw(ledger, "night", 0, NOW_S) for ledger in (one, other) * 5]
    assert terms == sorted(set(terms))


def test_only_the_highest_term_is_confirmed(library: Library) -> None:
    """Only the highest term is confirmed: the first owner learns of its successor from the store."""
    one, other = library(), library()
    first = draw(one, "night", 0, NOW_S)
    assert holds(one, "night", 0, first)
    second = draw(other, "night", 0, NOW_S)
    assert not holds(one, "night", 0, first)
    assert holds(one, "night", 0, second)
    assert not holds(one, "night", 0, second + 1)


def test_terms_belong_to_one_cohort_of_one_dreamscape(library: Library) -> None:
    """A term drawn for one cohort changes no other; an undrawn cohort confirms nothing."""
    ledger = library()
    term = draw(ledger, "night", 0, NOW_S)
    draw(ledger, "night", 1, NOW_S)
    draw(ledger, "day", 0, NOW_S)
    assert holds(ledger, "night", 0, term)
    assert not holds(ledger, "noon", 0, term)


def test_counters_are_above_all_that_any_process_may_have_used(library: Library) -> None:
    """Counters of two processes in one millisecond stay apart for a night of commands."""
    one, other = library(), library()
    first, second = one.draw_counters(NOW_S), other.draw_counters(NOW_S)
    assert second - first >= 1_000_000_000
    other.close()
    assert library().draw_counters(NOW_S - 86_400.0) - second >= 1_000_000_000


def test_counters_grow_where_the_store_has_been_lost(library: Library, tmp_path: Path) -> None:
    """After a lost store, counters begin above a million commands sent meanwhile, and fit a u64."""
    used = library().draw_counters(NOW_S) + 1_000_000
    fresh = MemoryLedger() if isinstance(library(), MemoryLedger) else SqliteLedger(tmp_path / "empty")
    later = fresh.draw_counters(NOW_S + 1.0)
    fresh.close()
    assert used < later < 2**63


def test_a_record_comes_back_as_it_was(library: Library) -> None:
    """Plan, state, seats and the frozen scale survive a restart to the last bit."""
    ledger = library()
    ledger.write(Transaction(dreamscapes=(_record("night"),)))
    ledger.close()
    assert library().load() == (_record("night"),)


def test_the_seats_of_a_record_are_replaced_and_belong_to_it_alone(library: Library) -> None:
    """Seats that a newer record lacks are gone, changed and new ones are kept, by number; others stay."""
    ledger = library()
    seats = ((12, "bed-12", "oak"), (2, "", ""), (1, "bed-1", "ash"), (3, "bed-3", "elm"))
    for name in ("night", "day"):
        ledger.write(Transaction(dreamscapes=(replace(_record(name), seats=tuple(sorted(seats))),)))
    newer = ((1, "", ""), (3, "bed-3", "elm"), (4, "bed-1", "ash"))
    ledger.write(Transaction(dreamscapes=(replace(_record("night"), seats=newer),)))
    ledger.write(Transaction(dreamscapes=(replace(_record("dusk"), seats=()),)))
    ledger.close()
    ledger = library()
    kept = {record.plan.dreamscape: record.seats for record in ledger.load()}
    assert kept == {"day": tuple(sorted(seats)), "dusk": (), "night": newer}
    assert ledger.find("night") == replace(_record("night"), seats=newer)


def _ended(name: str, at_s: float) -> DreamscapeRecord:
    return replace(_record(name, DreamscapeState.ENDED), ended_s=at_s)


def test_a_record_replaces_the_one_of_its_name(library: Library) -> None:
    """The newest record of a Dreamscape counts; an ended one is not loaded but found by name."""
    ledger = library()
    ledger.write(Transaction(dreamscapes=(_record("night"),)))
    ledger.write(Transaction(dreamscapes=(_record("day"),)))
    ledger.write(Transaction(dreamscapes=(_ended("night", NOW_S + 9.5),)))
    assert [record.plan.dreamscape for record in ledger.load()] == ["day"]
    assert ledger.find("night") == _ended("night", NOW_S + 9.5)
    assert ledger.find("day") == _record("day")
    assert ledger.find("dusk") is None


def test_those_that_ended_last_come_first_and_no_more_than_asked(library: Library) -> None:
    """The last ended ones come first, bounded, without living ones; every name stays known."""
    ledger = library()
    for name, at_s in (("a", 3.0), ("b", 9.0), ("c", 6.0)):
        ledger.write(Transaction(dreamscapes=(_ended(name, NOW_S + at_s),)))
    ledger.write(Transaction(dreamscapes=(_record("night"),)))
    ledger.close()
    ledger = library()
    assert [record.plan.dreamscape for record in ledger.ended(2)] == ["b", "c"]
    assert [record.plan.dreamscape for record in ledger.ended(9)] == ["b", "c", "a"]
    assert sorted(ledger.names()) == ["a", "b", "c", "night"]


def test_check_ins_are_kept_replaced_and_cleared(library: Library) -> None:
    """A pod's newest sleeper counts, an empty one clears the bed, and a restart keeps both."""
    ledger = library()
    for pod, sleeper in (("bed-1", "ash"), ("bed-2", "birch"), ("bed-1", "cedar"), ("bed-2", "")):
        ledger.write(Transaction(check_ins=((pod, sleeper),)))
    ledger.write(Transaction(check_ins=(("bed-3", ""),)))
    ledger.close()
    assert library().checked_in() == {"bed-1": "cedar"}


def test_locks_are_kept_replaced_and_cleared(library: Library) -> None:
    """A pod's newest lock counts, a cleared one is gone, and a restart keeps both."""
    ledger = library()
    ledger.write(Transaction(locks=(Lock("bed-2", Cause.FLAT, NOW_S, "flat"),)))
    ledger.write(Transaction(locks=(Lock("bed-1", Cause.FLAT, NOW_S, "flat"),)))
    ledger.write(Transaction(locks=(Lock("bed-1", Cause.NONFINITE, NOW_S + 0.125, "number 7"),)))
    ledger.write(Transaction(locks=(Lock("bed-3", Cause.FLAT, NOW_S, "flat"),)))
    ledger.write(Transaction(unlocked=("bed-3",)))
    ledger.write(Transaction(unlocked=("bed-9",)))
    ledger.close()
    kept = library().locks()
    assert kept == (
        Lock("bed-1", Cause.NONFINITE, NOW_S + 0.125, "number 7"),
        Lock("bed-2", Cause.FLAT, NOW_S, "flat"),
    )


def test_a_handover_replaces_the_one_before_and_is_direct_to_nobody_without_a_lease(
    library: Library,
) -> None:
    """The newest handover is kept whole; a ledger that no owner handed over tells so."""
    slot = HandedSlot("bed-1", 7, 2**64 - 1, 1_760_000_000_123)
    old, new = Handover("dusk", (slot,)), Handover("night", (slot, replace(slot, pod="bed-2")))
    ledger = library()
    assert ledger.handed_over() == ()
    ledger.write(Transaction(handovers=(old, Handover("noon", (slot,)))))
    ledger.write(Transaction(handovers=(new,)))
    ledger.close()
    assert library().handed_over() == (new,)


def test_marks_are_kept_and_replaced(library: Library) -> None:
    """A pod's newest mark counts, to the last digit, and a restart keeps it."""
    first, newest = (
        Mark("bed-2", Cause.FLAT, NOW_S, NOW_MS, 7),
        Mark("bed-2", Cause.RANGE, NOW_S + 0.125, 5, 1),
    )
    other = Mark("bed-1", Cause.RAILED, NOW_S, 1 << 62, 1 << 40)
    ledger = library()
    for mark in (first, other, newest):
        ledger.write(Transaction(marks=(mark,)))
    ledger.close()
    assert library().marks() == (other, newest)


def test_a_ledger_that_goes_on_is_not_a_restored_one(library: Library) -> None:
    """A ledger in use is not a restored one, however often opened.

    A needless new generation changes nothing.
    """
    for count in range(3):
        ledger = library()
        assert ledger.outdated(NOW_S) == ""
        for number in range(9):
            ledger.write(Transaction(check_ins=((f"bed-{number}", f"sleeper-{count}"),)))
        ledger.begin_generation(NOW_S)
        assert ledger.outdated(NOW_S) == ""
        ledger.close()


def test_a_ledger_without_a_heartbeat_for_an_hour_is_outdated(library: Library) -> None:
    """A ledger is outdated an hour after its last heartbeat, whatever was written since; a new one is not."""
    ledger = library()
    assert ledger.outdated(NOW_S) == ""
    ledger.write(Transaction(lived_s=NOW_S))
    assert ledger.outdated(NOW_S + LAPSED_S) == ""
    assert ledger.outdated(NOW_S - 9 * LAPSED_S) == "", "a clock that was set back proves nothing"
    ledger.close()
    ledger = library()
    ledger.write(Transaction(check_ins=(("bed-1", "ash"),)))
    assert "no daemon has used the ledger" in ledger.outdated(NOW_S + LAPSED_S + 1.0)
    assert not ledger.older(), "nothing shows that a write is missing"
    assert ledger.outdated(float("nan")), "no time is no proof"
    ledger.begin_generation(NOW_S + 2 * LAPSED_S)
    assert ledger.outdated(NOW_S + 2 * LAPSED_S) == ""
    ledger.close()


def test_moratoria_come_back_with_their_sleepers(library: Library) -> None:
    """Moratoria come back by revision with every act, the newest of each; a dropped one is gone."""
    ends_s, seconds = NOW_S + 9.5, (Signature("birch", Role.ADVOCATE, NOW_S + 0.125),)
    one = Moratorium("m1", NOW_MS, MoratoriumScope.SITE, "north", NOW_S, ends_s, "why", "ash", NOW_S)
    stands = replace(
        one,
        revision=NOW_MS + 9, state=MoratoriumState.STANDING, seconds=seconds, lifting=seconds, clause="G-5.2",
        people_only=True, request_id="r1", seconded_s=NOW_S, closed_reason="a reason", closed_s=NOW_S + 1.0,
    )  # fmt: skip
    other = replace(one, id="m2", revision=NOW_MS + 1, scope=MoratoriumScope.FLEET, site="")
    ledger = library()
    for kept in (one, other, stands, replace(one, id="m3")):
        seconded = tuple((kept.id, sleeper) for sleeper in ("s1", "s2"))
        ledger.write(Transaction(moratoria=(kept,), moratorium_seconds=seconded))
    ledger.write(Transaction(moratoria=(one,)))  # late, of a daemon that is gone
    ledger.write(Transaction(dropped_moratoria=("m3",)))
    ledger.close()
    ledger = library()
    sleepers = frozenset({"s1", "s2"})
    assert ledger.moratoria() == (replace(other, sleepers=sleepers), replace(stands, sleepers=sleepers))
    ledger.close()


def test_invitations_come_back_with_the_newest_answers(library: Library) -> None:
    """Lists come back by name with each guest's newest answer; a late write takes no revision back.

    A guest that is left out of a write stays; a dropped guest, and a dropped list, are gone.
    """
    ash, birch, cedar = Guest("ash", 1), Guest("birch", 1), Guest("cedar", 2)
    yes = replace(ash, accepted=2, at_s=NOW_S + 0.125)
    ledger = library()
    ledger.write(Transaction(invitations=(Invitation("one", 1, (ash, birch)), Invitation("two", 1, (ash,)))))
    ledger.write(
        Transaction(invitations=(Invitation("one", NOW_MS, (cedar,)), Invitation("gone", 1, (ash,))))
    )
    ledger.write(Transaction(invitations=(Invitation("one", 1, (yes, replace(birch, declined=True))),)))
    ledger.write(Transaction(dropped_guests=(("one", "birch"), ("two", "cedar"), ("three", "ash"))))
    ledger.write(Transaction(dropped_invitations=("gone",)))
    ledger.write(Transaction(dropped_guests=(("two", "ash"),), invitations=(Invitation("two", 2, (birch,)),)))
    ledger.close()
    assert library().invitations() == (
        Invitation("one", NOW_MS, (yes, cedar)),
        Invitation("two", 2, (birch,)),
    )


def test_wake_orders_come_back_as_they_were(library: Library) -> None:
    """Wake orders come back by revision, each the newest of its id, without dropped ones."""
    order = Order("w1", NOW_MS, WakeScope.SITE, "north", "mira", "smoke", NOW_S + 0.125, "r1")
    lifted = replace(order, revision=NOW_MS + 9, lifted_by="ash", lifted_reason="over", lifted_s=NOW_S + 9.5)
    other = Order("w2", NOW_MS + 1, WakeScope.FLEET, "", "mira", "smoke", NOW_S)
    ledger = library()
    for one in (order, other, lifted, replace(order, id="w3")):
        ledger.write(Transaction(wake_orders=(one,)))
    ledger.write(Transaction(dropped_wake_orders=("w3",)))
    ledger.write(Transaction(dropped_wake_orders=("w9",)))
    ledger.close()
    assert library().wake_orders() == (other, lifted)


def test_principals_come_back_with_the_person_at_a_provider(library: Library) -> None:
    """An enrolled principal has no identity; one that signs in keeps it, and a walk-in its maker."""
    grant = Grant(Role.OPERATOR, sites=frozenset({"ward-a"}))
    enrolled = Principal("anna", Kind.PERSON, (grant,), "paused")
    person = Principal(
        "oidc.anna.x", Kind.PERSON, (grant,), shown="Anna Å", issuer="https://id.test", subject="u-1"
    )
    walk_in = Principal("walk-in.x", Kind.PERSON, (Grant(Role.SLEEPER, sleeper="ash"),), made_by="anna")
    first = library()
    first.write(Transaction(principals=(enrolled, person, walk_in)))
    first.close()
    assert library().principals() == (enrolled, person, walk_in)


def test_exposure_is_added_by_ten_minutes_and_survives_a_restart(library: Library) -> None:
    """A sleeper's charges add up by ten minutes and survive a restart; a later window omits earlier ones."""
    ledger = library()
    bucket = int(NOW_S // 600.0)
    ledger.write(charge({"ash": 0.25, "birch": 1.5}, NOW_S, MarkMove.MOVE))
    ledger.write(charge({"ash": 0.5}, NOW_S + 3600.0, MarkMove.MOVE))
    ledger.close()
    assert library().exposures(NOW_S) == {"ash": 0.75, "birch": 1.5}
    assert library().exposures(NOW_S + 3600.0) == {"ash": 0.5}
    ash = {bucket: 0.25, bucket + 6: 0.5}
    assert library().exposure_buckets(NOW_S) == {"ash": ash, "birch": {bucket: 1.5}}
    assert library().exposure_buckets(NOW_S + 600.0) == {"ash": {bucket + 6: 0.5}}


def test_old_exposure_is_folded_into_days_and_lost_nowhere(library: Library) -> None:
    """Buckets of before eight days become days, also twice; sums and newer buckets stay the same."""
    day_s, ledger = 86400.0, library()
    for days, minutes in ((12.0, 1.0), (12.01, 2.0), (9.5, 4.0), (1.0, 8.0)):
        ledger.write(charge({"ash": minutes}, NOW_S - days * day_s, MarkMove.MOVE))
    whole = ledger.exposures(0.0)
    ledger.write(Transaction(folded_s=NOW_S - 2 * day_s))
    assert ledger.exposures(0.0) == whole == {"ash": 15.0}
    ledger.write(charge({"ash": 16.0}, NOW_S - 12.0 * day_s, MarkMove.MOVE))
    ledger.write(Transaction(folded_s=NOW_S))
    ledger.close()
    assert library().exposures(0.0) == {"ash": 31.0}
    assert library().exposures(NOW_S - 10.0 * day_s) == {"ash": 12.0}
    assert library().exposure_buckets(0.0) == {"ash": {int((NOW_S - day_s) // 600.0): 8.0}}


def test_the_first_planned_dose_stands(library: Library) -> None:
    """A planned dose is written at the first assign and never revised; each Dreamscape has its own."""
    ledger = library()
    for minutes, name in ((12.0, "night"), (3.0, "night"), (5.0, "noon")):
        ledger.write(Transaction(planned_doses=(PlannedDose(name, "ash", minutes, NOW_S),)))
    ledger.close()
    assert library().planned_doses("night") == {"ash": 12.0}
    assert library().planned_doses("noon") == {"ash": 5.0}
    assert library().planned_doses("dawn") == {}


GRANT = ConsentGrant(
    "ash",
    1,
    frozenset({Scope.MERGE, Scope.RESEARCH}),
    frozenset({Modality.SOUND}),
    0.12,
    NOW_S + 3600.5,
    hours=Hours(Window(1320, 420), "Europe/Zurich"),
    duo=("DUO:0000006",),
    notice_sha256="a" * 64,
    language="de-CH",
    at_s=NOW_S,
    adult=True,
)


def test_consents_come_back_with_their_newest_grant_and_nothing_held(library: Library) -> None:
    """State, revision and grants survive a restart; nothing is held until an assign."""
    ledger, wider = library(), replace(GRANT, revision=2, ceiling=0.15, hours=None)
    given = Consent(ConsentState.GIVEN, 1, GRANT, GRANT.held, NOW_S)
    withdrawn = Consent(ConsentState.WITHDRAWN, 7, wider, Held(), NOW_S + 9.5)
    ledger.write(Transaction(grants=(GRANT,), consents=(("ash", given), ("birch", Consent(revision=4)))))
    ledger.write(Transaction(grants=(wider,), consents=(("ash", replace(given, revision=2, grant=wider)),)))
    ledger.write(Transaction(consents=(("ash", withdrawn),)))
    overtaken = replace(GRANT, revision=9)
    ledger.write(Transaction(grants=(overtaken,)))
    ledger.close()
    assert library().consents() == {"ash": replace(withdrawn, revision=9), "birch": Consent(revision=4)}
    again = library()
    assert again.grants("ash") == (GRANT, wider, overtaken)
    assert settled(again, again.read_grants("ash")).value == (GRANT, wider, overtaken)
    assert again.grants("elm") == settled(again, again.read_grants("elm")).value == ()


def test_revisions_of_the_guidelines_come_back_with_their_course(library: Library) -> None:
    """Clauses, name, course and comments survive a restart; a later course replaces the earlier one."""
    course = Course(1, "ida", NOW_S, CourseState.OPEN, NOW_S + 1.5, dry_run="d1", clinician="cleo")
    kept = KeptRevision(shipped_bundle(), digest(shipped_bundle().document()), course)
    later = replace(kept, course=replace(course, state=CourseState.IN_FORCE, provisional=True))
    comments = tuple(Comment(1, n, "ada", NOW_S + n, f"word {n}") for n in (1, 2))
    ledger = library()
    ledger.write(Transaction(guidelines=(kept,), comments=comments[:1]))
    ledger.write(Transaction(guidelines=(later,), comments=comments[1:]))
    ledger.close()
    (found,) = library().guidelines()
    assert found == later
    assert digest(found.bundle.document()) == found.digest
    assert library().comments() == comments


def test_calibration_days_are_counted_once_each(library: Library) -> None:
    """A day that is written twice counts once; count and newest day survive a restart."""
    ledger = library()
    ledger.write(Transaction(calibration_days=(("ash", 20_001), ("birch", 20_001))))
    ledger.write(Transaction(calibration_days=(("ash", 20_003), ("ash", 20_001))))
    ledger.close()
    assert library().calibration_days() == {"ash": (2, 20_003), "birch": (1, 20_001)}


def test_admissions_are_read_from_a_time_on_and_dropped_after_ninety_days(library: Library) -> None:
    """Site and facts come back oldest first, NaN included; those 90 days old go with the day's folding."""
    facts = [struct.pack("<13d", *([float(n)] * 12), float("nan")) for n in range(3)]
    ages_s = (ADMISSIONS_KEPT_S + 60.0, 86_400.0, 0.0)
    kept = [KeptAdmission(n + 1, NOW_S - age_s, f"site-{n}", facts[n]) for n, age_s in enumerate(ages_s)]
    ledger = library()
    assert ledger.newest_admission() == 0
    ledger.write(Transaction(admissions=tuple(kept)))
    assert past(ledger, 0.0) == [(one.site, one.facts) for one in kept]
    ledger.write(Transaction(folded_s=NOW_S))
    ledger.close()
    again = library()
    assert past(again, 0.0) == [("site-1", facts[1]), ("site-2", facts[2])]
    assert past(again, NOW_S - 60.0) == [("site-2", facts[2])]
    assert again.newest_admission() == 3


def past(ledger: Ledger, since_s: float) -> list[tuple[str, bytes]]:
    """Site and facts of the admissions since this time."""
    found: list[tuple[str, bytes]] = settled(ledger, ledger.read_admissions(since_s, list)).value
    return found


def test_surveillance_comes_back_as_it_was_and_old_nights_go(library: Library) -> None:
    """Counts, watches with their alarm, and judged nights survive a restart; old nights are dropped."""
    last = int(NOW_S // 86_400)
    counts = tuple(
        NightCount(last - age, "night", 8, {HarmKind.DISTRESS: 1} if age else {}) for age in (900, 1, 0)
    )
    alarm = Alarm(NOW_S, math.inf, 0.005, {Role.CLINICIAN: "cleo"})
    watches = (
        Watch(HarmKind.DISTRESS, last, 500, 3, 0.0134, Evidence((1.0, 2.0, 3.0, math.inf, 5.0)), 12, alarm),
        Watch(HarmKind.IDENTITY),
    )
    judged = tuple(JudgedNight(last - age, "distress", 1, 0, 8, 1.5, 0.005) for age in (900, 1))
    ledger = library()
    ledger.write(Transaction(night_counts=counts, watches=watches[:1], judged_nights=judged))
    more = replace(counts[2], sleepers=9, cases={HarmKind.CHECK_IN: 2}, answers=4)
    ledger.write(Transaction(night_counts=(more,), watches=watches[1:]))
    ledger.close()
    again = library()
    assert again.watches() == watches
    assert again.night_counts(last) == (more,)
    assert again.night_counts(0) == (*counts[:2], more)
    assert again.judged_nights() == judged
    again.write(Transaction(folded_s=NOW_S))
    assert again.night_counts(0) == (counts[1], more)
    assert again.judged_nights() == judged[1:]


def test_marks_move_with_each_charge_until_they_are_taken_away(library: Library) -> None:
    """A mark's newest instant counts until it is removed, and a restart keeps it."""
    ledger = library()
    ledger.write(charge({"ash": 0.0, "birch": 0.0, "cedar": 0.0}, NOW_S, MarkMove.MOVE))
    ledger.write(charge({"ash": 0.1}, NOW_S + 10.5, MarkMove.MOVE))
    ledger.write(charge({"cedar": 0.1}, NOW_S + 11.0, MarkMove.CLOSE))
    ledger.close()
    assert library().merging() == {"ash": NOW_S + 10.5, "birch": NOW_S}


def test_the_accounts_of_minutes_know_nothing_of_each_other(library: Library) -> None:
    """Buckets and marks of anchor sessions are their own: charged, marked and closed apart, over a restart.

    An opening charges where a mark of this account stands; one of merge-minutes is none.
    """
    ledger = library()
    ledger.write(charge({"ash": 2.0, "birch": 1.0}, NOW_S, MarkMove.MOVE))
    for minutes, at_s, move in (
        ({"ash": 9.0}, NOW_S, MarkMove.OPEN),
        ({"ash": 0.5}, NOW_S + 10.0, MarkMove.MOVE),
        ({"ash": 3.0, "cedar": 3.0}, NOW_S + 20.0, MarkMove.OPEN),
        ({"cedar": 0.25}, NOW_S + 20.0, MarkMove.CLOSE),
    ):
        ledger.write(Transaction(exposure=(Exposure(minutes, at_s, move, Account.ANCHOR),)))
    ledger.close()
    ledger = library()
    bucket = bucket_of(NOW_S)
    assert ledger.exposure_buckets(0.0) == {"ash": {bucket: 2.0}, "birch": {bucket: 1.0}}
    assert ledger.exposure_buckets(0.0, Account.ANCHOR) == {"ash": {bucket: 3.5}, "cedar": {bucket: 0.25}}
    assert ledger.merging() == {"ash": NOW_S, "birch": NOW_S}
    assert ledger.merging(Account.ANCHOR) == {"ash": NOW_S + 20.0}
    assert settled(ledger, ledger.read_person("ash")).value.anchors == {bucket: 3.5}


@pytest.mark.parametrize("account", Account)
def test_a_late_close_removes_no_younger_mark(library: Library, account: Account) -> None:
    """A close of an earlier daemon that arrives late is charged, and leaves the mark of the next one."""
    ledger = library()
    for minutes, at_s, move in (
        ({"ash": 0.0, "birch": 0.0}, NOW_S, MarkMove.OPEN),
        ({"ash": 0.45}, NOW_S + 8.0, MarkMove.OPEN),
        ({"ash": 0.1, "birch": 0.1}, NOW_S + 3.0, MarkMove.CLOSE),
    ):
        ledger.write(Transaction(exposure=(Exposure(minutes, at_s, move, account),)))
    assert ledger.merging(account) == {"ash": NOW_S + 8.0}
    bucket = bucket_of(NOW_S)
    assert ledger.exposure_buckets(0.0, account) == {
        "ash": {bucket: pytest.approx(0.55)},
        "birch": {bucket: pytest.approx(0.1)},
    }
    ledger.write(Transaction(exposure=(Exposure({"ash": 0.0}, NOW_S + 8.0, MarkMove.CLOSE, account),)))
    assert ledger.merging(account) == {}


def test_closing_twice_is_safe(library: Library) -> None:
    """Closing twice is safe."""
    ledger = library()
    ledger.close()
    ledger.close()


def test_failing_is_a_ledger_error(library: Library) -> None:
    """Callers see only LedgerError, whatever the engine raises."""
    ledger = library()
    if isinstance(ledger, MemoryLedger):
        ledger.broken = "the disk is full"
    ledger.close()
    with pytest.raises(LedgerError):
        draw(ledger, "night", 0, NOW_S)
    with pytest.raises(LedgerError):
        holds(ledger, "night", 0, NOW_MS)
    with pytest.raises(LedgerError):
        ledger.write(Transaction(unlocked=("bed-1",)))
    with pytest.raises(LedgerError):
        ledger.wake_orders()
    with pytest.raises(LedgerError):
        ledger.write(Transaction(marks=(Mark("bed-1", Cause.FLAT, NOW_S, 1, 1),)))
    with pytest.raises(LedgerError):
        ledger.marks()
    with pytest.raises(LedgerError):
        ledger.write(charge({"ash": 0.1}, NOW_S, MarkMove.MOVE))
    with pytest.raises(LedgerError):
        ledger.merging()


def _act(outcome: str, reason: str = "") -> Act:
    return Act(NOW_S, "anna", "", "StartDreamscape", "dreamscapes/n", "binds", outcome, reason, "", "salt")


def test_acts_become_a_chain_of_records_and_a_failed_transaction_leaves_no_gap(library: Library) -> None:
    """Records are numbered in their transaction, over a restart, and one that fails takes no number."""
    ledger = library()
    ledger.write(Transaction(audit=(_act("done"), _act("done", "a reason"))))
    bad = replace(_record("n"), mu_db=(float("nan"),))
    with pytest.raises(LedgerError):
        ledger.write(Transaction(dreamscapes=(bad,), audit=(_act("lost"),)))
    ledger.write(Transaction(audit=(_act("refused STALE"),), checkpoints=((2, "a note"), (3, "another"))))
    ledger.close()
    again = library()
    again.write(Transaction(audit=(_act("after a restart"),)))
    part = settled(again, again.read_audit(0, 10)).value
    records = [record_of(line) for line in part.lines]
    assert [one.n for one in records] == [1, 2, 3, 4]
    assert records[0].before == GENESIS
    assert [one.before for one in records[1:]] == [head_of(0, line).digest for line in part.lines[:-1]]
    assert records[1].reason == salted("salt", "a reason")
    assert not records[0].reason
    assert again.audited == head_of(4, part.lines[-1])
    assert (part.notes, again.newest_checkpoint()) == (("a note", "another"), "another")
    middle = settled(again, again.read_audit(1, 1)).value
    assert (len(middle.lines), middle.notes) == (1, ("a note",))
    assert settled(again, again.read_audit(3, 5)).value.notes == ()


def test_the_text_of_a_record_is_read_apart_and_erased_alone(library: Library) -> None:
    """Texts come where they are asked for. An erased one is gone over a restart; its record is unchanged.

    Erasing is repeated, and done to a record without a text, without a fault.
    """
    ledger = library()
    named = replace(_act("done", "ash screamed"), sleeper="ash")
    ledger.write(Transaction(audit=(_act("done", "first"), _act("done"), named, _act("done", "last"))))
    whole = settled(ledger, ledger.read_audit(0, 10, texts=True)).value
    assert [(one.n, one.reason, one.sleeper) for one in whole.texts] == [
        (1, "first", ""),
        (3, "ash screamed", "ash"),
        (4, "last", ""),
    ]
    assert settled(ledger, ledger.read_audit(0, 10)).value.texts == ()
    assert [one.n for one in settled(ledger, ledger.read_audit(2, 1, texts=True)).value.texts] == [3]
    for numbers in ((3, 2), (3,)):
        ledger.write(Transaction(erased=numbers))
    ledger.close()
    again = library()
    left = settled(again, again.read_audit(0, 10, texts=True)).value
    assert [one.n for one in left.texts] == [1, 4]
    assert left.lines == whole.lines
