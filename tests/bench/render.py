"""Render: a recorded night of eight hours as sound and pictures, from its Parquet files."""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1]))


from dreamd.adapters.recordings import parts
from dreamd.adapters.recordings.arrow_schema import schema_of
from dreamd.adapters.recordings.columns import TABLES
from dreamd.adapters.recordings.manifest import Manifest
from dreamd.render.rendering import Rendering, render
from render.nights import performing, tick_row
from fakes.recordings import BEGAN_INSTANT, manifest_of

Row = Callable[[str, str, str], None]
HOURS = 8
TICKS = HOURS * 3600 * 4
PART = 240


def write(path: Path) -> Manifest:
    """A recording of eight hours: each minute has the ticks of the first one, with numbers of its own."""
    manifest = manifest_of(path.name, TICKS, 8, research=performing())
    parts.make_folders(path)
    parts.describe(path, manifest)
    rows = [tick_row(step) for step in range(1, PART + 1)]
    minute = pa.Table.from_pylist(rows, schema=schema_of("ticks", manifest.features))
    dice = np.random.default_rng(1)
    empty = {table: schema_of(table, manifest.features).empty_table() for table in TABLES}
    for number in range(TICKS // PART):
        steps = np.arange(number * PART + 1, (number + 1) * PART + 1)
        names = minute.column_names
        for name, values in (("step", steps), ("tick", steps), ("instant", BEGAN_INSTANT + steps - 1)):
            minute = minute.set_column(names.index(name), minute.schema.field(name), pa.array(values))
        centres = pa.array(dice.normal(0.0, 0.6, PART * 12).astype(np.float32))
        of = minute.schema.field("m")
        minute = minute.set_column(
            names.index("m"), of, pa.FixedSizeListArray.from_arrays(centres, type=of.type)
        )
        parts.write_part(path, number, empty | {"ticks": minute})
    return manifest


def render_night(row: Row) -> None:
    """Each kind alone, with its manifest."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recordings" / "night"
        write(path)
        for kind, speed in (("wav", 60.0), ("svg", 60.0), ("png", 60.0), ("wav", 1.0)):
            out = Path(folder) / f"{kind}-{speed:g}"
            wanted = Rendering((kind,), speed, provenance=(Path(folder), "a house"))
            began_s = time.process_time()
            (written,) = render(path, out, wanted, datetime.now(UTC))
            spent_s = time.process_time() - began_s
            size = written.stat().st_size / 1e6
            row(
                f"render {HOURS} h as {kind}, speed {speed:g}",
                f"{spent_s:.1f} s of CPU, {size:.1f} MB",
                "60 s",
            )
            written.unlink()
