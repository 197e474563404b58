"""One bed's poll loop in real time: `fast_loop.py RATE_HZ SECONDS` prints its share of a core."""

import sys
import time

import numpy as np

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.implants.devices.live import Batch, LiveImplant, Opened
from dreamedge.app.pod_runner import PULSE_NS
from dreamedge.core.signal.blocks import Montage
from dreamwire.messages import CalibrationSource, Device
from edge.signals import EIGHT, pink
from fakes.bed import bed_alone

_LOOP_S = 8
_WARM_UP_S = 4.0


class Sender:
    """A driver that has the samples of the time that has passed, as rows of float32, like an LSL inlet."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._rows = pink(_LOOP_S, rate_hz, len(EIGHT)).astype(np.float32)
        self._begun_ns = boottime_ns()
        self._sent = 0
        self._columns = list(range(len(EIGHT)))

    def open(self) -> Opened:
        """Begin."""
        device = Device("fake", "sender", EIGHT, float(self._rate_hz))
        return Opened(Montage(EIGHT, float(self._rate_hz), 5e3), device, CalibrationSource.LIVE)

    def take(self) -> list[Batch]:
        """The rows since the last call."""
        due = (boottime_ns() - self._begun_ns) * self._rate_hz // 1_000_000_000
        if due <= self._sent:
            return []
        first, last = self._sent % len(self._rows), due % len(self._rows)
        rows = self._rows[first:last] if first < last else self._rows[first:]
        self._sent += len(rows)
        due = self._sent
        uv = np.asarray(rows, dtype=np.float64)[:, self._columns] * 1.0  # as the LSL driver does
        return [Batch(uv, self._begun_ns + due * 1_000_000_000 // self._rate_hz)]

    def close(self) -> None:
        """End."""


def main(rate_hz: int, seconds: float) -> None:
    """Run the loop and print its share of a core."""
    implant = LiveImplant(Sender(rate_hz), "sender", 5.0, "wait")
    bed, _ = bed_alone(implant, None, boottime_ns)
    begun_ns = boottime_ns()
    warm_ns, end_ns = begun_ns + round(_WARM_UP_S * 1e9), begun_ns + round((_WARM_UP_S + seconds) * 1e9)
    used = 0.0
    at_ns = begun_ns
    while at_ns < end_ns:
        if not used and at_ns >= warm_ns:
            used, warm_ns = time.process_time(), at_ns
        bed.pulse(boottime_ns())
        at_ns += PULSE_NS
        if (at_ns - begun_ns) // PULSE_NS % 20 == 0:
            bed.look_after(0.0, 0)
        time.sleep(max(0.0, (at_ns - boottime_ns()) / 1e9))
    print((time.process_time() - used) / ((at_ns - warm_ns) / 1e9))
    bed.close()


main(int(sys.argv[1]), float(sys.argv[2]))
