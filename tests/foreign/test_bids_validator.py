"""A BIDS export before the field's own validator, from npm."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dreamd.adapters.recordings.exports.export import export
from fakes.recordings import manifest_of, part_rows, write_recording, write_rows

PROGRAM = Path(sys.prefix) / "node" / "bids-validator" / "bin" / "bids-validator"

pytestmark = pytest.mark.skipif(
    not PROGRAM.is_file() or shutil.which("node") is None,
    reason="node or the validator of BIDS is missing: make system-packages, then make test",
)


def issues(dataset: Path) -> dict[str, Any]:
    """The validator's errors and warnings of a dataset, and the number of files that it read."""
    ran = subprocess.run(
        ["node", str(PROGRAM), "--json", str(dataset)],
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
    )
    told = json.loads(ran.stdout)
    found = told["issues"]
    return {
        "errors": [(one["key"], [file["reason"] for file in one["files"]]) for one in found["errors"]],
        "warnings": {one["key"] for one in found["warnings"]},
        "files": told["summary"]["totalFiles"],
    }


def test_the_validator_finds_no_error_in_an_export(tmp_path: Path) -> None:
    """A night with a hole, events and people is a dataset without error; the absent authors are a warning.

    Without a required key of the sidecar, without the column of onsets, and with a file of another name the
    same dataset has three errors: the validator does look.
    """
    path = tmp_path / "night"
    write_recording(path, ticks=120)
    write_rows(path, 1, manifest_of("night", 180), part_rows(range(141, 181), 3, Random(2)))
    out = export(path, "bids", tmp_path / "out", progress=lambda _: None)
    assert issues(out) == {"errors": [], "warnings": {"TOO_FEW_AUTHORS"}, "files": 9}

    eeg = out / "sub-group" / "eeg"
    stem = "sub-group_task-dreamscape"
    sidecar = json.loads((eeg / f"{stem}_eeg.json").read_text())
    del sidecar["TaskName"]
    (eeg / f"{stem}_eeg.json").write_text(json.dumps(sidecar))
    events = eeg / f"{stem}_events.tsv"
    events.write_text(events.read_text().replace("onset", "begin", 1))
    (eeg / f"{stem}_channels.tsv").rename(eeg / "channels.tsv")
    keys = {key for key, _ in issues(out)["errors"]}
    assert keys == {"NOT_INCLUDED", "JSON_SCHEMA_VALIDATION_ERROR", "EVENTS_COLUMN_ONSET"}
