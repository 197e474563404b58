"""Rows put into slots: by the packet counter within a stretch, by the stamps between stretches.

Stamps of a headset arrive in bursts, and several rows share one. A counter is exact, but knows a loss only up
to whole turns. So the counter gives each row its number, and the stamps are read against these numbers
(`stamp_faults`, `timeline`). Where they show a gap, it has their length. Without a counter the rows number
themselves; without stamps the nominal rate holds.
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
from dreamedge.adapters.implants.files.xdf.stamp_faults import leaps, repair, robust_rate_hz
from dreamedge.adapters.implants.files.xdf.timeline import timeline
from dreamedge.core.signal.quality import RATE
from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sampling.rate_judgement import RATE_OUT, RateJudgement
from dreamedge.ports.implant import ImplantError

Doubles = NDArray[np.float64]
Numbers = NDArray[np.int64]

_LONGEST_S: Final = 24 * 3600.0
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
    numbers, notes = _numbers(columns, count, what)
    order: Numbers | None = None
    if columns.stamps is None or not _usable(columns.stamps):
        if not rates:
            raise ImplantError(
                f"{what} has no usable stamps and names no sampling rate; "
                "give it with --rate, for instance --rate 250."
            )
        at, measured_hz, nominal_hz = numbers, rates[0], rates[0]
        notes += _without_stamps(columns, what)
    else:
        stamps_s, told = _seconds(columns.stamps, dialect, what)
        assumed_hz = rates[0] if rates else 0.0
        sound = repair(stamps_s, 0.0 if len(rates) > 1 else assumed_hz, what)
        order = sound.order
        if order is not None:
            numbers = np.arange(count)
        expanded_s = _with_lost(sound.stamps_s, numbers, assumed_hz)
        resets = tuple(int(numbers[row]) for row in columns.appended if 0 < row < count)
        lines = timeline(expanded_s, 0.0 if len(rates) > 1 else assumed_hz, resets)
        measured_hz = lines.rate_hz
        nominal_hz = _nominal(rates, measured_hz)
        notes += told + sound.notes
        notes += _judged(RateJudgement(nominal_hz, measured_hz, held), dialect, what)
        if order is None:
            notes += leaps(sound.stamps_s, samples, measured_hz, what)
        at = _on_lines(numbers, lines.runs(lines.begins_s[0]))
    if not int(at[-1]) < _LONGEST_S * measured_hz:
        raise ImplantError(
            f"{what} spans {int(at[-1]) / measured_hz / 3600:.0f} h by its stamps, a clock was set; "
            "cut it there into two files."
        )
    return _stretches(at, order, filled, measured_hz, nominal_hz, notes)


def _with_lost(stamps_s: Doubles, numbers: Numbers, assumed_hz: float) -> Doubles:
    """Stamps of all numbers: a lost one follows the row before it, so that a longer loss stays a step."""
    total = int(numbers[-1]) + 1
    if total == len(stamps_s):
        return stamps_s
    every = np.arange(total)
    before = np.searchsorted(numbers, every, side="right") - 1
    rate_hz = assumed_hz or robust_rate_hz(stamps_s, 0.0)
    return np.asarray(stamps_s[before] + (every - numbers[before]) / rate_hz, dtype=np.float64)


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


def _numbers(columns: Columns, count: int, what: str) -> tuple[Numbers, tuple[Note, ...]]:
    """The number of every row with lost samples counted, and a note on the loss or on a useless counter."""
    plain = np.arange(count)
    if columns.counter is None:
        return plain, ()
    numbers = numbers_by_counter(columns.counter)
    if numbers is None or not int(numbers[-1]) < _SPREAD_MOST * count:
        return plain, (Note("counter", f"{what} has a packet counter that does not count; it is not used."),)
    lost = int(numbers[-1]) + 1 - count
    if not lost > _LOST_TOLD * count:
        return numbers, ()
    share = 100 * lost / (count + lost)
    return numbers, (
        Note("lost", f"{what} lost {lost} samples ({share:.1f} %) by its packet counter; they are gaps."),
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


def _judged(judged: RateJudgement, dialect: Dialect, what: str) -> tuple[Note, ...]:
    """A note on held rows, if there are many.

    Raises:
        ImplantError: the nominal rate is not the measured one.
    """
    if dialect.events and not judged.ok and judged.effective_hz < judged.nominal_hz / 2:
        raise ImplantError(
            f"{what} holds {judged.effective_hz:.2f} samples a second and a Muse measures "
            f"{judged.nominal_hz:g}; record again with Mind Monitor's recording interval set to constant.",
            RATE,
        )
    refusal = judged.refusal(what)
    if refusal:
        raise ImplantError(refusal, RATE)
    held = judged.held_sentence
    return (Note("held", f"{what} repeats samples: {held}."),) if held else ()


def _on_lines(numbers: Numbers, runs: tuple[tuple[int, int], ...]) -> Numbers:
    """The slot of every number, where the runs hold all numbers in order; `numbers` is overwritten."""
    edges = np.cumsum([0, *(end - begin for begin, end in runs)])
    rows = np.searchsorted(numbers, edges)
    for n, (begin, _) in enumerate(runs):
        numbers[rows[n] : rows[n + 1]] += begin - int(edges[n])
    return numbers


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
