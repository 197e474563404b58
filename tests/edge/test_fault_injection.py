"""Faults of a pod besides its signal: its frames, its device, its clock; and their onset."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.fault_injection import LEAP_NS, STUCK_SHARE, StuckRenderer, frozen, leaping, replayed
from dreamedge.adapters.fault_onset import Onset
from dreamedge.adapters.implants import light_sleeper, malfunctioning, open_implant, tapped
from dreamedge.adapters.implants.simulated.implant import SimulatedImplant
from dreamedge.adapters.implants.simulated.malfunction import NAMES
from dreamedge.adapters.renderers.null import NullRenderer
from dreamedge.ports.implant import ImplantError
from dreamedge.ports.renderer import Cue
from edge.light_crowd import felt
from wire.specimens import FRAME

S = 1_000_000_000
ZEROS = np.zeros(12, dtype=np.float32)
FELT = felt(np.zeros(12), 0.1)


def test_an_onset_counts_from_the_merge_where_requested() -> None:
    """Reads and a share of zero begin nothing; the first share above zero begins the fault, once."""
    onset = Onset(5.0, 7 * S, when_merged=True)
    onset.on_read(S)
    onset.given(0.0, 2 * S)
    assert onset.at_ns is None
    assert not onset.begun(100 * S)
    onset.given(0.1, 3 * S)
    onset.given(0.1, 4 * S)
    assert onset.at_ns == 8 * S
    assert onset.begun(8 * S)
    assert not onset.begun(8 * S - 1)


def test_a_malfunction_from_the_merge_on_begins_with_the_first_share() -> None:
    """`railed@+2`: healthy while alone; two seconds after the first share railed, with a known onset."""
    implant = malfunctioning(SimulatedImplant(1), "railed", Onset(2.0, when_merged=True))
    implant.read(S)
    before = implant.read(9 * S)
    assert implant.onset_ns == 0
    implant.feel(FELT, 9 * S)
    implant.read(10 * S)
    after = implant.read(13 * S)
    assert before is not None
    assert after is not None
    assert np.abs(before.uv).max() < 1000.0
    assert (after.uv[-256:] == 187_500.0).all()
    assert implant.onset_ns == 11 * S


def test_frozen_features_leave_under_new_numbers() -> None:
    """A frozen pod's frames differ in everything but their features."""
    bend = frozen()
    (first,) = bend(FRAME)
    (second,) = bend(replace(FRAME, seq=FRAME.seq + 1, features=FRAME.features + 1.0))
    assert np.array_equal(first.features, second.features)
    assert second.seq == FRAME.seq + 1


def test_a_replay_sends_each_frame_again_two_seconds_later() -> None:
    """From the ninth frame on the frame eight earlier follows each."""
    bend = replayed()
    told = [bend(replace(FRAME, seq=number)) for number in range(1, 12)]
    assert [len(frames) for frames in told] == [1] * 8 + [2] * 3
    assert [frame.seq for frame in told[-1]] == [11, 3]


def test_a_stuck_device_gives_too_much_and_obeys_zero() -> None:
    """From the onset on no share but zero is below .4; before it all are as commanded."""
    onset = Onset(0.0, S)
    device = StuckRenderer(NullRenderer(), onset)
    device.render(Cue(ZEROS, 0.1), S - 10)
    assert device.share_at(S - 1) == pytest.approx(0.1)
    assert device.share_at(S) == STUCK_SHARE
    device.render(Cue(ZEROS, 0.0), S + 1)
    assert device.share_at(S + 2) == 0.0


def test_a_clock_leaps_once() -> None:
    """Before the onset the clock is the machine's, afterwards 2.5 s ahead; the onset is the leap."""
    onset = Onset(1.0, S)
    now_ns = [S]
    clock = leaping(lambda: now_ns[0], onset)
    implant = malfunctioning(SimulatedImplant(1), "clock-jump", onset)
    implant.read(clock())
    assert (clock(), implant.onset_ns) == (S, 0)
    now_ns[0] = 2 * S
    implant.read(clock())
    assert clock() == 2 * S + LEAP_NS
    assert implant.onset_ns == 2 * S


def test_crosstalk_with_a_signal_is_the_other_beds_signal() -> None:
    """After the onset the second bed's samples are the first's, stamp by stamp, within amplifier noise."""
    first = tapped(SimulatedImplant(1))
    second = malfunctioning(SimulatedImplant(2), "crosstalk", Onset(1.0, S), first)
    for step in range(60):
        one, two = first.read(S + step * S // 20), second.read(S + step * S // 20)
        if step > 25 and one is not None:
            assert two is not None
            assert two.last_ns == one.last_ns
            assert 0.0 < np.abs(one.uv - two.uv).max() < 1.5


def test_crosstalk_without_another_bed_is_refused() -> None:
    """Crosstalk is refused without a previous bed with the same electrodes."""
    with pytest.raises(ImplantError, match="before it"):
        malfunctioning(SimulatedImplant(1), "crosstalk", Onset(1.0))
    with pytest.raises(ImplantError, match="same electrodes"):
        malfunctioning(SimulatedImplant(1), "crosstalk", Onset(1.0), tapped(open_implant("sim-light:1")))


def test_a_recorded_sleeper_cannot_be_driven(tmp_path: Path) -> None:
    """A recording cannot have a malfunction of the sleeper."""
    np.savez(tmp_path / "night.npz", data_uV=np.zeros((2, 12800)), ch_names=["O1", "Fp1"], fs=256.0)
    with pytest.raises(ImplantError, match="simulated sleeper"):
        malfunctioning(open_implant(f"npz:{tmp_path / 'night.npz'}"), "homogenise", Onset(1.0))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "crosstalk"])
def test_every_malfunction_can_befall_either_sleeper(name: str) -> None:
    """Every malfunction begins on time with and without a signal, and the bed is still read."""
    for spec in ("sim:1", "sim-light:1"):
        implant = malfunctioning(open_implant(spec), name, Onset(1.0, S))
        for step in range(40):
            implant.read(S + step * S // 20)
        implant.read(5 * S)
        assert implant.onset_ns == 2 * S


def test_a_light_sleeper_is_found_under_what_wraps_it() -> None:
    """The feature-only sleeper is found inside its wrappers."""
    inner = open_implant("sim-light:1")
    wrapped = tapped(malfunctioning(inner, "frozen", Onset(1.0)))
    assert light_sleeper(wrapped) is inner
    assert light_sleeper(SimulatedImplant(1)) is None
