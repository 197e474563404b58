"""Exposure in buckets of ten minutes, against exact integrals."""

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.core.exposure.windows import (
    BUCKET_S,
    DAY_S,
    FOLDED_AFTER_S,
    WEEK_S,
    DoseAccount,
    DoseAccounts,
    bucket_of,
    folded_below,
)
from dreamd.core.limits import CHARGE_EVERY_S, GUIDELINE_CAP

T0 = 1_800_000_137.0
MERGES = st.tuples(
    st.floats(0.0, 9.0 * DAY_S), st.floats(1.0, 5_000.0), st.sampled_from([0.03, 0.1, GUIDELINE_CAP])
)


def lived_min(merges: list[tuple[float, float, float]], since_s: float, until_s: float) -> float:
    """Return the exact merge-minutes within a window."""
    inside = ((max(b, since_s), min(b + lasts, until_s), c) for b, lasts, c in merges)
    return sum(c * max(0.0, end - start) / 60.0 for start, end, c in inside)


@settings(max_examples=60, deadline=None)
@given(st.lists(MERGES, min_size=1, max_size=4), st.floats(0.0, 10.0 * DAY_S), st.floats(3.0, 600.0))
def test_a_window_is_never_under_the_exact_integral(
    merges: list[tuple[float, float, float]], at_s: float, every_s: float
) -> None:
    """Sums of 24 h and 7 d hold all that was lived, and at most a bucket and a charge more."""
    at_s += T0
    merges = [(T0 + begins, lasts, c) for begins, lasts, c in merges]
    charges: list[tuple[float, float]] = []
    for begins, lasts, coupling in merges:
        done_s = 0.0
        while done_s < lasts:
            part_s = min(every_s, lasts - done_s)
            done_s += part_s
            charges.append((begins + done_s, coupling * part_s / 60.0))
    accounts = DoseAccounts({})
    for charged_s, minutes in sorted(charge for charge in charges if charge[0] <= at_s):
        accounts.charge({"ash": minutes}, charged_s)
    overlaps = sum(1 for _ in merges)
    for sum_min, window_s in zip(accounts.sums_min("ash", at_s), (DAY_S, WEEK_S), strict=True):
        charged_until_s = at_s - every_s
        least = lived_min(merges, at_s - window_s, charged_until_s)
        most = lived_min(merges, at_s - window_s, at_s)
        over = overlaps * GUIDELINE_CAP * (BUCKET_S + every_s) / 60.0
        assert least - 1e-9 <= sum_min <= most + over + 1e-9


def test_the_overcharge_of_a_bucket_is_a_tenth_of_an_hours() -> None:
    """Merging at the cap up to the window's edge, at most a bucket is over: 1.5 merge-minutes, not 9."""
    accounts = DoseAccounts({})
    for n in range(int(3600.0 / CHARGE_EVERY_S)):
        accounts.charge({"ash": GUIDELINE_CAP * CHARGE_EVERY_S / 60.0}, T0 + n * CHARGE_EVERY_S)
    worst = max(
        accounts.sums_min("ash", T0 + DAY_S + s)[0] - max(0.0, 3600.0 - s) * GUIDELINE_CAP / 60.0
        for s in range(0, 5000, 50)
    )
    assert 0.0 < worst <= GUIDELINE_CAP * (BUCKET_S + CHARGE_EVERY_S) / 60.0


def test_a_dose_is_kept_over_a_restart_and_forgotten_after_its_window() -> None:
    """The buckets of a ledger give the same sums; after eight days nothing of a sleeper is in memory."""
    accounts, bucket = DoseAccounts({}), bucket_of(T0)
    accounts.charge({"ash": 2.0, "birch": 0.0}, T0)
    again = DoseAccounts({"ash": {bucket: 2.0}})
    for one in (accounts, again):
        assert one.sums_min("ash", T0 + 60.0) == (2.0, 2.0)
        assert one.sums_min("ash", T0 + DAY_S + BUCKET_S) == (0.0, 2.0)
        assert one.sums_min("birch", T0) == (0.0, 0.0)
        one.charge({"cedar": 1.0}, T0 + FOLDED_AFTER_S + DAY_S)
        assert one.account("ash").buckets == []
    assert accounts.sums_min("ash", T0 + 8 * DAY_S) == (0.0, 0.0)


def test_what_is_folded_is_out_of_every_window() -> None:
    """The fold ends at a day's first bucket, and every bucket below is older than seven days."""
    for now_s in (T0, T0 + 1234.5, 86400.0 * 20_000, 86400.0 * 20_000 - 1.0):
        below = folded_below(now_s)
        assert below * BUCKET_S % DAY_S == 0.0
        assert below * BUCKET_S <= now_s - WEEK_S
        assert folded_below(now_s + DAY_S) == below + 144


def test_it_is_told_when_a_dose_is_below_its_limit_again() -> None:
    """Below 8 minutes once the bucket that makes the difference has left the window; never for no minutes."""
    account = DoseAccount()
    account.charge(bucket_of(T0), 5.0)
    account.charge(bucket_of(T0 + 7200.0), 4.0)
    free_s = account.below_s(T0 + 8000.0, DAY_S, 8.0)
    assert account.sums_min(free_s - 1.0)[0] >= 8.0 > account.sums_min(free_s)[0]
    assert account.below_s(T0, DAY_S, 10.0) == T0
    assert account.below_s(T0, DAY_S, 0.0) == inf


def test_a_charge_out_of_order_is_counted() -> None:
    """A clock that is set back charges an earlier bucket; the sums hold both."""
    account = DoseAccount()
    for at_s, minutes in ((T0, 1.0), (T0 - 3600.0, 2.0), (T0, 4.0)):
        account.charge(bucket_of(at_s), minutes)
        account.sums_min(T0)
    assert account.buckets == sorted(account.buckets)
    assert account.sums_min(T0) == pytest.approx((7.0, 7.0))
