"""The same numbers as a file for each reader; each function returns the spec that opens it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from dreamedge.core.signal.sampling.unit_judgement import UV_PER_UNIT
from edge.edf_written import as_edf
from edge.recorded import Doubles
from edge.xdf_file import Told, write

RATE = 128.0
FIVE = ("Fp1", "Fp2", "C3", "O1", "O2")
Made: TypeAlias = Callable[..., str]


def npz(folder: Path, numbers: Doubles, unit: str = "uV", labels: tuple[str, ...] = FIVE) -> str:
    """NPZ."""
    np.savez(folder / "a.npz", **{f"data_{unit}": numbers.T, "fs": RATE, "ch_names": labels})  # type: ignore[arg-type]
    return f"npz:{folder / 'a.npz'}"


def xdf(
    folder: Path,
    numbers: Doubles,
    unit: str = "uV",
    labels: tuple[str, ...] = FIVE,
    units: tuple[str, ...] = (),
) -> str:
    """XDF with one stream, `Cap`."""
    stamps_s = 1000.0 + np.arange(len(numbers)) / RATE
    told = Told("Cap", numbers, stamps_s, RATE, labels=labels, unit=unit, units=units)
    return f"xdf:{write(folder / 'a.xdf', told)}"


def edf(folder: Path, numbers: Doubles, unit: str = "uV", labels: tuple[str, ...] = FIVE) -> str:
    """EDF."""
    return f"edf:{as_edf(folder / 'a.edf', numbers, labels, RATE, (unit,) * len(labels))}"


def vhdr(folder: Path, numbers: Doubles, unit: str = "uV", labels: tuple[str, ...] = FIVE) -> str:
    """BrainVision."""
    pytest.importorskip("mne", reason="mne is not installed")
    pybv = pytest.importorskip("pybv", reason="pybv is not installed")
    pybv.write_brainvision(
        data=numbers.T / (1e6 / UV_PER_UNIT[unit]), sfreq=RATE, ch_names=list(labels), fname_base="a",
        folder_out=str(folder), fmt="binary_float32", unit=unit.replace("u", "µ"), overwrite=True,
    )  # fmt: skip
    return f"mne:{folder / 'a.vhdr'}"


def csv(folder: Path, numbers: Doubles, unit: str = "uV", labels: tuple[str, ...] = FIVE) -> str:
    """A table of electrodes; it names no unit."""
    assert unit in {"", "uV"}
    rows = [",".join(("timestamps", *labels))]
    rows += [",".join(f"{x:.9g}" for x in (n / RATE, *row)) for n, row in enumerate(numbers)]
    (folder / "a.csv").write_text("\n".join(rows) + "\n")
    return f"csv:{folder / 'a.csv'}"
