"""Erasure and export of a sleeper, in the application."""

import csv
import json
from dataclasses import replace

import pytest

from dreamd.adapters.documents.receipts import sign_receipt, verified
from dreamd.adapters.documents.shipped import shipped_bundle
from dreamd.app.api.people.erasures import AGAIN_S, Erased, retained
from dreamd.app.people.house_people import unnamed_house
from dreamd.app.people.sleeper_export import ExportParts, export_parts
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.access.principals import Credential, Grant, Kind, Principal
from dreamd.core.consent.grant import Grant as ConsentGrant
from dreamd.core.consent.grant import Modality, Scope
from dreamd.core.guidelines.bundle import make_bundle, make_clause
from dreamd.core.limits import HOP_S
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.erasure import Shredded
from dreamd.ports.ledger.person import PersonRecords
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.signing import SigningKey
from fakes.ledger import MemoryLedger
from fakes.stage import Stage

ASH = "sleeper-1"
OWN = Caller("ash", Role.SLEEPER, Channel.GRPC)
DAY_S = 86_400.0
NOW_S = 1_760_000_000.0


class HeldLedger(MemoryLedger):
    """A ledger with keys that a program reads while `reader` names it."""

    reader = ""

    def shred(self, sleeper: str, now_s: float) -> Commit[Shredded]:
        commit = super().shred(sleeper, now_s)
        if self.reader:
            commit = Commit()
            commit.fail(f"its bytes are still in {self.reader}")
        return commit


class LateLedger(MemoryLedger):
    """A ledger that takes charges of exposure late: while `late` is a list they wait in it."""

    late: list[tuple[Transaction, Commit[Terms]]] | None = None

    def submit(self, transaction: Transaction) -> Commit[Terms]:
        if self.late is None or not transaction.exposure:
            return super().submit(transaction)
        commit: Commit[Terms] = Commit()
        self.late.append((transaction, commit))
        return commit


def dreaming(ledger: MemoryLedger | None = None) -> Stage:
    """Four dream; the first has a login, a letter and some dose."""
    ledger = ledger or MemoryLedger()
    own = Principal("ash-login", Kind.PERSON, (Grant(Role.SLEEPER, sleeper=ASH),))
    ledger.write(
        Transaction(
            principals=(own,),
            credentials=(Credential("c1", own.name, b"", 0.0, 9e12),),
            personal=(PersonalRow(ASH, "letter", 1.0, b"you merged"),),
        )
    )
    stage = Stage(4, ledger)
    stage.appear()
    stage.dream()
    for _ in range(60):
        stage.pods[0].applied = stage.coupling("bed-1") / 255 if stage.pods[0].assign else 0.0
        stage.hop()
    return stage


def memory_of(stage: Stage) -> MemoryLedger:
    """The stage's ledger, with its contents in sight."""
    assert isinstance(stage.ledger, MemoryLedger)
    return stage.ledger


def erased(stage: Stage, hops: int = 80) -> Erased | Refusal:
    """Ask for the erasure, and let time pass until it is answered."""
    answer = stage.app.erasures.erase(OWN, ASH)
    assert isinstance(answer, Deferred), answer
    for _ in range(hops):
        if answer.settled:
            break
        stage.hop()
    return answer.answer()


def enrolled(stage: Stage, sleeper: str) -> Code | None:
    """Enrol a login for this sleeper; return the code of the refusal."""
    grants = (Grant(Role.SLEEPER, sleeper=sleeper),)
    answer = stage.app.access.enrol(OWN, f"{sleeper}-login", Kind.PERSON, grants)
    return answer.code if isinstance(answer, Refusal) else None


def kinds_of(stage: Stage) -> list[str]:
    """The kinds of the events from now on."""
    kinds = list[str]()
    stage.app.journal.subscribe(lambda event: kinds.append(event.kind))
    return kinds


def test_an_erased_sleeper_is_at_zero_in_the_call_and_then_gone() -> None:
    """Zero in the next message, checked out, logged out; no row, letter, seat or consent; others dream on."""
    stage = dreaming()
    kinds, assign = kinds_of(stage), stage.pods[0].assign
    assert assign is not None
    assert stage.coupling("bed-1") > 0
    answer = stage.app.erasures.erase(OWN, ASH)
    assert stage.link.collectives[-1].coupling[assign.slot] == 0, "before any tick"
    assert stage.app.erasures.erase(OWN, ASH) is answer, "asked again, it is the same erasure"
    stage.hop(12)
    assert isinstance(answer, Deferred)
    assert isinstance(answer.answer(), Erased)
    assert stage.app.principals.principal("ash-login") is None
    assert stage.app.principals.find_credential("c1") is None
    view = stage.app.dreamscapes.get("night")
    assert not isinstance(view, Refusal)
    assert [seat.sleeper for seat in view.seats] == ["", "sleeper-2", "sleeper-3", "sleeper-4"]
    assert stage.coupling("bed-2") > 0
    assert kinds.count("erased") == 1
    storage = memory_of(stage).storage
    stage.hop(200)
    held = (storage.beds, storage.consents, storage.grants, storage.personal, storage.records)
    assert ASH not in repr((held, storage.exposed_min, storage.planned_min, storage.texts, storage.links))


def test_an_erasure_buys_no_dose() -> None:
    """The dose of the week counts for the same name, over a restart, and is gone after eight days."""
    stage = dreaming()
    assert isinstance(erased(stage), Erased)
    now_s, keys = stage.clock.now_s(), stage.ledger.keys
    before = sum(keys.tombstones()[keys.mark_of(ASH)].values())
    assert before > 0.0
    for restarted in (False, True):
        if restarted:
            stage.restart()
        exposures = stage.app.erasures._deps.exposures
        assert exposures.dose(ASH, now_s).charged_min == pytest.approx(before)
        assert exposures.dose("sleeper-9", now_s).charged_min == 0.0
        assert exposures.dose(ASH, now_s + 2 * DAY_S).week_min == pytest.approx(before)
        later = exposures.dose(ASH, now_s + 8 * DAY_S)
        assert (later.charged_min, later.week_min) == (0.0, 0.0)


def test_the_key_stays_until_the_last_merge_minutes_are_charged() -> None:
    """While a charge is on its way the erasure waits; the tombstone then holds these minutes, too."""
    ledger = LateLedger()
    stage = dreaming(ledger)
    ledger.late = []
    answer = stage.app.erasures.erase(OWN, ASH)
    stage.hop(12)
    assert isinstance(answer, Deferred)
    assert not answer.settled
    charged = ledger.exposures(0.0).get(ASH, 0.0)
    late, ledger.late = ledger.late, None
    last_min = sum(part.minutes.get(ASH, 0.0) for one, _ in late for part in one.exposure)
    assert last_min > 0.0
    for transaction, commit in late:
        commit.end(ledger.write(transaction))
    stage.hop(12)
    assert isinstance(answer.answer(), Erased)
    kept_min = sum(ledger.keys.tombstones()[ledger.keys.mark_of(ASH)].values())
    assert kept_min == pytest.approx(charged + last_min)


def test_only_the_sleeper_erases_and_exports() -> None:
    """In every other role both are refused with NOT_YOURS, and no sleeper is severed."""
    stage = Stage(1)
    stage.appear()
    for role in set(Role) - {Role.SLEEPER}:
        caller = Caller("anna", role, Channel.GRPC)
        for answer in (stage.app.erasures.erase(caller, ASH), stage.app.erasures.export(caller, ASH)):
            assert isinstance(answer, Refusal)
            assert answer.code is Code.NOT_YOURS
    assert stage.ledger.checked_in() == {"bed-1": ASH}


def test_a_ledger_that_fails_erases_nothing_but_the_sleeper_is_out() -> None:
    """Refused, the letter is still there, the bed is free; asked again with a sound ledger it is done."""
    stage = dreaming()
    memory_of(stage).broken = "the disk is full"
    refusal = erased(stage, hops=40)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.LEDGER_UNAVAILABLE
    assert stage.pods[0].assign is None
    memory_of(stage).broken = ""
    stage.hop(4)
    assert stage.ledger.personal(ASH, "letter")
    assert isinstance(erased(stage), Erased)


def test_an_erasure_that_is_in_the_way_of_a_reader_goes_on_by_itself() -> None:
    """A search that fails is ERASURE_UNFINISHED with its sentence; without a further call it ends well.

    One event tells the house what is in the way, however often it is tried. Until the end no login for this
    sleeper is made, as the erasure would take it; another sleeper's is.
    """
    ledger = HeldLedger()
    stage = Stage(1, ledger)
    stage.appear()
    kinds = kinds_of(stage)
    ledger.reader = "aside"
    refusal = erased(stage)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.ERASURE_UNFINISHED
    assert "aside" in refusal.sentence
    again = stage.app.erasures.erase(OWN, ASH)
    assert isinstance(again, Deferred)
    assert not again.settled
    stage.hop(2 * round(AGAIN_S / HOP_S))
    assert kinds.count("erasure-unfinished") == 1
    assert enrolled(stage, ASH) == Code.ERASURE_UNFINISHED
    assert enrolled(stage, "sleeper-2") is None
    assert isinstance(again.answer(), Refusal), "the second question is answered by the next failure"
    again = stage.app.erasures.erase(OWN, ASH)
    assert isinstance(again, Deferred)
    ledger.reader = ""
    stage.hop(round(AGAIN_S / HOP_S) + 8)
    assert (kinds.count("erased"), kinds.count("erasure-unfinished")) == (1, 1)
    assert enrolled(stage, ASH) is None
    assert isinstance(again.answer(), Erased)


def test_a_sleeper_without_records_is_erased_and_exported_empty() -> None:
    """Of an unknown name nothing is held: the erasure ends well, and the export says so."""
    stage = Stage(1)
    assert isinstance(erased(stage), Erased)
    answer = stage.app.erasures.export(OWN, "cedar")
    assert isinstance(answer, Deferred)
    parts = answer.answer()
    assert isinstance(parts, ExportParts)
    assert json.loads(parts.parts[1].content)["exposure"] == []


def test_records_are_retained_by_law_until_the_date_of_the_clause() -> None:
    """Clause, revision, basis and date are named; without days, or after them, nothing is retained."""
    shipped = shipped_bundle()
    clauses = [one.document() for one in shipped.clauses if one.key is None or one.key.name != "retain_days"]
    law = {"number": "9.9", "key": "retain_days", "limit": 30, "text": "Kept.", "basis": "Health Act 7"}
    bundle = make_bundle(2, map(make_clause, [*clauses, law]))
    records = PersonRecords("ash", "x" * 26, personal=(PersonalRow("ash", "letter", NOW_S, b""),))
    refusal = retained(bundle, records, NOW_S + 29 * DAY_S)
    assert refusal is not None
    assert (refusal.code, refusal.metadata["clause"]) == (Code.RETAINED_BY_LAW, "G-9.9")
    assert refusal.metadata["until"] == "2025-11-08"
    assert "Health Act 7" in refusal.sentence
    assert "2025-11-08" in refusal.sentence
    assert retained(bundle, records, NOW_S + 30 * DAY_S) is None
    assert retained(bundle, PersonRecords("ash"), NOW_S) is None
    assert retained(shipped, records, NOW_S) is None


def test_an_export_gives_every_record_and_verifies() -> None:
    """The files hold what the ledger holds: JSON, CSV, a signed receipt and a FHIR resource a grant."""
    stage = dreaming()
    now_s = stage.clock.now_s()
    scopes, modalities = frozenset({Scope.MERGE}), frozenset({Modality.SOUND})
    grant = ConsentGrant(ASH, 1, scopes, modalities, 0.1, now_s + DAY_S, language="en", at_s=now_s)
    stage.ledger.write(Transaction(grants=(grant, replace(grant, revision=2, ceiling=0.05))))
    records, key = stage.ledger.read_person(ASH).value, SigningKey.generate()
    made = export_parts(records, unnamed_house(), lambda one: sign_receipt(one, key), NOW_S)
    files = {part.name: part.content.decode() for part in made.parts}
    assert set(files) == {
        *("README.txt", "sleeper.json", "exposure.csv", "receipts/receipt-1.json"),
        *("receipts/receipt-2.json", "fhir/consent-1.json", "fhir/consent-2.json"),
    }
    held = json.loads(files["sleeper.json"])
    assert [one["ceiling"] for one in held["grants"]] == [0.1, 0.05]
    assert {one["body"] for one in held["personal"] if one["kind"] == "letter"} == {"you merged"}
    assert (held["beds"], [one["seat"] for one in held["seats"]]) == (["bed-1"], [1])
    assert [one["name"] for one in held["logins"]] == ["ash-login"]
    rows = list(csv.DictReader(files["exposure.csv"].splitlines()))
    lived_min = sum(float(row["merge_minutes"]) for row in rows)
    assert lived_min == pytest.approx(stage.ledger.exposures(0.0)[ASH])
    assert json.loads(files["fhir/consent-2.json"])["resourceType"] == "Consent"
    document = verified(files["receipts/receipt-2.json"].encode(), key.public)
    assert document["pii_principal_id"] == held["subject"] == stage.ledger.keys.subject_of(ASH)
    other = export_parts(stage.ledger.read_person("sleeper-2").value, unnamed_house(), None, NOW_S)
    assert ASH not in repr(other)
