"""Runs the frames of a recording through the same fusion again, and compares every number, bit for bit.

Each tick's changes (`inputs`, with the numbers of `frames`) are put into tables like those of the daemon; the
fusion of `dreamd.fusion` does the rest. Each segment begins a fusion of its own, as the daemon's run did.

Rules
- Two numbers are equal where all their bits are, or where neither is known (NaN).
- Energy is compared where the calibrations of the sleepers are recorded: from version 2 on.
- After a hole the fusion's past is not known: the rest of that segment is counted and not compared.
- The last bits of a sum depend on the processor and on numpy's libraries. Where they are other ones than the
  recording's, a difference says nothing about the recording; the report names both.
"""

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from dreamd.adapters.recordings.manifest import Features, RecordingError, Segment
from dreamd.adapters.recordings.minute import collective_of
from dreamd.adapters.recordings.reader import Progress, Recording, matrix, quiet, schema_of_recording, within
from dreamd.adapters.recordings.replayed_group import RESTARTS, ReplayedGroup
from dreamd.fusion.collective import Fused, Fusion
from dreamd.fusion.frame_table import FrameTable, Mask
from dreamwire.schema import INSTANTS_PER_HOP, Schema

Values = NDArray[Any]

OF_FRAMES: Final = {
    "included": "included",
    "outlier": "outliers",
    "own_synchrony": "own_synchrony",
    "distance": "residuals",
}
"""Columns of `frames` that the fusion makes, and their names in `Fused`."""
OF_INPUTS: Final = {
    "number": "seq",
    "captured": "instant",
    **{name: name for name in ("quality", "present", "finite", "frozen", "good")},
}
"""Columns of `inputs`, and their names in `FrameTable`."""
ENERGY: Final = ("energy", "energy_limit")
"""Columns of `ticks` that need the calibrations."""
CALIBRATED_FROM: Final = 2
"""Version from which a recording has them."""
FROM_FRAMES: Final = ("features", "phasors")
"""Columns of `frames` that the fusion reads."""
SHOWN: Final = 20
"""Differences that are kept, the first of each column of a tick; all are counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A number that is not the same again. subject: 0 for a number of the group."""

    step: int
    tick: int
    instant: int
    column: str
    subject: int
    recorded: str
    replayed: str


@dataclass(slots=True)
class Replayed:
    """The result. ticks, numbers: compared. skipped: ticks after a hole, which cannot be compared."""

    ticks: int = 0
    numbers: int = 0
    skipped: int = 0
    differing: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether every number was the same again."""
        return self.differing == 0

    def __iadd__(self, other: "Replayed") -> Self:
        """Add what was found in a later segment."""
        self.ticks += other.ticks
        self.numbers += other.numbers
        self.skipped += other.skipped
        self.differing += other.differing
        self.differences += other.differences[: max(SHOWN - len(self.differences), 0)]
        return self


@dataclass(frozen=True, slots=True)
class _Tick:
    """The rows of one tick in the three tables. restarted: subjects severed for identity in it."""

    row: dict[str, Any]
    frames: dict[str, Values]
    inputs: dict[str, Values]
    restarted: Sequence[int]


@dataclass(frozen=True, slots=True)
class SegmentJob:
    """One run of a daemon within a recording. path: its directory, as its worker finds it."""

    path: str
    segment: int
    parts: tuple[int, ...]


def jobs_of(recording: Recording) -> list[SegmentJob]:
    """Return a job for each segment: each begins a fusion of its own.

    Raises:
        RecordingError: it has no whole part, or a file is damaged.
    """
    if not recording.parts:
        raise RecordingError(
            f"{recording.path} has no whole part yet: the first is written after "
            f"{recording.manifest.part_s:g} s; replay it then"
        )
    parts: dict[int, list[int]] = {}
    for part in recording.parts:
        for segment in recording.part("ticks", part, ("segment",)).column("segment").unique().to_pylist():
            parts.setdefault(segment, []).append(part)
    path = str(recording.path.absolute())
    return [SegmentJob(path, segment, tuple(held)) for segment, held in sorted(parts.items())]


def replay(recording: Recording, progress: Progress = quiet) -> Replayed:
    """Run every segment again, one after the other. progress: called after each part.

    Raises:
        RecordingError: it has no whole part, a file is damaged, or its features are not known here.
    """
    found, jobs = Replayed(), jobs_of(recording)
    for count, job in enumerate(jobs):
        shown = within(progress, count / len(jobs), (count + 1) / len(jobs))
        found += _replay_segment(recording, job, shown)
    return found


def replay_segment(job: SegmentJob) -> Replayed:
    """Run one segment again.

    Raises:
        RecordingError: a file is damaged, or its features are not known here.
    """
    return _replay_segment(Recording.from_directory(Path(job.path)), job, quiet)


def _replay_segment(recording: Recording, job: SegmentJob, progress: Progress) -> Replayed:
    features, schema = recording.manifest.features, schema_of_recording(recording)
    segments = {segment.number: segment for segment in recording.manifest.segments}
    known = recording.manifest.version >= CALIBRATED_FROM
    run = _Segment(job.segment, schema, segments.get(job.segment), with_energy=known)
    found, expected = Replayed(), 0
    for tick in _ticks(recording, job, progress):
        step = int(tick.row["step"])
        run.broken |= bool(expected) and step != expected
        expected = step + 1
        if run.broken:
            found.skipped += 1
        else:
            run.compare(tick, features, found)
    return found


def another_machine(recording: Recording) -> str:
    """Return what differs between the recording's machine and this one; empty: nothing."""
    here = f"numpy {np.__version__}", platform.machine()
    others = {(one.library, one.machine) for one in recording.manifest.segments} - {here}
    return "; ".join(
        f"recorded with {' on '.join(one)}, replayed with {' on '.join(here)}" for one in sorted(others)
    )


class _Segment:
    """One run of a daemon: its tables and its fusion."""

    def __init__(self, number: int, schema: Schema, segment: Segment | None, *, with_energy: bool) -> None:
        if segment is None:
            raise RecordingError(f"the description has no segment {number}, of which there are ticks")
        self.number = number
        self.broken = False
        self._left_out = () if with_energy else ENERGY
        self._schema, self._slots = schema, segment.slots
        scale = np.asarray(segment.mu_db, np.float32), np.asarray(segment.sigma_db, np.float32)
        self._fusion = Fusion(schema, *scale)
        self._group = ReplayedGroup(schema, scale, segment.slots)
        self._tables: list[FrameTable] = []
        self._allowed: list[Mask] = []
        self._subjects: list[NDArray[np.int32]] = []

    def compare(self, tick: _Tick, features: Features, found: Replayed) -> None:
        """Run one tick, and add what differs."""
        self._take(tick)
        instant = int(tick.row["instant"])
        for table in self._tables:
            table.advance(instant)
        found.ticks += 1
        for subject in tick.restarted:
            for number, subjects in enumerate(self._subjects):
                for row in np.flatnonzero(subjects == subject).tolist():
                    self._group.restart_window(number, row)
        if tick.row["fused"]:
            fused = self._fusion.tick(self._tables, self._allowed, instant)
            self._group.observe_rows(self._tables, self._subjects, fused, instant)
            self._compare(tick, fused, features, found)
        else:
            for table, allowed in zip(self._tables, self._allowed, strict=True):
                table.eligible(instant, allowed)
        self._group.digest_axes()

    def _compare(self, tick: _Tick, fused: Fused, features: Features, found: Replayed) -> None:
        comparison, frames = _Comparison(tick, found), tick.frames
        numbers = collective_of(fused, features) | self._group.columns()
        for column, value in numbers.items():
            if column in self._left_out:
                continue
            recorded, again = (np.asarray(one, dtype=np.float64) for one in (tick.row[column], value))
            comparison.compare(column, recorded, again, None)
        for column, name in OF_FRAMES.items():
            again = self._of_people(frames["subject"], getattr(fused, name))
            recorded, again = frames[column].astype(np.float64), again.astype(np.float64)
            comparison.compare(column, recorded, again, frames["subject"])

    def _take(self, tick: _Tick) -> None:
        """Put this tick's changes into the tables."""
        for number, used in enumerate(tick.row["used"]):
            if number == len(self._tables):
                self._tables.append(FrameTable(self._schema, self._slots))
                self._allowed.append(np.zeros(self._slots, dtype=np.bool_))
                self._subjects.append(np.zeros(self._slots, dtype=np.int32))
            self._tables[number].used = used
            here = tick.inputs["bank"] == number
            rows = tick.inputs["row"][here]
            for column, name in OF_INPUTS.items():
                getattr(self._tables[number], name)[rows] = tick.inputs[column][here]
            self._allowed[number][rows] = tick.inputs["allowed"][here]
            subjects = tick.inputs["subject"][here]
            self._group.clear_rows(number, rows[self._subjects[number][rows] != subjects].tolist())
            self._subjects[number][rows] = subjects
            self._take_calibrations(tick, number, here)
            self._take_frames(tick, number, rows)

    def _take_calibrations(self, tick: _Tick, number: int, here: Mask) -> None:
        """Give their calibrations to the rows of this table that have got a holder."""
        columns = (tick.inputs[name][here] for name in ("row", "template", "scale"))
        for row, template, scale in zip(*columns, strict=True):
            if template is not None:
                self._group.take_up(number, int(row), template, scale)

    def _take_frames(self, tick: _Tick, number: int, rows: Values) -> None:
        """Put the features and phasors of these rows into their table; an unsound frame has none."""
        table, subjects = self._tables[number], tick.frames["subject"]
        wanted = self._subjects[number][rows]
        at = np.searchsorted(subjects, wanted)
        at[at == len(subjects)] = 0
        fits = table.finite[rows] & (wanted > 0)
        fits &= (subjects[at] == wanted) if len(subjects) else False
        rows, at = rows[fits], at[fits]
        table.db[rows] = tick.frames["features"][at]
        bands = len(self._schema.phase_bands)
        phasors = np.ascontiguousarray(tick.frames["phasors"][at])
        table.phasors[rows] = phasors.view(np.complex64).reshape(len(rows), INSTANTS_PER_HOP, bands)

    def _of_people(self, wanted: Values, of_tables: Sequence[Values]) -> Values:
        """The fusion's numbers of these people, in this order."""
        people = np.concatenate([*self._subjects, np.zeros(1, dtype=np.int32)])
        numbers = np.concatenate([*of_tables, np.zeros(1, dtype=of_tables[0].dtype)]) if of_tables else people
        order = np.argsort(people)
        at = np.searchsorted(people[order], wanted)
        return np.asarray(numbers[order][np.minimum(at, len(order) - 1)])


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares the columns of one tick, and adds what differs to `found`."""

    tick: _Tick
    found: Replayed

    def compare(self, column: str, recorded: Values, replayed: Values, subjects: Values | None) -> None:
        """Compare one column; subjects: of its rows, None for numbers of the group."""
        unknown = np.isnan(recorded) & np.isnan(replayed)
        same = (recorded == replayed) & (np.signbit(recorded) == np.signbit(replayed)) | unknown
        self.found.numbers += recorded.size
        self.found.differing += int(np.count_nonzero(~same))
        room = len(self.found.differences) < SHOWN
        for place in np.argwhere(~same)[: int(room)]:
            at = tuple(place.tolist())
            entry = f"{column}[{at[0]}]" if subjects is None and at else column
            self.found.differences.append(
                Difference(
                    step=int(self.tick.row["step"]),
                    tick=int(self.tick.row["tick"]),
                    instant=int(self.tick.row["instant"]),
                    column=entry,
                    subject=int(subjects[at[0]]) if subjects is not None else 0,
                    recorded=repr(recorded[at].item()),
                    replayed=repr(replayed[at].item()),
                )
            )


def _ticks(recording: Recording, job: SegmentJob, progress: Progress) -> Iterator[_Tick]:
    """Yield the ticks of a segment in order, a minute in memory at a time."""
    restarts: dict[int, list[int]] = {}
    for count, part in enumerate(job.parts, start=1):
        for event in recording.part("events", part, ("step", "kind", "subject")).to_pylist():
            if event["kind"] == RESTARTS:
                restarts.setdefault(event["step"] + 1, []).append(event["subject"])
        frames = _arrays(recording.part("frames", part, ("step", "subject", *FROM_FRAMES, *OF_FRAMES)))
        inputs = _arrays(recording.part("inputs", part))
        for row in recording.part("ticks", part).to_pylist():
            if row["segment"] != job.segment:
                continue
            step = row["step"]
            yield _Tick(row, _of_step(frames, step), _of_step(inputs, step), restarts.pop(step, ()))
        progress(count / len(job.parts))


def _arrays(table: Any) -> dict[str, Values]:  # noqa: ANN401 - pyarrow ships no types
    """The columns as arrays; lists of one length as rows of a matrix."""
    return {
        name: matrix(table.column(name)) if name in FROM_FRAMES else table.column(name).to_numpy()
        for name in table.column_names
    }


def _of_step(columns: dict[str, Values], step: int) -> dict[str, Values]:
    """The rows of one step; they stand in order."""
    begin, end = np.searchsorted(columns["step"], (step, step + 1))
    return {name: values[begin:end] for name, values in columns.items()}
