"""The tether: the pod's own fail-safe. Without a valid permission, no coupling (DESIGN 6).

A broadcast does not permit a coupling in general; it answers one frame of this pod and grants a coupling for
it. The pod couples only while the newest broadcast answers a frame that the pod itself sent under its present
assignment and captured less than one second ago by its own clock. Silence, delay, replay, a dead daemon, a
partition and a NaN therefore all have the same effect: the second runs out. Only the pod's own clock is
trusted, and no failure needs to be detected.

Rules, in the order they are judged:
1. Not assigned, another Dreamscape, another cohort: refused.
2. Each (dreamscape, cohort) has one highest (term, tick). Older or equal is refused, whatever its contents,
   and the mark outlives the assignment. A broadcast that passes this rule raises the mark, even when refused
   below.
3. Slots are given per term: a newer term grants nothing until an assign of that term names the slot.
4. A message in the clear can say zero, which needs no key. It can grant nothing: a coupling in the clear ends
   the permission at once.
5. An encrypted message is opened by the key of the assignment that it names: the present one or the one
   before. Without that key the pod has left the cohort, or its new key is still on the way: nothing is
   granted, and the lease, which no such message renews, runs out by itself.
6. A zero in the own slot is obeyed before anything else in the message is read.
7. A message ends the permission at once if it needs a newer reader, has a wrong shape or a number that is not
   finite (among those that affect feedback; phase means are only shown), or leaves no other sleeper: it is
   the newest broadcast, and it cannot be coupled by.
8. A message that answers no frame of this pod, or one too old, grants nothing; the lease runs out by itself.

In an anchor session all rules hold but one: the sleeper's own template takes the place of the others, so rule
7 does not ask for another sleeper. No artist leads there, and no phases are shown.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import Final

import numpy as np

from dreamwire.blend import SHARE_B_MAX, byte_to_coupling, finite, leave_one_out, seq_low, weight
from dreamwire.messages import Assign, Broadcast, Collective, EncryptedCollective, Floats
from dreamwire.schema import HOP_MS, WIRE_REVISION

HOP_NS: Final = HOP_MS * 1_000_000
LEASE_NS: Final = 1_000_000_000
"""Nanoseconds from the capture of the pod's own answered frame for which a permission is valid."""

FRAMES_KEPT: Final = 8
"""Sent frames kept: at 4 Hz twice as many as a lease can answer; the oldest is dropped."""

KEYS_KEPT: Final = 2
"""Keys of the assignment: a message under the one before may arrive after the assign with a new one."""

Opens = Callable[[EncryptedCollective, bytes], Collective | None]
"""Opens a message by a key; None: the key does not fit."""


def opens_nothing(_message: EncryptedCollective, _key: bytes) -> None:
    """Open no message: a pod without a decoder stays at zero."""


COHORTS_KEPT: Final = 256
"""Cohorts whose highest (term, tick) is kept; the one unheard for longest is dropped first. Dropping is
harmless: to be coupled by that cohort again takes a signed assign that is still in date."""


class Reason(Enum):
    """Why a broadcast was refused; counted in Status."""

    UNASSIGNED = "unassigned"
    OTHER_DREAMSCAPE = "other-dreamscape"
    OTHER_COHORT = "other-cohort"
    OLD_TERM = "old-term"
    OLD_TICK = "old-tick"
    NEWER_TERM = "newer-term"
    MIN_READER = "min-reader"
    MALFORMED = "malformed"
    UNANSWERED = "unanswered"
    UNKNOWN_FRAME = "unknown-frame"
    STALE_FRAME = "stale-frame"
    NOBODY_ELSE = "nobody-else"
    NO_KEY = "no-key"
    IN_THE_CLEAR = "in-the-clear"


@dataclass(frozen=True, slots=True)
class Granted:
    """A permission: the coupling, the answered frame, and the others to be drawn to.

    coupling: 0..1 exclusive of 0. captured_ns: capture of the answered frame. c_minus: float32[D], the centre
    of the others, shared scale. artist: float32[D] or None; artist_share 0..0.5. phase_means: float32[B, 2]
    (re, im) of the grid instant instant_ns, by the pod's own clock; empty if none were sent.
    """

    coupling: float
    seq: int
    captured_ns: int
    received_ns: int
    term: int
    tick: int
    c_minus: Floats
    artist: Floats | None
    artist_share: float
    phase_means: Floats = field(default_factory=lambda: np.zeros((0, 2), dtype=np.float32))
    instant_ns: int = 0


@dataclass(frozen=True, slots=True)
class Zeroed:
    """The daemon has set this pod to zero.

    evidence_ns: capture of the own frame that the broadcast answers. An excluded slot is answered with no
    frame; then the capture of the newest frame that the tick could have used. Without any, the arrival.
    """

    cause: str
    evidence_ns: int
    term: int
    tick: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The broadcast grants nothing."""

    reason: Reason


Judgement = Granted | Zeroed | Refused


@dataclass(slots=True)
class _Sent:
    seq: int
    low: int
    captured_ns: int
    x: Floats
    instant: int


class Tether:
    """The permission of this pod, by its own clock."""

    def __init__(self, opens: Opens = opens_nothing) -> None:
        """Begin without an assignment. opens: opens encrypted broadcasts; by default none."""
        self.assigned: Assign | None = None
        """The assignment under which permissions are judged."""
        self._opens = opens
        self._keys: dict[int, bytes] = {}
        self._over = 0
        self._anchor: Floats | None = None
        self._sent: deque[_Sent] = deque(maxlen=FRAMES_KEPT)
        self._heard: dict[tuple[str, int], tuple[int, int]] = {}
        self._permission: Granted | None = None
        self.until_ns = 0
        """The end, past or future, of the last permission; 0 if there is none."""

    def heard(self, dreamscape: str, cohort: int) -> tuple[int, int]:
        """Return the highest (term, tick) received or assigned there; (0, 0) if none."""
        return self._heard.get((dreamscape, cohort), (0, 0))

    def holds(self, assign: Assign) -> bool:
        """Whether this is the assignment in force, and could only renew its key."""
        return self.assigned is not None and self.assigned.assignment == assign.assignment

    def hindrance(self, assign: Assign) -> str:
        """Return why this assign cannot be accepted, nor renew the key; empty: it can."""
        held = self.assigned
        if held is not None and held.assignment == assign.assignment:
            same = (held.dreamscape, held.cohort, held.slot, held.term) == (
                *(assign.dreamscape, assign.cohort),
                *(assign.slot, assign.term),
            )
            return "" if same else "malformed"
        if assign.assignment == self._over:
            return "assignment-over"
        return "" if assign.term >= self.heard(assign.dreamscape, assign.cohort)[0] else "old-term"

    def renew(self, assign: Assign) -> None:
        """Take the new key of the assignment in force; nothing else changes."""
        self._keys.pop(assign.key_number, None)
        self._keys[assign.key_number] = assign.key
        while len(self._keys) > KEYS_KEPT:
            del self._keys[next(iter(self._keys))]

    def accept(self, assign: Assign, anchor: Floats | None = None) -> bool:
        """Accept an assignment and drop frames and permission; False: a newer term has been received.

        anchor: float32[D], the own template, shared scale; used in an anchor session alone.
        """
        term, tick = self.heard(assign.dreamscape, assign.cohort)
        if not assign.term >= term:
            return False
        self.release()
        self.assigned, self._anchor = assign, anchor
        self.renew(assign)
        self._mark(assign.dreamscape, assign.cohort, max((term, tick), (assign.term, 0)))
        return True

    def release(self) -> None:
        """Give up the assignment and its keys; the highest (term, tick) stays."""
        if self.assigned is not None:
            self._over = self.assigned.assignment
        self.assigned = None
        self._sent.clear()
        self._keys.clear()
        self._permission, self._anchor, self.until_ns = None, None, 0

    def revoke(self) -> None:
        """Drop the permission; the next answered frame may bring another."""
        self._permission, self.until_ns = None, 0

    def sent(self, seq: int, captured_ns: int, now_ns: int, x: Floats, instant: int = 0) -> None:
        """Keep a sent frame of grid instant `instant`.

        x: float32[D], shared scale, as the daemon computes it. A state that is not finite is not kept, so
        that no broadcast can answer it. A capture stamped later than its sending counts from the sending.
        """
        if finite(x):
            self._sent.append(_Sent(seq, seq_low(seq), min(captured_ns, now_ns), x, instant))

    def judge(self, broadcast: Broadcast, now_ns: int) -> Judgement:
        """Judge one verified broadcast that was not retained, and keep the permission it grants."""
        assign = self.assigned
        refusal = _misdirected(broadcast, assign) or self._outdated(broadcast)
        if refusal is not None:
            return Refused(refusal)
        assert assign is not None
        # Counted as received even if it is refused below, so that an older one cannot follow it.
        self._mark(broadcast.dreamscape, broadcast.cohort, (broadcast.term, broadcast.tick))
        if broadcast.term != assign.term:
            return Refused(Reason.NEWER_TERM)
        encrypted = isinstance(broadcast, EncryptedCollective)
        collective = self._opened(broadcast) if isinstance(broadcast, EncryptedCollective) else broadcast
        if collective is None:
            return Refused(Reason.NO_KEY)
        if assign.slot < len(collective.coupling) and collective.coupling[assign.slot] == 0:
            self.revoke()
            return self._zero(collective, assign.slot, now_ns)
        refusal = _unusable(collective, assign) if encrypted else Reason.IN_THE_CLEAR
        if refusal is not None:
            # An unusable broadcast of its own cohort ends a permission now, not with its lease.
            self.until_ns = min(self.until_ns, now_ns)
            return Refused(refusal)
        return self._answer(collective, assign, now_ns)

    def living(self, now_ns: int) -> Granted | None:
        """Return the permission that is valid at `now_ns`, or None."""
        permission = self._permission
        if permission is None:
            return None
        ok = permission.captured_ns <= now_ns < self.until_ns
        return permission if ok else None

    @property
    def captured_ns(self) -> int:
        """Capture of the own frame that the last permission answers; 0 if there is none."""
        return self._permission.captured_ns if self._permission else 0

    def _opened(self, broadcast: EncryptedCollective) -> Collective | None:
        key = self._keys.get(broadcast.key_number)
        return None if key is None else self._opens(broadcast, key)

    def _zero(self, collective: Collective, slot: int, now_ns: int) -> Zeroed:
        named = self._named(int(collective.answered[slot])) if slot < len(collective.answered) else None
        decisive = named or self._newest(collective.instant)
        evidence_ns = now_ns if decisive is None else decisive.captured_ns
        return Zeroed("daemon", evidence_ns, collective.term, collective.tick)

    def _newest(self, instant: int) -> _Sent | None:
        """The newest own frame that a tick of this instant could have seen."""
        return next((sent for sent in reversed(self._sent) if 0 < sent.instant <= instant), None)

    def _named(self, low: int) -> _Sent | None:
        for sent in reversed(self._sent):
            if sent.low == low:
                return sent
        return None

    def _answer(self, collective: Collective, assign: Assign, now_ns: int) -> Judgement:
        low = int(collective.answered[assign.slot])
        if low == 0:
            return Refused(Reason.UNANSWERED)
        frame = self._named(low)
        if frame is None:
            return Refused(Reason.UNKNOWN_FRAME)
        fresh = 0 <= now_ns - frame.captured_ns < LEASE_NS
        if not fresh:
            return Refused(Reason.STALE_FRAME)
        c_minus = self._anchor if assign.anchor else _others(collective, frame.x)
        if c_minus is None:
            self.until_ns = min(self.until_ns, now_ns)
            return Refused(Reason.NOBODY_ELSE)
        leads = collective.artist.size > 0 and collective.share > 0.0 and not assign.anchor
        self._permission = Granted(
            coupling=byte_to_coupling(int(collective.coupling[assign.slot])),
            seq=frame.seq,
            captured_ns=frame.captured_ns,
            received_ns=now_ns,
            term=collective.term,
            tick=collective.tick,
            c_minus=c_minus,
            artist=collective.artist if leads else None,
            artist_share=collective.share if leads else 0.0,
            phase_means=collective.phase_means[:0] if assign.anchor else collective.phase_means,
            instant_ns=frame.captured_ns + (collective.instant - frame.instant) * HOP_NS,
        )
        self.until_ns = frame.captured_ns + LEASE_NS
        return self._permission

    def _outdated(self, collective: Broadcast) -> Reason | None:
        term, tick = self.heard(collective.dreamscape, collective.cohort)
        if not collective.term >= term:
            return Reason.OLD_TERM
        if not (collective.term, collective.tick) > (term, tick):
            return Reason.OLD_TICK
        return None

    def _mark(self, dreamscape: str, cohort: int, heard: tuple[int, int]) -> None:
        # Taken out and put in again at the end: beyond COHORTS_KEPT the cohort heard longest ago is dropped.
        self._heard.pop((dreamscape, cohort), None)
        if len(self._heard) >= COHORTS_KEPT:
            del self._heard[next(iter(self._heard))]
        self._heard[dreamscape, cohort] = heard


def _others(collective: Collective, x: Floats) -> Floats | None:
    return leave_one_out(collective.sum, collective.weight, x, weight(x, collective.r))


def _misdirected(collective: Broadcast, assign: Assign | None) -> Reason | None:
    if assign is None:
        return Reason.UNASSIGNED
    if collective.dreamscape != assign.dreamscape:
        return Reason.OTHER_DREAMSCAPE
    if collective.cohort != assign.cohort:
        return Reason.OTHER_COHORT
    return None


def _unusable(collective: Collective, assign: Assign) -> Reason | None:
    if not collective.min_reader <= WIRE_REVISION:
        return Reason.MIN_READER
    slots = len(collective.coupling)
    shaped = (
        collective.r.shape == collective.m.shape == collective.sum.shape == assign.mu_db.shape
        and collective.artist.shape in ((0,), assign.mu_db.shape)
        and slots == len(collective.answered)
        and assign.slot < slots
    )
    if not shaped:
        return Reason.MALFORMED
    ok = (
        finite(collective.r, collective.m, collective.sum, collective.artist)
        and 0.0 < collective.weight < inf
        and 0.0 <= collective.share <= SHARE_B_MAX
    )
    return None if ok else Reason.MALFORMED
