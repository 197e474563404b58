"""Decides which of the daemon's commands are obeyed or refused, and records the outcomes.

A command is resent until its counter is in a Status, so each arrives once or many times, in any order. The
rules follow from one asymmetry: a command that frees is obeyed at any age, in any order, from any term; a
command that binds has to be the newest, in date, for this start of this pod.

Rules (DESIGN 6).
- Release, wake and ack are always obeyed. A repeated counter is answered again but not carried out again; for
  a wake this holds over restarts too (`woken_by`).
- Assign and recalibrate are refused past `not_after` (and while the session clock is unknown), for another
  incarnation, and when their counter is not above that of every release and wake seen and of every obeyed
  command of their own kind. A reboot voids all of them, because the incarnation is new.
- The newest 16 outcomes are in each Status.
"""

from collections import OrderedDict
from dataclasses import dataclass
from math import inf, isfinite
from typing import Final, assert_never

import numpy as np

from dreamedge.core.merging.effects import KeepWoken
from dreamedge.core.merging.obeyed_wakes import COMMAND, ORDER, ObeyedWakes
from dreamwire.messages import (
    KEY_BYTES,
    Ack,
    Assign,
    Command,
    CommandOutcome,
    Recalibrate,
    Release,
    WakeOrder,
    WakePod,
)
from dreamwire.messages import WakeScope as Scope
from dreamwire.schema import Schema
from dreamwire.topics import is_name

OUTCOMES_KEPT: Final = 16
"""Outcomes in a Status; the oldest is dropped first. A repeat of a dropped command is carried out again."""

SLOTS: Final = 256
"""Slots of a cohort."""

Binding = Assign | Recalibrate
What = Assign | Recalibrate | Release | WakePod | Ack


@dataclass(frozen=True, slots=True)
class Obey:
    """Carry this out now."""

    what: What


@dataclass(frozen=True, slots=True)
class Repeated:
    """Carried out or refused before: report the outcome again."""


@dataclass(frozen=True, slots=True)
class Declined:
    """Refused, with the reason."""

    reason: str


Verdict = Obey | Repeated | Declined


class CommandFilter:
    """The commands and wake orders seen since this start of the pod."""

    def __init__(self, pod: str, site: str, incarnation: int, woken: ObeyedWakes | None = None) -> None:
        self.woken_by = woken or ObeyedWakes()
        self._pod = pod
        self._site = site
        self._incarnation = incarnation
        self._outcomes: OrderedDict[int, str] = OrderedDict()
        self._freed = 0
        self._bound: dict[type[Binding], int] = {Assign: 0, Recalibrate: 0}
        self._wake: WakeOrder | None = None
        self.outcomes: tuple[CommandOutcome, ...] = ()
        """The outcomes of the newest commands, oldest first."""

    def weigh(self, command: Command, session_ms: float | None, hindrance: str) -> Verdict:
        """Judge one command and keep its outcome.

        Args:
            command: verified, not retained.
            session_ms: the session clock, ms; None while it is unknown.
            hindrance: why this pod cannot be bound now (`""`: it can); a binding command is refused with it.
        """
        if command.pod != self._pod:
            return Declined("other-pod")  # addressed to another pod: no outcome to report
        if command.counter in self._outcomes:
            return Repeated()
        what = command.what
        if isinstance(what, WakePod):
            if self.woken_by.replayed((COMMAND, command.counter)):
                self._keep(command.counter, "")
                return Repeated()
            self.woken_by.obeyed((COMMAND, command.counter))
        reason = ""
        match what:
            case Release() | WakePod():
                self._freed = max(self._freed, command.counter)
            case Ack():
                pass
            case Assign() | Recalibrate():
                reason = self._unbinding(command, what, session_ms) or hindrance
                if not reason:
                    self._bound[type(what)] = command.counter
            case _:
                assert_never(what)
        self._keep(command.counter, reason)
        return Declined(reason) if reason else Obey(what)

    def binds(self, command: Command, session_ms: float | None) -> bool:
        """Whether this is an assign or recalibrate that nothing here refuses, and that is no repetition."""
        what = command.what
        return (
            isinstance(what, Assign | Recalibrate)
            and command.pod == self._pod
            and command.counter not in self._outcomes
            and not self._unbinding(command, what, session_ms)
        )

    def decline(self, command: Command, reason: str) -> Declined:
        """Refuse a command that was to be obeyed."""
        self._keep(command.counter, reason)
        return Declined(reason)

    def wakes(self, order: WakeOrder, dreamscape: str) -> bool:
        """Keep a wake order if it is the newest; True if it is set, reaches this pod, and is not a copy."""
        if self._wake is not None and not order.revision > self._wake.revision:
            return False
        self._wake = order
        reached = self.woken(dreamscape)
        if not reached or self.woken_by.replayed((ORDER, order.revision)):
            return False
        self.woken_by.obeyed((ORDER, order.revision))
        return True

    def woken(self, dreamscape: str) -> bool:
        """Whether the newest wake order is set and reaches this pod in this Dreamscape (empty: in none)."""
        order = self._wake
        if order is None or order.lifted:
            return False
        match order.scope:
            case Scope.POD:
                return order.target == self._pod
            case Scope.SITE:
                return order.target == self._site
            case Scope.DREAMSCAPE:
                return order.target == dreamscape != ""
            case Scope.FLEET | Scope.UNSPECIFIED:
                return True  # an unknown scope counts as the widest
            case _:
                assert_never(order.scope)

    def kept(self) -> KeepWoken:
        """The wakes obeyed, for the disk."""
        return KeepWoken(self.woken_by.kept)

    def _unbinding(self, command: Command, what: Binding, session_ms: float | None) -> str:
        if command.incarnation != self._incarnation:
            return "other-incarnation"
        if not command.counter > max(self._freed, self._bound[type(what)]):
            return "superseded"
        if session_ms is None:
            return "clock-unsynced"
        if not session_ms <= command.not_after_ms:
            return "too-late"
        return ""

    def _keep(self, counter: int, refused: str) -> None:
        self._outcomes[counter] = refused
        while len(self._outcomes) > OUTCOMES_KEPT:
            self._outcomes.popitem(last=False)
        self.outcomes = tuple(CommandOutcome(*outcome) for outcome in self._outcomes.items())


def unfit(assign: Assign, schema: Schema, incarnation: int) -> str:
    """Return why this assignment cannot be accepted, or nothing. Every number must be finite and in range.

    An assign without merge-minutes left, as from an older daemon, leaves none and is refused. So is one
    without the cohort's key: its daemon would broadcast in the clear.
    """
    if assign.incarnation != incarnation:
        return "other-incarnation"
    if assign.schema != schema.name:
        return "other-schema"
    named = is_name(assign.dreamscape) and assign.assignment != 0
    placed = 0 <= assign.slot < SLOTS and assign.cohort >= 0 and assign.term > 0
    scaled = (
        assign.mu_db.shape == assign.sigma_db.shape == (schema.size,)
        and bool(np.isfinite(assign.mu_db).all())
        and bool(np.isfinite(assign.sigma_db).all())
        and bool((assign.sigma_db > 0.0).all())
    )
    bounded = (
        0.0 <= assign.ceiling <= 1.0
        and 0.0 <= assign.cap <= 1.0
        and 0.0 < assign.seconds_left < inf
        and isfinite(assign.ramp_s)
        and assign.ramp_s >= 0.0
    )
    dosed = 0.0 < assign.dose_left_min <= assign.dose_limit_min
    if not (named and placed and scaled and bounded):
        return "malformed"
    if not (len(assign.key) == KEY_BYTES and assign.key_number > 0):
        return "no-key"
    return "" if dosed else "exposure"
