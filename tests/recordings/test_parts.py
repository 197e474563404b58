"""The files of a part: each appears whole or not at all, whatever fails in the midst of it."""

from pathlib import Path

import pytest

from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.arrow_schema import schema_of
from dreamd.adapters.recordings.columns import TABLES
from dreamd.adapters.recordings.manifest import features_of
from dreamd.adapters.recordings.parts import make_folders, write_part
from dreamwire.schema import BANDS6X2


class Failing:
    """A table that fails in the midst of its writing, after its file was opened."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __len__(self) -> int:
        """Three rows."""
        return 3

    @property
    def schema(self) -> object:
        raise self._error


def written(path: Path, error: Exception) -> set[str]:
    """Write a part with a `frames` that fails, and return the names of all files of that folder."""
    make_folders(path)
    tables: dict[str, object] = {
        table: schema_of(table, features_of(BANDS6X2)).empty_table() for table in TABLES
    }
    with pytest.raises(type(error)):
        write_part(path, 0, tables | {"frames": Failing(error)})
    assert directory.parts_of(path) == ()
    return {file.name for file in (path / "frames").iterdir()}


def test_a_part_that_fails_in_the_midst_has_no_name(tmp_path: Path) -> None:
    """After an end in the midst of a file no reader finds it under a part's name."""
    assert not any(name.startswith("0") for name in written(tmp_path / "night", MemoryError()))


def test_a_full_disk_gets_back_what_it_could_not_hold(tmp_path: Path) -> None:
    """After an error of the disk the half of a file is removed."""
    assert written(tmp_path / "night", OSError(28, "No space left on device")) == set()
