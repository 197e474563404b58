"""A rehearsal written by hand, as journal entries of pods and facts of the daemon."""

from datetime import UTC, datetime

from dreamapi.v1.dreamscapes_pb2 import Collective, Identity, Runaway, Synchrony
from dreamd.rehearsal.group_history import CrowdRecord
from dreamd.rehearsal.origin import Origin
from dreamd.rehearsal.report import Page, page
from dreamd.rehearsal.results import Results, Told
from dreamd.rehearsal.scenarios import cue, scene_named
from dreamd.up.processes.pod_journal import Entry
from dreamd.up.report.metrics_scrape import Totals
from dreamd.up.report.night_history import Record
from dreamd.up.report.run_report import RunReport

SECOND = 1_000_000_000
T0_NS = 1_000 * SECOND
COUNT = 10


def at(seconds: float) -> int:
    """A stamp of the run's clock."""
    return T0_NS + round(seconds * SECOND)


class Story:
    """Ten sleepers, merged at 1 s; those named fail at 20 s in the scene."""

    def __init__(self, name: str, failing: tuple[str, ...], share: float | None = None) -> None:
        pods = tuple(f"bed-{number}" for number in range(1, COUNT + 1))
        self.account = RunReport(pods, T0_NS)
        self.books = Results(cue(scene_named(name), COUNT, share), self.account, frozenset(failing))
        for pod in pods:
            self.say(pod, 1.0, "merged")
        for pod in failing:
            self.say(pod, 20.0, "onset", onset_ns=at(20.0))

    def say(self, pod: str, seconds: float, kind: str, **values: object) -> None:
        """Add a journal line of a pod."""
        entry = Entry(at(seconds), pod, kind, values)
        self.account.on_journal_line(entry)
        self.books.add_line(entry)

    def fall(self, pod: str, seconds: float, cause: str, evidence_s: float = 0.1) -> None:
        """A pod goes to zero, and is alone 50 ms later."""
        stamps = {"evidence_ns": at(seconds - evidence_s), "zero_ns": at(seconds)}
        self.say(pod, seconds, "severed", cause=cause, **stamps)
        self.say(pod, seconds + 0.05, "alone", cause=cause, alone_ns=at(seconds + 0.05), **stamps)

    def tell(self, seconds: float, pod: str, cause: str) -> None:
        """Add the daemon's journal entry: a breaker tripped; pod empty: the Dreamscape was severed."""
        self.books.add_fact(Told(at(seconds), "breaker-tripped" if pod else "state", pod, cause))


ORIGIN = Origin(
    "dreamd rehearse festival --malfunction homogenise --sleepers 10",
    *("0.1.0", "3.12.1", "Debian GNU/Linux 12, Linux 6.1 x86_64"),
    cores=2,
)


def tick(dispersion: float, halved: str = "") -> Collective:
    """A tick as watchers see it."""
    return Collective(
        merged=9,
        level=0.15,
        identity=Identity(dispersion_ratio=dispersion),
        runaway=Runaway(energy=0.3, energy_limit=1.2),
        synchrony=[Synchrony(band="alpha", z=1.0), Synchrony(band="beta")],
        halved_cause=halved,
    )


def told_of(story: Story, ticks: int = 332) -> dict[str, object]:
    """The whole object of `--json`."""
    return {
        **story.books.as_json(Totals(ticks=ticks)),
        "halved": 1,
        "share": 1.0,
        "at_s": 68.0,
        "duration_s": 70.0,
        "seed": 7,
        "signal": "features",
        "passed": story.books.passed,
    }


def homogenised() -> str:
    """The page of a group that was halved and severed."""
    failing = tuple(f"bed-{number}" for number in range(1, COUNT + 1))
    story = Story("homogenise", failing)
    story.tell(90.0, "", "homogenise")
    crowd = CrowdRecord()
    for second in range(20, 90):
        crowd.add_tick(tick(1.0 - second / 100.0, "homogenise" if second > 80 else ""), float(second))
        story.fall("bed-2", float(second), "daemon") if second == 89 else None
    story.account.closing = True
    record = Record.of(T0_NS, 0.15, [])
    record.close(at(100.0))
    when = datetime(2026, 7, 1, 23, 5, tzinfo=UTC)
    return page(Page(story.books, crowd, told_of(story), record, when, ORIGIN))
