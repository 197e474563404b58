"""Parquet and CSV: one file for each table that may be given away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from dreamd.adapters.recordings.arrow_schema import schema_of
from dreamd.adapters.recordings.columns import TABLES, Column
from dreamd.adapters.recordings.exports.asked_research import readme_line
from dreamd.adapters.recordings.exports.target import FIRST_LINE, README
from dreamd.adapters.recordings.manifest import Features
from dreamd.adapters.recordings.reader import Progress, Recording, within

EXPORTED: Final = ("frames", "ticks", "events")
"""Without `inputs`, which serves the replay alone."""
Codes = tuple[str, ...]
"""GA4GH codes under which the people of a recording granted research."""


def write_parquet(recording: Recording, codes: Codes, path: Path, progress: Progress) -> None:
    """Write one Parquet file for each table, a row group for each part."""
    path.mkdir()
    features = recording.manifest.features
    for table in EXPORTED:
        with pq.ParquetWriter(path / f"{table}.parquet", schema_of(table, features)) as writer:
            for part in _parts(recording, table, progress):
                writer.write_table(part)
    _write_readme(path, codes, _column_lines())


def write_csv(recording: Recording, codes: Codes, path: Path, progress: Progress) -> None:
    """Write one CSV file for each table; a number that is not known is an empty field."""
    path.mkdir()
    features = recording.manifest.features
    for table in EXPORTED:
        columns = [column for column in TABLES[table] if column.kind != "counts"]
        empty = schema_of(table, features).empty_table()
        schema = _flat(empty, columns, features).schema
        with pa.csv.CSVWriter(path / f"{table}.csv", schema) as writer:
            for part in _parts(recording, table, progress):
                writer.write_table(_flat(part, columns, features))
    lists = "Empty fields are unknown.\nLists have a column an entry.\n\n"
    _write_readme(path, codes, lists + _column_lines())


def _parts(recording: Recording, table: str, progress: Progress) -> Iterator[Any]:
    place = EXPORTED.index(table)
    share = within(progress, place / len(EXPORTED), (place + 1) / len(EXPORTED))
    yield from recording.minutes(table, progress=share)


def _flat(table: Any, columns: list[Column], features: Features) -> Any:  # noqa: ANN401 - pyarrow ships no types
    """Return the table with a column for each entry of a list, units in the names, null for NaN."""
    names: list[str] = []
    values: list[Any] = []
    for column in columns:
        unit = f" [{column.unit}]" if column.unit else ""
        content = table.column(column.name)
        entries = entry_names(column, features)
        for place, entry in enumerate(entries or ("",)):
            one = pc.list_element(content, place) if entries else content
            if pa.types.is_floating(one.type):
                one = pc.if_else(pc.is_nan(one), pa.scalar(None, one.type), one)
            names.append(f"{column.name}{entry and '.'}{entry}{unit}")
            values.append(one)
    return pa.table(values, names=names)


def entry_names(column: Column, features: Features) -> tuple[str, ...]:
    """Return the names of a list's entries, in order; none where the column is no list."""
    bands = tuple(band.name for band in features.phase_bands)
    pairs = tuple(f"{band}.{axis}" for band in bands for axis in ("re", "im"))
    return {
        "features": features.names,
        "feature_values": features.names,
        "phase_values": bands,
        "phase_pairs": pairs,
        "phasors": tuple(f"{when}.{pair}" for when in ("older", "newer") for pair in pairs),
    }.get(column.kind, ())


def _column_lines() -> str:
    return "".join(
        f"{table}.{one.name}{f' [{one.unit}]' if one.unit else ''}: {one.meaning}\n"
        for table in EXPORTED
        for one in TABLES[table]
    )


def _write_readme(path: Path, codes: Codes, text: str) -> None:
    (path / README).write_text(f"{FIRST_LINE}\n\n{readme_line(codes)}\n{text}", encoding="utf-8")
