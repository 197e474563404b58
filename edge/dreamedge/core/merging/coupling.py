"""A pod's coupling as one state table, with its ramp, slew limit and fades.

    ALONE --grant--> MERGED --lapse/sever--> FADING --silent--> ALONE
      |                |                       |
      +---- latch -----+--------- latch -------+--> LATCHING --silent--> LATCHED --unlatch--> ALONE

The table is the whole of the pod's promise: it defines which move may follow which. A fade that has begun
ends at zero. Only from zero does a ramp start, and it starts at zero. Only the sleeper's own act leads out of
a latch. A move that the table does not have is a bug and raises.

Rules (DESIGN 4, 7.4). The target is the least of grant, consent, cap, ceiling and ramp. Down is immediate; up
is slow: linear over `ramp_s` (never under 10 s) and never faster than .05 a second. The rise is computed from
the last change of the target, so it does not depend on how often it is read. A lapse fades linearly for 0.5 s
*from the moment the lease ran out*, and looks one pulse ahead, because the share rendered at a pulse stands
until the next: the share is zero within lease + fade, not a pulse later. A sever is a 50 ms raised cosine,
the shortest that does not click.
"""

from dataclasses import dataclass
from enum import Enum
from math import cos, inf, pi
from typing import Final

from dreamwire.blend import ANCHOR_CEILING
from dreamwire.messages import Assign

PULSE_NS: Final = 50_000_000
"""Nanoseconds between two pulses of the agent: 20 Hz."""

LAPSE_FADE_NS: Final = 500_000_000
"""The linear fade after a lease has lapsed."""

SEVER_FADE_NS: Final = 50_000_000
"""The raised-cosine fade of a sever, wake, withdrawal or fault."""

RAMP_MIN_S: Final = 10.0
"""No ramp is shorter, even if an assign asks for it."""

SLEW_MAX_PER_S: Final = 0.05
"""The coupling never rises faster than this, in 1/s."""

_NS: Final = 1e-9


class State(Enum):
    """The states of a coupling."""

    ALONE = "alone"
    MERGED = "merged"
    FADING = "fading"
    LATCHING = "latching"
    LATCHED = "latched"


class Move(Enum):
    """The moves of a coupling."""

    GRANT = "grant"
    LAPSE = "lapse"
    SEVER = "sever"
    LATCH = "latch"
    SILENT = "silent"
    UNLATCH = "unlatch"


MOVES: Final[dict[tuple[State, Move], State]] = {
    (State.ALONE, Move.GRANT): State.MERGED,
    (State.ALONE, Move.SEVER): State.ALONE,
    (State.ALONE, Move.LATCH): State.LATCHED,
    (State.MERGED, Move.GRANT): State.MERGED,
    (State.MERGED, Move.LAPSE): State.FADING,
    (State.MERGED, Move.SEVER): State.FADING,
    (State.MERGED, Move.LATCH): State.LATCHING,
    (State.FADING, Move.SEVER): State.FADING,
    (State.FADING, Move.LATCH): State.LATCHING,
    (State.FADING, Move.SILENT): State.ALONE,
    (State.LATCHING, Move.SEVER): State.LATCHING,
    (State.LATCHING, Move.LATCH): State.LATCHING,
    (State.LATCHING, Move.SILENT): State.LATCHED,
    (State.LATCHING, Move.UNLATCH): State.FADING,
    (State.LATCHED, Move.SEVER): State.LATCHED,
    (State.LATCHED, Move.LATCH): State.LATCHED,
    (State.LATCHED, Move.UNLATCH): State.ALONE,
}


_FALLING: Final = (State.FADING, State.LATCHING)


class IllegalMoveError(Exception):
    """A move that the table does not have: a bug."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one assignment: `top` the least of consent, cap and ceiling, 0..1; ramp in seconds."""

    top: float
    ramp_s: float

    @property
    def ramp_ns(self) -> float:
        """The ramp's length in ns: at least 10 s, longer if `top` would be reached too fast."""
        return max(self.ramp_s, RAMP_MIN_S, self.top / SLEW_MAX_PER_S) / _NS


def limits_of(assign: Assign, consent: float) -> Limits:
    """Return the bounds of this assignment. consent: the pod's own ceiling, 0..1."""
    most = ANCHOR_CEILING if assign.anchor else 1.0
    return Limits(min(consent, assign.cap, assign.ceiling, most), assign.ramp_s)


@dataclass(frozen=True, slots=True)
class Fade:
    """A fall to zero from `share`, begun at `begin_ns`."""

    share: float
    begin_ns: int
    length_ns: int
    cosine: bool

    @property
    def end_ns(self) -> int:
        """When the share has reached zero."""
        return self.begin_ns + self.length_ns

    def at(self, now_ns: int) -> float:
        """Return the share at `now_ns`."""
        part = max(0.0, (now_ns - self.begin_ns) / self.length_ns)
        if not part < 1.0:
            return 0.0
        return self.share * (0.5 * (1.0 + cos(pi * part)) if self.cosine else 1.0 - part)


_NOTHING: Final = Limits(top=0.0, ramp_s=RAMP_MIN_S)
_STILL: Final = Fade(share=0.0, begin_ns=0, length_ns=SEVER_FADE_NS, cosine=True)


class Coupling:
    """The rendered share of the others, and its permitted moves."""

    def __init__(self, *, latched: bool = False) -> None:
        self.state = State.LATCHED if latched else State.ALONE
        """The state of the coupling; changed only by this class."""
        self._share = 0.0
        self._level = 0.0
        self._ramp_ns = 0
        self._rose_from = 0.0
        self._rose_ns = 0
        self._fade = _STILL
        self.limit(_NOTHING)

    @property
    def latched(self) -> bool:
        """Whether a latch holds, its fade included."""
        return self.state in (State.LATCHING, State.LATCHED)

    @property
    def fading(self) -> bool:
        """Whether the share is falling to zero."""
        return self.state in _FALLING

    @property
    def hastened(self) -> bool:
        """Whether the fade is the 50 ms one, which the renderer performs by itself."""
        return self.state in _FALLING and self._fade.cosine

    @property
    def rising(self) -> bool:
        """Whether the share is still rising."""
        return self.state is State.MERGED and self._share < self._level

    def limit(self, limits: Limits) -> None:
        """Set the bounds of an assignment; bounds that are not numbers in range allow nothing."""
        ok = 0.0 <= limits.top <= 1.0 and 0.0 <= limits.ramp_s < inf
        taken = limits if ok else _NOTHING
        self._top, self._ramp_length_ns = taken.top, taken.ramp_ns
        self._slew_per_ns = taken.top / taken.ramp_ns

    def share_at(self, now_ns: int) -> float:
        """Return the share rendered at `now_ns`, 0..1."""
        if self.state in _FALLING and self._fade.cosine:
            return self._fade.at(now_ns)
        return self._share

    def target(self, granted: float) -> float:
        """Return the final level of a grant; 0 if the grant is not a number above zero."""
        ok = 0.0 < granted <= 1.0
        return min(granted, self._top) if ok else 0.0

    def grant(self, granted: float, now_ns: int) -> bool:
        """Follow a valid permission; False if it allows no rise or a fade has to end first."""
        level = self.target(granted)
        if level == self._level and self.state is State.MERGED:
            return True
        if not level > 0.0 or (self.state, Move.GRANT) not in MOVES:
            return False
        if self.state is State.ALONE:
            self._ramp_ns = self._rose_ns = now_ns
            self._rose_from = 0.0
        elif level != self._level:
            self._rose_from, self._rose_ns = self._risen(now_ns), now_ns
        self._move(Move.GRANT)
        self._level = level
        return True

    def lapse(self, since_ns: int) -> None:
        """Begin the fade of a lease that ran out at `since_ns`."""
        self._move(Move.LAPSE)
        self._level = 0.0
        self._fade = Fade(self._share, since_ns, LAPSE_FADE_NS, cosine=False)
        self._settle()

    def sever(self, now_ns: int) -> None:
        """Go to zero within 50 ms, unless a faster fade is under way. Legal in every state."""
        self._hasten(Move.SEVER, now_ns)

    def latch(self, now_ns: int) -> None:
        """Go to zero now and stay there. Legal in every state."""
        self._hasten(Move.LATCH, now_ns)

    def silence(self) -> None:
        """Set the share to zero: the renderer has fallen silent by itself, whatever was planned."""
        self._move(Move.SEVER)
        self._level = self._share = 0.0
        self._fade = _STILL
        if self.fading:
            self._move(Move.SILENT)

    def unlatch(self) -> None:
        """Lift the latch: the sleeper's own act."""
        self._move(Move.UNLATCH)

    def advance(self, now_ns: int) -> int | None:
        """Advance to `now_ns`; returns when the share reached zero, once, at the end of a fade."""
        if self.state is State.MERGED:
            self._share = self._risen(now_ns)
            return None
        if not self.fading:
            return None
        if self._fade.cosine:
            self._share = self._fade.at(now_ns)
        else:
            self._share = min(self._share, self._fade.at(now_ns + PULSE_NS))
        if not self._settle():
            return None
        return self._fade.end_ns if self._fade.cosine else now_ns

    def _risen(self, now_ns: int) -> float:
        part = (now_ns - self._ramp_ns) / self._ramp_length_ns
        ramp = self._top * part if part < 1.0 else self._top
        reach = self._rose_from + self._slew_per_ns * (now_ns - self._rose_ns)
        return max(0.0, min(self._level, ramp, reach))

    def _hasten(self, move: Move, now_ns: int) -> None:
        swift = self.hastened
        share = self.share_at(now_ns)
        self._move(move)
        self._level = 0.0
        if not self.fading or swift:
            return
        self._fade = Fade(share, now_ns, SEVER_FADE_NS, cosine=True)
        self._share = share
        self._settle()

    def _settle(self) -> bool:
        if self._share > 0.0:
            return False
        self._move(Move.SILENT)
        return True

    def _move(self, move: Move) -> None:
        after = MOVES.get((self.state, move))
        if after is None:
            raise IllegalMoveError(f"{move.value} has no place while {self.state.value}")
        self.state = after
