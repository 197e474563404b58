"""Rows put into slots, and the rate judged: from a file's columns of stamps and packets (`row_line`).

Without a counter the rows number themselves. Without stamps the nominal rate holds, and a counter shows
losses up to whole turns.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.headset.clock_times import (
    DAY_S,
    as_seconds,
    without_midnights,
    without_summer_time,
)
from dreamedge.adapters.implants.files.headset.dialect import CLOCK, Dialect
from dreamedge.adapters.implants.files.headset.packet_counter import numbers_by_counter
from dreamedge.adapters.implants.files.headset.row_line import Line, on_line
from dreamedge.adapters.implants.files.rate_checks import check_nominal, check_slots
from dreamedge.adapters.implants.files.xdf.stamp_faults import leaps, repair, robust_rate_hz
from dreamedge.core.signal.quality import RATE
from dreamedge.core.signal.recording_facts import ALIGNMENT, Note
from dreamedge.core.signal.sampling.rate_judgement import RATE_OUT
from dreamedge.ports.implant import ImplantError

Doubles = NDArray[np.float64]
Numbers = NDArray[np.int64]

_SPREAD_MOST: Final = 2.0
"""A counter that says more than this many samples a row is no counter of samples."""
_LOST_TOLD: Final = 0.001


@dataclass(frozen=True, slots=True)
class Placed:
    """Stretches in order, each of rows and slots that follow one another.

    slots, rows: the first of each, counts: how many; int64[stretches]. at: the slot of every row, int64[n].
    rate_hz: the measured rate, nominal_hz: the one it was held against. notes: what was repaired or lost.
    """

    slots: Numbers
    rows: Numbers
    counts: Numbers
    at: Numbers
    rate_hz: float
    nominal_hz: float
    notes: tuple[Note, ...]

    @property
    def total(self) -> int:
        """The slots of the recording."""
        return int(self.slots[-1] + self.counts[-1])

    @property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """The filled slots as [begin, end), none touching."""
        ends = self.slots + self.counts
        apart = np.flatnonzero(self.slots[1:] > ends[:-1])
        begins, closes = self.slots[[0, *(apart + 1)]], ends[[*apart, -1]]
        return tuple(zip(begins.tolist(), closes.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that place rows: stamps float64[n] and counter float[n], or None; rows of appended ones."""

    stamps: Doubles | None
    counter: NDArray[np.floating] | None
    appended: tuple[int, ...]


def place(
    columns: Columns, filled: NDArray[np.bool_], dialect: Dialect, rate_hz: float, held: float, what: str,
    samples: NDArray[Any],
) -> Placed:  # fmt: skip
    """Put rows into slots.

    filled: which rows hold a sample, bool[n], at least one. rate_hz: as a person gave it, 0 if not. held: the
    share 0..1 of rows that repeat the last one. samples: [n, channels], for a leap that the signal denies.

    Raises:
        ImplantError: no rate is known, the rate is wrong (`rate`), or the stamps cannot be right.
    """
    rates = dialect.rates_hz if dialect.stated or not rate_hz else (rate_hz,)
    count = len(filled)
    counted = None if columns.counter is None else numbers_by_counter(columns.counter)
    if counted is not None and not int(counted.numbers[-1]) < _SPREAD_MOST * count:
        counted = None
    notes: tuple[Note, ...] = ()
    if columns.counter is not None and counted is None:
        notes = (Note("counter", f"{what} has a packet counter that does not count; it is not used."),)
    order: Numbers | None = None
    if columns.stamps is None or not _usable(columns.stamps):
        if not rates:
            raise ImplantError(
                f"{what} has no usable stamps and names no sampling rate; "
                "give it with --rate, for instance --rate 250."
            )
        at = np.arange(count) if counted is None else counted.numbers
        measured_hz = nominal_hz = rates[0]
        notes += _without_stamps(columns, what)
    else:
        stamps_s, told = _seconds(columns.stamps, dialect, what)
        assumed_hz = _assumed(rates, robust_rate_hz(stamps_s, 0.0))
        sound = repair(stamps_s, assumed_hz, what)
        order = sound.order
        line = on_line(sound.stamps_s, counted if order is None else None, assumed_hz, columns.appended)
        measured_hz, at = line.rate_hz, line.at
        nominal_hz = _nominal(rates, measured_hz)
        notes += told + sound.notes + _judged(nominal_hz, measured_hz, held, dialect, what)
        notes += _denied(line, what)
        if line.stalls:
            notes += (
                Note(
                    "stamps", f"{what} was delivered late {line.stalls} times, in bursts; they are no gaps."
                ),
            )
        if order is None:
            notes += leaps(line.stamps_s, samples, measured_hz, what)
    check_slots(at, measured_hz, what)
    lost = int(at[-1]) + 1 - count if counted is not None else 0
    if lost > _LOST_TOLD * count:
        share = 100 * lost / (count + lost)
        notes += (
            Note("lost", f"{what} lost {lost} samples ({share:.1f} %) by its packet counter; they are gaps."),
        )
    return _stretches(at, order, filled, measured_hz, nominal_hz, notes)


def _denied(line: Line, what: str) -> tuple[Note, ...]:
    """A note on the leaps of the clock that no sample followed."""
    if not line.denied:
        return ()
    at_s, leap_s = line.denied[0]
    way = "ahead" if leap_s > 0 else "back"
    goes_on = "packet counter goes on" if leap_s > 0 else "signal goes on"
    more = f", and {len(line.denied) - 1} times more" if len(line.denied) > 1 else ""
    return (
        Note(
            ALIGNMENT,
            f"{what} leaps {way} {abs(leap_s):.1f} s at {at_s:.1f} s while its {goes_on}{more}: "
            "no sample is missing, and its alignment to others is doubtful from there.",
        ),
    )


def _usable(stamps: Doubles) -> bool:
    """Whether stamps move: a column of zeros is no clock."""
    finite = stamps[np.isfinite(stamps)]
    return len(finite) > 1 and float(finite.max()) > float(finite.min())


def _without_stamps(columns: Columns, what: str) -> tuple[Note, ...]:
    if columns.counter is None:
        return (
            Note("stamps", f"{what} has no usable stamps; its rows follow one another at the nominal rate."),
        )
    return (
        Note(
            "stamps",
            f"{what} has no usable stamps; a loss is known from its packet counter, up to whole turns of it.",
        ),
    )


def _seconds(stamps: Doubles, dialect: Dialect, what: str) -> tuple[Doubles, tuple[Note, ...]]:
    """Stamps in seconds that go on over midnight and summer time, and notes on both."""
    if dialect.stamp_is != CLOCK:
        return as_seconds(stamps), ()
    stamps_s, midnights = without_midnights(stamps) if float(np.nanmax(stamps)) < DAY_S else (stamps, 0)
    stamps_s, notes = without_summer_time(stamps_s, what)
    if midnights:
        notes = (
            Note("stamps", f"{what} goes over midnight and writes no date; its stamps go on there."),
            *notes,
        )
    return stamps_s, notes


def _nominal(rates: tuple[float, ...], measured_hz: float) -> float:
    """The rate of the program that is nearest to the measured one; the measured one if it has none."""
    near = [rate for rate in rates if abs(measured_hz - rate) <= RATE_OUT * rate]
    return near[0] if near else rates[0] if rates else round(measured_hz, 2)


def _assumed(rates: tuple[float, ...], rough_hz: float) -> float:
    """The program's rate unless the stamps are far from it; rows that were lost make them slower."""
    nominal_hz = _nominal(rates, rough_hz)
    return nominal_hz if 0.5 * nominal_hz <= rough_hz <= 2 * nominal_hz else rough_hz


def _judged(
    nominal_hz: float, measured_hz: float, held: float, dialect: Dialect, what: str
) -> tuple[Note, ...]:
    """A note on held rows, if there are many.

    Raises:
        ImplantError: the nominal rate is not the measured one.
    """
    if dialect.events and measured_hz < nominal_hz / 2:
        raise ImplantError(
            f"{what} holds {measured_hz:.2f} samples a second and a Muse measures {nominal_hz:g}; "
            "record again with Mind Monitor's recording interval set to constant.",
            RATE,
        )
    remedy = f"give --rate {measured_hz:.4g}"
    if dialect.stated:
        remedy = "correct its '%Sample Rate'" if not dialect.board else "name the board that wrote it"
    return check_nominal(nominal_hz, measured_hz, held, what, remedy)


def _stretches(
    at: Numbers, order: Numbers | None, filled: NDArray[np.bool_], rate_hz: float, nominal_hz: float,
    notes: tuple[Note, ...],
) -> Placed:  # fmt: skip
    """Stretches of filled rows; slot 0 is the first of them. `at`: slots in order, overwritten."""
    kept = (
        None if filled.all() and order is None else np.flatnonzero(filled if order is None else filled[order])
    )
    slots = at if kept is None else at[kept]
    rows = kept if order is None or kept is None else order[kept]
    first = int(slots[0])
    apart = np.diff(slots) != 1
    if rows is not None:
        apart |= np.diff(rows) != 1
    begins = np.concatenate([[0], np.flatnonzero(apart) + 1])
    counts = np.diff(np.concatenate([begins, [len(slots)]]))
    begin_slots, begin_rows = slots[begins] - first, begins if rows is None else rows[begins]
    at -= first
    if order is None:
        return Placed(begin_slots, begin_rows, counts, at, rate_hz, nominal_hz, notes)
    by_row = np.empty(len(at), dtype=np.int64)
    by_row[order] = at
    return Placed(begin_slots, begin_rows, counts, by_row, rate_hz, nominal_hz, notes)
