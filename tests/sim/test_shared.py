"""A Dreamscape shared with another house, in virtual time: every rule holds, whatever the others' sums do."""

import pytest

from depth import LONG
from dreamd.simulation.nights import Night
from dreamd.simulation.scenario import run_scenario

SEEDS = range(9, 72) if LONG else (11, 14)
SECONDS = 150.0 if LONG else 60.0


@pytest.mark.parametrize("seed", SEEDS)
def test_every_rule_holds_when_sums_come_late_or_not_at_all(seed: int) -> None:
    """Whatever fails besides, no rule of safety is broken, and every well sleeper dreams again at the end."""
    account = run_scenario(seed, 8, SECONDS, night=Night(shared=True))
    assert not account.violations
    assert account.checks > 1000
