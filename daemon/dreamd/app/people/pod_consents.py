"""The revisions of consent that pods tell: a pod may know of a newer word of a sleeper than the ledger does.

Rules
- A pod that holds a higher revision than the book has seen a grant that is lost: the book's is suspended.
- A pod that refuses an assign because its revision was withdrawn there tells of a withdrawal that is lost. So
  does its button, also where another sleeper lies in the bed by now. A newer grant stands.
- A subject of no sleeper is passed over: the sleeper was erased.
"""

from collections.abc import Callable

from dreamd.core.safety.causes import Cause
from dreamd.ports.consent import Consents
from dreamwire.consent_refusals import WITHDRAWN
from dreamwire.messages import PodEvent, PodEventKind


class PodConsents:
    """Reads the consents in the events of pods. sleeper_of: the sleeper of a subject, None without one."""

    def __init__(self, consents: Consents, sleeper_of: Callable[[str], str | None]) -> None:
        self._consents = consents
        self._sleeper_of = sleeper_of

    def meant(self, event: PodEvent, in_bed: str) -> str:
        """The sleeper of an event: that of its assignment; without one, the one in the bed."""
        if not (event.assignment and event.consent_subject):
            return in_bed
        return self._known(event.consent_subject, in_bed) or in_bed

    def read_revision(self, event: PodEvent, in_bed: str) -> None:
        """Take in the revision that an event tells. in_bed: the sleeper there, or empty."""
        if not (event.consent_subject and event.consent_revision):
            return
        sleeper = self._known(event.consent_subject, in_bed)
        if not sleeper:
            return
        standing = self._consents.standing(sleeper)
        if _withdraws(event) and event.consent_revision >= standing.revision and not standing.withdrawn:
            self._consents.withdraw(sleeper)
        self._consents.pod_holds(sleeper, event.consent_revision)

    def _known(self, subject: str, in_bed: str) -> str:
        if in_bed and self._consents.standing(in_bed).subject == subject:
            return in_bed
        return self._sleeper_of(subject) or ""


def _withdraws(event: PodEvent) -> bool:
    pressed = event.kind is PodEventKind.LATCHED and event.cause == Cause.WITHDRAWN.value
    return (pressed and event.assignment != 0) or (
        event.kind is PodEventKind.DECLINED and event.cause == WITHDRAWN
    )
