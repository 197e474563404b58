"""Consents from grants in the application: restrictions first, permissions from the ledger on."""

from collections import Counter
from dataclasses import replace

import pytest

from dreamd.adapters.documents.canonical import digest
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.people.asked_consent import asked_by
from dreamd.app.people.consent_book import LOOKED_AT, ConsentBook
from dreamd.app.people.house_people import HousePeople
from dreamd.app.people.people_events import PeopleEvents
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import Asked, Grant, Method, Modality, Scope
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from fakes.access import FakeClock
from fakes.ledger import MemoryLedger
from fakes.people import Exposures
from fakes.views import NOW_S

ASH = Caller("ash", Role.SLEEPER, Channel.GRPC)
GRANT = Grant(
    "ash",
    1,
    frozenset({Scope.MERGE}),
    frozenset({Modality.SOUND}),
    0.12,
    NOW_S + 36_000.0,
    notice_sha256="a" * 64,
    language="en",
    at_s=NOW_S,
    adult=True,
)


class House:
    """A book over a ledger, and what it told."""

    def __init__(self, ledger: MemoryLedger | None = None, *, simulated: bool = False) -> None:
        self.ledger, self.clock = ledger or MemoryLedger(), FakeClock()
        self.journal, meters = Journal(NOW_S), CountingMetrics()
        commits = Commits(self.ledger, self.clock, self.journal, meters)
        events = PeopleEvents(self.journal, self.clock, meters)
        people = HousePeople(
            Exposures(), str.upper, simulated_grants=simulated, anchors=Exposures(), digest=digest
        )
        self.book = ConsentBook(
            self.ledger.consents(), commits, self.clock, events, lambda _sleeper: "bed-1", people
        )
        self.told: list[str] = []
        self.book.changed(self.told.append)

    def given(self, grant: Grant = GRANT) -> Consent:
        """The sleeper grants, and the ledger has it."""
        answer = self.book.grant(ASH, grant)
        assert isinstance(answer, Consent), answer
        return answer

    @property
    def ceiling(self) -> float:
        """The ceiling that holds now."""
        standing = self.book.standing("ash")
        return standing.ceiling if standing.left_s(self.clock.now) > 0.0 else 0.0

    def after_a_crash(self) -> "House":
        """Another daemon on what the ledger holds."""
        return House(MemoryLedger(self.ledger.storage))


def test_nothing_granted_is_no_consent() -> None:
    """Without a grant nothing is agreed to; the refusal names the scope."""
    house = House()
    assert house.ceiling == 0.0
    refusal = house.book.missing("ash", Asked())
    assert refusal is not None
    assert (refusal.code, refusal.metadata["scope"]) == (Code.CONSENT_MISSING, "merge")


@pytest.mark.parametrize("role", [r for r in Role if r not in (Role.SLEEPER, Role.BED)])
def test_only_the_sleeper_grants(role: Role) -> None:
    """Every other role is refused, and nothing is written."""
    house = House()
    refusal = house.book.grant(Caller("mira", role, Channel.GRPC), GRANT)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.NOT_YOURS
    assert house.ledger.consents() == {}


def test_a_site_takes_no_simulated_grant() -> None:
    """A grant of a simulation is refused where callers have credentials, and taken where they have none."""
    invented = replace(GRANT, method=Method.SIMULATED)
    refusal = House().book.grant(ASH, invented)
    assert isinstance(refusal, Refusal)
    assert refusal.metadata["field"] == "grant.method"
    assert House(simulated=True).given(invented).state is ConsentState.GIVEN


@pytest.mark.parametrize(
    ("role", "method", "taken"),
    [
        (Role.SLEEPER, Method.TOKEN, True),
        (Role.SLEEPER, Method.POD, False),
        (Role.BED, Method.POD, True),
        (Role.BED, Method.TOKEN, False),
    ],
)
def test_a_grant_at_the_bed_is_of_a_bed_alone(role: Role, method: Method, taken: bool) -> None:
    """A credential gives no grant that says it was given at the bed, and a bed gives no other."""
    house = House()
    answer = house.book.grant(Caller("ash", role, Channel.GRPC), replace(GRANT, method=method))
    if isinstance(answer, Refusal):
        assert answer.metadata["field"] == "grant.method"
    assert isinstance(answer, Refusal) is not taken


def test_a_grant_is_dated_by_the_daemon_and_the_same_one_again_changes_nothing() -> None:
    """A caller cannot date its grant; its repetition later is answered with the consent as it is."""
    house = House()
    given = house.given(replace(GRANT, at_s=NOW_S + 1e6))
    assert given.grant is not None
    assert given.grant.at_s == NOW_S
    house.clock.now += 5.0
    assert house.given(GRANT) == given
    refusal = house.book.grant(ASH, replace(GRANT, revision=2, expires_s=NOW_S + 90 * 86400.0 + 6.0))
    assert isinstance(refusal, Refusal)
    assert refusal.metadata["field"] == "grant.expire_time"


def test_a_status_names_the_subject_of_a_sleeper_that_has_granted() -> None:
    """A sleeper that has granted nothing has no subject on the wire."""
    house = House()
    assert house.book.standing("ash").subject == ""
    house.given()
    assert house.book.standing("ash").subject == "ASH"


def test_a_grant_holds_once_the_ledger_has_it() -> None:
    """While the ledger is slow nothing is granted, after a crash neither; then it holds, over a restart."""
    house = House()
    house.ledger.held = True
    waits = house.book.grant(ASH, GRANT)
    assert isinstance(waits, Deferred)
    assert (house.ceiling, house.after_a_crash().ceiling) == (0.0, 0.0)
    second = house.book.grant(ASH, replace(GRANT, ceiling=0.05))
    assert isinstance(second, Refusal)
    house.ledger.release()
    assert (house.ceiling, house.after_a_crash().ceiling, house.told) == (0.12, 0.12, ["ash"])


def test_a_narrower_grant_acts_before_it_is_written() -> None:
    """The ceiling falls in the call though the ledger is slow; a wider one waits for ledger and assign."""
    house = House()
    house.given()
    house.ledger.held = True
    house.book.grant(ASH, replace(GRANT, revision=2, ceiling=0.05, modalities=frozenset(Modality)))
    assert house.ceiling == 0.05
    house.ledger.release()
    assert house.book.consent("ash").held.modalities == frozenset({Modality.SOUND})
    house.given(replace(GRANT, revision=3, ceiling=0.15))
    assert house.ceiling == 0.05
    house.book.unseated("ash")
    assert house.ceiling == 0.15


def test_what_a_grant_on_its_way_takes_away_stays_gone_at_an_assign() -> None:
    """An assign while the ledger is slow gives neither ceiling nor scope back, nor does the written grant."""
    house = House()
    house.given(replace(GRANT, scopes=frozenset({Scope.MERGE, Scope.RECORD})))
    recorded = Asked(frozenset({Scope.MERGE, Scope.RECORD}))
    house.ledger.held = True
    house.book.grant(ASH, replace(GRANT, revision=2, ceiling=0.05))
    house.book.unseated("ash")
    assert house.ceiling == 0.05
    assert house.book.missing("ash", recorded) is not None
    assert house.book.missing("ash", Asked()) is None
    house.ledger.release()
    assert house.ceiling == 0.05
    assert house.book.standing("ash").scopes == frozenset({Scope.MERGE})


def test_a_withdrawal_waits_for_nothing_and_overtakes_a_grant_on_its_way() -> None:
    """Zero at once; the grant that is written meanwhile never holds, and its revision is passed over."""
    house = House()
    house.given()
    house.ledger.held = True
    waits = house.book.grant(ASH, replace(GRANT, revision=2, ceiling=0.15))
    house.book.withdraw("ash")
    assert house.ceiling == 0.0
    house.ledger.release()
    house.ledger.deliver()
    assert isinstance(waits, Deferred)
    assert isinstance(waits.answer(), Refusal)
    for one in (house, house.after_a_crash()):
        assert one.ceiling == 0.0
        assert one.book.consent("ash").state is ConsentState.WITHDRAWN
        assert isinstance(one.book.grant(ASH, replace(GRANT, revision=2)), Refusal)
    house.given(replace(GRANT, revision=3))
    assert house.ceiling == 0.12


@pytest.mark.parametrize("before", [(), (GRANT,)], ids=["nothing granted", "withdrawn"])
def test_a_withdrawal_in_the_instant_of_a_grant_overtakes_it(before: tuple[Grant, ...]) -> None:
    """Before a first grant or after an earlier withdrawal, and without a moment between, nothing holds."""
    house = House()
    for grant in before:
        house.given(grant)
        house.book.withdraw("ash")
    house.ledger.held = True
    waits = house.book.grant(ASH, replace(GRANT, revision=len(before) + 1))
    house.book.withdraw("ash")
    house.ledger.release()
    house.ledger.deliver()
    assert isinstance(waits, Deferred)
    assert isinstance(waits.answer(), Refusal)
    for one in (house, house.after_a_crash()):
        assert (one.ceiling, one.book.consent("ash").state) == (0.0, ConsentState.WITHDRAWN)


def test_a_withdrawal_that_cannot_be_written_is_written_later() -> None:
    """The ledger fails: the sleeper is out all the same, and the next flush writes it."""
    house = House()
    house.given()
    house.ledger.broken = "the disk is full"
    house.book.withdraw("ash")
    assert house.ceiling == 0.0
    assert house.after_a_crash().ledger.storage.consents["ash"].state is ConsentState.GIVEN
    house.ledger.broken = ""
    house.book.write_unwritten()
    assert house.after_a_crash().ceiling == 0.0


def test_a_restored_ledger_suspends_every_grant() -> None:
    """All are asked anew, a withdrawal stays one, and it is written."""
    house = House()
    house.given()
    house.book.withdraw("birch")
    rows = house.book.suspend_all()
    house.ledger.write(Transaction(consents=rows))
    assert house.ceiling == 0.0
    states = {who: one.state for who, one in house.after_a_crash().ledger.consents().items()}
    assert states == {"ash": ConsentState.SUSPENDED, "birch": ConsentState.WITHDRAWN}


def test_what_a_pod_has_seen_is_never_granted_again() -> None:
    """A pod that has seen revision 7 raises the next one to 8, also after a restart."""
    house = House()
    house.given()
    house.book.pod_holds("ash", 7)
    for one in (house, house.after_a_crash()):
        assert isinstance(one.book.grant(ASH, replace(GRANT, revision=2)), Refusal)
    assert house.given(replace(GRANT, revision=8)).revision == 8


def test_each_change_is_reported_once_and_names_no_sleeper() -> None:
    """Given, narrowed, withdrawn and expired stand in the journal, each once, with the bed alone."""
    house = House()
    house.given()
    house.given(replace(GRANT, revision=2, ceiling=0.05))
    house.book.withdraw("ash")
    house.book.withdraw("ash")
    house.given(replace(GRANT, revision=3))
    house.clock.now = GRANT.expires_s
    house.book.consent("ash")
    house.book.consent("ash")
    told = [event for event in house.journal._events if event.kind.startswith("consent-")]
    kinds = [event.kind.removeprefix("consent-") for event in told]
    assert kinds == ["given", "narrowed", "withdrawn", "given", "expired"]
    assert not any("ash" in event.sentence for event in told)


def test_an_expiry_needs_no_write() -> None:
    """At its end a grant allows nothing, though nothing was written then; a restart finds the same."""
    house = House()
    house.given()
    house.clock.now = GRANT.expires_s
    assert house.ceiling == 0.0
    later = house.after_a_crash()
    later.clock.now = GRANT.expires_s
    assert later.ceiling == 0.0


def test_a_status_that_is_asked_for_again_ends_with_its_grant() -> None:
    """A status is made once while nothing changes, and anew when its time is over."""
    house = House()
    house.given()
    standing = house.book.standing("ash")
    house.clock.now = GRANT.expires_s - 1.0
    assert house.book.standing("ash") is standing
    house.clock.now = GRANT.expires_s
    ended = house.book.standing("ash")
    assert (ended.state, ended.ceiling, ended.scopes) == (ConsentState.EXPIRED, 0.0, frozenset())


def test_sleepers_are_counted_by_state_also_once_their_time_is_over() -> None:
    """The tally has each sleeper once: given, withdrawn, and expired by time within a round of looks."""
    house = House()
    house.given()
    assert house.book.tally().states == {ConsentState.GIVEN: 1}
    house.book.withdraw("birch")
    house.book.withdraw("birch")
    house.clock.now += 40_000.0
    assert dict(+Counter(house.book.tally().states)) == {ConsentState.EXPIRED: 1, ConsentState.WITHDRAWN: 1}
    again = house.after_a_crash().book.tally().states
    assert dict(+Counter(again)) == {ConsentState.GIVEN: 1, ConsentState.WITHDRAWN: 1}


def test_a_tally_looks_at_a_bounded_number_of_sleepers() -> None:
    """With more sleepers than one look takes, those whose time is over are found over several tallies."""
    house = House()
    names = [f"s-{n}" for n in range(LOOKED_AT + 20)]
    for name in names:
        house.given(replace(GRANT, sleeper=name))
    house.clock.now += 40_000.0
    first = house.book.tally().states[ConsentState.EXPIRED]
    second = house.book.tally().states[ConsentState.EXPIRED]
    assert (first, second) == (LOOKED_AT, LOOKED_AT + 20)


def test_a_plan_asks_its_own_scopes() -> None:
    """Merge always, intimate below five seats, perform with an artist, record where it is recorded."""
    plan = Plan("night", 3, 5)
    assert asked_by(plan) == Asked(frozenset({Scope.MERGE}))
    for small in (replace(plan, seats_max=4), replace(plan, seats_min=2, intimate=True)):
        assert asked_by(small).scopes == {Scope.MERGE, Scope.INTIMATE}
    assert asked_by(replace(plan, artist_share=0.2)) == Asked(frozenset({Scope.MERGE, Scope.PERFORM}), 0.2)
    assert asked_by(replace(plan, record=True)).scopes == {Scope.MERGE, Scope.RECORD}
