"""Rows on their way out: as lists or flat, at each tick or interpolated between ticks.

An interpolated row moves from the tick before to the newest one within one period of the ticks, so it is one
period late. A row whose values were not known before begins at the newest one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from dreamd.stage.addresses import REFUSED, SEVERED, STATE, NotTaken, Row, flat
from dreamd.stage.osc import Value
from dreamwire.schema import HOP_MS
from dreamwire.text import fit

Send = Callable[[str, tuple[Value, ...]], None]
TEXT_MAX: Final = 400
"""Characters of a text, so that a datagram holds two."""
PERIOD_S: Final = HOP_MS / 1000.0


class Smoother:
    """The rows between two ticks."""

    def __init__(self) -> None:
        self._before: dict[str, Row] = {}
        self._newest: dict[str, Row] = {}
        self._at_s = 0.0

    def next_tick(self, rows: Iterable[Row], now_s: float) -> None:
        """A tick has come with these rows."""
        self._before, self._newest = self._newest, {row.address: row for row in rows if row.smooth}
        self._at_s = now_s

    def rows_at(self, now_s: float) -> tuple[Row, ...]:
        """Return the rows at this instant."""
        way = max(0.0, min(1.0, (now_s - self._at_s) / PERIOD_S))
        return tuple(_between(self._before.get(row.address, row), row, way) for row in self._newest.values())


def _between(before: Row, newest: Row, way: float) -> Row:
    if len(before.values) != len(newest.values):
        return newest
    values = tuple(
        float(a) + (float(b) - float(a)) * way for a, b in zip(before.values, newest.values, strict=True)
    )
    return Row(newest.address, values, newest.parts, smooth=True)


@dataclass(slots=True)
class Outbox:
    """Sends rows. is_flat: one number an address. smooth_hz: rows a second; 0: one a tick."""

    send: Send
    is_flat: bool = False
    smooth_hz: float = 0.0
    _smoother: Smoother = field(default_factory=Smoother)

    def tell_tick(self, rows: Iterable[Row], now_s: float) -> None:
        """A tick has come. now_s: monotonic, s."""
        kept = tuple(rows)
        if self.smooth_hz:
            self._smoother.next_tick(kept, now_s)
            kept = tuple(row for row in kept if not row.smooth)
        self._send(kept)

    def tell_between(self, now_s: float) -> None:
        """The instant of an interpolated row has come."""
        self._send(self._smoother.rows_at(now_s))

    def start_over(self) -> None:
        """Ticks are missing: nothing is interpolated over them."""
        self._smoother = Smoother()

    def tell_state(self, state: str) -> None:
        """The state of the Dreamscape, or `lost`."""
        self.send(STATE, (state,))

    def tell_severed(self, cause: str) -> None:
        """The Dreamscape, or the artist's own seat, was severed."""
        self.send(SEVERED, (fit(cause, TEXT_MAX),))

    def tell_refused(self, no: NotTaken) -> None:
        """A message, a lead or an order was not taken."""
        self.send(REFUSED, (no.code, fit(no.sentence, TEXT_MAX)))

    def _send(self, rows: Iterable[Row]) -> None:
        for row in flat(rows) if self.is_flat else rows:
            self.send(row.address, row.values)
