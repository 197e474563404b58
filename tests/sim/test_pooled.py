"""Ticks in a pass in virtual time: every line of every journal is that of ticks apart, seed by seed."""

from collections import defaultdict

import pytest

from depth import LONG
from dreamd.app.dreamscapes.drivers import pooled_ticks
from dreamd.simulation.nights import ANY, Night
from dreamd.simulation.scenario import run_scenario

SEEDS = range(100) if LONG else (1,)
SECONDS = 150.0 if LONG else 50.0
ANCHORED = Night(anchored=True)


def journal(monkeypatch: pytest.MonkeyPatch, fewest: int, seed: int, night: Night) -> list[str]:
    """Every line of a night in which a pass has so many Dreamscapes at least."""
    monkeypatch.setattr(pooled_ticks, "FEWEST", fewest)
    lines = list[str]()
    run_scenario(seed, 8, SECONDS, lines.append, night)
    return lines


@pytest.mark.parametrize("seed", SEEDS)
def test_a_night_in_passes_is_the_night_apart(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pooled from the first Dreamscape on, whatever fails: every act comes at the same instant."""
    pooled = journal(monkeypatch, 1, seed, ANY)
    assert len(pooled) > 50
    assert pooled == journal(monkeypatch, 99, seed, ANY)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_dreamscapes_in_a_pass_act_as_apart(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group and an anchor session: each journal has the same acts in the same order.

    A message that one of them sends while it opens leaves before those of the other, so the network's delays
    are dealt in another order, and instants differ by milliseconds.
    """
    pooled = _acts(journal(monkeypatch, 2, seed, ANCHORED))
    assert sum(map(len, pooled.values())) > 50
    assert pooled == _acts(journal(monkeypatch, 99, seed, ANCHORED))


def _acts(lines: list[str]) -> dict[str, list[str]]:
    """The kinds of the acts of each journal, in their order."""
    found = defaultdict[str, list[str]](list)
    for line in lines:
        _, whose, kind, *_ = line.split()
        found[whose].append(kind)
    return found
