"""Text files as headset programs write them, for tests: from samples, with stamps in bursts and faults."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from edge.signals import Doubles, pink

MUSE: Final = ("TP9", "AF7", "AF8", "TP10")
MUSE_HZ: Final = 256.0
CYTON_HZ: Final = 250.0
BEGUN: Final = datetime(2025, 7, 1, 14, 56, 5, 422_000, tzinfo=UTC)
UNIX_S: Final = 1_751_381_765.422
_BANDS: Final = [f"{band}_{site}" for band in ("Delta", "Theta", "Alpha", "Beta", "Gamma") for site in MUSE]
MIND_MONITOR: Final = ",".join(
    [
        *("TimeStamp", *_BANDS, *(f"RAW_{site}" for site in MUSE), "AUX_RIGHT"),
        *("Accelerometer_X", "Accelerometer_Y", "Accelerometer_Z", "Gyro_X", "Gyro_Y", "Gyro_Z"),
        *("HeadBandOn", *(f"HSI_{site}" for site in MUSE), "Battery", "Elements"),
    ]
)
GUI_5: Final = ", ".join(
    [
        *("Sample Index", *(f"EXG Channel {n}" for n in range(8)), *(f"Accel Channel {n}" for n in range(3))),
        *(["Other"] * 10),
        *("Timestamp", "Marker Channel", "Timestamp (Formatted)"),
    ]
)


def muse_uv(seconds: float = 31.0) -> Doubles:
    """Four channels at 256 Hz with an alpha of 10 Hz, float64[n, 4], uV."""
    return with_alpha(pink(seconds, MUSE_HZ, 4), MUSE_HZ)


def cyton_uv(seconds: float = 31.0, channels: int = 8) -> Doubles:
    """Channels at 250 Hz with an alpha of 10 Hz and offsets as electrodes have them, float64[n, 8], uV."""
    return with_alpha(pink(seconds, CYTON_HZ, channels), CYTON_HZ) + 1000.0 * np.arange(channels)


def with_alpha(uv: Doubles, rate_hz: float) -> Doubles:
    """`uv` with a sine of 10 Hz and 15 uV."""
    return uv + 15.0 * np.sin(2 * np.pi * 10.0 * np.arange(len(uv)) / rate_hz)[:, None]


def bursts(count: int, rate_hz: float, size: int = 12) -> Doubles:
    """Seconds of `count` rows that arrive `size` at a time, a millisecond apart, float64[count]."""
    rows = np.arange(count)
    return (rows // size * size + size) / rate_hz + (rows % size) * 1e-3


def muse_lsl(
    uv: Doubles, stamps_s: Doubles | None = None, *, lead: str = "timestamps", comma: bool = False
) -> str:
    """A file of `muselsl record`."""
    at = UNIX_S + (np.arange(len(uv)) / MUSE_HZ if stamps_s is None else stamps_s)
    rows = [
        ",".join([f"{t:.3f}", *(f"{v:.3f}" for v in row), "0.000"]) for t, row in zip(at, uv, strict=True)
    ]
    text = f"{lead},{','.join(MUSE)},Right AUX\n" + "\n".join(rows) + "\n"
    return text.replace(",", ";").replace(".", ",") if comma else text


def mind_monitor(
    uv: Doubles,
    stamps_s: Doubles | None = None,
    *,
    begun: datetime = BEGUN,
    hsi: Sequence[int] = (1, 1, 1, 1),
    events: Iterable[tuple[int, str]] = ((0, "/muse/event/connected Muse-5257"),),
) -> str:
    """A file of Mind Monitor; `events`: rows before which an event stands."""
    at = bursts(len(uv), MUSE_HZ) if stamps_s is None else stamps_s
    bands, motion = ",".join(["0.4980847"] * 20), "-0.64,0.066,0.75,-2.9,2.29,0.44,1"
    tail = ",".join(f"{value}.0" for value in hsi) + ",14.31"
    there = dict(events)
    lines = [MIND_MONITOR]
    for n, (t, row) in enumerate(zip(at.tolist(), uv, strict=True)):
        stamp = (begun + timedelta(seconds=t)).replace(tzinfo=None).isoformat(" ", "milliseconds")
        if n in there:
            lines.append(f"{stamp}{',' * MIND_MONITOR.count(',')}{there[n]}")
        raw = ",".join(f"{value + 841:.5f}" for value in row)
        lines.append(f"{stamp},{bands},{raw},777.6557,{motion},{tail}")
    return "\n".join(lines) + "\n"


def gui_5(
    uv: Doubles,
    *,
    numbers: Doubles | None = None,
    stamps_s: Doubles | None = None,
    rate: str = "250",
    names: str = GUI_5,
    markers: dict[int, float] | None = None,
    per: float = 1.0,
) -> str:
    """A file of the OpenBCI GUI 5; `numbers`: of the packets before they wrap at 256, float64[n]."""
    count = len(uv)
    numbers = np.arange(count) if numbers is None else numbers
    at = UNIX_S + (bursts(count, CYTON_HZ, 8) if stamps_s is None else stamps_s)
    lines = [
        *("%OpenBCI Raw EXG Data", f"%Number of channels = {uv.shape[1]}", f"%Sample Rate = {rate} Hz"),
        *("%Board = OpenBCI_GUI$BoardCytonSerial", names),
    ]
    for n in range(count):
        values = ", ".join(f"{value:.6f}" for value in uv[n])
        marker = (markers or {}).get(n, 0.0)
        lines.append(
            f"{float(numbers[n] % 256)}, {values}, 0.04, 0.42, 0.238{', 0.0' * 10}, "
            f"{float(at[n]) * per!r}, {marker}, 2025-07-01 14:56:05.422"
        )
    return "\n".join(lines) + "\n"


def gui_4(uv: Doubles, *, comma: bool = False, times: bool = True, head: Sequence[str] = ()) -> str:
    """A file of the OpenBCI GUI 2 to 4: no names of columns; in some languages with decimal commas."""
    lines = [
        *("%OpenBCI Raw EEG Data", *(head or ("%Number of channels = 8",)), "%Sample Rate = 250.0 Hz"),
        "%First Column = SampleIndex",
    ]
    for n, row in enumerate(uv):
        cells = [*(f"{value:.2f}" for value in row), "0.040", "0.420", "0.238"]
        body = ", ".join(cell.replace(".", ",") if comma else cell for cell in cells)
        stamp = f", 12:00:53.329, {round((UNIX_S + n / CYTON_HZ) * 1e3)}" if times else ""
        lines.append(f"{n % 256}, {body}{stamp}")
    return "\n".join(lines) + "\n"


def written(path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    """The path, with the text in it as it is."""
    path.write_bytes(text.encode(encoding))
    return path
