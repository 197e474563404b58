"""The position of samples in a recording: gaps, jitter, drift, and broken time."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dreamedge.core.timeline import BACK_S, CORRECT_S, GAP_S, LONGEST_GAP_S, Placed, Timeline

RATE_HZ = 256.0
START_NS = 5_000_000_000_000


def stamp_ns(seconds: float) -> int:
    """`seconds` of the bed's time after the file's start."""
    return START_NS + round(seconds * 1e9)


class Device:
    """Counts samples by a clock of its own: `ppm` too slow, stamped `late_s` too late."""

    def __init__(self, ppm: float = 0.0) -> None:
        self.timeline = Timeline(RATE_HZ, START_NS)
        self.period_s = (1 + ppm * 1e-6) / RATE_HZ
        self.delivered = 0
        self.lost = 0
        self.filled = 0
        self.corrections = 0

    def deliver(self, samples: int, late_s: float = 0.0) -> Placed:
        """Deliver one block; returns its placement in the file."""
        self.delivered += samples
        placed = self.timeline.place(samples, stamp_ns(self.bed_s() + late_s))
        assert placed is not None
        self.filled += placed.missing - placed.left_out
        self.corrections += placed.drifted
        return placed

    def lose(self, samples: int) -> None:
        """Samples that never come."""
        self.lost += samples

    def bed_s(self) -> float:
        """The capture time of the newest sample."""
        return (self.delivered + self.lost - 1) * self.period_s

    def off_s(self) -> float:
        """The distance of the newest sample from its time in the file."""
        return (self.delivered + self.filled - 1) / RATE_HZ - self.bed_s()


@given(st.lists(st.tuples(st.integers(1, 300), st.just(0) | st.integers(14, 2000)), min_size=1, max_size=60))
def test_with_exact_stamps_file_time_is_bed_time(course: list[tuple[int, int]]) -> None:
    """With exact stamps and any gaps above 50 ms no sample is off by a whole period."""
    device = Device()
    for samples, lost in course:
        device.lose(lost)
        device.deliver(samples)
        assert abs(device.off_s()) <= 0.5001 / RATE_HZ


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 2000), st.floats(0, 0.02)), max_size=80),
    st.floats(-300, 300),
)
def test_a_file_is_never_far_from_the_bed(course: list[tuple[int, int, float]], ppm: float) -> None:
    """With gaps of any length, 20 ms of jitter and 300 ppm of drift the file is within 0.35 s of the bed."""
    device = Device(ppm)
    for samples, lost, late_s in course:
        device.lose(lost)
        device.deliver(samples, late_s)
        assert abs(device.off_s()) <= CORRECT_S + GAP_S + 0.05


def test_a_slow_and_a_fast_device_are_followed_for_a_night() -> None:
    """At 100 ppm either way the file stays within 0.3 s and has one seam in about 42 minutes."""
    for ppm in (100.0, -100.0):
        device = Device(ppm)
        worst_s = 0.0
        for _ in range(8 * 3600 * 2):
            device.deliver(128)
            worst_s = max(worst_s, abs(device.off_s()))
        assert worst_s <= 0.26
        assert abs(device.timeline.drift_s + device.off_s()) < 0.001
        assert 10 <= device.corrections <= 13


def test_jitter_is_no_gap() -> None:
    """Stamps up to 45 ms late cause no filling and no omission."""
    device = Device()
    rng = np.random.default_rng(5)
    placed = [device.deliver(13, float(late_s)) for late_s in rng.uniform(0, 0.045, 5000)]
    assert {(one.missing, one.left_out) for one in placed[1:]} == {(0, 0)}


def test_a_false_alarm_is_made_up_for() -> None:
    """Stamps 80 ms late look like gaps, but however often, the file does not run ahead."""
    device = Device()
    for turn in range(400):
        device.deliver(13, late_s=0.08 if turn % 4 == 3 else 0.0)
    assert 0 < device.filled <= round(0.08 * RATE_HZ) + 1
    device.lose(256)
    device.deliver(13)
    assert abs(device.off_s()) <= 1 / RATE_HZ


def test_a_stamp_far_too_late_is_made_up_for_at_once() -> None:
    """A block stamped 0.8 s late fills in as much; the next ones are left out until the time is right."""
    device = Device()
    device.deliver(256)
    device.deliver(13, late_s=0.8)
    assert device.off_s() > 0.75
    placed = [device.deliver(13) for _ in range(40)]
    assert sum(one.left_out for one in placed) > 0.5 * RATE_HZ
    assert abs(device.off_s()) <= CORRECT_S + 0.01


def test_a_file_ends_where_its_time_breaks() -> None:
    """A block more than a minute late or a second early belongs to another file."""
    for off_s in (LONGEST_GAP_S + 1, -BACK_S - 0.1):
        device = Device()
        device.deliver(2560)
        assert device.timeline.place(13, stamp_ns(device.bed_s() + 13 / RATE_HZ + off_s)) is None


def test_a_turn_to_another_file_is_no_seam() -> None:
    """From any sample on another file continues, and its samples keep their instants."""
    device = Device(ppm=200.0)
    for _ in range(1000):
        device.deliver(128)
    before = device.timeline.time_ns(100_000)
    start_ns = before - 300_000_000
    missing = device.timeline.turn(100_000, start_ns)
    assert missing == round(0.3 * RATE_HZ)
    assert abs(device.timeline.time_ns(missing) - before) <= 1
    assert abs(device.timeline.drift_s) <= 0.5 / RATE_HZ
    placed = device.deliver(1280)
    assert (placed.missing, placed.left_out) == (0, 0)
    assert abs(device.timeline.drift_s) <= 1 / RATE_HZ


def test_time_and_seconds_are_inverse() -> None:
    """A sample's instant in seconds of the file is its number over the rate, with drift or without."""
    device = Device(ppm=200.0)
    for _ in range(1000):
        device.deliver(128)
    assert device.timeline.drift_s > 0.05
    instants = [device.timeline.time_ns(n) for n in (0, 1000, 128_000)]
    assert all(a < b for a, b in pairwise(instants))
    assert [round(device.timeline.seconds(at) * RATE_HZ, 3) for at in instants] == [0, 1000, 128_000]
