"""The ticks of a recording that an artist led: whether a piece's chain follows from them.

A lead ends with the daemon's run, and tick numbers begin anew with the next one; so each segment of the
recording has a chain of its own.
"""

from collections import defaultdict
from typing import Final

import numpy as np

from dreamd.adapters.recordings.reader import Recording, matrix
from dreamd.core.limits import HOP_S
from dreamd.core.pieces.chain import Chain
from dreamd.core.pieces.piece import Piece, instant_text

FIRST_VERSION: Final = 4
"""Of recordings with the artist's vector."""
_COLUMNS: Final = ("tick", "session_s", "segment", "artist_share", "artist")
_EARLY_S: Final = 2.0
"""A tick is closed after its grid instant, by a daemon that may have been late."""


def disagreement(piece: Piece, recording: Recording) -> str:
    """Return why a piece is not what this recording holds; empty: its chain follows, tick by tick.

    Raises:
        RecordingError: a file is damaged.
    """
    manifest, name = recording.manifest, recording.path.name
    if manifest.dreamscape != piece.dreamscape:
        return f"the piece was led in {piece.dreamscape}, and {name} is of {manifest.dreamscape}"
    if (manifest.features.schema, manifest.version >= FIRST_VERSION) != (piece.schema, True):
        return f"{name} does not hold the artist's vectors; record with this version of dreamd"
    chains: defaultdict[int, Chain] = defaultdict(piece.new_chain)
    begin, end = piece.begin, piece.end
    for table in recording.minutes("ticks", _COLUMNS):
        at_s, share = table.column("session_s").to_numpy(), table.column("artist_share").to_numpy()
        vectors, ticks = matrix(table.column("artist")), table.column("tick").to_numpy()
        segments = table.column("segment").to_numpy()
        for row in np.flatnonzero((share > 0.0) & np.isfinite(vectors).all(axis=1)):
            late = instant_text(float(at_s[row]) + _EARLY_S) < begin
            if late or instant_text(float(at_s[row]) - HOP_S) > end:
                continue
            chain = chains[int(segments[row])]
            if piece.first_tick <= ticks[row] <= piece.last_tick and ticks[row] > chain.last:
                chain.add_tick(int(ticks[row]), vectors[row].tolist(), float(share[row]))
    if any(one.value.hex() == piece.chain_sha256 for one in chains.values()):
        return ""
    holes = sum(one.ticks for one in manifest.holes)
    missing = f", and {name} has a hole of {holes} ticks" if holes else ""
    most = max((one.ticks for one in chains.values()), default=0)
    found = f"{most} of the piece's {piece.ticks} ticks are in {name}"
    return f"{found}, and its chain does not follow{missing}"
