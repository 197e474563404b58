"""A BIDS dataset made by hand for tests: EDF by edfio, sidecars as text."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.edf_written import written

CHANNELS = {"Fp1": (128.0, "uV"), "C3": (128.0, "uV"), "O1": (128.0, "uV"), "O2": (128.0, "uV")}
SECONDS = 40
HEAD = ("name", "type", "units", "status")


def recording(
    root: Path,
    name: str = "sub-01_task-rest",
    channels: Mapping[str, tuple[float, str]] | None = None,
    seconds: int = SECONDS,
) -> Path:
    """An EDF of sines, 20 in its unit, in the folder of its subject and session; returns its path."""
    folders = [part for part in name.split("_") if part.startswith(("sub-", "ses-"))]
    folder = root.joinpath(*folders, "eeg")
    folder.mkdir(parents=True, exist_ok=True)
    (root / "dataset_description.json").write_text('{"Name": "by hand", "BIDSVersion": "1.8.0"}')
    return written(folder / f"{name}_eeg.edf", channels or CHANNELS, seconds)


def table(path: Path, *rows: Sequence[str], end: str = "\n") -> Path:
    """A table with tabs; the first row is its header."""
    path.write_text(end.join("\t".join(row) for row in rows) + end, encoding="utf-8", newline="")
    return path


def beside(path: Path, suffix: str) -> Path:
    """The path of the recording's own sidecar, such as `channels.tsv`."""
    return path.with_name(path.name.replace("_eeg.", "_").rpartition("_")[0] + f"_{suffix}")


def stated(path: Path, **content: object) -> Path:
    """An object as JSON."""
    path.write_text(json.dumps(content, indent=2))
    return path
