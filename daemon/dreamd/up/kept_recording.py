"""The recording of a run: the daemon's directory is temporary, so it is moved to the usual one."""

import os
import shutil
from itertools import count
from pathlib import Path
from typing import Final

from dreamd import settings
from dreamd.adapters.recordings import directory, manifest
from dreamd.adapters.recordings.manifest import RecordingError
from dreamd.adapters.recordings.store import RecordingStore
from dreamd.up.plan import CannotRun

FLAG: Final = "--record"
_CHOOSE: Final = "choose another directory with DREAMD_STATE_DIR"


def place() -> Path:
    """Return the folder for the recording, `recordings` in the usual state directory; make it.

    Raises:
        CannotRun: pyarrow is not installed, or the folder cannot be written.
    """
    try:
        state_dir = settings.load(os.environ, {}).settings.state_dir
    except settings.SettingsError as error:
        raise CannotRun(f"{FLAG}: {error}") from error
    missing = RecordingStore(state_dir, part_s=1.0, daemon="").missing()
    if missing:
        raise CannotRun(f"{FLAG}: the night cannot be recorded, {missing}")
    folder = state_dir / directory.FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRun(f"{FLAG}: {folder} cannot be made ({error.strerror}); {_CHOOSE}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CannotRun(f"{FLAG}: {folder} cannot be written; {_CHOOSE}")
    return folder


def keep(recorded: Path, folder: Path) -> Path | None:
    """Move this recording into the folder, under a free name; return where it lies, None: there is none.

    Raises:
        CannotRun: it cannot be moved.
    """
    try:
        found = directory.described(recorded)
    except RecordingError:
        return None
    names = (recorded.name if number == 1 else f"{recorded.name}-{number}" for number in count(1))
    to = next(folder / name for name in names if not (folder / name).exists())
    try:
        shutil.move(recorded, to)
        renamed = manifest.text_of(manifest.renamed(found, to.name))
        directory.replace_file(to / directory.DESCRIPTION, renamed.encode())
    except OSError as error:
        raise CannotRun(
            f"{FLAG}: the recording cannot be kept in {to} ({error.strerror}); {_CHOOSE}"
        ) from error
    return to
