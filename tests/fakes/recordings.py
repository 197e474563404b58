"""A small recording of seeded numbers, for what reads recordings; and recordings without a thread.

No fusion and no daemon made the small one.
"""

from collections.abc import Container
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa

from dreamd.adapters.recordings import parts
from dreamd.adapters.recordings.arrow_schema import schema_of
from dreamd.adapters.recordings.columns import TABLES
from dreamd.adapters.recordings.manifest import Manifest, Segment, features_of
from dreamd.adapters.recordings.writer import RecordingWriter
from dreamd.core.consent.grant import DUO_DEFAULT
from dreamd.core.consent.research import ResearchAnswer, ResearchGrants
from dreamd.core.dreamscapes.views import Event, IdentityView, RunawayView
from dreamd.core.limits import HOP_S
from dreamd.ports.recordings import Beginning, RecordedTick, TableRows, Written
from dreamwire.schema import BANDS6X2

BEGAN_INSTANT = 7_200_000_000
Row = dict[str, object]


def manifest_of(name: str, ticks: int, people: int = 3, **changed: object) -> Manifest:
    """Return the description of a recording with this many ticks and people; each granted research."""
    began_s = BEGAN_INSTANT * HOP_S
    segment = Segment(1, 1, began_s, 1, 256, BANDS6X2.mu_db, BANDS6X2.sigma_db, "0.1.0", "2.0", "x86_64")
    fields: dict[str, object] = {
        "name": name,
        "dreamscape": name,
        "created_s": began_s - 10.0,
        "began_s": began_s,
        "ended_s": began_s + max(ticks - 1, 0) * HOP_S,
        "complete": True,
        "features": features_of(BANDS6X2),
        "part_s": 60.0,
        "segments": (segment,),
        "research": ResearchGrants(frozenset(range(1, people + 1)), codes=frozenset(DUO_DEFAULT)),
        "intimate": False,
    }
    return Manifest(**fields | changed)  # type: ignore[arg-type]


def write_recording(
    path: Path, *, people: int = 3, ticks: int = 480, part_ticks: int = 240, seed: int = 1, **changed: object
) -> Manifest:
    """Write a whole recording into this directory; `changed`: other fields of its description."""
    manifest = manifest_of(path.name, ticks, people, **changed)
    dice = Random(seed)
    parts.make_folders(path)
    parts.describe(path, manifest)
    for number, first in enumerate(range(1, ticks + 1, part_ticks)):
        steps = range(first, min(first + part_ticks, ticks + 1))
        write_rows(path, number, manifest, part_rows(steps, people, dice))
    return manifest


def write_rows(path: Path, number: int, manifest: Manifest, rows: dict[str, list[Row]]) -> None:
    """Write one part of these rows."""
    tables = {
        table: pa.Table.from_pylist(rows[table], schema=schema_of(table, manifest.features))
        for table in TABLES
    }
    parts.write_part(path, number, tables)


def part_rows(steps: range, people: int, dice: Random) -> dict[str, list[Row]]:
    """Return the rows of these ticks by table; an event every 40 ticks."""
    size, bands = BANDS6X2.size, len(BANDS6X2.phase_bands)
    frames: list[Row] = []
    ticks: list[Row] = []
    events: list[Row] = []
    inputs: list[Row] = []
    for step in steps:
        instant = BEGAN_INSTANT + step - 1
        grid: Row = {"step": step, "tick": step, "instant": instant}
        for subject in range(1, people + 1):
            frames.append(
                grid
                | {
                    "subject": subject,
                    "captured": instant,
                    "features": [dice.gauss(10.0, 3.0) for _ in range(size)],
                    "phasors": [dice.uniform(-1.0, 1.0) for _ in range(4 * bands)],
                    "quality": 0.9,
                    "applied": 0.1,
                    "granted": 0.15,
                    "included": True,
                    "outlier": False,
                    "own_synchrony": 0.01,
                    "distance": dice.random(),
                }
            )
            state: Row = {"present": True, "finite": True, "frozen": False, "good": True, "allowed": True}
            inputs.append(
                {"step": step, "bank": 0, "row": subject, "subject": subject, "number": step}
                | {"captured": instant, "quality": 0.9}
                | state
            )
        ticks.append(_tick(grid, people, dice))
        if step % 40 == 0:
            event: Row = {"session_s": instant * HOP_S + 0.1, "acted_s": float("nan"), "step": step}
            events.append(
                event
                | {"kind": "severed", "subject": 1 + step // 40 % people, "cause": "contact", "values": "{}"}
            )
    return {"frames": frames, "ticks": ticks, "events": events, "inputs": inputs}


def _tick(grid: Row, people: int, dice: Random) -> Row:
    size, bands = BANDS6X2.size, len(BANDS6X2.phase_bands)
    row: Row = {column.name: dice.random() for column in TABLES["ticks"] if column.kind == "float64"}
    row |= {column.name: people for column in TABLES["ticks"] if column.kind == "int32"}
    row |= {"r": [0.1] * size, "m": [dice.random() for _ in range(size)], "sum": [0.3] * size}
    row |= {"phase_means": [0.1] * (2 * bands)}
    row |= {
        column.name: [dice.random()] * bands for column in TABLES["ticks"] if column.kind == "phase_values"
    }
    session_s = int(str(grid["instant"])) * HOP_S
    return (
        row | grid | {"session_s": session_s, "segment": 1, "skipped": 0, "fused": True, "used": [people + 1]}
    )


class DirectSink:
    """A recording that is written in the caller's thread: virtual time waits for the disk, and drops nothing.

    drop: numbers of ticks that are left out, as a disk that is too slow would have it.
    """

    dropped = 0
    trouble = ""

    def __init__(self, writer: RecordingWriter, drop: Container[int] = ()) -> None:
        self.writer = writer
        self._drop = drop
        self._number = 0

    def take_tick(self, tick: RecordedTick) -> None:
        """Write it, or leave it out."""
        self._number += 1
        if self._number in self._drop:
            self.dropped += 1
        else:
            self.writer.write_tick(self._number, tick)

    def take_event(self, event: Event) -> None:
        """Write it."""
        self.writer.write_event(self._number, event)

    def take_research(self, subject: int, answer: ResearchAnswer) -> None:
        """Write it."""
        self.writer.write_research({subject: answer})

    @property
    def written(self) -> Written:
        """Its directory, parts and seconds on the disk."""
        return self.writer.written

    def finish(self, *, complete: bool) -> None:
        """Write the rest."""
        self.writer.close(complete=complete)


class DirectRecordings:
    """Recordings below a directory, each written in the caller's thread; `sinks` in the order they began."""

    def __init__(
        self, state_dir: Path, *, part_s: float = 10.0, lacks: str = "", drop: Container[int] = ()
    ) -> None:
        self.lacks = lacks
        self.sinks: list[DirectSink] = []
        self._state_dir, self._part_s, self._drop = state_dir, part_s, drop

    def missing(self) -> str:
        """The fault that the test gives it."""
        return self.lacks

    def begin(self, beginning: Beginning) -> DirectSink:
        """Begin to write."""
        writer = RecordingWriter(self._state_dir, beginning, part_s=self._part_s, daemon="test")
        self.sinks.append(DirectSink(writer, self._drop))
        return self.sinks[-1]


def beginning_of(name: str = "night", created_s: float = 1.0) -> Beginning:
    """Return a Dreamscape that begins to be recorded."""
    scale = BANDS6X2.shipped_mu(), BANDS6X2.shipped_sigma()
    return Beginning(name, created_s, 1, 256, BANDS6X2, *scale, intimate=False)


def tick_of(number: int, people: int = 3) -> RecordedTick:
    """Return a tick with one new frame of each person, in which nothing was fused."""
    size, bands = BANDS6X2.size, len(BANDS6X2.phase_bands)
    whole, good = np.full(people, number, dtype=np.int64), np.ones(people, dtype=np.bool_)
    rows = TableRows(
        subject=np.arange(1, people + 1, dtype=np.int32),
        db=np.full((people, size), number, dtype=np.float32),
        phasors=np.ones((people, 2, bands), dtype=np.complex64),
        instant=BEGAN_INSTANT + whole,
        seq=whole.astype(np.uint32),
        quality=np.ones(people, dtype=np.float32),
        applied=np.zeros(people, dtype=np.float32),
        granted=np.zeros(people, dtype=np.uint8),
        **dict.fromkeys(("present", "finite", "good", "allowed"), good),
        frozen=~good,
    )
    return RecordedTick(
        tick=number,
        instant=BEGAN_INSTANT + number,
        skipped=0,
        level=0.0,
        assigned=people,
        healthy=people,
        merged=0,
        artist_share=0.0,
        fused=None,
        tables=(rows,),
        runaway=RunawayView(),
        identity=IdentityView(),
    )
