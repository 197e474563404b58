"""The pulses of one bed in virtual time: only those that may decide something.

A simulated fleet spends most of its time on pulses that draw a ramp or a steady share on. They are left out
up to `PodRunner.needed_ns`, the time until which they do nothing else. Nothing can be seen of it, by four
rules.

- Whoever is about to do something with the bed (hand it a message, stop it, break its implant, look at what
  is rendered) calls `catch_up` first: the newest pulse that was left out is given then, at its own moment.
  Of several that only draw, the newest is as good as all.
- Who only hands it a message calls `hear` instead: what is heard is judged by nothing that is changed by a
  pulse which draws a steady share on. Such a pulse stays owed until the next, or until somebody catches up.
- The moments are those of a bed that pulses at 20 Hz, in a chain each from the last.
- What the bed hears may need an earlier pulse than was planned: ask `next_ns` again.
"""

from typing import Final

from dreamedge.app.pod_runner import PULSE_NS, PodRunner

_SURELY_BEFORE_NS: Final = 2_000_000
"""A pulse is looked for from a little before the moment it is needed at, so that no rounding skips it."""


class PulsePlanner:
    """Gives a bed its pulses; all times are the bed's own.

    Args:
        bed: whose pulses these are.
        first_ns: when its first is due.
    """

    def __init__(self, bed: PodRunner, first_ns: int) -> None:
        self._bed = bed
        self._upcoming_ns = first_ns
        self._owed_ns = 0

    def give(self, now_ns: int) -> None:
        """Pulse, at a moment that `next_ns` named; a fall begins at the share drawn before."""
        if self._bed.rising:
            self.catch_up(now_ns - 1)
        self._owed_ns = 0
        self._bed.pulse(now_ns)
        self._upcoming_ns = self._bed.next_pulse_ns(now_ns)

    def hear(self, now_ns: int) -> None:
        """Be ready to hear something now."""
        if self._bed.rising:
            self.catch_up(now_ns)
            return
        left_out_ns = self.oversleep(now_ns)
        if left_out_ns is not None:
            self._owed_ns = left_out_ns

    def catch_up(self, now_ns: int) -> None:
        """Give the newest of the pulses that were left out before now, if there are any."""
        left_out_ns = self.oversleep(now_ns)
        owed_ns, self._owed_ns = self._owed_ns, 0
        if left_out_ns is not None:
            self._bed.pulse(left_out_ns)
        elif owed_ns:
            self._bed.draw_on(owed_ns)

    def oversleep(self, now_ns: int) -> int | None:
        """Let the pulses up to now go by, as a bed does that stands still; returns the newest of them."""
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
        """The next pulse of a bed that leaves none out."""
        return self._upcoming_ns

    def next_ns(self) -> int:
        """The next pulse to `give`, unless something is heard before."""
        needed_ns, upcoming_ns = self._bed.needed_ns(), self._upcoming_ns
        if needed_ns <= upcoming_ns:
            return upcoming_ns
        return self._bed.next_pulse_ns(max(needed_ns - _SURELY_BEFORE_NS, upcoming_ns))
