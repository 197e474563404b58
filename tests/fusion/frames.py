"""Frames as pods send them, for the tests of the fusion."""

from dataclasses import replace

import numpy as np

from dreamd.fusion.frame_table import FrameTable
from dreamwire.blend import next_seq
from dreamwire.messages import Floats, Frame
from dreamwire.schema import BANDS6X2, INSTANTS_PER_HOP, Schema

SCHEMA = BANDS6X2
BANDS = len(SCHEMA.phase_bands)
INSTANT = 6_800_000_000
NO_PHASE = np.full((INSTANTS_PER_HOP, BANDS, 2), np.nan, dtype=np.float32)


def plain(schema: Schema, schema_code: int | None = None) -> Frame:
    """Return a sound frame of this schema: average features, quality 1."""
    return Frame(
        assignment=1,
        seq=1000,
        instant=INSTANT,
        offset_error_us=0,
        uncertainty_us=500,
        schema=schema.code if schema_code is None else schema_code,
        features=schema.shipped_mu(),
        phasors=np.full((INSTANTS_PER_HOP, len(schema.phase_bands), 2), np.nan, dtype=np.float32),
        quality=1.0,
        applied=0.0,
        fading=False,
        latched="",
        heard_term=0,
        heard_tick=0,
        severed=None,
        own_z=0.5,
    )


PLAIN = plain(SCHEMA)


def after(frame: Frame, hops: int = 1, *, drift_db: float = 0.01) -> Frame:
    """Return the frame `hops` later, its features a little changed."""
    seq = frame.seq
    for _ in range(hops):
        seq = next_seq(seq)
    features = np.asarray(frame.features + np.float32(drift_db), dtype=np.float32)
    return replace(frame, seq=seq, instant=frame.instant + hops, features=features)


def at(x: Floats, instant: int = INSTANT, seq: int = 1000, phasors: Floats = NO_PHASE) -> Frame:
    """Return a frame whose state on the shipped shared scale is x, before any clip."""
    db = np.asarray(x, dtype=np.float32) * SCHEMA.shipped_sigma() + SCHEMA.shipped_mu()
    return replace(PLAIN, features=db.astype(np.float32), instant=instant, seq=seq, phasors=phasors)


def filled(states: Floats, instant: int = INSTANT, seq: int = 1000, slots: int = 256) -> list[FrameTable]:
    """Return cohorts that hold these states, float32[N, D], in order of slots."""
    cohorts = [FrameTable(SCHEMA, slots) for _ in range(-(-len(states) // slots))]
    refill(cohorts, states, instant, seq)
    return cohorts


def refill(cohorts: list[FrameTable], states: Floats, instant: int, seq: int) -> None:
    """Write the next frame of every slot, in order."""
    for k, x in enumerate(states):
        columns = cohorts[k // cohorts[0].slots]
        columns.write(k % columns.slots, at(x, instant, seq), instant)


def everyone(cohorts: list[FrameTable]) -> list[np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return masks that allow all."""
    return [np.ones(columns.slots, dtype=np.bool_) for columns in cohorts]
