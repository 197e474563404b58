"""A rehearsal written by hand, as journal entries of pods and facts of the daemon."""

from dreamd.rehearsal.results import Results, Told
from dreamd.rehearsal.scenarios import cue, scene_named
from dreamd.up.processes.pod_journal import Entry
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
        self.account.note(entry)
        self.books.note(entry)

    def fall(self, pod: str, seconds: float, cause: str, evidence_s: float = 0.1) -> None:
        """A pod goes to zero, and is alone 50 ms later."""
        stamps = {"evidence_ns": at(seconds - evidence_s), "zero_ns": at(seconds)}
        self.say(pod, seconds, "severed", cause=cause, **stamps)
        self.say(pod, seconds + 0.05, "alone", cause=cause, alone_ns=at(seconds + 0.05), **stamps)

    def tell(self, seconds: float, pod: str, cause: str) -> None:
        """Add the daemon's journal entry: a breaker tripped; pod empty: the Dreamscape was severed."""
        self.books.heard(Told(at(seconds), "breaker-tripped" if pod else "state", pod, cause))
