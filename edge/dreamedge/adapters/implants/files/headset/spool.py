"""Rows of samples in a temporary file without a name, so that a night costs disk and no memory."""

import os
import tempfile
import weakref
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from dreamedge.ports.implant import ImplantError

_MB: Final = 1e6


class Spool:
    """Rows of a fixed width and type; the file is gone with the object, or with the process."""

    def __init__(self, width: int, dtype: DTypeLike, source: Path) -> None:
        """Hold rows of `width` numbers that come from `source`.

        Raises:
            ImplantError: there is no temporary directory.
        """
        self._width = width
        self._dtype = np.dtype(dtype)
        self._source = source
        self.rows = 0
        try:
            with tempfile.TemporaryFile() as file:
                self._file = os.dup(file.fileno())
        except OSError as error:
            raise self._full(error) from None
        self.close = weakref.finalize(self, os.close, self._file)

    def append(self, rows: NDArray[Any]) -> None:
        """Add [n, width].

        Raises:
            ImplantError: the disk is full.
        """
        left = memoryview(np.ascontiguousarray(rows, dtype=self._dtype).data).cast("B")
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            raise self._full(error) from None
        self.rows += len(rows)

    def between(self, begin: int, end: int) -> NDArray[Any]:
        """Rows [begin, end), [n, width]."""
        row = self._width * self._dtype.itemsize
        found = np.empty((end - begin, self._width), dtype=self._dtype)
        view = memoryview(found.data).cast("B")
        at = 0
        while at < len(view):
            got = os.preadv(self._file, [view[at:]], begin * row + at)
            if not got:
                raise ValueError(f"rows {begin} to {end} are not among {self.rows}")
            at += got
        return found

    def mapped(self) -> NDArray[Any]:
        """All rows as an array that stays on disk, [rows, width]; at least one row."""
        with os.fdopen(os.dup(self._file), "rb") as file:
            return np.memmap(file, dtype=self._dtype, mode="r", shape=(self.rows, self._width))

    def _full(self, error: OSError) -> ImplantError:
        held = self.rows * self._width * self._dtype.itemsize / _MB
        return ImplantError(
            f"{self._source} needs room in {tempfile.gettempdir()} for its samples, which holds "
            f"{held:.0f} MB of them ({error}); free some, or set TMPDIR to a directory with more."
        )
