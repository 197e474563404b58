"""Moratoria on the whole application: severed in the call, barred while it acts, lapsed to the second."""

from dataclasses import replace
from math import isnan

import pytest

from dreamd.app.api.awareness.moratoria_protocol import Called
from dreamd.app.moratoria.moratorium_book import OPEN_MOST
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.dreamscapes.views import DreamscapeState, Plan, SeatView
from dreamd.core.moratoria.course import DAY_S, Moratorium, MoratoriumScope, MoratoriumState
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause
from dreamd.ports.ledger.transaction import Transaction
from dreamwire import codec
from dreamwire.messages import CalibrationSource, Release, WakePod
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger
from fakes.stage import START_S, Stage

SITE, FLEET = MoratoriumScope.SITE, MoratoriumScope.FLEET
PEOPLE = (
    *(("ash", Role.ADVOCATE), ("birch", Role.ADVOCATE), ("cedar", Role.CLINICIAN)),
    *((f"p{n}", Role.SLEEPER) for n in range(1, 5)),
)


def named(name: str, role: Role = Role.ADVOCATE) -> Caller:
    """A person in this role."""
    return Caller(name, role, Channel.GRPC)


def principal(name: str, role: Role) -> Principal:
    """A person that the site has enrolled; p3 is sleeper-3."""
    sites = frozenset({"here"}) if role is Role.CLINICIAN else frozenset[str]()
    sleeper = f"sleeper-{name[1:]}" if role is Role.SLEEPER else ""
    return Principal(name, Kind.PERSON, (Grant(role, sites=sites, sleeper=sleeper),))


def house(pods: int = 4, **sites: str) -> Stage:
    """A house with people of every role, whose Dreamscape dreams. sites: of pods, by name."""
    ledger = MemoryLedger()
    ledger.write(Transaction(principals=tuple(principal(*one) for one in PEOPLE)))
    stage = Stage(pods, ledger=ledger)
    for pod in stage.pods:
        pod.site = sites.get(pod.name.replace("-", "_"), "here")
    stage.appear()
    stage.dream()
    return stage


def called(
    stage: Stage, scope: MoratoriumScope = FLEET, site: str = "", by: str = "ash", **times: float
) -> Moratorium:
    """The moratorium that this advocate has called."""
    now_s = stage.clock.now_s()
    span = {"begins_s": 0.0, "ends_s": now_s + 7 * DAY_S} | times
    told = stage.app.moratoria.call_moratorium(named("ash"), scope, site, *span.values(), "three cases")
    assert isinstance(told, Called), told
    return told.moratorium


def state_of(stage: Stage) -> DreamscapeState:
    """The state of the Dreamscape."""
    view = stage.app.dreamscapes.get("night")
    assert not isinstance(view, Refusal)
    return view.state


def barred(stage: Stage, pod: str) -> str:
    """The code of the check `moratorium` of this pod, or empty."""
    checks = stage.app.dreamscapes.explain("night", pod)
    assert not isinstance(checks, Refusal)
    return next(check.code for check in checks if check.name == "moratorium")


def left(seat: SeatView) -> bool:
    """Whether a moratorium has ended this seat."""
    return seat.cause == Cause.MORATORIUM.value


def pass_until(stage: Stage, at_s: float) -> None:
    """Let time pass to this instant, with a tick at its end."""
    stage.clock.at_s = at_s
    stage.app.run_due()


def kinds(stage: Stage) -> list[str]:
    """The kinds of the journal's events about moratoria."""
    return [event.kind for event in stage.app.journal._events if event.kind.startswith("moratorium")]


def test_a_call_sets_everyone_to_zero_in_the_call_and_wakes_no_sleeper() -> None:
    """The zeros leave within the call; the Dreamscape is severed as a whole; no pod gets a wake command."""
    stage = house()
    assert all(stage.coupling(pod.name) for pod in stage.pods)
    before = len(stage.link.collectives)
    one = called(stage)
    assert len(stage.link.collectives) > before
    assert not stage.link.wakes, "the retained place delays no zero"
    assert [stage.coupling(pod.name) for pod in stage.pods] == [0] * 4
    assert state_of(stage) is DreamscapeState.SEVERED
    assert not any(isinstance(command.what, WakePod) for command in stage.link.commands)
    assert isnan(stage.meters.people_now.unseconded_s)
    stage.hop(1)
    assert stage.link.wakes[-1].lifted, "a pod that knows no moratoria reads a lifted order"
    assert [said.id for said in stage.link.wakes[-1].moratoria] == [one.id]
    stage.hop(7)
    assert [stage.coupling(pod.name) for pod in stage.pods] == [0] * 4
    assert kinds(stage) == ["moratorium-called"]
    banner = stage.app.house.overview().troubles[-1]
    assert banner.startswith(f"no sleeper is merged there: moratorium {one.id} of the fleet by ash acts")
    told = stage.meters.people_now
    assert (told.called, told.standing, round(told.unseconded_s, -2)) == (1, 0, 86_400.0)


def test_while_it_acts_nothing_starts_resumes_or_is_admitted() -> None:
    """Resume and start are refused with its id, and so is each bed; after its end all pass."""
    stage = house()
    one = called(stage, ends_s=stage.clock.now_s() + 3.0)
    stage.hop(4)
    act = stage.app.dreamscapes
    act.create(OPERATOR, Plan("dawn", 3, 8))
    for refused in (act.resume(OPERATOR, "night"), act.start(OPERATOR, "dawn")):
        assert isinstance(refused, Refusal)
        assert (refused.code, refused.metadata["moratorium"]) == (Code.MORATORIUM, one.id)
    assert barred(stage, "bed-1") == Code.MORATORIUM.value
    stage.hop(9)
    assert barred(stage, "bed-1") == ""
    assert kinds(stage)[-1] == "moratorium-lapsed"
    stage.hop(4)
    assert state_of(stage) is DreamscapeState.SEVERED, "its end merges no sleeper"
    assert not isinstance(stage.app.dreamscapes.resume(OPERATOR, "night"), Refusal)


def test_a_call_lapses_at_24_hours_to_the_second_and_a_seconded_one_stands() -> None:
    """A second before 24 h it bars, at 24 h it does not; with a second it bars to its own end."""
    stage = house()
    one = called(stage)
    pass_until(stage, one.called_s + DAY_S - 1.0)
    assert barred(stage, "bed-1")
    assert not isinstance(stage.app.moratoria.second_moratorium(named("birch"), one.id), Refusal)
    pass_until(stage, one.called_s + DAY_S + 1.0)
    assert barred(stage, "bed-1")
    pass_until(stage, one.ends_s - 0.5)
    assert barred(stage, "bed-1")
    pass_until(stage, one.ends_s)
    assert not barred(stage, "bed-1")
    assert kinds(stage)[-1] == "moratorium-ended"


def test_of_a_shared_dreamscape_the_site_alone_is_severed() -> None:
    """The pods of the site leave their seats by a release; the others dream on, with their couplings."""
    stage = house(6, bed_5="south", bed_6="south")
    one = called(stage, SITE, "south")
    gone = {command.pod for command in stage.link.commands if isinstance(command.what, Release)}
    assert gone == {"bed-5", "bed-6"}
    stage.hop(4)
    assert state_of(stage) is DreamscapeState.DREAMING
    assert all(stage.coupling(f"bed-{n}") for n in range(1, 5))
    view = stage.app.dreamscapes.get("night")
    assert not isinstance(view, Refusal)
    assert {seat.pod for seat in view.seats if left(seat)} == {
        "bed-5",
        "bed-6",
    }
    assert (barred(stage, "bed-1"), barred(stage, "bed-5")) == ("", Code.MORATORIUM.value)
    pass_until(stage, one.until_s)
    stage.hop(8)
    assert stage.pod("bed-5").assign is None, "its end seats no pod that was released"


def test_sleepers_second_the_pause_of_their_site_from_their_beds() -> None:
    """Three sleepers in beds of the site make it stand; one who lies elsewhere does not count there."""
    stage = house(4, bed_4="south")
    one = called(stage, SITE, "here")
    elsewhere = stage.app.moratoria.second_moratorium(named("p4", Role.SLEEPER), one.id)
    assert isinstance(elsewhere, Refusal)
    assert elsewhere.code is Code.OUT_OF_SCOPE
    for name, stands in (("p1", False), ("p1", False), ("p2", False), ("p3", True)):
        told = stage.app.moratoria.second_moratorium(named(name, Role.SLEEPER), one.id)
        assert isinstance(told, Moratorium)
        assert (told.state is MoratoriumState.STANDING) is stands
    stage.restart()
    [kept] = stage.app.moratoria.list_moratoria()
    assert (kept.state, len(kept.sleepers)) == (MoratoriumState.STANDING, 3)


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        (named("ash"), Code.SAME_PERSON),
        (named("nobody"), Code.PERSON_NEEDED),
        (named("birch", Role.CLINICIAN), Code.WRONG_ROLE),
        (named("cedar", Role.CLINICIAN), Code.NOT_YOUR_SITE),
        (named("", Role.OPERATOR), Code.PERSON_NEEDED),
    ],
)
def test_a_second_is_refused_where_it_is_not_another_persons_of_the_site(caller: Caller, code: Code) -> None:
    """The caller, an unknown person, a role not held and a clinician of another site second nothing."""
    stage = house(4, bed_4="south")
    one = called(stage, SITE, "south")
    refused = stage.app.moratoria.second_moratorium(caller, one.id)
    assert isinstance(refused, Refusal)
    assert refused.code is code


def test_a_clinician_and_an_advocate_lift_it_once_the_ledger_has_it() -> None:
    """The first lift changes nothing; the second ends it, after the write; the place shows it no more."""
    stage = house()
    one = called(stage)
    stage.app.moratoria.second_moratorium(named("birch"), one.id)
    lift = stage.app.moratoria.lift_moratorium
    assert isinstance(lift(named("birch"), one.id, "looked into"), Moratorium)
    assert barred(stage, "bed-1")
    stage.ledger.broken = True
    refused = lift(named("cedar", Role.CLINICIAN), one.id, "looked into")
    assert isinstance(refused, Refusal)
    assert barred(stage, "bed-1"), "a lifting that is not in the ledger ends nothing"
    stage.ledger.broken = False
    assert isinstance(lift(named("cedar", Role.CLINICIAN), one.id, "looked into"), Moratorium)
    assert not barred(stage, "bed-1")
    stage.hop(1)
    assert stage.link.wakes[-1].moratoria == ()
    assert kinds(stage)[-1] == "moratorium-lifted"


def test_a_call_acts_with_a_ledger_that_fails_and_is_written_later() -> None:
    """A call waits for no disk: it acts, and is in the ledger once that takes writes again."""
    stage = house()
    stage.ledger.broken = True
    one = called(stage)
    assert state_of(stage) is DreamscapeState.SEVERED
    stage.ledger.broken = False
    stage.hop(4)
    assert [kept.id for kept in stage.ledger.moratoria()] == [one.id]


def test_a_moratorium_holds_over_a_restart() -> None:
    """After a restart every seat of before waits, refused by it; the Dreamscape grants nothing."""
    stage = house()
    one = called(stage, SITE, "here")
    stage.restart()
    for pod in stage.pods:
        pod.presence()
        pod.status()
    stage.hop(8)
    assert barred(stage, "bed-2") == Code.MORATORIUM.value
    assert all(pod.assign is None or stage.coupling(pod.name) == 0 for pod in stage.pods)
    stage.app.inbound.on_link(up=True)
    assert [said.id for said in stage.link.wakes[-1].moratoria] == [one.id]


def test_a_moratorium_that_a_ledger_has_lost_stands_again_by_the_retained_place() -> None:
    """A copy of before the call knows it from the broker, acts and writes it; an older place ends none."""
    stage = house()
    older = MemoryLedger()
    older.write(Transaction(principals=stage.ledger.principals()))
    one = called(stage)
    stage.hop(1)
    place = stage.link.wakes[-1]
    again = Stage(4, ledger=older)
    again.appear()
    again.dream()
    again.app.inbound.on_wake_place(place)
    assert state_of(again) is DreamscapeState.SEVERED
    [found] = again.app.moratoria.list_moratoria()
    assert (found.id, found.by, found.ends_s) == (one.id, "ash", one.ends_s)
    again.hop(2)
    assert [kept.id for kept in older.moratoria()] == [one.id]
    again.app.inbound.on_wake_place(replace(place, moratoria=(), moratoria_revision=1))
    assert barred(again, "bed-1"), "an older place ends nothing"
    assert again.link.wakes[-1].moratoria, "and is overwritten"


def test_a_later_beginning_severs_at_its_instant_and_bounds_every_assign() -> None:
    """A call for later leaves all merged until it begins; an assign before that ends by itself then."""
    stage = house()
    begins_s = stage.clock.now_s() + 2.0
    called(stage, begins_s=begins_s)
    stage.hop(4)
    assert all(stage.coupling(pod.name) for pod in stage.pods)
    late = stage.app._deps.moratoria.free_until_s("here", person=False)
    assert late == begins_s
    revision = stage.link.wakes[-1].moratoria_revision
    stage.hop(3)
    assert all(stage.coupling(pod.name) for pod in stage.pods)
    stage.hop(1)
    assert stage.clock.now_s() - begins_s <= 0.25
    assert state_of(stage) is DreamscapeState.SEVERED
    assert stage.link.wakes[-1].moratoria_revision > revision, "the pods hear of the beginning"


def test_people_merge_in_the_hours_of_the_guidelines_alone() -> None:
    """At 09:00 people are severed and refused by clause G-5.1; a bed in which no person lies is not."""
    stage = house()
    nine_s = (START_S // DAY_S + (1 if START_S % DAY_S >= 9 * 3600 else 0)) * DAY_S + 9 * 3600.0
    stage.pod("bed-1").calibrated = CalibrationSource.LIVE, 300.0
    stage.clock.at_s = nine_s - 600.0
    stage.hop(8)
    assert not barred(stage, "bed-1")
    assert stage.app._deps.moratoria.free_until_s("here", person=True) == nine_s
    pass_until(stage, nine_s)
    stage.hop(1)
    checks = stage.app.dreamscapes.explain("night", "bed-1")
    assert not isinstance(checks, Refusal)
    told = next(check for check in checks if check.name == "moratorium")
    assert (told.code, told.metadata["clause"]) == (Code.MORATORIUM.value, "G-5.1")
    assert not barred(stage, "bed-2")
    view = stage.app.dreamscapes.get("night")
    assert not isinstance(view, Refusal)
    assert [seat.pod for seat in view.seats if left(seat)] == ["bed-1"]
    pass_until(stage, nine_s + 11 * 3600.0)
    assert not barred(stage, "bed-1")


@pytest.mark.parametrize("source", [CalibrationSource.LIVE, CalibrationSource.SIMULATED])
def test_a_site_rests_after_a_mass_failure_of_people(source: CalibrationSource) -> None:
    """A mass failure keeps the people of its site from merging for rest_h; a second one lasts anew.

    A mass failure of empty beds rests nobody.
    """
    stage = house()
    for pod in stage.pods:
        pod.calibrated = source, 300.0
        pod.status()
    people = source is CalibrationSource.LIVE
    book = stage.app._deps.moratoria
    runtime = stage.app.registry.get("night")
    assert runtime is not None
    runtime.dreamscape.sever(Cause.MASS, "4 of 4 failed")
    found = book.barring("here", person=True)
    resting = list(stage.app.moratoria.list_moratoria())
    assert [one.clause for one in resting] == (["G-5.2"] if people else [])
    if not people:
        return
    assert found is not None
    assert found.metadata["clause"] == "G-5.2"
    assert book.barring("here", person=False) is None
    assert (
        book.barring("south", person=True) is None
        or book.barring("south", person=True).metadata["clause"] == "G-5.1"
    )
    assert resting[0].until_s == stage.clock.now_s() + 24 * 3600.0
    assert book.rested_h("here") == 0.0
    stage.clock.at_s += 3600.0
    book.mass_failure(["here"])
    [longer] = stage.app.moratoria.list_moratoria()
    assert longer.until_s == resting[0].until_s + 3600.0


def test_one_call_that_lapses_keeps_its_advocate_from_the_next() -> None:
    """A second call of the scope is refused, unless it repeats a request; it needs a person and a reason."""
    stage = house()
    ask = (named("ash"), FLEET, "", 0.0, stage.clock.now_s() + DAY_S, "three cases")
    first = stage.app.moratoria.call_moratorium(*ask, request_id="r1")
    again = stage.app.moratoria.call_moratorium(*ask, request_id="r1")
    assert isinstance(first, Called)
    assert isinstance(again, Called)
    assert again.moratorium.id == first.moratorium.id
    refused = stage.app.moratoria.call_moratorium(*ask, request_id="r2")
    assert isinstance(refused, Refusal)
    assert refused.code is Code.QUORUM_LACKING
    for caller, reason, code in (
        (named(" "), "why", Code.PERSON_NEEDED),
        (named("birch"), " ", Code.INVALID_ARGUMENT),
    ):
        lacking = stage.app.moratoria.call_moratorium(
            caller, FLEET, "", 0.0, stage.clock.now_s() + 1.0, reason
        )
        assert isinstance(lacking, Refusal)
        assert lacking.code is code


def test_the_open_moratoria_are_bounded_and_fit_the_retained_place() -> None:
    """OPEN_MOST of them with the longest texts are one message of the wire; one more waits for an end."""
    stage, ends_s = Stage(1), START_S + 9 * DAY_S
    for number in range(OPEN_MOST + 1):
        caller = named("\N{GREEK SMALL LETTER ALPHA}" * 490 + str(number))
        told = stage.app.moratoria.call_moratorium(caller, FLEET, "", 0.0, ends_s, "\N{FIRE}" * 500)
        assert isinstance(told, Called) is (number < OPEN_MOST)
    assert isinstance(told, Refusal)
    assert (told.code, float(told.metadata["retry_s"])) == (Code.RATE_EXCEEDED, DAY_S)
    stage.hop(1)
    place = codec.decode_wake_order(codec.encode(stage.link.wakes[-1]))
    assert len(place.moratoria) == OPEN_MOST
