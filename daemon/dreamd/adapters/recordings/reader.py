"""Reads a recording: no daemon is needed, and one that was cut off in the middle reads as well.

    recording = Recording.from_directory(directory.find("night-1", state_dir))
    recording.manifest.features.names
    for frames in recording.minutes("frames", ["step", "subject", "features"]): ...
    ticks = recording.table("ticks")

A part that not every table has (the daemon was killed between two files) is left out. So all tables that are
read cover the same ticks.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.arrow_schema import schema_of
from dreamd.adapters.recordings.columns import TABLES, VERSION
from dreamd.adapters.recordings.manifest import Manifest, RecordingError
from dreamwire.schema import Schema, schema_named

Table = Any
"""A pyarrow.Table, which ships no types."""
Progress = Callable[[float], None]
"""Called with the share that is done, 0..1, never a smaller one than before."""


def quiet(_share: float) -> None:
    """Show no progress."""


def within(progress: Progress, begin: float, end: float) -> Progress:
    """Return the progress of work that is this part of the whole."""
    return lambda share: progress(begin + (end - begin) * share)


def matrix(column: Any) -> NDArray[Any]:  # noqa: ANN401 - pyarrow ships no types
    """Return a column of lists of one length as an array [rows, length]; a row that is null is NaN."""
    array = column.combine_chunks()
    size = array.type.list_size
    values = array.values.slice(array.offset * size, len(array) * size)
    found: NDArray[Any] = values.to_numpy(zero_copy_only=False).reshape(-1, size)
    if array.null_count:
        found = np.where(array.is_null().to_numpy(zero_copy_only=False)[:, np.newaxis], np.nan, found)
        found = found.astype(values.type.to_pandas_dtype())
    return found


def _completed(table: Table, wanted: Sequence[str], schema: Any) -> Table:  # noqa: ANN401 - as above
    for name in set(wanted) - set(table.column_names):
        field = schema.field(name)
        table = table.append_column(field, pa.nulls(len(table), field.type))
    return table


class Recording:
    """One recording. path: its directory. parts: the numbers of its whole parts, ascending."""

    def __init__(self, path: Path, manifest: Manifest, parts: Sequence[int]) -> None:
        self.path = path
        self.manifest = manifest
        self.parts = tuple(parts)

    @classmethod
    def from_directory(cls, path: Path) -> Self:
        """Open the recording in this directory; a daemon may still be writing it.

        Raises:
            RecordingError: there is none, it is damaged, or of a later version.
        """
        return cls(path, directory.described(path), directory.parts_of(path))

    def part(self, table: str, number: int, columns: Sequence[str] | None = None) -> Table:
        """Return one part of a table; `columns`: their names, None for all.

        A column that an earlier version had not is null.

        Raises:
            RecordingError: the file is damaged, or has other columns.
        """
        path = directory.part_file(self.path, table, number)
        wanted = list(columns) if columns is not None else [column.name for column in TABLES[table]]
        try:
            found = pq.ParquetFile(path).read(columns=wanted)
            if self.manifest.version < VERSION:
                found = _completed(found, wanted, schema_of(table, self.manifest.features))
            return found.select(wanted)
        except (OSError, pa.ArrowException, KeyError) as error:
            raise RecordingError(
                f"{path} cannot be read ({error}); "
                "the other parts can: move this number out of all four folders"
            ) from error

    def minutes(
        self, table: str, columns: Sequence[str] | None = None, progress: Progress = quiet
    ) -> Iterator[Table]:
        """Yield the parts of a table in order: a minute each, so memory does not grow with the night.

        Raises:
            RecordingError: a file is damaged, or has other columns.
        """
        for count, number in enumerate(self.parts, start=1):
            yield self.part(table, number, columns)
            progress(count / len(self.parts))

    def table(self, table: str, columns: Sequence[str] | None = None, progress: Progress = quiet) -> Table:
        """Return a whole table, in order of time; one without rows where no part is whole.

        Raises:
            RecordingError: a file is damaged, or has other columns.
        """
        found = list(self.minutes(table, columns, progress))
        if found:
            return pa.concat_tables(found)
        schema = schema_of(table, self.manifest.features)
        empty = schema.empty_table()
        return empty if columns is None else empty.select(list(columns))

    def subjects(self, progress: Progress = quiet) -> tuple[int, ...]:
        """Return the numbers of all people with a frame, ascending."""
        found: set[int] = set()
        for frames in self.minutes("frames", ["subject"], progress):
            found.update(frames.column("subject").unique().to_pylist())
        return tuple(sorted(found))

    @property
    def unwritten(self) -> int:
        """Parts that not every table has: they are left out."""
        begun = set.union(*(directory.numbers_in(self.path / table) for table in TABLES))
        return len(begun - set(self.parts))


def schema_of_recording(recording: Recording) -> Schema:
    """Return the schema of its features.

    Raises:
        RecordingError: it is of another dreamd, and not known here.
    """
    try:
        return schema_named(recording.manifest.features.schema)
    except KeyError as error:
        raise RecordingError(f"{recording.path} is of another dreamd: {error.args[0]}") from error
