"""Writes one recording: where it lies, its parts and its description. It is called from one thread alone.

A Dreamscape that goes on after a restart goes on in its own recording, as a new segment; another Dreamscape
of an earlier ledger with the same name keeps its recording, and the new one gets a number behind its name.
"""

import errno
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from dreamd.adapters.recordings import directory, parts
from dreamd.adapters.recordings.manifest import (
    Hole,
    Manifest,
    RecordingError,
    Segment,
    closed,
    features_of,
)
from dreamd.adapters.recordings.minute import Minute
from dreamd.adapters.recordings.reader import Recording
from dreamd.core.consent.research import ResearchAnswer, ResearchGrants
from dreamd.core.dreamscapes.views import Event
from dreamd.core.limits import HOP_S
from dreamd.ports.recordings import Beginning, RecordedTick, Written

RESERVE_BYTES: Final = 256 << 20
"""Free bytes with which a recording stops: the ledger is on this disk too, and needs it more."""
PART_FRAMES: Final = 400_000
"""Frames with which a part ends before its time: 70 MB in memory, ten seconds of ten thousand sleepers."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a recording goes on: its directory, the next part, the last step, the earlier description."""

    path: Path
    part: int
    step: int
    before: Manifest | None


class RecordingWriter:
    """Writes one recording below `state_dir`. path: its directory. part_s: seconds of a part.

    written: what the disk has.
    """

    def __init__(
        self,
        state_dir: Path,
        beginning: Beginning,
        *,
        part_s: float,
        daemon: str,
        free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        """Find the place; nothing is written yet. free_bytes: of the disk of a path."""
        self._free_bytes = free_bytes
        place = _place(state_dir / directory.FOLDER, beginning)
        self.path, self._part, self._base = place.path, place.part, place.step
        self._last = 0
        self._hops = max(round(part_s / HOP_S), 1)
        self._features = features_of(beginning.schema)
        self._minute = Minute(self._features)
        self._part_s, self._daemon, self._beginning = part_s, daemon, beginning
        self._manifest = place.before
        self._research = place.before.research if place.before is not None else ResearchGrants()
        self.written = Written()
        if place.before is not None:
            self.written = Written(str(self.path), place.part, place.before.duration_s)
        self._segment = len(place.before.segments) + 1 if place.before is not None else 1

    def write_tick(self, number: int, tick: RecordedTick) -> None:
        """Add one tick, and write the part that it ends.

        number: of the tick in this run, from 1; numbers that were left out are a hole.

        Raises:
            OSError: the disk is full, or not writable.
        """
        step = self._base + number
        if self._manifest is None or len(self._manifest.segments) < self._segment:
            self._begin(step, tick.instant * HOP_S)
        missed = number - self._last - 1
        if missed:
            hole = Hole(step - missed - 1, missed)
            self._manifest = replace(self._described, holes=(*self._described.holes, hole))
        self._last = number
        first = self._minute.first
        full = self._minute.frames >= PART_FRAMES
        if first is not None and (full or not 0 <= tick.instant - first < self._hops):
            self._flush()
        self._minute.add_tick(step, self._segment, tick)
        self._manifest = replace(self._described, ended_s=tick.instant * HOP_S)

    def write_event(self, number: int, event: Event) -> None:
        """Add one event; number: of the last tick before it."""
        self._minute.add_event(self._base + number, event)

    def write_research(self, answers: Mapping[int, ResearchAnswer]) -> None:
        """Keep these answers, by subject. One that takes research back is on the disk at once.

        A recording of which it is not known whether research was granted stays so.

        Raises:
            OSError: the disk is full, or not writable.
        """
        before = self._research
        if before is None:
            return
        self._research = after = before.answered(answers)
        if self._manifest is None:
            return
        self._manifest = replace(self._manifest, research=after)
        if replace(after, people=before.people) != before:
            parts.describe(self.path, self._manifest)

    def close(self, *, complete: bool, stopped: str = "") -> None:
        """Write what is left, and the description of a recording that has ended.

        Raises:
            OSError: the disk is full, or not writable.
        """
        if self._manifest is None:
            return
        if not stopped and not self._minute.empty:
            self._flush()
        manifest = self._described
        self._manifest = closed(manifest, manifest.ended_s, complete=complete, stopped=stopped)
        parts.describe(self.path, self._manifest)

    @property
    def _described(self) -> Manifest:
        assert self._manifest is not None, "the first tick describes the recording"
        return self._manifest

    def _begin(self, step: int, began_s: float) -> None:
        beginning = self._beginning
        segment = Segment(
            number=self._segment,
            first_step=step,
            began_s=began_s,
            term=beginning.term,
            slots=beginning.slots,
            mu_db=tuple(map(float, beginning.mu_db)),
            sigma_db=tuple(map(float, beginning.sigma_db)),
            daemon=self._daemon,
            library=f"numpy {np.__version__}",
            machine=_machine(),
        )
        before = self._manifest
        if before is not None:
            self._manifest = replace(
                before, segments=(*before.segments, segment), complete=False, stopped="", ended_s=began_s
            )
        else:
            self._manifest = Manifest(
                name=self.path.name,
                dreamscape=beginning.dreamscape,
                created_s=beginning.created_s,
                began_s=began_s,
                ended_s=began_s,
                complete=False,
                features=self._features,
                part_s=self._part_s,
                segments=(segment,),
                research=self._research,
                intimate=beginning.intimate,
            )
        parts.make_folders(self.path)
        parts.describe(self.path, self._manifest)
        self.written = replace(self.written, directory=str(self.path))

    def _flush(self) -> None:
        free = self._free_bytes(self.path)
        ok = free >= RESERVE_BYTES
        if not ok:
            why = f"the last {RESERVE_BYTES >> 20} MB of the disk are kept for the ledger"
            raise OSError(errno.ENOSPC, why, str(self.path))
        parts.write_part(self.path, self._part, self._minute.take_tables())
        self._part += 1
        parts.describe(self.path, self._described)
        self.written = Written(str(self.path), self._part, self._described.duration_s)


def _place(folder: Path, beginning: Beginning) -> _Place:
    for number in count(1):
        path = folder / (beginning.dreamscape if number == 1 else f"{beginning.dreamscape}-{number}")
        if not path.exists():
            return _Place(path, 0, 0, None)
        before = _same(path, beginning)
        if before is not None:
            there = directory.parts_of(path)
            last = _last_step(Recording(path, before, there))
            return _Place(path, there[-1] + 1 if there else 0, last, before)
    raise AssertionError("count has no end")


def _last_step(recording: Recording) -> int:
    """The number of the last tick written; 0: none. A part of events alone has no tick."""
    for part in reversed(recording.parts):
        steps = recording.part("ticks", part, ["step"]).column("step").to_pylist()
        if steps:
            return int(max(steps))
    return 0


def _same(path: Path, beginning: Beginning) -> Manifest | None:
    """The description of this very Dreamscape's recording, or None."""
    try:
        before = directory.described(path)
    except RecordingError:
        return None
    same = (before.dreamscape, before.created_s) == (beginning.dreamscape, beginning.created_s)
    return before if same and before.features == features_of(beginning.schema) else None


def _machine() -> str:
    """The processor's kind, on which the order of a matrix product's sums depends."""
    return platform.machine()
