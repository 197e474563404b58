"""Time that leaps, and the checker's rules that a festival of several days needs."""

from types import SimpleNamespace
from typing import cast

from dreamd.core.clinic.course import Case, CaseState
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.clinic.levels import Level
from dreamd.core.dreamscapes.views import Event
from dreamd.core.moratoria.course import Moratorium, MoratoriumScope
from dreamd.simulation.checks.hold_watch import HoldWatch
from dreamd.simulation.checks.moratorium_watch import MoratoriumWatch
from dreamd.simulation.environment import ObservedDaemon
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamd.simulation.schedule import Schedule

DAEMON = cast("ObservedDaemon", SimpleNamespace(number=1, now_s=lambda: 100.0))


def test_what_was_due_in_a_leap_is_due_after_it_in_its_order() -> None:
    """Nothing happens in a leap; then each event comes once, by the time at which it was due."""
    schedule, happened = Schedule(), list[tuple[str, int]]()
    for name, at_ns in (("second", 20), ("first", 10), ("after", 2_000)):
        schedule.at(at_ns, lambda name=name: happened.append((name, schedule.now_ns)))  # type: ignore[misc]
    schedule.leap(1_000)
    assert (schedule.now_ns, happened) == (1_000, [])
    schedule.leap(500)
    assert schedule.now_ns == 1_000, "time never goes back"
    schedule.at(1_000, lambda: happened.append(("new", schedule.now_ns)))
    schedule.run_until(3_000)
    assert happened == [("first", 1_000), ("second", 1_000), ("new", 1_000), ("after", 2_000)]


def held_watch(written: CaseState) -> tuple[HoldWatch, list[str]]:
    """A watch of a daemon that holds sleeper-1, and the violations; written: the state in the ledger."""
    storage, violated = LedgerStorage(), list[str]()
    watch = HoldWatch(storage, lambda rule, _subject, text: violated.append(f"{rule}: {text}"))
    case = Case("c", "sleeper-1", "here", Level.NOW, 1.0, state=CaseState.HELD, held=True)
    storage.cases["c"] = KeptCase(case, 1)
    watch.daemon_started(DAEMON)
    returning = Case("c", "sleeper-1", "here", Level.NOW, 1.0, state=written, held=True, step=1)
    storage.cases["c"] = KeptCase(returning, 1)
    watch.daemon_event(DAEMON, Event(1, 1.0, "case-returning", "", "", 0, "c", ""))
    watch.coupled(DAEMON, "bed-1", 0.03)
    return watch, violated


def test_a_held_person_is_coupled_by_a_written_plan_alone() -> None:
    """With the plan in the ledger the checker lets them merge; without it both steps violate `held`."""
    assert held_watch(CaseState.RETURNING)[1] == []
    assert held_watch(CaseState.HELD)[1] == [
        "held: returns its person, and no plan of it is written",
        "held: is coupled although a case holds its sleeper",
    ]


def test_a_moratorium_of_a_site_is_judged_by_the_site_of_the_bed() -> None:
    """A coupling at the site in its reach violates `paused`, one at another site does not."""
    storage, violated = LedgerStorage(), list[str]()
    watch = MoratoriumWatch(storage, lambda _rule, subject, _text: violated.append(subject))
    watch.site_of = {"bed-1": "mill", "bed-2": "lake"}.__getitem__
    called = Moratorium("m", 1, MoratoriumScope.SITE, "mill", 50.0, 500.0, "three cases", "ada", 50.0)
    storage.moratoria_by_id["m"] = called
    watch.called(DAEMON, called)
    for bed in ("bed-1", "bed-2"):
        watch.coupled(DAEMON, bed)
    assert violated == ["bed-1"]
