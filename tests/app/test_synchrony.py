"""Synchrony for watchers: the group's by band, each sleeper's by seat, and the hidden parts."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dreamd.app.events.tick_watchers import CollectiveWatching
from dreamd.core.dreamscapes.views import CollectiveView
from dreamwire.messages import Frame
from dreamwire.schema import BANDS6X2
from fakes.stage import Stage

BANDS = [band.name for band in BANDS6X2.phase_bands]


def in_step(frame: Frame) -> Frame:
    """The same phases in every pod, new ones each hop."""
    angle = np.random.default_rng(frame.instant).uniform(0, 6.28, frame.phasors.shape[:2])
    phasors = np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32)
    return replace(frame, phasors=phasors)


def after(pods: int, *, intimate: bool = False) -> CollectiveView:
    """The view after twelve seconds in step."""
    stage = Stage(pods=pods)
    stage.appear()
    stage.dream(intimate=intimate)
    for pod in stage.pods:
        pod.bend = in_step
    stage.hop(48)
    watch = stage.app.dreamscapes.watch("night", lambda: None)
    assert isinstance(watch, CollectiveWatching)
    view = watch.take()
    assert view is not None
    return view


def test_the_crowds_synchrony_is_shown_band_by_band() -> None:
    """Six in step: PPC and order 1 in every band, z far above chance, and each sleeper's own is 1."""
    view = after(6)
    assert [one.band for one in view.crowd.synchrony] == BANDS
    for one in view.crowd.synchrony:
        assert one.ppc == pytest.approx(1.0, abs=1e-5)
        assert one.order == pytest.approx(1.0, abs=1e-5)
        assert one.z > 20.0
    assert [seat.synchrony for seat in view.seats] == pytest.approx([1.0] * 6, abs=1e-4)


@pytest.mark.parametrize(("pods", "intimate"), [(4, False), (6, True)])
def test_no_own_synchrony_is_shown_while_the_centre_is_hidden(pods: int, intimate: bool) -> None:
    """With fewer than five, or intimate, the group's synchrony is shown and no sleeper's own."""
    view = after(pods, intimate=intimate)
    assert view.centre_hidden
    assert view.crowd.synchrony[2].ppc == pytest.approx(1.0, abs=1e-5)
    assert all(math.isnan(seat.synchrony) for seat in view.seats)


def test_without_phases_every_number_is_nan() -> None:
    """Without phases every synchrony number is NaN, never zero."""
    stage = Stage(pods=6)
    stage.appear()
    stage.dream()
    stage.hop(48)
    watch = stage.app.dreamscapes.watch("night", lambda: None)
    assert isinstance(watch, CollectiveWatching)
    view = watch.take()
    assert view is not None
    assert all(math.isnan(one.ppc) and math.isnan(one.z) for one in view.crowd.synchrony)
    assert all(math.isnan(seat.synchrony) for seat in view.seats)


class Later:
    """A worker that runs its work on demand."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], object], Callable[[object], object]]] = []

    @property
    def free(self) -> bool:
        """Whether no work waits."""
        return not self.waiting

    def do(self, work: Callable[[], object], done: Callable[[object], object]) -> None:
        """Keep the work."""
        self.waiting.append((work, done))

    def now(self) -> None:
        """Run the waiting work."""
        for work, done in self.waiting:
            done(work())
        self.waiting.clear()


def test_shifts_are_done_beside_the_tick_once_a_minute_and_shown() -> None:
    """One surrogate check at a time, of a copy; its z is shown, and asked for again a minute later."""
    stage, later = Stage(pods=6), Later()
    stage.app = stage.begin(later)
    stage.appear()
    stage.dream()
    for pod in stage.pods:
        pod.bend = in_step
    stage.hop(100)
    assert len(later.waiting) == 1
    watch = stage.app.dreamscapes.watch("night", lambda: None)
    assert isinstance(watch, CollectiveWatching)
    before = watch.take()
    assert before is not None
    assert all(math.isnan(one.surrogate_z) for one in before.crowd.synchrony)
    later.now()
    stage.hop(1)
    after_it = watch.take()
    assert after_it is not None
    assert all(one.surrogate_z > 4.0 for one in after_it.crowd.synchrony)
    stage.hop(100)
    assert later.free
    stage.hop(140)
    assert not later.free
