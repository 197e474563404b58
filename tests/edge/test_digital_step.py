"""The digital step of sources that state none: found on the grid of the samples, told, and a cause."""

from pathlib import Path

import edfio
import numpy as np
import pytest

from dreamedge.adapters.implants.files.replay import coarse
from dreamedge.adapters.implants.inspection import Examined, examine
from dreamedge.core.signal.blocks import Montage
from dreamedge.core.signal.excerpts.digital_step import digital_step
from dreamedge.core.signal.excerpts.step_watch import StepWatch
from dreamedge.core.signal.features import FrontEnd
from dreamwire.schema import BANDS6X2
from edge.recorded import Doubles
from edge.signals import EIGHT, hops_of, last_of, pink
from edge.xdf_file import Told, write

RATE_HZ = 256.0
MUSE = ("TP9", "AF7", "AF8", "TP10")


def stepped(step_uv: float, seconds: int = 40, channels: int = 4) -> Doubles:
    """1/f noise of 20 uV with an alpha rhythm, rounded to steps; 0: not rounded."""
    uv = pink(seconds, RATE_HZ, channels)
    uv += 10 * np.sin(2 * np.pi * 10 * np.arange(len(uv)) / RATE_HZ)[:, None]
    return np.asarray(np.round(uv / step_uv) * step_uv if step_uv else uv)


@pytest.mark.parametrize("step", [0.0224, 0.488, 2.5, 32.0])
def test_a_step_is_found_through_scale_offset_and_floats(step: float) -> None:
    """A grid is found to a thousandth behind a gain, an offset, in 32-bit floats, and with a gap."""
    x = stepped(step)[:, 0]
    assert digital_step(x) == pytest.approx(step, rel=1e-3)
    assert digital_step(x.astype(np.float32).astype(np.float64)) == pytest.approx(step, rel=1e-3)
    assert digital_step(1.7 * x - 3.3) == pytest.approx(1.7 * step, rel=1e-3)
    x[100:200] = np.nan
    assert digital_step(x) == pytest.approx(step, rel=1e-3)


def test_a_few_values_off_the_grid_do_not_hide_it() -> None:
    """One sample in a hundred at any value leaves a step of 16 uV as it is."""
    x = stepped(16.0)[:, 0]
    rng = np.random.default_rng(4)
    x[::150] = rng.normal(0, 30, len(x[::150]))
    assert digital_step(x) == pytest.approx(16.0, rel=1e-3)


def test_a_signal_of_no_grid_has_no_step() -> None:
    """Floats of any value are on no grid; a flat and a railed channel, NaN and a few samples show none."""
    assert digital_step(stepped(0.0)[:, 0]) == 0.0
    assert digital_step(stepped(0.0)[:, 0].astype(np.float32).astype(np.float64)) == 0.0
    rails = np.where(np.arange(500) % 7 < 3, -187_500.0, 187_500.0)
    for nothing in (np.zeros(500), rails, np.full(500, np.nan), np.arange(20.0)):
        assert digital_step(nothing) is None


def seen(path: Path) -> Examined:
    """The only sleeper of a file."""
    (one,) = examine(str(path))
    return one


@pytest.mark.parametrize(("step_uv", "told", "usable"), [(0.5, 0, True), (4.0, 1, True), (32.0, 1, False)])
@pytest.mark.parametrize("kind", ["xdf", "npz", "edf"])
def test_a_coarse_step_is_told_and_costs(
    tmp_path: Path, kind: str, step_uv: float, told: int, usable: bool
) -> None:
    """In XDF, in a table, and in an EDF that states a finer step: above 1 uV told, above 10 uV not usable."""
    uv, path = stepped(step_uv), tmp_path / f"a.{kind}"
    if kind == "xdf":
        write(path, Told("Muse", uv, 50.0 + np.arange(len(uv)) / RATE_HZ, RATE_HZ, labels=MUSE))
    elif kind == "npz":
        np.savez(path, data_uV=uv.T, fs=RATE_HZ, ch_names=np.array(MUSE))
    else:
        signals = [
            edfio.EdfSignal(
                one, RATE_HZ, label=name, physical_dimension="uV", physical_range=(-1638.4, 1638.35)
            )
            for name, one in zip(MUSE, uv.T, strict=True)
        ]
        edfio.Edf(signals).write(path)
    one = seen(path)
    assert one.found.seated is usable
    assert one.found.cause == ("" if usable else "resolution")
    notes = [note.sentence for note in one.notes if note.code == "resolution"]
    assert len(notes) == told
    for sentence in notes:
        assert f"{step_uv:.3g} uV" in sentence


def test_a_live_device_is_judged_while_it_runs() -> None:
    """A front end without a stated step finds 32 uV of one channel, and nothing of the others."""
    uv = pink(20, RATE_HZ, len(EIGHT))
    uv[:, 2] = np.round(uv[:, 2] / 32.0) * 32.0
    montage = Montage(EIGHT, RATE_HZ)
    front = FrontEnd(BANDS6X2, montage)
    hop = last_of(hops_of(uv, montage, front))
    assert {state.name: state.cause for state in hop.channels if state.cause} == {EIGHT[2]: "resolution"}
    assert front.steps_uv[2] == pytest.approx(32.0)
    assert sum(front.steps_uv) == pytest.approx(32.0)


def test_a_multiple_of_the_step_is_corrected() -> None:
    """A window that shows 64 uV is followed by one of 16: the least counts, and a stated step stays."""
    watch = StepWatch(np.array([0.0, 0.1]), 10.0)
    for step in (64.0, 16.0, 32.0):
        for _ in range(4):
            watch.look_at(stepped(step, 2, 2))
    assert watch.steps_uv.tolist() == [pytest.approx(16.0), 0.1]


def test_the_remedy_fits_the_source() -> None:
    """The note on a recording advises to export it again, that on a device to let it send finer steps."""
    (of_file,) = coarse(("Fp1",), (32.0,))
    (of_device,) = coarse(("Fp1",), (32.0,), "let the device or its sender use finer steps")
    assert of_file.sentence.endswith("which is not usable; export it again with the amplifier's resolution.")
    assert of_device.sentence.endswith("which is not usable; let the device or its sender use finer steps.")
    assert coarse(("Fp1",), (0.5,)) == ()
