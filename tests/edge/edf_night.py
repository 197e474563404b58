"""An EDF+ writer with a night to record, and its files as edfio and MNE read them."""

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import edfio
import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.recorder.edf_writer import EdfWriter
from dreamedge.adapters.recorder.edfplus import RECORDS_AT
from dreamedge.core.signal.blocks import Block, Montage

Doubles = NDArray[np.float64]

RATE_HZ = 256.0
NAMES = ("Fp1", "C3", "O1")
START_NS = 7_000_000_000_000
START = datetime(2026, 2, 3, 22, 15, 0, tzinfo=UTC)
"""The wall clock's reading at START_NS."""
HALF_STEP_UV = 0.05 + 1e-9
PLENTY = 10**12


def wall_ns(at_ns: int) -> int:
    """The wall clock of these tests."""
    return int(START.timestamp()) * 10**9 + at_ns - START_NS


class Night:
    """Plays samples to a writer; time is the number of samples so far."""

    def __init__(self, directory: Path, names: tuple[str, ...] = NAMES, rate_hz: float = RATE_HZ) -> None:
        self.directory = directory
        self.rate_hz = rate_hz
        self.montage = Montage(names, rate_hz)
        self.scribe = EdfWriter(directory / "bed-1", self.montage, "dreamd:sim:x", wall_ns, lambda: PLENTY)
        self.sample = 0

    def at_ns(self, sample: int) -> int:
        """When a sample is captured."""
        return START_NS + round(sample / self.rate_hz * 1e9)

    def play(self, uv: Doubles, size: int = 13) -> None:
        """Give float64[n, channels] in blocks, as a device would."""
        for begin in range(0, len(uv), size):
            some = uv[begin : begin + size]
            self.sample += len(some)
            self.scribe.record_block(Block(some, self.at_ns(self.sample - 1)))

    def lose(self, samples: int) -> None:
        """Let time pass."""
        self.sample += samples

    def mark(self, text: str) -> None:
        """Add a mark now."""
        self.scribe.mark(text, self.at_ns(self.sample))

    def noise(self, seconds: float, offset_uv: float = 0.0, seed: int = 1) -> Doubles:
        """EEG-like noise."""
        rng = np.random.default_rng(seed)
        return rng.normal(offset_uv, 30.0, (round(seconds * self.rate_hz), len(self.montage.names)))


@dataclass(frozen=True)
class Read:
    """One file as edfio reads it."""

    path: Path
    edf: Any
    uv: Doubles
    marks: list[tuple[float, float | None, str]]

    def of(self, text: str) -> list[tuple[float, float | None]]:
        """Onset and duration of every mark with this text."""
        return [(onset, lasting) for onset, lasting, said in self.marks if said == text]


def read(path: Path) -> Read:
    """Read one file; a warning is an error."""
    edf = edfio.read_edf(path)
    uv = np.stack([signal.data for signal in edf.signals], axis=1)
    return Read(path, edf, uv, [tuple(mark) for mark in edf.annotations])


def counted(path: Path) -> int:
    """The number of records in the header of a file that is still being written."""
    return int(path.read_bytes()[RECORDS_AT : RECORDS_AT + 8] or b"0")


def files(directory: Path) -> list[Path]:
    """The files of a recording in the order they were begun."""
    return sorted(directory.glob("*.edf"))


def mne_raw(path: Path) -> Any:  # noqa: ANN401 - MNE has no types
    """One file as MNE reads it; warnings about the file are errors, those of the import are not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mne  # noqa: PLC0415 - takes a second, and few tests need it
    return mne.io.read_raw_edf(path, preload=True, verbose="WARNING")
