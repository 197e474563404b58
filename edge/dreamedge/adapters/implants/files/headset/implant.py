"""Replay of a headset program's text file: muse-lsl, Mind Monitor, OpenBCI GUI, BrainFlow.

The file is read once, in pieces, into a temporary file of float32 (`spool`), and plays from there. A note
says which program was recognised, and how its columns are read.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.channel_soundness import sound_channels
from dreamedge.adapters.implants.files.headset.dialect import CLOCK, BoardLayout, Dialect, head_of
from dreamedge.adapters.implants.files.headset.placement import Columns, Placed, place
from dreamedge.adapters.implants.files.headset.recognise import recognise
from dreamedge.adapters.implants.files.headset.rows import Findings, Piece, RowReader
from dreamedge.adapters.implants.files.headset.spool import Spool
from dreamedge.adapters.implants.files.replay import Doubles, Replay, check_length, check_rate
from dreamedge.adapters.implants.files.stream_channels import (
    Described,
    Taken,
    contact_of_hsi,
    held_reports,
    numbers_in,
    take,
)
from dreamedge.adapters.implants.people_in_labels import OTHERS
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamedge.adapters.implants.ten_twenty import kind_of
from dreamedge.core.signal.inspection import Channel
from dreamedge.core.signal.recording_facts import Mark, Note
from dreamedge.core.signal.sampling.rate_judgement import held_share
from dreamedge.core.signal.saturation import limit_uv
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import Device

_ASSUMED_HZ: Final = 250.0
"""The rate by which a still signal is judged where none is known."""
_TOLD_BYTES: Final = 64 << 20
"""The reading of a larger file is shown on a terminal."""


class HeadsetRecording:
    """The EEG of one text file as a recording."""

    def __init__(self, path: Path, board: BoardLayout | None, person: str, options: RecordingOptions) -> None:
        what = str(path)
        self.dialect = recognise(head_of(path), board, options.montage, what)
        address = f"{path}#"  # what precedes the number: a person's in `PATH##1`, as `PATH#1` is a board
        taken = take(_described(self.dialect, options), options.montage, what, options.unit, person, address)
        self.names = taken.names
        self._places, self._factors = list(range(len(taken.names))), np.ones(len(taken.names))
        self._samples = Spool(len(taken.columns), np.float32, path)
        self._hsi = Spool(len(taken.columns), np.uint8, path) if self.dialect.hsi else None
        reader = RowReader(path, self.dialect, _teller(path))
        gathered = _Gathered(taken, self.dialect, self._samples, self._hsi, path)
        for piece in reader.pieces():
            gathered.add(piece)
        found = reader.findings
        if not found.rows or not gathered.any_filled:
            raise ImplantError(f"{what} holds no samples of EEG; choose a longer recording.")
        if not gathered.reported.any():
            self._hsi = None  # the columns are there and empty
        self._reported = gathered.reported
        self.full_scale_uv = gathered.full_scale_uv
        placed = place(
            gathered.columns(tuple(found.appended)), gathered.filled, self.dialect, options.rate_hz,
            gathered.held_share, what, self._samples.mapped(),
        )  # fmt: skip
        self._placed_at(placed, what)
        self.marks = _marks(found, placed)
        sound = sound_channels(self, self.rate_hz, taken.labels, taken.units, options.unit, what)
        self.names, self._places, self._factors = (
            sound.playing(taken.names),
            list(sound.places),
            sound.factors,
        )
        self.full_scale_uv *= float(sound.factors.max())
        silent = [name for name, told in zip(taken.names, self._reported, strict=True) if not told]
        said = (_said(path, self.dialect, placed, options), *_notes(path, found), *placed.notes)
        self.notes = (*said, *taken.notes, *sound.notes, *_unreported(silent if self._hsi else []))

    def _placed_at(self, placed: Placed, what: str) -> None:
        self.rate_hz, self.nominal_hz = placed.rate_hz, placed.nominal_hz
        check_rate(self.nominal_hz, what)
        check_length(int(placed.counts.sum()), self.rate_hz, what)
        self._slots, self._rows, self._counts = placed.slots, placed.rows, placed.counts
        self.slots = placed.total
        self.runs = placed.runs

    def load(self, begin: int, end: int) -> Doubles:
        """Slots [begin, end) of every channel, float64[n, channels], uV, NaN in gaps."""
        uv = np.full((end - begin, len(self.names)), np.nan)
        first = max(int(np.searchsorted(self._slots, begin, side="right")) - 1, 0)
        last = int(np.searchsorted(self._slots, end, side="left"))
        for slot, row, count in zip(
            self._slots[first:last].tolist(),
            self._rows[first:last].tolist(),
            self._counts[first:last].tolist(),
            strict=True,
        ):
            since, until = max(slot, begin), min(slot + count, end)
            if since < until:
                read = self._samples.between(row + since - slot, row + until - slot)
                uv[since - begin : until - begin] = read[:, self._places] * self._factors
        return uv

    def contact(self, begin: int, end: int) -> Doubles | None:
        """The last reported contact; over more than a second, the value that held for most of it."""
        if self._hsi is None:
            return None
        # Reports stand beside samples, so those of the last stretch that begins before the end are looked at.
        at = max(int(np.searchsorted(self._slots, end, side="left")) - 1, 0)
        slot, row, count = int(self._slots[at]), int(self._rows[at]), int(self._counts[at])
        until = row + min(max(end - slot, 1), count)
        since = until - 1 if end - begin <= self.rate_hz else row + max(min(begin - slot, count - 1), 0)
        hsi = self._hsi.between(since, until).astype(np.float64)
        held = contact_of_hsi(hsi, hsi.shape[1])
        held[:, ~self._reported] = 1.0
        held = held[:, self._places]
        return np.asarray(np.percentile(held, 50, axis=0, method="lower"), dtype=np.float64)

    def close(self) -> None:
        """Give back the disk."""
        self._samples.close()
        if self._hsi is not None:
            self._hsi.close()


class HeadsetImplant(Replay):
    """One text file behind the implant port; `options.loop` restarts it at its end."""

    def __init__(
        self,
        path: Path,
        board: BoardLayout | None = None,
        person: str = "",
        *,
        options: RecordingOptions = PLAIN,
    ) -> None:
        """Open the file.

        board: of a file of BrainFlow. person: the number of one of several people, '' of a file with one.
        """
        self._file = HeadsetRecording(path, board, person, options)
        super().__init__(
            self._file,
            Device(
                "csv",
                f"{path.name}##{person}" if person else path.name,
                self._file.names,
                self._file.nominal_hz,
            ),
            period_hz=self._file.rate_hz,
            loop=options.loop,
            notes=self._file.notes,
            marks=self._file.marks,
        )
        self.montage = replace(self.montage, full_scale_uv=self._file.full_scale_uv)

    def close(self) -> None:
        """Release the samples and their disk."""
        super().close()
        self._file.close()


class _Gathered:
    """Keeps the pieces: samples and contact on disk, the columns that place them in memory."""

    def __init__(
        self, taken: Taken, dialect: Dialect, samples: Spool, hsi: Spool | None, source: Path
    ) -> None:
        self._taken, self._dialect = taken, dialect
        self._samples, self._hsi = samples, hsi
        self._source = source
        self._stamps: Spool | None = None
        self._counter: Spool | None = None
        self._filled: list[NDArray[np.bool_]] = []
        self._held = 0.0
        self._limit_uv = 0.0
        self._peak_uv = 0.0
        self.reported = np.zeros(len(taken.columns), dtype=np.bool_)
        self._report = np.full(len(taken.columns), np.nan)

    def add(self, piece: Piece) -> None:
        """Keep one piece."""
        rate_hz = self._dialect.rates_hz[0] if self._dialect.rates_hz else _ASSUMED_HZ
        columns = list(self._taken.columns)
        with np.errstate(invalid="ignore", over="ignore"):  # the front end judges what is not finite
            uv = piece.samples[:, columns] * self._taken.uv_per - self._dialect.middle_uv
            self._samples.append(uv)
        filled = np.asarray(~np.isnan(uv).all(axis=1))
        self._filled.append(filled)
        seen = uv[filled]
        if len(seen):
            self._held += len(seen) * held_share(seen, rate_hz)
            self._limit_uv = max(self._limit_uv, limit_uv(seen, rate_hz))
            self._peak_uv = max(self._peak_uv, float(np.nanmax(np.abs(seen))))
        if piece.stamps is not None:
            self._stamps = self._stamps or Spool(1, np.float64, self._source)
            self._stamps.append(piece.stamps)
        if piece.counter is not None:
            self._counter = self._counter or Spool(1, np.float64, self._source)
            self._counter.append(piece.counter)
        if self._hsi is not None and piece.hsi is not None:
            hsi = held_reports(piece.hsi[:, columns], self._report)
            self._report = hsi[-1] if len(hsi) else self._report
            self.reported |= np.isfinite(hsi).any(axis=0)
            hsi = np.nan_to_num(hsi, nan=0.0).clip(0, 255)
            if piece.worn is not None:
                hsi[piece.worn == 0] = 0.0
            self._hsi.append(hsi)

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Which rows hold a sample."""
        return np.concatenate(self._filled)

    @property
    def any_filled(self) -> bool:
        """Whether any row holds a sample."""
        return any(bool(filled.any()) for filled in self._filled)

    @property
    def held_share(self) -> float:
        """The share of rows that repeat the last one."""
        return self._held / max(1, sum(map(np.count_nonzero, self._filled)))

    @property
    def full_scale_uv(self) -> float:
        """The limit that the samples show, else that of the device, if no sample exceeds it; else 0."""
        of_device = self._dialect.full_scale_uv
        return self._limit_uv or (of_device if self._peak_uv <= 1.01 * of_device else 0.0)

    def columns(self, appended: tuple[int, ...]) -> Columns:
        """The columns that place the rows."""
        return Columns(
            self._stamps.between(0, self._stamps.rows)[:, 0] if self._stamps else None,
            self._counter.between(0, self._counter.rows)[:, 0] if self._counter else None,
            appended,
        )


def sleepers(
    path: Path, board: BoardLayout | None = None, options: RecordingOptions = PLAIN, person: str = ""
) -> tuple[tuple[str, tuple[Channel, ...]], ...]:
    """Each person's number, '' of the only one, and every column for this person, in file order.

    person: one number, '' for all. Only the first lines of the file are read.

    Raises:
        ImplantError: the file cannot be read, or its program is not recognised.
    """
    dialect = recognise(head_of(path), board, options.montage, str(path))
    described = _described(dialect, options)
    numbers = (person,) if person else numbers_in(described, options.montage) or ("",)
    return tuple((number, _channels(dialect, options, number, str(path))) for number in numbers)


def _channels(dialect: Dialect, options: RecordingOptions, person: str, what: str) -> tuple[Channel, ...]:
    """Every column with its kind and electrode."""
    kinds = dict.fromkeys(dialect.eeg, "EEG unnamed")
    try:
        taken = take(_described(dialect, options), options.montage, what, options.unit, person)
        played = {dialect.eeg[n]: name for n, name in zip(taken.columns, taken.names, strict=True)}
        kinds |= dict.fromkeys(played, "EEG") | {dialect.eeg[n]: OTHERS for n in taken.others}
    except ImplantError:
        played = {}
    given_hz = 0.0 if dialect.stated else options.rate_hz
    rate_hz = given_hz or (dialect.rates_hz[0] if dialect.rates_hz else 0.0)
    return tuple(
        Channel(
            label,
            kinds.get(n) or _kind(label, n, dialect),
            played.get(n, ""),
            rate_hz,
            dialect.unit or options.unit or "uV" if n in kinds else "",
        )
        for n, label in enumerate(dialect.labels)
    )


def _kind(label: str, column: int, dialect: Dialect) -> str:
    """The kind of a column that holds no EEG."""
    if column in {dialect.stamp, dialect.counter}:
        return "time" if column == dialect.stamp else "counter"
    return "contact" if column in {*dialect.hsi, dialect.worn} else kind_of(label)


def _described(dialect: Dialect, options: RecordingOptions) -> Described:
    """The columns of EEG; BrainFlow's own names of a board give way to a montage."""
    count = len(dialect.eeg)
    labels = tuple(dialect.labels[column] for column in dialect.eeg)
    if options.montage and dialect.board:
        labels = ("",) * count
    return Described(labels, ("",) * count, (dialect.unit,) * count, dialect.muse)


def _unreported(names: Sequence[str]) -> tuple[Note, ...]:
    """A note on channels of which the indicator never reports."""
    if not names:
        return ()
    silent = ", ".join(names)
    return (Note("contact", f"The contact of {silent} is never reported, so it is not judged."),)


def _marks(found: Findings, placed: Placed) -> tuple[Mark, ...]:
    """The marks at the slots of their rows."""
    last = len(placed.at) - 1
    return tuple(
        Mark(max(0.0, int(placed.at[min(row, last)]) / placed.rate_hz), 0.0, text)
        for row, text in found.marks
    )


def _said(path: Path, dialect: Dialect, placed: Placed, options: RecordingOptions) -> Note:
    """The note on the program and how it is read."""
    times = (
        "no stamps"
        if dialect.stamp < 0
        else "times of day"
        if dialect.stamp_is == CLOCK
        else "numeric stamps"
    )
    counted = " and a packet counter" if dialect.counter >= 0 else ""
    unit = dialect.unit or options.unit or "uV, which is assumed"
    middle = f" minus {dialect.middle_uv:g} uV" if dialect.middle_uv else ""
    return Note(
        "dialect",
        f"{path.name} is read as a file of {dialect.name}: {len(dialect.eeg)} channels in {unit}{middle}, "
        f"{dialect.form.described}, {times}{counted}, {placed.rate_hz:.2f} Hz.",
    )


def _notes(path: Path, found: Findings) -> tuple[Note, ...]:
    """The notes on torn, unreadable and appended rows."""
    notes = []
    if found.torn:
        notes.append(
            Note(
                "torn", f"{path.name} ends within line {found.torn}, as after a kill; that line is left out."
            )
        )
    if found.bad:
        notes.append(
            Note(
                "rows",
                f"{path.name} has {found.bad} rows that cannot be read, first {found.first_bad}; "
                "they are gaps.",
            )
        )
    if found.appended:
        notes.append(
            Note(
                "appended",
                f"{path.name} holds {len(found.appended) + 1} recordings, one after the other; all play.",
            )
        )
    return tuple(notes)


def _teller(path: Path) -> Callable[[float], None] | None:
    """Shows on a terminal how much of a large file was read; None elsewhere."""
    if path.stat().st_size < _TOLD_BYTES or not sys.stderr.isatty():
        return None

    def tell(share: float) -> None:
        sys.stderr.write(f"\r{path.name}: {100 * share:.0f} % read" + ("\n" if share >= 1 else ""))
        sys.stderr.flush()

    return tell
