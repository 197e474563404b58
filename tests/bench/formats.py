"""Opening an hour of 64-channel BrainVision through `formats`, beside MNE itself in the same run.

Each process opens it twice: the first opening imports MNE's readers, as a person's does, and the second does not.
The median of five processes is told. Memory is the highest of a process that has played ten seconds as well.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Protocol

import numpy as np

_SECONDS = 3600
_RATE_HZ = 500
_RUNS = 5
_OURS = """
from pathlib import Path
from dreamedge.adapters.implants.files.mne_files import MneImplant
def opened():
    return MneImplant(Path(sys.argv[1]))
def play(implant):
    for k in range(40):
        implant.read(1_000_000_000 + k * 250_000_000)
"""
_MNE = """
def opened():
    return mne.io.read_raw_brainvision(sys.argv[1], preload=False, verbose="ERROR")
def play(raw):
    raw.get_data(start=0, stop=5000)
"""
_AROUND = """
import resource, sys, time
import mne
{}
for _ in range(2):
    begin = time.perf_counter()
    one = opened()
    print(time.perf_counter() - begin)
play(one)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
"""


class Row(Protocol):
    """Prints one line of the table."""

    def __call__(self, what: str, measured: str, limit: str) -> None:
        """Print it."""
        ...


def formats(row: Row) -> None:
    """Time and memory of opening, ours and MNE's, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        path = _written(Path(folder))
        runs = [(_opened(_OURS, path), _opened(_MNE, path)) for _ in range(_RUNS)]
    title = "an hour of 64-channel BrainVision"
    for turn, name in enumerate(("first", "second")):
        ours_s = statistics.median(ours[turn] for ours, _ in runs)
        peer_s = statistics.median(peer[turn] for _, peer in runs)
        row(f"{title}: {name} opening by MNE", f"{1e3 * peer_s:.1f} ms", "peer")
        row(f"{title}: {name} opening by formats", f"{1e3 * ours_s:.1f} ms", f"<= {1.2e3 * peer_s:.1f} ms")
    row(f"{title}: memory", f"{max(ours[2] for ours, _ in runs):.0f} MB", "<= 300 MB")


def _opened(program: str, path: Path) -> tuple[float, ...]:
    """Seconds of the first and the second opening, and the process's highest memory in MB."""
    done = subprocess.run(  # noqa: S603 -- our own program
        (sys.executable, "-c", _AROUND.format(program), str(path)), capture_output=True, text=True, check=True
    )
    return tuple(map(float, done.stdout.split()))


def _written(folder: Path) -> Path:
    """An hour of noise at 500 Hz in 64 channels, int16, 230 MB."""
    import pybv  # noqa: PLC0415 -- other benches do not need it

    sites = [f"{row}{n}" for row in ("F", "FC", "C", "CP", "P", "PO", "AF", "FT") for n in range(1, 9)]
    second = np.random.default_rng(1).normal(0, 1e-5, (len(sites), _RATE_HZ))
    pybv.write_brainvision(
        data=second, sfreq=_RATE_HZ, ch_names=sites, fname_base="night",
        folder_out=str(folder), fmt="binary_int16", resolution=0.1,
    )  # fmt: skip
    samples = (folder / "night.eeg").read_bytes()
    with (folder / "night.eeg").open("wb") as file:
        for _ in range(_SECONDS):
            file.write(samples)
    return folder / "night.vhdr"
