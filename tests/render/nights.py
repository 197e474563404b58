"""Recorded nights for the tests of the rendering."""

import math
from pathlib import Path

from dreamd.adapters.recordings import parts
from dreamd.adapters.recordings.manifest import Manifest
from dreamd.core.consent.grant import DUO_DEFAULT
from dreamd.core.consent.research import ResearchGrants
from dreamd.core.limits import HOP_S
from dreamd.core.pieces.open_piece import OpenPiece
from dreamd.core.pieces.piece import Credits, Piece
from dreamwire.schema import BANDS6X2
from fakes.recordings import BEGAN_INSTANT, Row, manifest_of, write_rows

SIZE, BANDS = BANDS6X2.size, len(BANDS6X2.phase_bands)
WORDS = Credits("Low Tide", "Mia Vance", "ab" * 32)


def performing(people: int = 8, *, without: frozenset[int] = frozenset()) -> ResearchGrants:
    """So many people; `without`: of these, without `perform`."""
    everyone = frozenset(range(1, people + 1))
    return ResearchGrants(everyone, codes=frozenset(DUO_DEFAULT), unperformed=without)


def tick_row(step: int, **changed: object) -> Row:
    """A tick of a merged collective that breathes; an artist leads in the second half of each minute."""
    instant = BEGAN_INSTANT + step - 1
    angle = 2.0 * math.pi * step / 1997.0
    leads = step % 240 >= 120
    row: Row = {
        "step": step,
        "tick": step,
        "instant": instant,
        "session_s": instant * HOP_S,
        "segment": 1,
        "skipped": 0,
        "fused": True,
        "level": 0.15,
        "r": [0.0] * SIZE,
        "m": [math.sin(angle + n) for n in range(SIZE)],
        "sum": [0.0] * SIZE,
        "included": 8,
        "assigned": 8,
        "synchrony_ppc": [0.1 + 0.05 * math.cos(angle)] * BANDS,
        "artist_share": 0.25 if leads else 0.0,
        "artist": [0.5 * math.cos(angle)] * SIZE if leads else None,
        "used": [8],
    }
    return row | changed


def write_night(path: Path, ticks: list[Row] | int = 480, **changed: object) -> Manifest:
    """Write a recording of these ticks; people that are seen only in its description."""
    rows = [tick_row(step) for step in range(1, ticks + 1)] if isinstance(ticks, int) else ticks
    given = {"research": performing()} | changed
    manifest = manifest_of(path.name, len(rows), 8, **given)
    parts.make_folders(path)
    parts.describe(path, manifest)
    half = max(len(rows) // 2, 1)
    for number, part in enumerate((rows[:half], rows[half:])):
        write_rows(path, number, manifest, {"frames": [], "ticks": part, "events": [], "inputs": []})
    return manifest


def piece_of(rows: list[Row], dreamscape: str = "night", words: Credits = WORDS) -> Piece:
    """The piece that was led in these ticks, closed 150 ms after each."""
    led = OpenPiece(words, dreamscape, BANDS6X2.name)
    for row in rows:
        if row["artist"] is not None:
            vector = [float(one) for one in row["artist"]]  # type: ignore[attr-defined]
            at_s = float(str(row["session_s"])) + 0.15
            led.add_tick(at_s, int(str(row["tick"])), vector, float(str(row["artist_share"])), (1, "cd" * 32))
    piece = led.closed()
    assert piece is not None
    return piece
