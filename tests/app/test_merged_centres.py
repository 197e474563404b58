"""The mean centre of the collective over the merged time of each slot."""

import numpy as np

from dreamd.app.collective.merged_centres import MergedCentres

SLOTS, SIZE = 7, 3


def test_the_mean_is_over_the_ticks_in_which_a_slot_was_granted_something() -> None:
    """Over a thousand random ticks each slot has the mean of the centres of its own granted ticks."""
    rng = np.random.default_rng(3)
    centres, before = MergedCentres(SLOTS, SIZE), np.zeros(SLOTS, dtype=np.uint8)
    heard: list[list[np.ndarray]] = [[] for _ in range(SLOTS)]
    for tick in range(1000):
        granting = tick % 50 < 40
        granted = (rng.random(SLOTS) < 0.8 * granting).astype(np.uint8) * np.uint8(20)
        granted[0] = 0
        m = rng.normal(0.0, 1.0, SIZE).astype(np.float32) if granting else None
        centres.add_tick(before, granted, m)
        for slot in np.flatnonzero(granted):
            assert m is not None
            heard[slot].append(m)
        before = granted
    assert centres.mean(0, 0) is None
    for slot in range(1, SLOTS):
        found = centres.mean(slot, int(before[slot]))
        assert found is not None
        assert np.allclose(found, np.mean(heard[slot], axis=0), atol=1e-5)


def test_a_slot_that_is_given_anew_begins_with_nothing() -> None:
    """No sleeper has the collective of the one that held the slot before."""
    centres, none = MergedCentres(SLOTS, SIZE), np.zeros(SLOTS, dtype=np.uint8)
    centres.add_tick(none, none + np.uint8(9), np.ones(SIZE, dtype=np.float32))
    centres.clear_slot(2)
    assert centres.mean(2, 0) is None
    assert centres.mean(3, 9) is not None
