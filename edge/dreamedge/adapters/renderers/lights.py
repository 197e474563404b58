"""The feedback as values for a room's own lamps: what every light gets, whatever carries it.

A light gets the coupling (0..1), the twelve bands of the feedback (-3..3, shared scale) and whether the
sleeper is severed (no share of the others). A thread of its own sends them twenty times a second, and a
hundred times during a fade. Half a second after the last cue it sends zero and severed, and goes on sending
it: a lamp MUST go dark where it has read nothing for half a second, because a killed agent sends nothing.

No flicker: a band moves at most two units a second, so that a lamp that follows it cannot flash, whatever the
signal does. The coupling rises by its ramp, and falls in 50 ms at most once a ramp.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.renderers.share_envelope import RenderedShare
from dreamedge.ports.renderer import Cue

BAND_LIMIT: Final = 3.0
BAND_SLEW_PER_S: Final = 2.0
EVERY_S: Final = 0.05
_FADING_EVERY_S: Final = 0.01
_STALE_NS: Final = 500_000_000
_REFUSED_NS: Final = 1_000_000_000
_CLOSE_WITHIN_S: Final = 1.0
_BANDS: Final = 12


@dataclass(frozen=True, slots=True)
class LightState:
    """A light's values. coupling: 0..1; bands: float64[12], -3..3; severed: no share of the others."""

    coupling: float
    bands: NDArray[np.float64]
    severed: bool


class Lamps(Protocol):
    """The way to a room's lamps."""

    def send(self, state: LightState) -> None:
        """MUST NOT wait; raises OSError where the way is closed."""
        ...

    def close(self) -> None:
        """MUST release the way."""
        ...


@dataclass(frozen=True, slots=True)
class _Given:
    cue: Cue
    at_ns: int


class LightRenderer:
    """One bed's light.

    Args:
        name: of the way, for sentences.
        lamps: the way, open.
        now_ns: CLOCK_BOOTTIME.
    """

    def __init__(self, name: str, lamps: Lamps, now_ns: Callable[[], int] = boottime_ns) -> None:
        self._name = name
        self._lamps = lamps
        self._now_ns = now_ns
        self._share = RenderedShare()
        self._shown = RenderedShare()
        self._given: _Given | None = None
        self._taken: _Given | None = None
        self._bands = np.zeros(_BANDS)
        self._sent_ns = self._looped_ns = now_ns()
        self._why = ""
        self._changed = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def failed(self) -> str:
        """Why the lamps get nothing, or empty."""
        now_ns = self._now_ns()
        if not now_ns - self._looped_ns <= _STALE_NS + _REFUSED_NS:
            return f"{self._name} hangs"
        if not now_ns - self._sent_ns <= _REFUSED_NS:
            return f"{self._name} takes nothing ({self._why or 'its buffer is full'})"
        return ""

    def render(self, cue: Cue, now_ns: int) -> None:
        """Show this cue from now on, for half a second."""
        self._share.cue(cue, now_ns)
        self._given = _Given(cue, self._now_ns())
        self._changed.set()

    def share_at(self, now_ns: int) -> float:
        """The share; 0 once the last cue is half a second old."""
        return self._share.at(now_ns)

    def close(self) -> None:
        """Send zero and release the way, within a second; a way that hangs is left behind."""
        self._share.stop()
        self._closing = True
        self._changed.set()
        self._thread.join(_CLOSE_WITHIN_S)

    def _run(self) -> None:
        before_ns = self._now_ns()
        try:
            while not self._closing:
                now_ns = self._now_ns()
                state = self._state(now_ns, (now_ns - before_ns) / 1e9)
                before_ns = now_ns
                self._send(state)
                self._changed.wait(_FADING_EVERY_S if self._fading(now_ns) else EVERY_S)
                self._changed.clear()
            self._send(LightState(0.0, np.zeros(_BANDS), severed=True))
        finally:
            self._lamps.close()

    def _fading(self, now_ns: int) -> bool:
        """Whether the newest cue's fade is under way, or ended within the last step."""
        taken = self._taken
        if taken is None or not taken.cue.fade_ms > 0.0:
            return False
        return now_ns - taken.at_ns <= taken.cue.fade_ms * 1e6 + _FADING_EVERY_S * 1e9

    def _send(self, state: LightState) -> None:
        self._looped_ns = self._now_ns()
        try:
            self._lamps.send(state)
        except OSError as error:
            self._why = error.strerror or str(error)
        else:
            self._sent_ns, self._why = self._now_ns(), ""

    def _state(self, now_ns: int, passed_s: float) -> LightState:
        """The values of now: those of the newest cue while it is fresh."""
        given = self._given
        if given is not None and given is not self._taken:
            self._taken = given
            self._shown.cue(given.cue, given.at_ns)
        fresh = given is not None and now_ns - given.at_ns < _STALE_NS
        share = self._shown.at(now_ns)
        wanted = _bands(given.cue) if given is not None and fresh else np.zeros(_BANDS)
        reach = BAND_SLEW_PER_S * min(max(passed_s, 0.0), 1.0)
        self._bands = self._bands + np.clip(wanted - self._bands, -reach, reach)
        return LightState(share, self._bands, severed=not share > 0.0)


def _bands(cue: Cue) -> NDArray[np.float64]:
    """The feedback as twelve numbers of -3 to 3; zeros unless all are numbers."""
    x = cue.bands
    return np.zeros(_BANDS) if x is None else np.clip(x, -BAND_LIMIT, BAND_LIMIT)
