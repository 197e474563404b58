"""Leads in virtual time: vector and share at a pod never move faster than clauses 4.2 and 4.4 let them."""

import random

import numpy as np
import pytest

from depth import LONG
from dreamd.app.stage.live_lead import LeadStream
from dreamd.core.limits import HOP_S
from dreamd.core.refusals import Refusal
from dreamd.simulation.checks.invariants import InvariantChecker
from dreamd.simulation.environment import ObservedPod
from dreamd.simulation.machines.network import NetworkConditions
from dreamd.simulation.world import DREAMSCAPE, World
from dreamwire.messages import Collective
from dreamwire.schema import BANDS6X2
from fakes.callers import OPERATOR

LEADS = 10_000 if LONG else 60
SLEW, SHARE_SLEW, MOST = 1.0, 0.1, 0.3
ROUNDED = 1e-5
"""Of float32, at 6."""


class SlewChecker(InvariantChecker):
    """Judges each message at each pod. fastest: of vector and share, 1/s; held: messages with an artist."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._last: dict[str, Collective] = {}
        self.fastest, self.held, self.too_fast = [0.0, 0.0], 0, 0

    def collective_received(self, pod: ObservedPod, collective: Collective) -> None:
        super().collective_received(pod, collective)
        last = self._last.get(pod.name)
        if last is not None and not (collective.term, collective.tick) > (last.term, last.tick):
            return
        self._last[pod.name] = collective
        if last is None or not collective.artist.size:
            return
        self.held += 1
        seconds = HOP_S * (collective.tick - last.tick)
        ways = [_speed(np.zeros(BANDS6X2.size), 0.0, collective, seconds)]  # a lead that has begun meanwhile
        if last.artist.size:
            ways.append(_speed(last.artist, last.share, collective, seconds))
        slow = [way for way in ways if way[0] <= SLEW + ROUNDED and way[1] <= SHARE_SLEW + ROUNDED]
        if not slow or not collective.share <= MOST + ROUNDED:
            self.too_fast += 1
        else:
            self.fastest = [max(one) for one in zip(self.fastest, slow[-1], strict=True)]


def _speed(vector: np.ndarray, share: float, now: Collective, seconds: float) -> tuple[float, float]:
    """How fast vector and share have moved to those of a message, a second."""
    moved = np.abs(now.artist.astype(np.float64) - vector).max()
    return float(moved) / seconds, abs(now.share - share) / seconds


class Artist:
    """An artist at random: leaps and swells, silences, leads that end and leads that are left open."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world, self._rng = world, rng
        self.begun = 0

    def lead_once(self) -> None:
        """One lead, begun where none is."""
        daemon = self._world.daemon
        assert daemon is not None
        begun = daemon.app.dreamscapes.lead(OPERATOR, DREAMSCAPE)
        if isinstance(begun, Refusal):  # the one before was left open, and is silent for too short a time
            self._world.run(4.0)
            return
        self.begun += 1
        self._offer(begun)
        if self._rng.random() < 0.998:
            begun.close()

    def _offer(self, lead: LeadStream) -> None:
        for _ in range(self._rng.choice((1,) * 12 + (2, 3, 12))):
            extreme = self._rng.random() < 0.5
            numbers = [
                self._rng.choice((-6.0, 6.0)) if extreme else self._rng.uniform(-9.0, 9.0)
                for _ in range(BANDS6X2.size)
            ]
            assert (
                lead.offer(numbers, self._rng.choice((MOST, MOST, self._rng.uniform(0.0, MOST), 0.0))) is None
            )
            self._world.run(self._rng.choice((0.0, 0.1, 0.1, HOP_S, HOP_S, HOP_S, HOP_S, 2 * HOP_S)))


@pytest.mark.parametrize(("loss", "leads"), [(0.0, LEADS), (0.2, 1_000)] if LONG else [(0.0, LEADS)])
def test_random_leads_never_exceed_the_slew_at_a_pod(loss: float, leads: int) -> None:
    """However artists lead, and whichever messages are lost, no pod receives a faster move."""
    world = World(19, 3, NetworkConditions(loss=loss), checks=SlewChecker)
    assert world.gather(artist_share=MOST) == ""
    world.run(12.0)
    artist = Artist(world, random.Random(f"leads {loss}"))
    while artist.begun < leads:
        artist.lead_once()
    checker = world.checker
    assert isinstance(checker, SlewChecker)
    assert checker.too_fast == 0
    assert checker.held > leads / 2
    assert checker.fastest[0] == pytest.approx(SLEW, abs=ROUNDED)
    if loss == 0.0:
        assert checker.violations == []
