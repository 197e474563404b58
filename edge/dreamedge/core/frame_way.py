"""The way of a bed's frames: by its gateway, or on its own connection.

A broker refuses a message without a word, and a line that is cut takes bytes for a while: that frames leave
proves nothing. The proof is the daemon's answer to a clock probe, which names the newest frame that it has of
this bed, also of one that is at zero. Instants are of the session's grid, in hops of 250 ms. A frame's age
counts from when the probe left: what delays both alike (a slow line, broker or daemon) accuses no gateway.

Rules
- Unheard: when the probe left, the oldest frame not yet confirmed was UNHEARD_HOPS old. The bed asks again
  AFTER_NS later; a second such answer moves it to its own connection.
- An answer that names no frame (no slot there, an older daemon, one that is behind) is evidence for neither.
- On its own connection the bed tries the gateway with a single frame, and asks AFTER_NS later. The answer has
  to name that very frame before the next one is due, else the try has failed. A try costs at most one frame,
  and a lease outlives it.
- The first try is TRY_AGAIN_S after the move. Each failure doubles the wait, up to LONGEST_S. Each wait is
  spread by a fifth, so that the beds of a ward do not try together. A gateway that was heard for GOOD_S
  begins with the shortest wait again. So a gateway that comes and goes moves a bed twice in half a minute at
  most, and one that stays silent is tried every ten minutes.
"""

import random
from typing import Final

from dreamedge.core.clock import SessionClock
from dreamedge.core.merging.effects import Note
from dreamwire.messages import ClockProbe
from dreamwire.schema import HOP_MS

UNHEARD_HOPS: Final = 4
"""Hops without a newer frame at the daemon: as long as a lease."""
AFTER_NS: Final = 120_000_000
"""From a frame that tries the gateway to the probe: the gateway gathers for 20 ms."""
TRY_AGAIN_S: Final = 30.0
LONGEST_S: Final = 600.0
GOOD_S: Final = 60.0
SPREAD: Final = 0.2
_NS: Final = 1_000_000_000


class FrameWay:
    """The way of one bed's frames. All `now_ns` are the bed's monotonic ns.

    own: whether frames go on the bed's own connection, although it has a gateway.
    """

    def __init__(self, gateway: str, clock: SessionClock, rng: random.Random) -> None:
        """Begin with the gateway; an empty name: there is none, and nothing is ever decided here."""
        self._gateway, self._clock, self._rng = gateway, clock, rng
        self.own = False
        self._waits: int | None = None
        self._tried: int | None = None
        self._doubted_ns: int | None = None
        self._last = 0
        self._wait_s = TRY_AGAIN_S
        self._try_ns = self._good_ns = 0

    @property
    def unheard(self) -> str:
        """The gateway that was left; empty: none."""
        return self._gateway if self.own else ""

    def begin_anew(self) -> None:
        """A new assignment, or a new link: frames sent before prove nothing any more."""
        self._waits = self._tried = self._doubted_ns = None

    def route_frame(self, instant: int, now_ns: int) -> bool:
        """Take the grid instant of a frame that leaves now; return whether it goes on the own connection."""
        if not self._gateway:
            return True
        self._last = instant
        if not self.own:
            self._waits = instant if self._waits is None else self._waits
            return False
        if self._tried is not None:
            self._tried = None
            self._put_off(now_ns)
        if now_ns < self._try_ns:
            return True
        self._tried = instant
        self._clock.hasten(now_ns + AFTER_NS)
        return False

    def take_answer(self, answer: ClockProbe, now_ns: int) -> list[Note]:
        """Take a clock answer that the session clock has taken; return a note if the way changes."""
        if not self._gateway or answer.frame_instant == 0:
            return []
        if self.own:
            return self._return(now_ns) if answer.frame_instant == self._tried else []
        if self._waits is None:
            return []
        if answer.frame_instant >= self._waits:
            self._waits = answer.frame_instant + 1
        unheard = self._waits <= self._last
        left_ms = self._clock.session_ms(answer.t0_us * 1000) or 0.0
        late = int(left_ms // HOP_MS) - self._waits
        if unheard and late >= UNHEARD_HOPS:
            return self._doubt(late, answer, now_ns)
        self._waits, self._doubted_ns = self._waits if unheard else None, None
        if now_ns - self._good_ns >= GOOD_S * _NS:
            self._wait_s = TRY_AGAIN_S
        return []

    def _doubt(self, late: int, answer: ClockProbe, now_ns: int) -> list[Note]:
        if self._doubted_ns is None:
            self._doubted_ns = now_ns + AFTER_NS
            self._clock.hasten(self._doubted_ns)
            return []
        if answer.t0_us * 1000 < self._doubted_ns - AFTER_NS:
            return []  # of a probe from before the doubt
        self.begin_anew()
        self.own = True
        self._put_off(now_ns)
        return [Note("gateway-unheard", {"gateway": self._gateway, "unheard_s": late * HOP_MS / 1000})]

    def _return(self, now_ns: int) -> list[Note]:
        self.begin_anew()
        self.own, self._good_ns = False, now_ns
        return [Note("gateway-heard", {"gateway": self._gateway})]

    def _put_off(self, now_ns: int) -> None:
        spread = self._rng.uniform(1.0 - SPREAD, 1.0 + SPREAD)
        self._try_ns = now_ns + round(self._wait_s * spread * _NS)
        self._wait_s = min(2.0 * self._wait_s, LONGEST_S)
