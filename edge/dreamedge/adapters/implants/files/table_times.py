"""The samples of a table in slots, by its column of times, by the device's counter, or one after the other.

Rules
- The counter shows where samples are missing: these are gaps. It counts by its most frequent step and
  restarts after its highest value, so the size of a loss is known up to whole turns. Where the counter falls
  elsewhere, the smallest number of missing samples that explains it is taken.
- A column of times gives the effective rate, which is judged against the stated one; where no rate is stated,
  it is the rate. Without a counter the times also show the gaps, as the stamps of an XDF do.
- The unit of times is the one that fits the rate: they are seconds, or thousandths, millionths or billionths
  of one. A column of times that counts by one is a counter. A column that does not run on is left out.
"""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.rate_checks import LONGEST_GAP_S, STAMPS, check_span, leap
from dreamedge.adapters.implants.files.replay import RATE_LIMITS_HZ
from dreamedge.adapters.implants.files.table_files import Array, Table
from dreamedge.adapters.implants.files.xdf.stamp_faults import repair
from dreamedge.adapters.implants.files.xdf.timeline import timeline
from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sampling.rate_judgement import RateJudgement
from dreamedge.ports.implant import ImplantError

Doubles = NDArray[np.float64]
Numbers = NDArray[np.int64]

_PER_S: Final = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_UNIT: Final = re.compile(r"[ _(\[]+(s|sec|ms|msec|us|µs|ns)(?:onds?|s)?[)\]]*$", re.IGNORECASE)
_FITS: Final = 30.0
"""A unit of times by name stands if the rate it gives is within so many times of the stated one."""
_RUNS_ON: Final = 0.9
"""The least share of steps of a column of times that do not go back."""
_COUNTS: Final = 0.99
_AGO_S: Final = 5.0
_TYPICAL_HZ: Final = 256.0


@dataclass(frozen=True, slots=True)
class Timed:
    """Samples in slots.

    nominal_hz: stated, else measured. effective_hz: by the times; the nominal one without them. slots:
    int64[n], ascending. order: int64[n] that sorts the samples, None if they are sorted. stamps_s: float64[n]
    of the sorted samples, None if no times place them. notes: on the times.
    """

    nominal_hz: float
    effective_hz: float
    slots: Numbers
    order: Numbers | None
    stamps_s: Doubles | None
    notes: tuple[Note, ...]


def timed(table: Table, stated_hz: float, what: str) -> Timed:
    """Place the samples of a table; stated_hz: 0 if neither the file nor a flag states a rate.

    Raises:
        ImplantError: no rate is known, or the times or the counter cannot be those of one recording.
    """
    count = len(table.samples)
    stamps_s, counter, notes = _columns(table, stated_hz, what)
    if stamps_s is None:
        if not stated_hz:
            raise ImplantError(
                f"{what} names no sampling rate; give it with --rate, for instance --rate 128."
            )
        slots = _counted(counter, count, stated_hz, what)
        return Timed(stated_hz, stated_hz, slots, None, None, notes)
    sound = repair(stamps_s, stated_hz, what)
    line = timeline(sound.stamps_s, stated_hz)
    notes += sound.notes
    if counter is not None and sound.order is None:
        slots = _counted(counter, count, stated_hz or line.rate_hz, what)
        effective_hz = _rate_hz(slots, sound.stamps_s, line.rate_hz)
        return Timed(stated_hz or round(effective_hz, 2), effective_hz, slots, None, None, notes)
    check_span(line.begins_s, line.counts, line.rate_hz, what)
    slots = np.concatenate([np.arange(*run) for run in line.runs(min(line.begins_s))])
    nominal_hz = stated_hz or round(line.rate_hz, 2)
    return Timed(nominal_hz, line.rate_hz, slots, sound.order, sound.stamps_s, notes)


def _columns(
    table: Table, stated_hz: float, what: str
) -> tuple[Doubles | None, Array | None, tuple[Note, ...]]:
    """The times in seconds and the counter, as far as the table has them, and a note on useless times."""
    times, counter = table.times, table.counter
    if times is None or len(times) < 2:  # noqa: PLR2004 - a step takes two
        return None, counter, ()
    finite = np.isfinite(times)
    sound = times[finite]
    # Whole numbers are subtracted as such: nanoseconds since 1970 have more digits than a double.
    stamps = np.full(len(times), np.nan)
    stamps[finite] = (sound - sound[0]).astype(np.float64) if len(sound) else 0.0
    steps = np.diff(stamps[finite])
    lag = max(1, len(sound) // 4)
    period = float(np.median(stamps[finite][lag:] - stamps[finite][:-lag])) / lag if len(sound) > lag else 0.0
    named = table.times_named
    if not (period > 0 and float((steps >= 0).mean()) >= _RUNS_ON):
        return None, counter, (Note(STAMPS, f"{what} has times ({named!r}) that do not run on: left out."),)
    by_one = float((steps == 1.0).mean()) >= _COUNTS and bool(finite.all())
    if by_one and not _UNIT.search(named) and not RateJudgement(stated_hz, _PER_S["ms"]).ok:
        return None, stamps.astype(np.int64) if counter is None else counter, ()
    return stamps / _per_s(named, period, stated_hz), counter, ()


def _per_s(name: str, period: float, stated_hz: float) -> float:
    """How many units of times make a second; period: between two samples, in that unit."""
    low, high = RATE_LIMITS_HZ
    likely_hz = stated_hz or _TYPICAL_HZ
    found = _UNIT.search(name)
    if found:
        named = _PER_S[found[1].lower().replace("µ", "u").replace("msec", "ms").replace("sec", "s")]
        rate_hz = named / period
        if max(rate_hz / likely_hz, likely_hz / rate_hz) <= _FITS or (
            not stated_hz and low <= rate_hz <= high
        ):
            return named
    return min(_PER_S.values(), key=lambda per_s: abs(np.log(per_s / period / likely_hz)))


def _rate_hz(slots: Numbers, stamps_s: Doubles, likely_hz: float) -> float:
    """Slots a second by the times, as a median over about five seconds: a few losses do not change it."""
    lag = max(1, min(round(_AGO_S * likely_hz), len(slots) // 2))
    passed_s = stamps_s[lag:] - stamps_s[:-lag]
    moved = passed_s > 0
    return float(np.median((slots[lag:] - slots[:-lag])[moved] / passed_s[moved])) if moved.any() else 0.0


def _counted(counter: Array | None, samples: int, rate_hz: float, what: str) -> Numbers:
    """The slot of every sample by the device's counter, int64[samples]."""
    if counter is None or samples < 2:  # noqa: PLR2004 - a step takes two
        return np.arange(samples)
    steps = np.diff(counter.astype(np.int64))
    sizes, counts = np.unique(steps[steps > 0], return_counts=True)
    if not len(sizes):
        raise ImplantError(f"{what} has a sample_index that does not count up; leave it out or correct it.")
    step = int(sizes[counts.argmax()])
    turn = int(counter.max()) + step
    steps = np.where(steps < 0, steps + turn, steps)
    jumps = np.maximum(steps // step, 1)
    if not int(jumps.max()) <= LONGEST_GAP_S * rate_hz:
        at = int(jumps.argmax())
        raise leap(
            f"{what} after its sample {at + 1} (from sample_index {counter[at]} to {counter[at + 1]})",
            float(jumps[at] / rate_hz),
            (at + 1) / rate_hz,
            (samples - 1 - at) / rate_hz,
            "its counter was set",
        )
    return np.concatenate([[0], np.cumsum(jumps)])
