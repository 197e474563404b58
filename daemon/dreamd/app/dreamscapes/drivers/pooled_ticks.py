"""The ticks of all Dreamscapes at one grid instant: small ones are fused in one pass over their rows.

Each opens, the pass fuses, each closes: evaluation, judging and publishing stay by Dreamscape, in the order
of their creation, and so do the failures of each.

Rules
- The acts are those of ticks apart. A pass begins with two Dreamscapes, for one gains nothing by it.
- A Dreamscape that is severed while its tick opens closes at once: it waits for no pass. (Its zeros have left
  before that.)
- An exception in the pass costs nobody anything: it is reported, and every member is fused apart, each in its
  own attempt. A member is taken out of a pass when anything of its own raises.
- Apart run: Dreamscapes that other houses share, that are recorded, or that have too many rows.
- A Dreamscape's `tick_s` is its own opening and closing, and its share of the pass by sleepers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.drivers.control_loop import OpenTick
from dreamd.app.safety.step_failures import StepFailures
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.fusion.collective import Fused
from dreamd.fusion.pooled.pooled_fusion import Member, PooledFusion
from dreamd.ports.clock import SessionClock

FEWEST: Final = 2
"""Dreamscapes with a tick at an instant from which on a pass is worth its gathering."""


class Ticking(Protocol):
    """A Dreamscape that ticks, see `DreamscapeRuntime`."""

    dreamscape: Dreamscape

    @property
    def pools(self) -> bool:
        """Whether its ticks may be in a pass."""
        ...

    def tick(self, instant: int, missed: int) -> None:
        """Close this grid instant apart, then keep house."""
        ...

    def open_tick(self, instant: int, missed: int) -> "OpenTick | float":
        """Open this grid instant; where it does not run, the session time alone."""
        ...

    def close_tick(self, opened: "OpenTick | float", fused: Fused | None, waited_s: float) -> None:
        """Close what was opened, then keep house."""
        ...


@dataclass(slots=True)
class _Turn:
    """A Dreamscape between the opening and the closing of its tick.

    opened_s: when it had been opened. member: None: it is fused apart, if at all. share_s: of the pass.
    """

    name: str
    runtime: Ticking
    opened: OpenTick | float
    opened_s: float
    member: Member | None = None
    fused: Fused | None = None
    share_s: float = 0.0

    @property
    def fuses(self) -> bool:
        """Whether this tick has a collective."""
        return isinstance(self.opened, OpenTick) and self.opened.fuses


class PooledTicks:
    """Runs the ticks. pooled: there are passes; fewest: from so many Dreamscapes on."""

    def __init__(self, failures: StepFailures, clock: SessionClock) -> None:
        self._failures, self._clock = failures, clock
        self._fusion = PooledFusion()
        self.pooled, self.fewest = True, FEWEST

    def run_instant(self, runtimes: Iterable[tuple[str, Ticking]], instant: int, missed: int) -> None:
        """Close this grid instant for all; call it within `StepFailures.together`."""
        runtimes = tuple(runtimes)
        if not self.pooled or sum(one.pools for _, one in runtimes) < self.fewest:
            for name, runtime in runtimes:
                self._run_apart(name, runtime, instant, missed)
            return
        turns = {name: self._begin(name, one, instant, missed) for name, one in runtimes if one.pools}
        self._fuse([turn for turn in turns.values() if turn is not None and turn.member is not None], instant)
        for name, runtime in runtimes:
            turn = turns.get(name)
            if turn is not None:
                self._failures.attempt("tick", partial(self._close, turn, instant), of=name)
            elif name not in turns:
                self._run_apart(name, runtime, instant, missed)

    def _run_apart(self, name: str, runtime: Ticking, instant: int, missed: int) -> None:
        self._failures.attempt("tick", partial(runtime.tick, instant, missed), of=name)

    def _begin(self, name: str, runtime: Ticking, instant: int, missed: int) -> _Turn | None:
        """Open a tick; None: that failed, or it has closed already."""
        was = runtime.dreamscape.state
        turn = self._failures.start_step("tick", partial(self._open, name, runtime, instant, missed), of=name)
        state = runtime.dreamscape.state
        if turn is not None and state is DreamscapeState.SEVERED and was is not state:
            self._failures.attempt("tick", partial(self._close, turn, instant), of=name)
            return None
        return turn

    def _open(self, name: str, runtime: Ticking, instant: int, missed: int) -> _Turn:
        turn = _Turn(name, runtime, runtime.open_tick(instant, missed), 0.0)
        if turn.fuses:
            turn.member = runtime.dreamscape.cohorts.member(instant)
        turn.opened_s = self._clock.now_s()
        return turn

    def _fuse(self, turns: list[_Turn], instant: int) -> None:
        """Fuse the members in one pass; after an exception they have no collective yet."""
        began_s = self._clock.now_s()
        members = [turn.member for turn in turns if turn.member is not None]
        try:
            fused = self._fusion.fuse_members(members, instant) if members else []
        except Exception as error:  # noqa: BLE001 -- each is fused apart instead
            self._failures.report("pass", error)
            return
        took_s = self._clock.now_s() - began_s
        rows = sum(member.columns.used for member in members)
        for turn, member, found in zip(turns, members, fused, strict=True):
            turn.fused, turn.share_s = found, took_s * member.columns.used / rows

    def _close(self, turn: _Turn, instant: int) -> None:
        cohorts, waited_s = turn.runtime.dreamscape.cohorts, self._clock.now_s() - turn.opened_s
        if turn.fused is not None:
            cohorts.fused = turn.fused
        elif turn.fuses:
            turn.fused = cohorts.fuse(instant)
        turn.runtime.close_tick(turn.opened, turn.fused, max(waited_s - turn.share_s, 0.0))
