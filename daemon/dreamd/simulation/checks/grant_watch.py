"""The rules `granted` and `clause`: no coupling without a written grant in force, none above it or a clause.

The watch keeps its own account: the grants in the storage, the calls that were made, and the wall clock of
the sleeper's zone. It asks no daemon for a consent. A sleeper is named by the number of the bed.

Rules
- A coupling stands only under a grant that is written, has not expired, and whose hours are open.
- It is at most the ceiling of that grant. A narrower grant counts from its call on, a wider one from the next
  assign on.
- After a withdrawal that a daemon was told of, no later message of it couples the sleeper, until a grant of a
  higher revision is written and the sleeper is assigned anew.
- It is at most the ceiling of the guidelines: a tightened one counts in the next message.
- A daemon that another one has followed is judged by its own calls: the ledger belongs to the other one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import Final
from zoneinfo import ZoneInfo

from dreamd.core.consent.course import ConsentState
from dreamd.core.consent.grant import Grant
from dreamd.core.guidelines.course import CourseState
from dreamd.simulation.checks.guest_watch import GuestWatch
from dreamd.simulation.checks.moratorium_watch import MoratoriumWatch
from dreamd.simulation.checks.rendered_exposure import sleeper_of
from dreamd.simulation.checks.round_watch import RoundWatch
from dreamd.simulation.checks.violations import is_anchored
from dreamd.simulation.environment import ObservedDaemon
from dreamd.simulation.machines.memory_ledger import LedgerStorage

GRANTED: Final = "granted"
CLAUSE: Final = "clause"
ROUNDING: Final = 0.5 / 255.0 + 1e-9
"""A coupling is one of 256 steps."""
SLACK_MIN: Final = 0.01
"""Lived between two looks of the daemon at the doses, at most."""

Violated = Callable[[str, str, str], None]


@dataclass(slots=True)
class _Known:
    """The knowledge of one daemon. gone: the revision with which a sleeper withdrew, by pseudonym."""

    gone: dict[str, int] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)
    clause: float = inf
    dose_min: float = inf


class GrantWatch:
    """The grants, withdrawals and clauses of a night, and each coupling held against them."""

    def __init__(self, storage: LedgerStorage, violated: Violated, lived_min: Callable[[str], float]) -> None:
        """lived_min: the merge-minutes that the devices of a bed have rendered."""
        self._storage = storage
        self._violated = violated
        self.lived_min = lived_min
        self._of: dict[int, _Known] = {}
        self.judged = 0
        self.moratoria = MoratoriumWatch(storage, violated)
        self.rounds = RoundWatch(storage, violated)
        self.guests = GuestWatch(storage, violated)

    # -- what a daemon is told --------------------------------------------------------------------

    def daemon_started(self, daemon: ObservedDaemon) -> None:
        """A daemon knows what is written."""
        self.guests.follow_daemon(daemon)
        known = self._of[daemon.number] = _Known()
        for sleeper, consent in self._storage.consents.items():
            if consent.state in (ConsentState.WITHDRAWN, ConsentState.SUSPENDED):
                known.gone[sleeper] = max(consent.revision, self._newest(sleeper))
        held = [one for one in self._storage.guidelines.values() if one.course.state is CourseState.IN_FORCE]
        if held:
            newest = max(held, key=lambda one: (one.course.in_force_s, one.bundle.revision))
            known.clause = newest.bundle.number("ceiling")
            known.dose_min = newest.bundle.number("dose_24h_min")

    def withdrew(self, daemon: ObservedDaemon, sleeper: str) -> None:
        """This daemon was told that the sleeper withdraws."""
        self._of[daemon.number].gone[sleeper] = self._newest(sleeper)

    def changed(self, daemon: ObservedDaemon, old: Grant, new: Grant) -> None:
        """The sleeper has asked this daemon to let `new` stand in place of `old`, and was not refused."""
        most = self._of[daemon.number].most
        most[new.sleeper] = min(most.get(new.sleeper, inf), old.ceiling, new.ceiling)

    def assigned(self, daemon: ObservedDaemon, pod: str, dreamscape: str) -> None:
        """The sleeper is assigned: the newest grant counts, also after a withdrawal that is older."""
        self.guests.assigned(daemon, dreamscape, pod)
        known, sleeper = self._of[daemon.number], sleeper_of(pod)
        known.most.pop(sleeper, None)
        if self._newest(sleeper) > known.gone.get(sleeper, 0):
            known.gone.pop(sleeper, None)

    def ruled(self, daemon: ObservedDaemon, ceiling: float, dose_min: float = inf) -> None:
        """This daemon has answered that a revision with this ceiling and this dose of a day is in force."""
        known = self._of[daemon.number]
        known.clause, known.dose_min = ceiling, dose_min

    # -- what it broadcasts -----------------------------------------------------------------------

    def coupled(self, daemon: ObservedDaemon, pod: str, coupling: float) -> None:
        """Hold one coupling against what this daemon knows now."""
        if not coupling > 0.0:
            return
        self.judged += 1
        self.moratoria.coupled(daemon, pod)
        known, sleeper = self._of[daemon.number], sleeper_of(pod)
        newest = self._newest(sleeper)
        if sleeper in known.gone:
            self._violated(GRANTED, pod, "is coupled after its sleeper withdrew")
            return
        if daemon.number < max(self._of):
            return
        grant = self._storage.grants.get((sleeper, newest))
        if grant is None:
            self._violated(GRANTED, pod, "is coupled, and no grant of its sleeper is written")
            return
        if not in_force(grant, daemon.now_s()):
            self._violated(GRANTED, pod, f"is coupled, and grant {newest} of its sleeper is not in force")
        most = min(known.most.get(sleeper, inf), grant.ceiling)
        if not coupling <= most + ROUNDING:
            self._violated(GRANTED, pod, f"is coupled by {coupling:.4f}, its sleeper has granted {most:.4f}")
        if not coupling <= known.clause + ROUNDING:
            self._violated(CLAUSE, pod, f"is coupled by {coupling:.4f}, clause 2.1 allows {known.clause:.4f}")
        lived_min = self.lived_min(pod)
        if not lived_min <= known.dose_min + SLACK_MIN and not is_anchored(self._storage, pod):
            self._violated(CLAUSE, pod, f"is coupled after {lived_min:.4f} of {known.dose_min:.4f} min")

    def _newest(self, sleeper: str) -> int:
        return max((revision for who, revision in self._storage.grants if who == sleeper), default=0)


def in_force(grant: Grant, now_s: float) -> bool:
    """Whether a grant may be used at this instant, by the wall clock of its zone. now_s: unix time."""
    if not now_s < grant.expires_s:
        return False
    if grant.hours is None:
        return True
    local = datetime.fromtimestamp(now_s, UTC).astimezone(ZoneInfo(grant.hours.zone))
    return grant.hours.window.holds(local.hour * 60 + local.minute + local.second / 60.0)
