"""Recordings of Dreamscapes: the copies that a tick hands over, and the port that keeps them.

A recording never costs a sleeper anything. Whatever is handed over is a copy, a full queue drops and counts,
and a disk that fails ends the recording alone.
"""

from dataclasses import dataclass, fields
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dreamd.core.consent.research import ResearchAnswer
from dreamd.core.dreamscapes.views import Event, IdentityView, RunawayView
from dreamd.fusion.collective import Fused
from dreamd.fusion.frame_table import Mask
from dreamwire.messages import Floats
from dreamwire.schema import Schema


@dataclass(frozen=True, slots=True)
class TableRows:
    """A copy of the rows in use of one table of slots, as the fusion of a tick has read them.

    subject: int32[used], seat numbers, 0: none. The others: see `fusion.frame_table.FrameTable`; granted:
    uint8[used], as broadcast.
    """

    subject: NDArray[np.int32]
    db: Floats
    phasors: NDArray[np.complex64]
    instant: NDArray[np.int64]
    seq: NDArray[np.uint32]
    quality: Floats
    applied: Floats
    granted: NDArray[np.uint8]
    present: Mask
    finite: Mask
    frozen: Mask
    good: Mask
    allowed: Mask

    @property
    def used(self) -> int:
        """The number of rows."""
        return len(self.subject)

    @property
    def nbytes(self) -> int:
        """Memory of the copy."""
        return sum(getattr(self, name).nbytes for name in _ROW_FIELDS)


_ROW_FIELDS: Final = tuple(field.name for field in fields(TableRows))


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A row that has been given, with its sleeper's calibration: float32[D] dB each."""

    table: int
    row: int
    template_db: Floats
    scale_db: Floats


@dataclass(frozen=True, slots=True)
class RecordedTick:
    """One tick. fused: None where nothing was fused. skipped: instants before it without a tick.

    calibrated: the rows given since the tick before, which have a holder in this one. artist: the vector that
    was broadcast with `artist_share`, float32[D]; None without one.
    """

    tick: int
    instant: int
    skipped: int
    level: float
    assigned: int
    healthy: int
    merged: int
    artist_share: float
    fused: Fused | None
    tables: tuple[TableRows, ...]
    runaway: RunawayView
    identity: IdentityView
    calibrated: tuple[Calibrated, ...] = ()
    artist: Floats | None = None

    @property
    def nbytes(self) -> int:
        """Memory of the copies."""
        return sum(rows.nbytes for rows in self.tables)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A Dreamscape as it is when its recording begins. slots: rows of one table of slots.

    mu_db, sigma_db: float32[D], the shared scale. A Dreamscape of the same name and `created_s` is the same
    one after a restart: its recording goes on. intimate: its plan is.
    """

    dreamscape: str
    created_s: float
    term: int
    slots: int
    schema: Schema
    mu_db: Floats
    sigma_db: Floats
    intimate: bool


@dataclass(frozen=True, slots=True)
class Written:
    """The part of a recording that is on the disk.

    directory: empty: nothing yet. seconds: from the first tick to the last one in a whole part.
    """

    directory: str = ""
    parts: int = 0
    seconds: float = 0.0


class RecordingSink(Protocol):
    """Keeps one recording. Every method MUST return at once, MUST NOT touch a disk, and MUST NOT raise."""

    def take_tick(self, tick: RecordedTick) -> None:
        """MUST keep the tick, or count it as dropped; the arrays belong to the sink from now on."""
        ...

    def take_event(self, event: Event) -> None:
        """MUST keep the event without the names in it."""
        ...

    def take_research(self, subject: int, answer: ResearchAnswer) -> None:
        """MUST keep what this person says of research, however slow the disk is, before any tick of later."""
        ...

    def finish(self, *, complete: bool) -> None:
        """Nothing more follows; complete: the Dreamscape has ended. It MUST still write all that it took."""
        ...

    @property
    def dropped(self) -> int:
        """Ticks and events that were not kept because the disk was too slow."""
        ...

    @property
    def written(self) -> Written:
        """Its part that is on the disk by now."""
        ...

    @property
    def trouble(self) -> str:
        """Why nothing more is kept; empty: all is well."""
        ...


class Recordings(Protocol):
    """The recordings of one daemon."""

    def missing(self) -> str:
        """Return what keeps this daemon from recording, with the step that helps; empty: nothing does."""
        ...

    def begin(self, beginning: Beginning) -> RecordingSink:
        """MUST return at once."""
        ...


class NoRecordings:
    """Keeps no recording: for simulations."""

    def missing(self) -> str:
        """Return that there is no place."""
        return "this daemon has no place for recordings; run one with --state-dir"

    def begin(self, beginning: Beginning) -> RecordingSink:
        """Never called, for `missing` is never empty.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"there is no place for a recording of {beginning.dreamscape}")
