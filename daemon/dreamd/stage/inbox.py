"""Datagrams of the artist's programs: read, counted, and handed to the live input or kept as orders.

Rules
- A way out is read by its address alone and kept until the daemon has answered, or for a minute. It is never
  counted out by other messages.
- A message that is not taken is counted and told, at most four times a second: a program that repeats it all
  day fills neither a screen nor a port.
- Cues wait for the daemon, at most 64 of them; one more is not taken.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from dreamd.stage.addresses import Cue, NotTaken, Reader, WayOut, way_out
from dreamd.stage.live_input import LiveInput
from dreamd.stage.osc import Message, decoded

CUES_MOST: Final = 64
KEPT_S: Final = 60.0
"""An order that could not be given for so long is dropped, and told."""
TOLD_EACH_S: Final = 0.25


class Inbox:
    """The messages that come in. counts: by the code of what was not taken, and `taken`."""

    def __init__(
        self,
        reader: Reader,
        live: LiveInput,
        clock: Callable[[], float],
        changed: Callable[[], None],
        told: Callable[[NotTaken], None],
    ) -> None:
        """clock: monotonic, s. changed: called where something waits. told: called with what is not taken."""
        self._reader = reader
        self._live = live
        self._clock = clock
        self._changed = changed
        self._told = told
        self._told_s = float("-inf")
        self._asked_s = 0.0
        self.counts: Counter[str] = Counter()
        self.cues: deque[Cue] = deque()
        self.order: WayOut | None = None
        """The way out that waits."""

    def hear_datagram(self, datagram: bytes, _port: int = 0) -> None:
        """Take a datagram."""
        for message in decoded(datagram):
            order = way_out(message)
            if order is not None:
                self._keep(order)
            else:
                self._take(message)

    def _keep(self, order: WayOut) -> None:
        """Keep an order; a wake that waits severs as well."""
        self.counts["taken"] += 1
        if self.order is None or order.wake or not self.order.wake:
            self.order, self._asked_s = order, self._clock()
        self._changed()

    def _take(self, message: Message) -> None:
        command = self._reader.effect_of(message)
        if isinstance(command, Cue) and len(self.cues) >= CUES_MOST:
            command = NotTaken("CUES", f"{CUES_MOST} cues wait for the daemon already")
        if isinstance(command, NotTaken):
            self.refuse(command)
            return
        self.counts["taken"] += 1
        if isinstance(command, Cue):
            self.cues.append(command)
        else:
            self._live.obey(command, self._clock())
        self._changed()

    def take_cue(self, name: str) -> None:
        """Take a cue of the score; it waits in the same line."""
        if len(self.cues) < CUES_MOST:
            self.cues.append(Cue(name))
            self._changed()
        else:
            self.refuse(
                NotTaken("CUES", f"{CUES_MOST} cues wait for the daemon already, so {name} is left out")
            )

    def refuse(self, no: NotTaken) -> None:
        """Count what is not taken, and tell it where the last one is long enough ago."""
        self.counts[no.code] += 1
        now_s = self._clock()
        if now_s - self._told_s >= TOLD_EACH_S:
            self._told_s = now_s
            self._told(self._reader.explained(no))

    @property
    def waits(self) -> bool:
        """Whether a cue or an order waits for the daemon."""
        return bool(self.cues) or self.order is not None

    def end_order(self, order: WayOut) -> None:
        """The daemon has answered this order; one that came later waits on."""
        if self.order is order:
            self.order = None

    def expire(self) -> None:
        """Drop an order that could not be given for a minute."""
        if self.order is not None and self._clock() - self._asked_s > KEPT_S:
            self.order = None
            self._told(NotTaken("UNREACHABLE", f"the order was dropped: no daemon for {KEPT_S:.0f} s"))
