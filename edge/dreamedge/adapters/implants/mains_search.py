"""Looks for mains in the signal of an implant: in excerpts of a recording, or in what a device has sent."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.replay import Replay
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.electrodes import electrodes
from dreamedge.core.signal.excerpts.mains_lines import WINDOW_S, Line, mains_lines, mains_sentence
from dreamedge.core.signal.features import HOP_NS
from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sampling.decimator import DIRECT_HZ, PASS_SHARE
from dreamedge.ports.implant import Implant
from dreamwire.schema import Schema

Doubles = NDArray[np.float64]

_WINDOWS_MOST: Final = 32
"""Excerpts of a recording."""
_KEPT_S: Final = 60.0
"""Seconds of a device that are kept."""


def kept_blocks(
    heard: Iterator[tuple[int, tuple[Block, ...]]], kept: list[Doubles]
) -> Iterator[tuple[int, tuple[Block, ...]]]:
    """The same, with the samples of the first `_KEPT_S` seconds left in `kept`."""
    for number, (instant_ns, blocks) in enumerate(heard):
        if number * HOP_NS < _KEPT_S * 1e9:
            kept += [block.uv for block in blocks]
        yield instant_ns, blocks


def mains_of(
    implant: Implant, kept: list[Doubles], schema: Schema
) -> tuple[tuple[Line, ...], tuple[Note, ...]]:
    """The lines of the mains and the note about them; kept: the samples of a source that is no recording."""
    montage = implant.montage
    found = electrodes(montage.names)
    if not found:
        return (), ()
    columns, names = [one.column for one in found], tuple(one.name for one in found)
    if isinstance(implant, Replay):
        rate_hz, highest_hz = implant.original_hz, math.inf
        windows: Iterator[Doubles] = (
            uv[:, columns] for uv in implant.excerpts(WINDOW_S, _WINDOWS_MOST) if len(uv)
        )
    else:
        rate_hz = montage.rate_hz
        # A device may have been decimated: its samples are true up to the end of that passband.
        highest_hz = PASS_SHARE * rate_hz / 2 if rate_hz > DIRECT_HZ / 2 else math.inf
        uv, length = np.concatenate([np.zeros((0, len(montage.names))), *kept]), round(WINDOW_S * rate_hz)
        windows = (uv[at : at + length, columns] for at in range(0, len(uv) - length + 1, length))
    lines = mains_lines(windows, rate_hz, names, schema.bands, montage.mains_hz, highest_hz)
    return lines, (Note("mains", mains_sentence(lines, len(names), rate_hz)),) if lines else ()
