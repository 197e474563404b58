"""Real recordings for tests, from the directory named by DREAMD_RECORDINGS; absent, the test skips."""

import os
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

WHY = "DREAMD_RECORDINGS is not set: it names a directory of real recordings"
needed = pytest.mark.skipif(not os.environ.get("DREAMD_RECORDINGS"), reason=WHY)


def path(name: str) -> Path:
    """A recording's file; skips if it is absent."""
    found = Path(os.environ.get("DREAMD_RECORDINGS", "")) / name
    if not found.exists():
        pytest.skip(f"the recordings have no {name}")
    return found


def edf(name: str) -> tuple[Doubles, tuple[str, ...], float]:
    """Samples float64[n, channels] in uV, labels and rate of an EDF's fastest signals."""
    import edfio  # noqa: PLC0415 - only where there are recordings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        signals = edfio.read_edf(path(name)).signals
        rate_hz = max(signal.sampling_frequency for signal in signals)
        kept = [signal for signal in signals if signal.sampling_frequency == rate_hz]
        samples = np.stack([signal.data for signal in kept], axis=1)
    return samples, tuple(signal.label for signal in kept), rate_hz


def npz(name: str) -> Doubles:
    """Samples float64[n, channels] in uV of an OpenBCI file."""
    with np.load(path(name)) as file:
        return np.asarray(file["data_uV"].T, dtype=np.float64)


def arff(name: str, channels: int) -> Doubles:
    """Samples float64[n, channels] of an ARFF table."""
    rows = np.loadtxt(path(name), delimiter=",", comments="@")
    return np.asarray(rows[:, :channels], dtype=np.float64)


def xdf(name: str) -> dict[str, Doubles]:
    """Rows float64[n, channels] of every float32 stream of an XDF file, by stream name."""
    data = path(name).read_bytes()
    names: dict[bytes, tuple[str, int]] = {}
    rows: dict[str, list[NDArray[np.float32]]] = {}
    at = len(b"XDF:")
    while at < len(data):
        width = data[at]
        length = int.from_bytes(data[at + 1 : at + 1 + width], "little")
        at += 1 + width
        tag, chunk = int.from_bytes(data[at : at + 2], "little"), data[at + 2 : at + length]
        at += length
        if tag == 2:
            header = chunk[4:].decode()
            found = re.search(r"<name>(.*?)</name>.*<channel_count>(\d+)<", header, re.DOTALL)
            assert found is not None
            names[chunk[:4]] = (found[1], int(found[2]))
            rows[found[1]] = []
        elif tag == 3:
            stream, channels = names[chunk[:4]]
            rows[stream] += _samples(chunk, channels)
    return {stream: np.array(found, dtype=np.float64) for stream, found in rows.items()}


def _samples(chunk: bytes, channels: int) -> list[NDArray[np.float32]]:
    width = chunk[4]
    count = int.from_bytes(chunk[5 : 5 + width], "little")
    at = 5 + width
    made = []
    for _ in range(count):
        at += 1 + chunk[at]
        made.append(np.frombuffer(chunk, "<f4", channels, at))
        at += 4 * channels
    return made
