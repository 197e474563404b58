"""The revisions of consent that this pod has seen, kept on its disk.

Theory of operation. A daemon with an older ledger, or a repeated assign, could bind a sleeper to a yes that
is over; a pod does not obey it. Revisions count for one sleeper, and a bed sees many: so they are kept by
subject, a random id that stands for a sleeper. A revision is on the disk before an assign of it is obeyed.
Until then the assign waits; then it is judged anew, so that a release, a wake or a latch in between comes
first. To withdraw waits for nothing: the share is zero before anything is written.

Rules
- Refused: a revision below the highest of its subject; the revision that was withdrawn at this pod; and an
  assign without revision or subject once any was seen, as from an older daemon.
- A disk that cannot be read, or that has failed, refuses every assign. It refuses nothing else.
- A withdrawal counts for the subject that was assigned last, whether or not an assignment is held.
- The newest SUBJECTS are kept. Of those that go, one that has withdrawn goes last.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from dreamwire.consent_refusals import LOWER, MISSING, UNKEPT, UNREADABLE, WITHDRAWN
from dreamwire.messages import Assign

SUBJECTS: Final = 256

TELL_NS: Final = 60_000_000_000
"""Between two events about one revision: a daemon that has restarted learns of it again."""

HELD: Final = frozenset({LOWER, WITHDRAWN})
"""Refusals of which the daemon is told the revision that the pod holds."""


@dataclass(frozen=True, slots=True)
class HeldConsent:
    """The highest revision of a subject that this pod has seen. withdrawn: that revision, at this pod."""

    subject: str
    revision: int
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class KeepConsents:
    """Write these consents to the disk, and report `number` once they are there."""

    held: tuple[HeldConsent, ...]
    number: int


class HeldConsents:
    """The consents of one pod."""

    def __init__(self, kept: Iterable[HeldConsent] | None = ()) -> None:
        """kept: those on the disk, the newest last; None: the disk holds some that cannot be read."""
        self._of = {held.subject: held for held in kept or ()}
        self._unreadable = kept is None
        self._changes = self._written = 0
        self._failed = False
        self._told: HeldConsent | None = None
        self._told_ns = 0

    def refusal(self, assign: Assign) -> str:
        """Return why an assign of this consent cannot be obeyed; empty: it can, once its revision is kept."""
        revision, subject = assign.consent_revision, assign.consent_subject
        if self._unreadable or self._failed:
            return UNREADABLE if self._unreadable else UNKEPT
        if not (revision > 0 and subject):
            return MISSING if self._of else ""
        held = self._of.get(subject)
        if held is None or revision > held.revision:
            return ""
        if revision < held.revision:
            return LOWER
        return WITHDRAWN if held.withdrawn else ""

    def see(self, assign: Assign) -> list[KeepConsents]:
        """Take the revision of an assign that is not refused here; returns what is to be written."""
        revision, subject = assign.consent_revision, assign.consent_subject
        if not (revision > 0 and subject):
            return []
        held = HeldConsent(subject, revision)
        if self._newest() == held:
            return []
        self._of.pop(subject, None)
        self._of[subject] = held
        while len(self._of) > SUBJECTS:
            others = list(self._of.values())[:-1]
            del self._of[next((old for old in others if not old.withdrawn), others[0]).subject]
        return self._keep()

    def mark_withdrawn(self) -> list[KeepConsents]:
        """The sleeper has withdrawn at this pod; the change to be written."""
        newest = self._newest()
        if newest is None or newest.withdrawn:
            return []
        self._of[newest.subject] = replace(newest, withdrawn=True)
        return self._keep()

    def stored(self, number: int, *, failed: bool) -> None:
        """The disk holds what it was given as `number`; failed: it takes nothing more."""
        self._written, self._failed = number, failed

    @property
    def durable(self) -> bool:
        """Whether the disk holds all of it."""
        return self._written >= self._changes

    def behind(self, assign: Assign | None, *, withdraws: bool) -> tuple[int, str]:
        """The revision and subject of an event under this assignment.

        withdraws: without one, the subject assigned last is meant.
        """
        if assign is not None:
            return assign.consent_revision, assign.consent_subject
        newest = self._newest() if withdraws else None
        return (newest.revision, newest.subject) if newest is not None else (0, "")

    def telling(self, assign: Assign, refused: str, now_ns: int) -> HeldConsent | None:
        """The consent to tell the daemon for a refused assign, at most once in TELL_NS for a revision."""
        held = self._of.get(assign.consent_subject) if refused in HELD else None
        if held is None or (self._told == held and now_ns - self._told_ns < TELL_NS):
            return None
        self._told, self._told_ns = held, now_ns
        return held

    def _newest(self) -> HeldConsent | None:
        return self._of[next(reversed(self._of))] if self._of else None

    def _keep(self) -> list[KeepConsents]:
        self._changes += 1
        return [KeepConsents(tuple(self._of.values()), self._changes)]
