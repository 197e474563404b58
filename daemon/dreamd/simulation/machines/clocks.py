"""The clock of one machine: world time through an offset of its own, a rate of its own, and jumps.

CLOCK_BOOTTIME never goes back; it may leap ahead (a machine that slept, a snapshot taken up again).
"""

PPM = 1e-6


class MachineClock:
    """Nanoseconds as one machine counts them."""

    def __init__(self, offset_ns: int, skew_ppm: float) -> None:
        """Begin at `offset_ns` when the world begins; run fast by `skew_ppm`."""
        self._rate = 1.0 + skew_ppm * PPM
        self._world_ns = 0
        self._local_ns = offset_ns

    def local_ns(self, world_ns: int) -> int:
        """This machine's time at a world time that is not before the last jump."""
        return self._local_ns + round((world_ns - self._world_ns) * self._rate)

    def world_ns(self, local_ns: int) -> int:
        """The world time at which this machine's clock shows this value, since its last jump."""
        return self._world_ns + round((local_ns - self._local_ns) / self._rate)

    def jump(self, world_ns: int, by_ns: int) -> None:
        """Leap ahead now."""
        assert by_ns >= 0, "CLOCK_BOOTTIME never goes back"
        self._local_ns = self.local_ns(world_ns) + by_ns
        self._world_ns = world_ns
