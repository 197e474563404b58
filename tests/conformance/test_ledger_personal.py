"""The obligations of ports.ledger.personal and ports.people_keys, checked on every adapter."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest

from dreamd.adapters.ledger.postgres import PostgresLedger
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Credential, Grant, Kind, Principal
from dreamd.core.audit.records import Act
from dreamd.core.clinic.course import By, Case, CaseKind, CaseState, Holds, opened, step
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.clinic.levels import Level
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import Grant as ConsentGrant
from dreamd.core.consent.grant import Modality, Scope
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.core.exchange.book import Ask, Offer, Terms
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.course import Committed, Round, RoundState
from dreamd.core.exchange.kept_round import KeptAsk, KeptBook, KeptRound
from dreamd.core.invitations.course import Guest, Invitation
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.exchange import ask_kind
from dreamd.ports.ledger.exposure import Account, Exposure, MarkMove, PlannedDose
from dreamd.ports.ledger.ledger import Ledger
from dreamd.ports.ledger.person import PersonRecords
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.pieces import KeptPiece
from dreamd.ports.ledger.public_reports import PublishedReport, ReportMark
from dreamd.ports.ledger.transaction import Transaction
from fakes.ledger import LedgerStorage, MemoryLedger, settled

Library = Callable[[], Ledger]
NOW_S = 1_760_000_000.0
BUCKET = int(NOW_S // 600.0)


def everything_of(sleeper: str) -> Transaction:
    """A transaction with a row of each kind that names this sleeper."""
    grant = ConsentGrant(
        sleeper, 1, frozenset({Scope.MERGE}), frozenset({Modality.SOUND}), 0.1, NOW_S + 9.0, at_s=NOW_S
    )
    seats = ((1, "bed-1", sleeper), (2, "bed-2", "birch"))
    plan = Plan(f"night-{sleeper}", 2, 8)
    own = Principal(f"{sleeper}-own", Kind.PERSON, (Grant(Role.SLEEPER, sleeper=sleeper),))
    clerk = Grant(Role.OPERATOR, sites=frozenset({"north"}))
    both = Principal(f"{sleeper}-clerk", Kind.PERSON, (clerk, Grant(Role.SLEEPER, sleeper=sleeper)))
    return Transaction(
        dreamscapes=(DreamscapeRecord(plan, DreamscapeState.DREAMING, NOW_S, seats),),
        check_ins=(("bed-1", sleeper),),
        exposure=(
            Exposure({sleeper: 2.5}, NOW_S, MarkMove.MOVE),
            Exposure({sleeper: 7.0}, NOW_S, MarkMove.MOVE, Account.ANCHOR),
        ),
        grants=(grant,),
        consents=((sleeper, Consent(ConsentState.GIVEN, 1, grant, changed_s=NOW_S)),),
        personal=(PersonalRow(sleeper, "letter", NOW_S, b"a letter"),),
        calibration_days=((sleeper, 20_000),),
        report_marks=(ReportMark(20_000, "north", "merged", sleeper),),
        moratorium_seconds=(("m1", sleeper),),
        invitations=(Invitation("duet", 2, (Guest(sleeper, 2, 2, at_s=NOW_S),)),),
        cases=(KeptCase(opened(f"case-{sleeper}", sleeper, "north", Level.NOW, NOW_S), 20_000),),
        fault_nights=((sleeper, 20_000, 2),),
        principals=(own, both),
        credentials=(Credential("c1", own.name, b"\0", NOW_S, NOW_S + 9.0),),
        audit=(Act(NOW_S, "anna", "", "Sever", "", "frees", "done", "fever", sleeper, salt="s"),),
    )


def erase(ledger: Ledger, sleeper: str, at_s: float = NOW_S) -> None:
    """Forget the rows of a sleeper, and the key."""
    ledger.write(Transaction(forgotten=((sleeper, at_s),)))
    settled(ledger, ledger.shred(sleeper, at_s)).value  # noqa: B018 -- raises where it failed


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


def test_personal_rows_come_back_replaced_and_removed(library: Library) -> None:
    """A row comes back over a restart, the later one of a name counts, an empty body removes it."""
    ledger = library()
    letter = PersonalRow("ash", "letter", 9.5, b"{}\0\xff")
    night = PersonalRow("ash", "night", 9.5, b"open")
    other = PersonalRow("birch", "letter", 3.25, b"b")
    ledger.write(Transaction(personal=(PersonalRow("ash", "letter", 9.5, b"draft"), night, other)))
    ledger.write(Transaction(personal=(letter, PersonalRow("ash", "letter", 1.0, b"first"))))
    ledger.write(Transaction(personal=(PersonalRow("ash", "night", 9.5, b""), night)))
    ledger.write(Transaction(personal=(PersonalRow("ash", "night", 9.5, b""),)))
    ledger.close()
    ledger = library()
    first = PersonalRow("ash", "letter", 1.0, b"first")
    assert ledger.personal("ash", "letter") == (first, letter)
    assert ledger.personal("ash", "night") == ledger.personal("nobody", "letter") == ()
    assert ledger.personal_of("letter") == (first, other, letter)
    assert settled(ledger, ledger.read_personal("ash", "letter")).value == (first, letter)


def test_nothing_of_an_erased_sleeper_is_read_and_others_stay(library: Library) -> None:
    """Check-in, consent, letters, rights and texts are gone over a restart; another sleeper's are whole."""
    ledger = library()
    for sleeper in ("ash", "birch"):
        ledger.write(everything_of(sleeper))
    erase(ledger, "ash")
    ledger.write(Transaction(personal=(PersonalRow("ash", "letter", 1.0, b"too late"),)))
    for _ in range(2):
        assert ledger.checked_in() == {"bed-1": "birch"}
        assert set(ledger.consents()) == set(ledger.calibration_days()) == set(ledger.merging()) == {"birch"}
        assert set(ledger.merging(Account.ANCHOR)) == {"birch"}
        assert ledger.grants("ash") == ledger.personal("ash", "letter") == ()
        assert [row.sleeper for row in ledger.personal_of("letter")] == ["birch"]
        names = {one.name: len(one.grants) for one in ledger.principals()}
        assert names == {"ash-clerk": 1, "birch-clerk": 2, "birch-own": 1}
        assert [one.principal for one in ledger.credentials()] == ["birch-own"]
        part = settled(ledger, ledger.read_audit(0, 9, texts=True)).value
        assert (len(part.lines), [text.sleeper for text in part.texts]) == (2, ["birch"])
        ledger.close()
        ledger = library()


def test_pieces_come_back_newest_first_and_the_first_of_an_id_stands(library: Library) -> None:
    """A piece comes back over a restart by its id; pages run from the newest, behind a known one."""
    ledger = library()
    kept = tuple(
        KeptPiece(f"{n:016x}", "night", at_s, f"piece {n}") for n, at_s in ((1, 5.0), (2, 9.25), (3, 5.0))
    )
    ledger.write(Transaction(pieces=kept))
    ledger.write(Transaction(pieces=(replace(kept[0], text="another"),)))
    ledger.close()
    ledger = library()
    assert settled(ledger, ledger.read_piece(kept[0].id)).value == kept[:1]
    assert settled(ledger, ledger.read_piece("f" * 16)).value == ()
    newest_first = (kept[1], kept[2], kept[0])
    for before, most, expected in (
        ("", 9, newest_first),
        ("", 2, newest_first[:2]),
        (kept[2].id, 9, newest_first[2:]),
        (kept[0].id, 9, ()),
        ("f" * 16, 9, ()),
    ):
        assert settled(ledger, ledger.read_pieces(before, most)).value == expected


def test_marks_are_counted_once_a_day_and_go_with_their_report(library: Library) -> None:
    """A mark written twice counts once; an erased sleeper still counts; a published period is final."""
    ledger = library()
    assert (ledger.earliest_mark(), ledger.published_reports()) == (None, ())
    marks = tuple(ReportMark(day, "north", "merged", "ash") for day in (20_000, 20_001, 20_028))
    ledger.write(Transaction(report_marks=(*marks, ReportMark(20_003, "south", "slept", "birch"))))
    ledger.write(Transaction(report_marks=marks))
    erase(ledger, "ash")
    ledger.close()
    ledger = library()
    assert ledger.earliest_mark() == 20_000
    found = settled(ledger, ledger.read_report_marks(20_000, 20_028)).value
    assert {key: len(people) for key, people in found.items()} == {
        ("north", "merged"): 1,
        ("south", "slept"): 1,
    }
    assert settled(ledger, ledger.read_report_marks(20_004, 20_028)).value == {}
    first = PublishedReport(20_000, 20_028, "as published")
    ledger.write(Transaction(public_reports=(first,)))
    ledger.write(Transaction(public_reports=(PublishedReport(20_000, 20_028, "anew"),)))
    ledger.close()
    ledger = library()
    assert ledger.published_reports() == (first,)
    assert ledger.earliest_mark() == 20_028


def test_a_case_is_read_as_it_was_written_and_outlives_its_person(library: Library) -> None:
    """Each number of a case comes back. Of an erased person it names none, and an open one keeps the mark."""
    ledger = library()
    held = step(opened("case-1", "ash", "north", Level.SOON, NOW_S), Holds(By("c", clinician=True)), NOW_S)
    assert isinstance(held, Case)
    kept = KeptCase(held, 20_000, "night-1", ("arousal", "wake"), related=True, expected=False)
    over = KeptCase(replace(held, id="case-2", state=CaseState.CLOSED, ended_s=NOW_S + 5.0), 19_998)
    parent = KeptCase(opened("case-3", "", "", Level.NOTE, NOW_S - 9.0, kind=CaseKind.PARENT), 20_000)
    late = KeptCase(replace(held, id="case-4", person="birch", answer_by_s=inf, climbed=3), 20_000)
    ledger.write(Transaction(cases=(kept, over, parent, late), fault_nights=(("ash", 20_000, 2),)))
    ledger.write(Transaction(fault_nights=(("ash", 20_001, 3),)))
    ledger.close()
    ledger = library()
    assert ledger.living_cases() == (kept, parent, late)
    assert settled(ledger, ledger.read_cases(NOW_S)).value == (kept, over, late)
    assert settled(ledger, ledger.read_case("case-2")).value == (over,)
    assert settled(ledger, ledger.read_case("case-9")).value == ()
    assert ledger.fault_nights() == {"ash": (20_001, 3)}
    mark = ledger.keys.mark_of("ash")
    erase(ledger, "ash")
    ledger.close()
    ledger = library()
    nameless = replace(kept, case=replace(held, person=""), mark=mark)
    assert ledger.living_cases() == (nameless, parent, late)
    assert settled(ledger, ledger.read_case("case-2")).value[0].mark == b""
    assert ledger.fault_nights() == {}
    ledger.write(Transaction(cases=(replace(nameless, case=replace(held, person="ash"), mark=b""),)))
    ledger.close()
    assert library().living_cases() == (kept, parent, late), "the pseudonym has come back"


def test_what_stays_of_an_erased_sleeper_is_of_nobody(library: Library) -> None:
    """Seats and exposure keep their numbers under a name that is no pseudonym, also written back."""
    ledger = library()
    ledger.write(everything_of("ash"))
    erase(ledger, "ash")
    (record,), exposed = ledger.load(), ledger.exposures(NOW_S)
    (nobody,) = exposed
    assert nobody.startswith("~")
    assert "ash" not in nobody
    assert exposed == {nobody: 2.5}
    assert [sum(one.values()) for one in ledger.exposure_buckets(0.0, Account.ANCHOR).values()] == [7.0]
    assert "ash" not in ledger.exposure_buckets(0.0, Account.ANCHOR)
    ledger.write(Transaction(dreamscapes=(record,)))
    ledger.close()
    assert library().load() == (record,)


def test_a_tombstone_keeps_the_merge_minutes_of_a_week(library: Library) -> None:
    """An erased sleeper's minutes stay under the mark of the name, over a restart and a second erasure."""
    ledger = library()
    ledger.write(everything_of("ash"))
    ledger.write(Transaction(exposure=(Exposure({"ash": 9.0}, NOW_S - 8 * 86400.0, MarkMove.MOVE),)))
    erase(ledger, "ash")
    mark = ledger.keys.mark_of("ash")
    assert ledger.keys.tombstones() == {mark: {BUCKET: 2.5}}
    ledger.close()
    ledger = library()
    subject = ledger.keys.subject_of("ash")
    ledger.write(everything_of("ash"))
    assert ledger.exposure_buckets(NOW_S)["ash"] == {BUCKET: 2.5}
    erase(ledger, "ash")
    assert (ledger.keys.mark_of("ash"), ledger.keys.sleeper_of(subject)) == (mark, None)
    assert ledger.keys.tombstones() == {mark: {BUCKET: 5.0}}
    ledger.close()


def test_an_erasure_that_was_cut_short_is_finished_by_the_next_opening(library: Library) -> None:
    """The rows are forgotten and the process ends: the next one has no link, and the tombstone."""
    ledger = library()
    ledger.write(everything_of("ash"))
    subject = ledger.keys.subject_of("ash")
    ledger.write(Transaction(forgotten=(("ash", NOW_S),)))
    ledger.close()
    ledger = library()
    assert ledger.keys.sleeper_of(subject) is None
    assert ledger.keys.tombstones() == {ledger.keys.mark_of("ash"): {BUCKET: 2.5}}


def test_all_records_of_a_sleeper_are_read_at_once(library: Library) -> None:
    """Everything of one sleeper comes back and nothing of another; of an erased one nothing does."""
    ledger = library()
    for sleeper in ("ash", "birch"):
        ledger.write(everything_of(sleeper))
    later_s = NOW_S + 20 * 86400.0
    ledger.write(Transaction(planned_doses=(PlannedDose("night-ash", "ash", 7.5, NOW_S),)))
    ledger.write(Transaction(folded_s=later_s, check_ins=(("bed-7", "ash"),)))
    ledger.write(Transaction(exposure=(Exposure({"ash": 1.5}, later_s, MarkMove.CLOSE),)))
    told = everything_of("ash")
    records = settled(ledger, ledger.read_person("ash")).value
    assert records.subject == ledger.keys.subject_of("ash")
    assert (records.consent, records.grants) == (told.consents[0][1], told.grants)
    assert (records.beds, records.seats) == (("bed-7",), (("night-ash", 1, "bed-1"),))
    assert records.days == {int(NOW_S // 86400.0): 2.5}
    assert records.buckets == {int(later_s // 600.0): 1.5}
    assert records.planned == (PlannedDose("night-ash", "ash", 7.5, NOW_S),)
    assert (records.personal, records.calibration_days) == (told.personal, (20_000,))
    assert records.report_marks == told.report_marks
    assert records.seconded_moratoria == ("m1",)
    assert records.guest_lists == (("duet", told.invitations[0].guests[0]),)
    assert sorted(one.name for one in records.principals) == ["ash-clerk", "ash-own"]
    assert [reason for _, reason in records.audit] == ["fever"]
    assert records.last_s == pytest.approx(later_s, abs=600.0)
    nothing = settled(ledger, ledger.read_person("cedar")).value
    assert (nothing, nothing.last_s) == (PersonRecords("cedar"), 0.0)
    erase(ledger, "ash")
    assert settled(ledger, ledger.read_person("ash")).value == PersonRecords("ash")
    assert [one.sleeper for one in ledger.invitations()[0].guests] == ["birch"]


def test_a_round_comes_back_with_its_book_and_without_its_people(library: Library) -> None:
    """Rounds by their planning, offers and asks by id; a later row counts, and a dropped one is gone.

    The erasure of a sleeper leaves the ask, and takes the row that tied it to them.
    """
    ledger = library()
    terms = Terms(1000, 50_000, 0.15, 0.3, 0.2)
    first = KeptRound(Round("r2", terms, NOW_S + 9.5), "olga", NOW_S, 700, request_id="q")
    sides = Committed("olga", "ab" * 32, "cd" * 32), Committed("ada", "ef" * 32)
    later = KeptRound(Round("r1", terms, NOW_S, RoundState.CLOSED, *sides, 3), "olga", NOW_S + 1.0)
    quiet = Offer("k0", "north", "2026-11-30", ("dark", "quiet"), 2, 900)
    warm, gone = replace(quiet, id="k1", features=("warm",)), replace(quiet, id="k9")
    asks = [KeptAsk("r1", Ask(f"a{n}", AskClass.OPEN, ("k1", "k0"))) for n in range(3)]
    tied = PersonalRow("ash", ask_kind("r1"), NOW_S, b"a0")
    offers = ("r1", warm), ("r1", replace(quiet, count=1)), ("r1", gone), ("r2", gone)
    ledger.write(
        Transaction(rounds=(later, first), round_offers=offers, round_asks=(*asks,), personal=(tied,))
    )
    left = replace(asks[2], left=1), replace(asks[0], ask=Ask("a0", AskClass.CRISIS, ("k0",)))
    settled_now = replace(first, round=replace(first.round, state=RoundState.SETTLED), pool_change_cents=-5)
    drops = Transaction(dropped_offers=(("r1", "k9"),), dropped_asks=(("r1", "a1"),))
    later_still = Transaction(rounds=(settled_now,), round_offers=(("r1", quiet),), round_asks=left)
    ledger.write(drops.plus(later_still))
    ledger.close()
    ledger = library()
    book = KeptBook((quiet, warm), (left[1], left[0]))
    assert ledger.rounds() == (settled_now, later)
    assert ledger.round_book("r1") == settled(ledger, ledger.read_round_book("r1")).value == book
    assert ledger.round_book("r2") == KeptBook((gone,))
    assert ledger.round_book("r3") == KeptBook()
    assert ledger.personal_of(ask_kind("r1")) == (tied,)
    erase(ledger, "ash")
    assert ledger.personal_of(ask_kind("r1")) == ()
    assert ledger.round_book("r1") == book
