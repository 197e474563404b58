"""The recordings of a state directory: `recordings/NAME/` with recording.json and a folder for each table.

A part of a table is written under a name that begins with a dot, which readers of Parquet pass over, flushed
to the disk, and then renamed. A part counts once all four tables have it; `ticks` is written last.
"""

import os
from pathlib import Path
from typing import Final

from dreamd.adapters.recordings.columns import TABLES
from dreamd.adapters.recordings.manifest import Manifest, RecordingError, read
from dreamwire.closed_file import flush_to_disk

FOLDER: Final = "recordings"
DESCRIPTION: Final = "recording.json"
SUFFIX: Final = ".parquet"
LAST: Final = "ticks"
"""The table that is written last: a part of it says that the others have it too."""


def part_file(recording: Path, table: str, part: int) -> Path:
    """Return the file of a part of a table."""
    return recording / table / f"{part:05}{SUFFIX}"


def parts_of(recording: Path) -> tuple[int, ...]:
    """Return the numbers of the parts that every table has, ascending."""
    found = [numbers_in(recording / table) for table in TABLES]
    return tuple(sorted(set.intersection(*found)))


def numbers_in(folder: Path) -> set[int]:
    """Return the numbers of the parts in this folder; none where there is no folder."""
    names = (path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
    return {int(name) for name in names if name.isascii() and name.isdigit()}


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in the place of the one there is, as a whole, and wait until the disk has it."""
    hidden = path.with_name(f".{path.name}")
    with hidden.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    hidden.replace(path)
    flush_to_disk(path.parent)


def described(recording: Path) -> Manifest:
    """Return the description of the recording in this directory.

    Raises:
        RecordingError: there is none, or it is not readable.
    """
    path = recording / DESCRIPTION
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RecordingError(
            f"{recording} holds no recording ({DESCRIPTION} is missing); list them: dreamd recording list"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise RecordingError(f"{path} cannot be read ({why}); allow this user to read it") from error
    return read(text, str(path))


def listed(state_dir: Path) -> list[Path]:
    """Return the directories of all recordings of a state directory, by name."""
    folder = state_dir / FOLDER
    if not folder.is_dir():
        return []
    return sorted(path.parent for path in folder.glob(f"*/{DESCRIPTION}"))


def find(given: str, state_dir: Path) -> Path:
    """Return the directory of a recording: a path, or a name in the state directory.

    Raises:
        RecordingError: there is none.
    """
    named = state_dir / FOLDER / given
    if given and Path(given).name == given and (named / DESCRIPTION).is_file():
        return named
    path = Path(given).expanduser()
    if given and (path / DESCRIPTION).is_file():
        return path
    names = [one.name for one in listed(state_dir)]
    there = f"recordings there: {', '.join(names[:5])}" if names else "there is none"
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""  # noqa: PLR2004 - as many as are shown
    raise RecordingError(
        f"no recording {given!r} in {state_dir / FOLDER} ({there}{more}); "
        "name one, give its directory's path, or the daemon's own --state-dir"
    )
