"""Events of people: no pseudonym, and each change of consent is counted."""

from dreamd.app.events.journal import Journal
from dreamd.app.people.people_events import CONSENT_CHANGES, PeopleEvents
from dreamd.core.refusals import Refusal
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from fakes.access import FakeClock
from fakes.views import NOW_S


def test_each_change_is_an_event_and_a_count_without_a_name() -> None:
    """Every change of consent writes its kind and is counted; the bed stands in it where it is known."""
    journal, meters = Journal(NOW_S), CountingMetrics()
    told = PeopleEvents(journal, FakeClock(), meters)
    for change in (told.consent_given, told.consent_narrowed, told.consent_withdrawn, told.consent_expired):
        change("bed-3")
        change()
    told.in_force(8)
    told.erased()
    told.erasure_unfinished("its bytes are still in aside")
    events = journal.events_after(int(NOW_S * 1e6) - 1, 100)
    assert not isinstance(events, Refusal)
    kinds = [f"consent-{change}" for change in CONSENT_CHANGES for _ in range(2)]
    assert [event.kind for event in events] == [*kinds, "guidelines-in-force", "erased", "erasure-unfinished"]
    assert [event.pod for event in events] == ["bed-3", ""] * 4 + ["", "", ""]
    assert events[0].sentence == "the sleeper in bed-3 has given consent"
    assert events[7].sentence == "the consent of a sleeper has ended by its time"
    assert (events[8].sentence, events[8].values) == (
        "revision 8 of the guidelines is in force",
        {"revision": 8.0},
    )
    assert meters.counts == dict.fromkeys([f"consent:{change}" for change in CONSENT_CHANGES], 2)
