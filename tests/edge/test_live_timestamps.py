"""Live stamps: jitter is no gap, a loss is one, and a healthy device measures its true rate."""

import itertools

import numpy as np
import pytest
import pyxdf

from dreamedge.adapters.implants.devices.live_timestamps import Pace
from dreamedge.core.signal.sample_buffer import Samples
from edge import recorded

S = 1_000_000_000
RATE = 256.0
PULSE_NS = 50_000_000


def _hear(
    arrivals_ns: list[tuple[int, int, bool]], *, paced: bool
) -> tuple[Samples, list[tuple[float, int]]]:
    """Play (when, samples, lost) into a ring; (when in s, how many) for every gap the ring found."""
    ring, pace, gaps = Samples(1, RATE, 0.0), Pace(RATE), []
    for at_ns, count, lost in arrivals_ns:
        stamp_ns = pace.tell(count, at_ns, at_ns, lost=lost) if paced else at_ns
        before = ring.count
        ring.append(np.ones((count, 1)), stamp_ns)
        if ring.count - before - count:
            gaps.append((at_ns / S, ring.count - before - count))
    return ring, gaps


def _steady(
    seconds: int, drop: tuple[float, float] = (0.0, 0.0), *, told: bool = False
) -> list[tuple[int, int, bool]]:
    """A pulse's samples at every pulse; those captured in `drop` (s) lost, reported or not."""
    arrivals, captured, owed = [], 0, False
    for k in range(1, seconds * 20 + 1):
        due = int(k * PULSE_NS * RATE / S)
        count, captured = due - captured, due
        if drop[0] <= k * PULSE_NS / S < drop[1]:
            owed = told
            continue
        arrivals.append((S + k * PULSE_NS, count, owed))
        owed = False
    return arrivals


def _bursts(seconds: int, seed: int) -> list[tuple[int, int, bool]]:
    """All samples arrive, in bursts of 0.05 to 0.3 s, as from a poor radio link."""
    rng = np.random.default_rng(seed)
    at_s, given, arrivals = 0.0, 0, []
    while at_s < seconds:
        at_s += float(rng.choice([0.05, 0.05, 0.1, 0.1, 0.2, 0.3]))
        # Up to 90 ms of it are still on their way.
        ready = max(given, int((at_s - float(rng.uniform(0.0, 0.09))) * RATE))
        if ready > given:
            arrivals.append((S + round(at_s * S), ready - given, False))
        given = ready
    return arrivals


@pytest.mark.parametrize("seed", [1, 2, 8])
def test_bursts_are_no_gaps(seed: int) -> None:
    """A minute of bursts without a loss has no gap; its raw stamps would show dozens."""
    arrivals = _bursts(60, seed)
    ring, gaps = _hear(arrivals, paced=True)
    assert gaps == []
    assert abs(ring.rate_hz / RATE - 1) < 0.005
    _, raw = _hear(arrivals, paced=False)
    assert len(raw) > 12


def test_a_steady_device_measures_within_two_thousandths() -> None:
    """Ten seconds of a device with 4 ms of jitter measure its rate within 0.2 %."""
    rng = np.random.default_rng(4)
    arrivals = [(at + int(rng.uniform(0, 4e6)), count, lost) for at, count, lost in _steady(10)]
    ring, _ = _hear(arrivals, paced=True)
    assert abs(ring.rate_hz / RATE - 1) < 0.002


@pytest.mark.parametrize("seconds", [0.15, 0.5, 3.0])
def test_a_loss_is_found_by_the_stamps_alone(seconds: float) -> None:
    """A loss without a report is found from the stamps, at its length, within 2.1 s of its end."""
    _, gaps = _hear(_steady(20, (8.0, 8.0 + seconds)), paced=True)
    (found,) = gaps
    assert abs(found[1] / RATE - seconds) < 0.02
    assert 9.0 + seconds - 0.1 < found[0] < 9.0 + seconds + 2.1


def test_a_loss_the_device_tells_is_found_at_once() -> None:
    """A loss that the device's counter shows is in the very next block: 0.1 s missing."""
    _, gaps = _hear(_steady(20, (8.0, 8.1), told=True), paced=True)
    (found,) = gaps
    assert abs(found[1] / RATE - 0.1) < 0.02
    assert found[0] == pytest.approx(9.1)


@pytest.mark.parametrize("stamp_ns", [0, 99 * S, 200 * S])
def test_a_stamp_of_a_clock_that_was_set_is_not_believed(stamp_ns: int) -> None:
    """A stamp after now, or before any buffer's reach, is replaced by the time of the read."""
    assert Pace(RATE).tell(12, stamp_ns, 150 * S) == 150 * S


@recorded.needed
def test_real_headsets_have_no_gaps_where_nothing_was_lost() -> None:
    """Four Muse headsets, stamped on arrival: read as live, no sample is missing."""
    path = recorded.path("group/hybridharmony_anticipation_4people_4ch_256Hz.xdf")
    streams, _ = pyxdf.load_xdf(str(path), dejitter_timestamps=False)
    people = [stream["time_stamps"] for stream in streams if stream["info"]["type"][0] == "EEG"]
    assert len(people) == 4
    for stamps_s in people:
        stamps_ns = np.round((stamps_s - stamps_s[0] + 1.0) * S).astype(np.int64)
        pulses_ns = np.arange(S - PULSE_NS, stamps_ns[-1] + PULSE_NS, PULSE_NS)
        heard = np.searchsorted(stamps_ns, pulses_ns, side="right")
        arrivals = [
            (int(stamps_ns[after - 1]), int(after - before), False)
            for before, after in itertools.pairwise(heard)
            if after > before
        ]
        ring, gaps = _hear(arrivals, paced=True)
        assert gaps == []
        assert ring.count == len(stamps_s)
        assert abs(ring.rate_hz / RATE - 1) < 0.01
