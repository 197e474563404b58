"""EDF+ of the group's signals, with its events as annotations; no header field names a person.

EDF has no NaN. Each channel's lowest digital value, -32768, stands for a number that is not known: all known
values lie above it. An annotation `BAD no data` spans each run of missing ticks: MNE's analyses leave out
spans whose annotation begins with BAD.
"""

from datetime import UTC, datetime
from math import ceil, floor
from pathlib import Path
from typing import Final

import edfio
import numpy as np
from numpy.typing import NDArray

from dreamd.adapters.recordings.exports.group_signals import GroupSignals
from dreamd.core.group_streams import Channel

_LOWEST, _HIGHEST = -32768, 32767
NO_DATA: Final = "BAD no data"
_WIDTH: Final = 8
"""Characters of a number in EDF's header."""


def write_edf(signals: GroupSignals, path: Path) -> None:
    """Write one EDF+ file with data records of 1 s."""
    per_record = round(1.0 / signals.hop_s)
    lacking = -signals.values.shape[1] % per_record
    values = np.pad(signals.values, ((0, 0), (0, lacking)), constant_values=np.nan)
    began = datetime.fromtimestamp(signals.began_s, UTC)
    content = [
        _channel(channel, row, per_record) for channel, row in zip(signals.channels, values, strict=True)
    ]
    edfio.Edf(
        content,
        patient=edfio.Patient(),
        recording=edfio.Recording(startdate=began.date()),
        starttime=began.time(),
        data_record_duration=1.0,
        annotations=annotations(signals),
    ).write(path)


def annotations(signals: GroupSignals) -> list[edfio.EdfAnnotation]:
    """Return the events and the holes, by onset in seconds from the first sample."""
    events = [
        edfio.EdfAnnotation(max(event.session_s - signals.began_s, 0.0), None, event.text)
        for event in signals.events
    ]
    missing = np.isnan(signals.values).all(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], missing, [False])).astype(np.int8)))
    holes = [
        edfio.EdfAnnotation(float(a) * signals.hop_s, float(b - a) * signals.hop_s, NO_DATA)
        for a, b in edges.reshape(-1, 2)
    ]
    return sorted((*events, *holes))


def _channel(channel: Channel, row: NDArray[np.float64], rate_hz: int) -> edfio.EdfSignal:
    known = row[np.isfinite(row)]
    low = float(known.min()) if len(known) else 0.0
    high = float(known.max()) if len(known) else 0.0
    span = max(high - low, 1e-3 * max(abs(low), 1.0))
    bottom, top = _outward(low - 2e-4 * span, up=False), _outward(max(high, low + span), up=True)
    return edfio.EdfSignal(
        np.where(np.isfinite(row), row, bottom),
        rate_hz,
        label=channel.label,
        physical_dimension=channel.unit,
        physical_range=(bottom, top),
        digital_range=(_LOWEST, _HIGHEST),
    )


def _outward(value: float, *, up: bool) -> float:
    """Return the next number of at most 8 characters that does not cut the range."""
    whole = len(str(int(abs(value)))) + (value < 0)
    scale = 10.0 ** max(_WIDTH - 1 - whole - 1, 0)
    return (ceil(value * scale) if up else floor(value * scale)) / scale
