"""Replay of tables of samples, NPZ and ARFF (`table_files`).

Rules
- The device's counter and the times show where samples are missing: these are gaps (`table_times`).
- Times that contradict the stated rate by more than 2 % are refused. Held rows are told.
- A row without a number in any EEG channel is a gap as well.
- The amplifier's limit is the value in the file, else an estimate from the samples
  (`core.signal.saturation`).
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from dreamedge.adapters.implants.files.channel_soundness import sound_channels
from dreamedge.adapters.implants.files.rate_checks import check_nominal, held_in
from dreamedge.adapters.implants.files.replay import Doubles, Replay, check_length, check_rate
from dreamedge.adapters.implants.files.stream_channels import Described, numbers_in, take
from dreamedge.adapters.implants.files.table_files import Table, read_table
from dreamedge.adapters.implants.files.table_times import timed
from dreamedge.adapters.implants.files.xdf.stamp_faults import leaps
from dreamedge.adapters.implants.people_in_labels import OTHERS
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamedge.adapters.implants.ten_twenty import kind_of
from dreamedge.core.signal.inspection import Channel
from dreamedge.core.signal.saturation import limit_uv
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import Device


class _Rows:
    """The EEG columns of a table as a recording."""

    def __init__(self, table: Table, options: RecordingOptions, person: str, what: str) -> None:
        taken = take(_described(table), options.montage, what, options.unit, person)
        found = timed(table, table.rate_hz or options.rate_hz, what)
        self.rate_hz, self.effective_hz = found.nominal_hz, found.effective_hz
        check_rate(self.rate_hz, what)
        self.names = taken.names
        rows, slots = table.samples[:, list(taken.columns)], found.slots
        rows = rows if found.order is None else rows[found.order]
        known = rows[:, np.isfinite(rows).any(axis=0)]
        ahead = () if found.stamps_s is None else leaps(found.stamps_s, known, found.effective_hz, what)
        filled = ~np.isnan(rows).all(axis=1)
        if not filled.all():
            rows, slots = rows[filled], slots[filled]
        check_length(len(rows), self.rate_hz, what)
        self._rows, self._uv_per = rows, taken.uv_per
        cuts = np.flatnonzero(np.diff(slots) > 1) + 1
        begins, ends = slots[[0, *cuts]], slots[[*(cuts - 1), -1]] + 1
        self.runs = tuple(zip(begins.tolist(), ends.tolist(), strict=True))
        self._slots = slots
        self.slots = int(slots[-1]) + 1
        sound = sound_channels(self, self.rate_hz, taken.labels, taken.units, options.unit, what)
        self.names = sound.playing(taken.names)
        self._rows = rows[:, list(sound.places)]
        self._uv_per = taken.uv_per[list(sound.places)] * sound.factors
        held = held_in(self, self.effective_hz, len(self.names))
        remedy = "correct its fs" if table.rate_hz else f"give --rate {self.effective_hz:.4g}"
        judged = check_nominal(self.rate_hz, self.effective_hz, held, what, remedy)
        self.notes = (*taken.notes, *sound.notes, *found.notes, *ahead, *judged)
        with np.errstate(invalid="ignore", over="ignore"):
            self.full_scale_uv = table.full_scale_uv or limit_uv(self._rows * self._uv_per, self.rate_hz)

    def load(self, begin: int, end: int) -> Doubles:
        """Slots [begin, end) of every channel, float64[n, channels], uV, NaN in gaps."""
        uv = np.full((end - begin, len(self.names)), np.nan)
        first, last = np.searchsorted(self._slots, (begin, end)).tolist()
        with np.errstate(invalid="ignore", over="ignore"):  # the front end judges what is not finite
            uv[self._slots[first:last] - begin] = self._rows[first:last] * self._uv_per
        return uv

    def contact(self, _begin: int, _end: int) -> None:
        """None: a table holds no contact data."""


class TableImplant(Replay):
    """One table behind the implant port; `options.loop` restarts it at its end."""

    def __init__(self, path: Path, person: str = "", *, options: RecordingOptions = PLAIN) -> None:
        """Open the file; the options are used where it names no electrodes, no rate or no unit.

        person: the number of one of several people, '' of a file with one.
        """
        table = read_table(path)
        rows = _Rows(table, options, person, str(path))
        name = f"{path.name}#{person}" if person else path.name
        device = Device(table.kind, name, rows.names, rows.rate_hz)
        super().__init__(rows, device, period_hz=rows.effective_hz, loop=options.loop, notes=rows.notes)
        self.montage = replace(self.montage, full_scale_uv=rows.full_scale_uv)


def sleepers(
    path: Path, options: RecordingOptions = PLAIN, person: str = ""
) -> tuple[tuple[str, tuple[Channel, ...]], ...]:
    """Each person's number, '' of the only one, and every column for this person, in file order.

    person: one number, '' for all. Columns without numbers come last.

    Raises:
        ImplantError: the file cannot be read.
    """
    table = read_table(path)
    numbers = (person,) if person else numbers_in(_described(table), options.montage) or ("",)
    return tuple((number, _channels(table, options, number, str(path))) for number in numbers)


def _channels(table: Table, options: RecordingOptions, person: str, what: str) -> tuple[Channel, ...]:
    """Every column with its kind and electrode."""
    try:
        taken = take(_described(table), options.montage, what, options.unit, person)
        played = dict(zip(taken.columns, taken.names, strict=True))
        kinds = dict.fromkeys(taken.columns, "EEG") | dict.fromkeys(taken.others, OTHERS)
    except ImplantError:
        played, kinds = {}, {}
    rate_hz = table.rate_hz or options.rate_hz
    return tuple(
        Channel(label, kinds.get(n) or kind_of(label), played.get(n, ""), rate_hz, table.unit)
        for n, label in enumerate(table.labels)
    ) + tuple(Channel(label, "no numbers", "", rate_hz, "") for label in table.left_out)


def _described(table: Table) -> Described:
    count = len(table.labels)
    return Described(table.labels, ("",) * count, (table.unit,) * count)
