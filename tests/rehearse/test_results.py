"""The results of a rehearsal: found, false and missing severs, and their times."""

import pytest

from dreamd.rehearsal.results import Results, Spread
from dreamd.up.processes.pod_journal import Entry
from dreamd.up.report.metrics_scrape import Totals
from rehearse.stories import COUNT, Story, at


def test_a_pods_own_finding_is_detected_and_timed() -> None:
    """A railed pod that severs itself is found, with both times by its own stamps."""
    story = Story("railed", ("bed-3",))
    story.fall("bed-3", 20.2, "railed")
    books = story.books
    assert (books.detected, len(books.false_severs), books.severed) == (1, 0, {"railed": 1})
    assert books.evidence_to_zero_ms.most == pytest.approx(100.0)
    assert books.onset_to_alone_ms.most == pytest.approx(250.0)


def test_a_zero_from_the_daemon_has_the_daemons_cause() -> None:
    """A zero from the daemon has the cause in the daemon's journal for that pod at that moment."""
    story = Story("frozen", ("bed-3",))
    story.tell(20.9, "bed-3", "frozen")
    story.fall("bed-3", 21.0, "daemon")
    assert story.books.severed == {"frozen": 1}
    assert story.books.detected == 1


def test_a_trip_at_another_time_explains_no_zero() -> None:
    """A trip ten seconds before is not this zero's cause: not found."""
    story = Story("frozen", ("bed-3",))
    story.tell(11.0, "bed-3", "frozen")
    story.fall("bed-3", 21.0, "daemon")
    assert story.books.severed == {"daemon": 1}
    assert story.books.detected == 0


def test_a_cause_before_the_onset_is_not_found() -> None:
    """The right cause before the onset is not found: it is luck, or our fault."""
    story = Story("railed", ("bed-3",))
    story.fall("bed-3", 12.0, "railed")
    assert story.books.detected == 0


def test_a_healthy_sleeper_severed_for_a_fault_is_false() -> None:
    """A personal cause without an injected fault is a false sever, by either end's report."""
    story = Story("railed", ("bed-3",))
    story.fall("bed-4", 21.0, "flat")
    story.tell(22.0, "bed-5", "crosstalk")
    story.fall("bed-5", 22.0, "daemon")
    story.fall("bed-6", 23.0, "lease")
    assert {fall.pod for fall in story.books.false_severs} == {"bed-4", "bed-5"}
    assert not story.books.passed


def test_a_sever_of_the_whole_dreamscape_is_no_false_sever() -> None:
    """A sever of the whole Dreamscape is counted apart, each sleeper timed from the onset."""
    failing = tuple(f"bed-{number}" for number in range(1, COUNT + 1))
    story = Story("homogenise", failing)
    story.tell(90.0, "", "homogenise")
    for number in range(1, COUNT + 1):
        story.fall(f"bed-{number}", 90.1, "daemon")
    books = story.books
    assert books.dreamscape_causes == ("homogenise",)
    assert (books.detected, len(books.false_severs)) == (COUNT, 0)
    assert books.onset_to_alone_ms.most == pytest.approx(70_150.0)
    assert books.passed


def test_a_crowd_is_not_found_out_where_the_dreamscape_was_not_severed() -> None:
    """A group fault without a sever of the Dreamscape has failed, though each implant severs its own."""
    failing = ("bed-1", "bed-2", "bed-3")
    story = Story("mass", failing)
    for pod in failing:
        story.fall(pod, 20.2, "nonfinite")
    assert story.books.detected == 0
    story.tell(20.4, "", "mass")
    assert story.books.detected == 3


def test_it_has_passed_only_with_everyone_found_and_home() -> None:
    """A rehearsal with a sleeper still coupled fails, though it found everything."""
    story = Story("railed", ("bed-3",))
    story.fall("bed-3", 20.2, "railed")
    assert not story.books.passed
    for number in range(1, COUNT + 1):
        story.say(f"bed-{number}", 30.0, "alone", alone_ns=at(30.0))
    assert story.books.passed


def test_where_nothing_began_nothing_has_passed() -> None:
    """An onset that was never reported is not found: an implant that never failed proves nothing."""
    story = Story("railed", ())
    for number in range(1, COUNT + 1):
        story.say(f"bed-{number}", 30.0, "alone", alone_ns=at(30.0))
    assert not story.books.passed


def test_the_stretches_of_being_merged_are_the_pods_own() -> None:
    """Merged stretches run from merged to alone by the pod; one still running has an open end."""
    story = Story("railed", ("bed-3",))
    story.fall("bed-3", 20.2, "railed")
    (span,) = story.books.spans["bed-3"]
    assert (span.from_ns, span.to_ns) == (at(1.0), at(20.25))
    assert story.books.spans["bed-1"][0].to_ns == 0


def test_the_account_has_the_fields_that_were_asked_for() -> None:
    """The result has the documented fields of --json."""
    story = Story("railed", ("bed-3",))
    story.fall("bed-3", 20.2, "railed")
    told = story.books.as_json(Totals(ticks=80, ticks_skipped=1))
    assert told["sleepers"] == COUNT
    assert (told["malfunctioned"], told["detected"], told["false_severs"], told["home"]) == (1, 1, 0, 1)
    assert told["evidence_to_zero_ms"] == {"p50": 100.0, "p99": 100.0, "max": 100.0}
    assert (told["ticks"], told["ticks_skipped"], told["dreamscape_severed"]) == (80, 1, 0)


def test_percentiles_are_of_what_is_known() -> None:
    """Percentiles are nearest rank; unknown values are left out, an empty set is None."""
    assert Spread.of([None]).as_json() == {"p50": None, "p99": None, "max": None}
    hundred = Spread.of([float(value) for value in range(1, 101)])
    assert hundred.as_json() == {"p50": 50.0, "p99": 99.0, "max": 100.0}


def test_of_two_with_one_brain_both_must_be_found() -> None:
    """Of two beds with one brain both must be found, from the second one's onset."""
    story = Story("railed", ())
    books = Results(story.books.cue, story.account, frozenset({"bed-1", "bed-2"}), {"bed-2": "bed-1"})
    books.add_line(Entry(at(20.0), "bed-2", "onset", {"onset_ns": at(20.0)}))
    assert books.onsets == {"bed-1": at(20.0), "bed-2": at(20.0)}
