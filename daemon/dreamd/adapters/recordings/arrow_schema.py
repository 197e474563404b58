"""The tables' schemas in Arrow: the columns of `columns`, with unit and meaning in each field's metadata."""

from typing import Any

import pyarrow as pa

from dreamd.adapters.recordings.columns import PURPOSES, TABLES, VERSION, Column
from dreamd.adapters.recordings.manifest import Features
from dreamwire.schema import INSTANTS_PER_HOP


def kinds(features: Features) -> dict[str, Any]:
    """Return the Arrow type of each kind of a column."""
    size, bands = len(features.names), len(features.phase_bands)
    return {
        "int64": pa.int64(),
        "int32": pa.int32(),
        "float32": pa.float32(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
        "string": pa.string(),
        "counts": pa.list_(pa.int32()),
        "calibration": pa.list_(pa.float32()),
        "features": pa.list_(pa.float32(), size),
        "feature_values": pa.list_(pa.float32(), size),
        "phasors": pa.list_(pa.float32(), INSTANTS_PER_HOP * bands * 2),
        "phase_pairs": pa.list_(pa.float32(), bands * 2),
        "phase_values": pa.list_(pa.float64(), bands),
    }


def schema_of(table: str, features: Features) -> Any:  # noqa: ANN401 - pyarrow ships no types
    """Return the pyarrow.Schema of a table."""
    types = kinds(features)
    fields = [_field(column, types) for column in TABLES[table]]
    about = {"table": table, "meaning": PURPOSES[table], "dreamd.recording": str(VERSION)}
    return pa.schema(fields, metadata=about)


def _field(column: Column, types: dict[str, Any]) -> Any:  # noqa: ANN401 - pyarrow ships no types
    return pa.field(
        column.name, types[column.kind], metadata={"unit": column.unit, "meaning": column.meaning}
    )
