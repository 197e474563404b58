"""Writes the parts of a recording: a minute of all four tables, each one row group in a file of its own.

A file appears under its name only when it is whole and on the disk. So a process that is killed at any moment
leaves every part before the present one, and every file there is opens.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.columns import TABLES
from dreamd.adapters.recordings.manifest import Manifest, text_of
from dreamwire.closed_file import flush_to_disk

COMPRESSION: Final = "zstd"


def describe(recording: Path, manifest: Manifest) -> None:
    """Write recording.json, as a whole.

    Raises:
        OSError: the disk is full, or not writable.
    """
    directory.replace_file(recording / directory.DESCRIPTION, text_of(manifest).encode())


def make_folders(recording: Path) -> None:
    """Make the recording's directory, closed to other users, and the folder of each table.

    Raises:
        OSError: they cannot be made.
    """
    recording.mkdir(mode=0o700, parents=True, exist_ok=True)
    for table in TABLES:
        (recording / table).mkdir(mode=0o700, exist_ok=True)


def write_part(recording: Path, number: int, tables: Mapping[str, Any]) -> None:
    """Write one part of every table, `ticks` last.

    Args:
        recording: its directory.
        number: of the part; one that is there is replaced.
        tables: a pyarrow.Table by the name of each table.

    Raises:
        OSError: the disk is full, or not writable.
    """
    for table in sorted(TABLES, key=lambda name: name == directory.LAST):
        path = directory.part_file(recording, table, number)
        hidden = path.with_name(f".{path.name}")
        rows = max(len(tables[table]), 1)
        try:
            with hidden.open("wb") as file:
                pq.write_table(tables[table], file, compression=COMPRESSION, row_group_size=rows)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):  # a full disk gets back what it could not hold
                hidden.unlink()
            raise
        hidden.replace(path)
        flush_to_disk(path.parent)
