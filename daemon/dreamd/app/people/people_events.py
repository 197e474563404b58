"""Events of people's consent, of the guidelines and of erasure: without a pseudonym, and counted by kind.

Every part that changes a consent reports it here, so no sentence can name a sleeper. Where the sleeper lies
in a bed, the event names that pod, as events of seats do.
"""

from typing import Final

from dreamd.app.events.journal import Journal
from dreamd.ports.clock import SessionClock
from dreamd.ports.metrics import Metrics

CONSENT_CHANGES: Final = ("given", "narrowed", "withdrawn", "expired")
"""The changes of a consent that are counted; the event of each is `consent-` and this word."""


class PeopleEvents:
    """Writes the events into the journal and counts the changes of consent."""

    def __init__(self, journal: Journal, clock: SessionClock, meters: Metrics) -> None:
        self._journal = journal
        self._clock = clock
        self._meters = meters

    def consent_given(self, pod: str = "") -> None:
        """A grant holds. pod: where the sleeper lies; empty: in none."""
        self._write("consent-given", f"{_sleeper(pod)} has given consent", pod)
        self._meters.consent_changed("given")

    def consent_narrowed(self, pod: str = "") -> None:
        """A new grant has taken something away."""
        self._write("consent-narrowed", f"{_sleeper(pod)} has narrowed their consent", pod)
        self._meters.consent_changed("narrowed")

    def consent_withdrawn(self, pod: str = "") -> None:
        """The sleeper has withdrawn, or another has on request."""
        self._write("consent-withdrawn", f"{_sleeper(pod)} has withdrawn their consent", pod)
        self._meters.consent_changed("withdrawn")

    def consent_expired(self, pod: str = "") -> None:
        """A grant has ended by its time or its hours."""
        self._write("consent-expired", f"the consent of {_sleeper(pod)} has ended by its time", pod)
        self._meters.consent_changed("expired")

    def in_force(self, revision: int) -> None:
        """Another revision of the guidelines is in force."""
        sentence = f"revision {revision} of the guidelines is in force"
        self._write("guidelines-in-force", sentence, values={"revision": float(revision)})

    def erased(self) -> None:
        """The data of a sleeper are erased; no bed is named."""
        self._write("erased", "the data kept of a sleeper are erased")

    def erasure_unfinished(self, in_the_way: str) -> None:
        """An erasure is not over. in_the_way: the files that stop it; no name of a sleeper."""
        self._write("erasure-unfinished", f"an erasure goes on: {in_the_way}")

    def _write(self, kind: str, sentence: str, pod: str = "", values: dict[str, float] | None = None) -> None:
        self._journal.append(self._clock.now_s(), kind, sentence, pod=pod, values=values)


def _sleeper(pod: str) -> str:
    return f"the sleeper in {pod}" if pod else "a sleeper"
