"""The pulses of one bed in virtual time: only those that may decide something.

A simulated fleet spends most of its time on pulses that only continue a ramp or a steady share. Such pulses
are left out up to `PodRunner.needed_ns`, the time until which they do nothing else. Four rules make the
difference unobservable.
- Before acting on the bed (stopping it, breaking its implant, reading its share), call `catch_up`: the newest
  omitted pulse is then given, at its own moment. Of several that only continue, the newest replaces all.
- To deliver a message, call `hear`: no decision about a message depends on a skipped steady-state pulse. Such
  a pulse stays owed until the next pulse or the next `catch_up`.
- The moments are those of a bed that pulses at 20 Hz, each computed from the last.
- A message may need an earlier pulse than was planned: call `next_ns` again.
"""

from typing import Final

from dreamedge.app.pod_runner import PULSE_NS, PodRunner

_SURELY_BEFORE_NS: Final = 2_000_000
"""The search for a pulse begins this much before the needed moment, so that no rounding skips it."""


class PulsePlanner:
    """Gives a bed its pulses; all times are the bed's own.

    Args:
        bed: the bed that pulses.
        first_ns: when its first pulse is due.
    """

    def __init__(self, bed: PodRunner, first_ns: int) -> None:
        self._bed = bed
        self._upcoming_ns = first_ns
        self._owed_ns = 0

    def give(self, now_ns: int) -> None:
        """Pulse, at a moment returned by `next_ns`; a fall then begins at the share rendered last."""
        if self._bed.rising:
            self.catch_up(now_ns - 1)
        self._owed_ns = 0
        self._bed.pulse(now_ns)
        self._upcoming_ns = self._bed.next_pulse_ns(now_ns)

    def hear(self, now_ns: int) -> None:
        """Prepare the bed for a message that arrives now."""
        if self._bed.rising:
            self.catch_up(now_ns)
            return
        left_out_ns = self.oversleep(now_ns)
        if left_out_ns is not None:
            self._owed_ns = left_out_ns

    def catch_up(self, now_ns: int) -> None:
        """Give the newest of the pulses omitted before now, if there are any."""
        left_out_ns = self.oversleep(now_ns)
        owed_ns, self._owed_ns = self._owed_ns, 0
        if left_out_ns is not None:
            self._bed.pulse(left_out_ns)
        elif owed_ns:
            self._bed.draw_on(owed_ns)

    def oversleep(self, now_ns: int) -> int | None:
        """Omit the pulses up to now, as a stalled bed does; returns the newest of them."""
        newest_ns = None
        if self._upcoming_ns < now_ns - PULSE_NS:
            self._upcoming_ns = max(
                self._bed.next_pulse_ns(now_ns - PULSE_NS - _SURELY_BEFORE_NS), self._upcoming_ns
            )
        while self._upcoming_ns <= now_ns:
            newest_ns = self._upcoming_ns
            self._upcoming_ns = self._bed.next_pulse_ns(newest_ns)
        return newest_ns

    @property
    def upcoming_ns(self) -> int:
        """The next pulse of a bed that omits none."""
        return self._upcoming_ns

    def next_ns(self) -> int:
        """The next pulse to `give`, unless a message arrives before."""
        needed_ns, upcoming_ns = self._bed.needed_ns(), self._upcoming_ns
        if needed_ns <= upcoming_ns:
            return upcoming_ns
        return self._bed.next_pulse_ns(max(needed_ns - _SURELY_BEFORE_NS, upcoming_ns))
