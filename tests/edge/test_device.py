"""Faults of a device as a whole: a wrong sampling rate, samples in a wrong unit."""

import random
from dataclasses import replace

import numpy as np
import pytest

from dreamedge.core.agent import Agent, Restored
from dreamedge.core.clock import SessionClock
from dreamedge.core.merging.effects import Note, SendStatus
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.features import FrontEnd, Hop
from dreamedge.core.signal.sample_buffer import Samples
from dreamedge.core.signal.sampling.rate_judgement import RateWatch
from dreamwire.messages import CalibrationSource, Status
from dreamwire.schema import BANDS6X2
from edge.signals import EIGHT, HOP_NS, Doubles, pink
from fakes.edge import START_NS, identity

NOMINAL_HZ = 256.0
MONTAGE = Montage(EIGHT, NOMINAL_HZ)
LATE_NS = 30_000_000


def heard(blocks: list[tuple[Doubles, int]], seconds: float) -> tuple[list[Hop], FrontEnd]:
    """Every hop of a device that delivers `blocks` (samples, stamp in ns of the last), and its front end."""
    front = FrontEnd(BANDS6X2, MONTAGE)
    hops = []
    at = 0
    for k in range(1, int(seconds * 4) + 1):
        while at < len(blocks) and blocks[at][1] <= k * HOP_NS + LATE_NS:
            front.push(Block(*blocks[at]))
            at += 1
        hop = front.hop(k * HOP_NS - LATE_NS)
        if hop is not None:
            hops.append(hop)
    return hops, front


def delivered(rate_hz: float, seconds: float, per_block: int = 12) -> list[tuple[Doubles, int]]:
    """Blocks of a device that takes `rate_hz` samples a second."""
    uv = pink(seconds, rate_hz, 8)
    stops = range(per_block, len(uv) + 1, per_block)
    return [(uv[stop - per_block : stop], round(stop * 1e9 / rate_hz)) for stop in stops]


@pytest.mark.parametrize("rate_hz", [250.0, 240.0, 200.0, 128.0, 262.0, 300.0, 512.0])
def test_a_wrong_rate_is_never_good(rate_hz: float) -> None:
    """A device more than 2 % off its rate has quality 0 for `rate` once 10 s are measured, for good."""
    hops, front = heard(delivered(rate_hz, 100), 100)
    known = [hop for hop in hops if hop.instant_ns > 10.5e9]
    assert len(known) > 200
    assert {(hop.quality, hop.cause, hop.eligible) for hop in known} == {(0.0, "rate", False)}
    assert not front.rate_ok


@pytest.mark.parametrize("rate_hz", [256.0, 252.0, 260.0])
def test_a_rate_within_two_per_cent_is_right(rate_hz: float) -> None:
    """A crystal 1.6 % off is no fault."""
    hops, _ = heard(delivered(rate_hz, 60), 60)
    assert all(hop.eligible and not hop.cause for hop in hops if hop.instant_ns > 5e9)


@pytest.mark.parametrize("rate_hz", [250.0, 240.0, 230.0])
def test_a_slow_device_is_not_excused_as_losing_packets(rate_hz: float) -> None:
    """A gap that grows from block to block is slowness: the error is right to 0.3 % with stamps 5 ms late."""
    rng = np.random.default_rng(1)
    samples = Samples(8, NOMINAL_HZ, 0.0)
    for uv, last_ns in delivered(rate_hz, 20):
        samples.append(uv, last_ns + int(abs(rng.normal(0, 5e6))))
    assert samples.rate_error == pytest.approx(1 - rate_hz / NOMINAL_HZ, abs=0.003)


def test_lost_packets_are_no_wrong_rate() -> None:
    """A radio that loses one packet in fifteen delivers 93 % of its samples, at the right rate."""
    blocks = [block for at, block in enumerate(delivered(NOMINAL_HZ, 60)) if at % 15 != 7]
    hops, front = heard(blocks, 60)
    assert front.rate_hz < 0.95 * NOMINAL_HZ
    assert not any(hop.cause == "rate" for hop in hops)


def test_an_outage_is_no_wrong_rate() -> None:
    """Three seconds of nothing, then the device as before: silence, and never `rate`."""
    blocks = [block for block in delivered(NOMINAL_HZ, 60) if not 20e9 < block[1] <= 23e9]
    hops, _ = heard(blocks, 60)
    assert {hop.cause for hop in hops if hop.instant_ns > 5e9} == {"", "silence"}
    assert hops[-1].eligible


@pytest.mark.parametrize("stall_s", [0.04, 0.3])
def test_late_blocks_are_no_wrong_rate(stall_s: float) -> None:
    """A radio that stalls once a second and then delivers everything keeps its rate."""
    blocks = [
        (uv, last_ns + round(stall_s * 1e9) if at % 22 == 7 else last_ns)
        for at, (uv, last_ns) in enumerate(delivered(NOMINAL_HZ, 90))
    ]
    hops, front = heard(blocks, 90)
    assert front.rate_ok
    assert not any(hop.cause == "rate" for hop in hops)


def test_the_border_does_not_flutter() -> None:
    """A rate is out beyond 2 % and in again within 1.5 %; NaN is out."""
    watch = RateWatch()
    told = []
    for error in (0.0, 0.019, 0.021, 0.019, 0.016, 0.014, 0.019, float("nan")):
        watch.update_error(error)
        told.append(watch.ok)
    assert told == [True, True, False, False, False, True, True, False]


def bed(source: CalibrationSource) -> Agent:
    """An agent with the real signal path that calibrates live."""
    who = replace(identity(), source=source)
    return Agent(
        who,
        FrontEnd(BANDS6X2, MONTAGE),
        SessionClock(),
        None,
        Restored(),
        random.Random(1),
        consent_ceiling=1,
    )


def lived(agent: Agent, uv: Doubles) -> tuple[Status, list[Note]]:
    """A bed's last status and its hop notes after these samples."""
    status, notes = None, []
    for k in range(1, int(len(uv) / NOMINAL_HZ * 4) + 1):
        now_ns = START_NS + k * HOP_NS
        effects = agent.samples(Block(uv[(k - 1) * 64 : k * 64], now_ns), now_ns)
        for effect in [*effects, *agent.pulse(now_ns)]:
            if isinstance(effect, SendStatus):
                status = effect.status
            elif isinstance(effect, Note) and effect.kind == "hop":
                notes.append(effect)
    assert status is not None
    return status, notes


@pytest.mark.parametrize("factor", [1e-6, 1e3])
def test_a_wrong_unit_is_reported(factor: float) -> None:
    """Volts or nanovolts live: after 30 s status and hops report `unit`, at quality 0."""
    status, notes = lived(bed(CalibrationSource.LIVE), pink(40, NOMINAL_HZ, 8) * factor)
    assert (status.quality, status.quality_cause, status.calibration.done) == (0.0, "unit", False)
    assert notes[-1].values["cause"] == "unit"
    assert notes[60].values["cause"] != "unit"


def test_no_signal_is_no_wrong_unit() -> None:
    """A headset that is switched off is flat, not in a wrong unit."""
    status, _ = lived(bed(CalibrationSource.LIVE), np.full((40 * 256, 8), 4_200.0))
    assert (status.quality, status.quality_cause) == (0.0, "flat")


def test_putting_a_headset_on_is_forgiven() -> None:
    """Five minutes of handling at 50 mV, then a good signal: a minute later the unit is right again."""
    handled = pink(300, NOMINAL_HZ, 8) * 2_500
    status, _ = lived(bed(CalibrationSource.LIVE), np.concatenate([handled, pink(60, NOMINAL_HZ, 8)]))
    assert (status.quality, status.quality_cause) == (1.0, "")
    assert status.calibration.clean_s > 40.0
