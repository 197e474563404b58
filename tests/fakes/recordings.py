"""A small recording made from seeded numbers, for what reads recordings: no fusion and no daemon made it."""

from pathlib import Path
from random import Random

import pyarrow as pa

from dreamd.adapters.recordings import parts
from dreamd.adapters.recordings.arrow_schema import schema_of
from dreamd.adapters.recordings.columns import TABLES
from dreamd.adapters.recordings.manifest import Manifest, Segment, features_of
from dreamd.core.limits import HOP_S
from dreamwire.schema import BANDS6X2

BEGAN_INSTANT = 7_200_000_000
Row = dict[str, object]


def manifest_of(name: str, ticks: int, **changed: object) -> Manifest:
    """Return the description of a recording with this many ticks."""
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
    }
    return Manifest(**fields | changed)  # type: ignore[arg-type]


def write_recording(
    path: Path, *, people: int = 3, ticks: int = 480, part_ticks: int = 240, seed: int = 1, **changed: object
) -> Manifest:
    """Write a whole recording into this directory; `changed`: other fields of its description."""
    manifest = manifest_of(path.name, ticks, **changed)
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
