"""Counts of sleepers near a limit of dose and at it."""

from math import nan

from dreamd.core.exposure.near_limits import LOOKED_AT, NearLimits
from dreamd.core.exposure.windows import DoseAccounts


def counted(shares: dict[str, float], looks: int = 1) -> tuple[int, int]:
    """The counts after so many looks."""
    near = NearLimits(DoseAccounts({name: {1: 1.0} for name in shares}))
    for _ in range(looks):
        told = near.count_doses(shares.__getitem__)
    return told


def test_a_dose_is_near_from_four_fifths_and_at_the_limit_from_one() -> None:
    """Below .8 counts nowhere, .8 to the limit is near, the limit and an unknown share are at it."""
    assert counted({"a": 0.79, "b": 0.8, "c": 0.99, "d": 1.0, "e": 3.0, "f": nan}) == (2, 3)
    assert counted({}) == (0, 0)


def test_a_dose_that_falls_is_counted_no_longer_and_each_look_is_bounded() -> None:
    """After a round the count follows the doses of now; one look asks for LOOKED_AT sleepers at most."""
    shares = {f"s-{n}": 0.9 for n in range(LOOKED_AT + 10)}
    near = NearLimits(DoseAccounts({name: {1: 1.0} for name in shares}))
    asked: list[str] = []

    def share(sleeper: str) -> float:
        asked.append(sleeper)
        return shares[sleeper]

    assert near.count_doses(share) == (LOOKED_AT, 0)
    assert len(asked) == LOOKED_AT
    assert near.count_doses(share) == (LOOKED_AT + 10, 0)
    shares.update(dict.fromkeys(shares, 0.1))
    near.count_doses(share)
    assert near.count_doses(share) == (0, 0)
