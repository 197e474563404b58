"""How long a bed's last message is valid."""

from math import inf, isnan, nan

import pytest

from dreamd.core.fleet.freshness import SILENCE, Word, believed, known, newest
from dreamd.core.fleet.house import HouseView
from dreamd.core.limits import ALONE_WITHIN_S


@pytest.mark.parametrize("age_s", [0.0, 0.25, ALONE_WITHIN_S])
def test_a_young_word_is_known(age_s: float) -> None:
    """Up to lease and fade, 1.5 s, a bed's numbers are known."""
    assert known(age_s)
    assert believed(Word(0.1, 0.9, age_s)) == Word(0.1, 0.9, age_s)


@pytest.mark.parametrize("age_s", [ALONE_WITHIN_S + 1e-6, 60.0, inf, nan])
def test_an_old_word_is_not_known(age_s: float) -> None:
    """Older numbers are NaN with their age; an age that is not a number is too old."""
    assert not known(age_s)
    told = believed(Word(0.1, 0.9, age_s))
    assert isnan(told.applied)
    assert isnan(told.quality)
    assert told.age_s == age_s or isnan(age_s)


def test_the_younger_word_counts() -> None:
    """Of a status and a frame the younger counts; a missing one, or one without age, does not."""
    old, young = Word(0.1, 0.9, 1.0), Word(0.0, 0.8, 0.2)
    assert newest(old, young) is newest(young, old) is young
    assert newest(old, SILENCE) is newest(SILENCE, old) is old
    assert newest(old, Word(0.0, 0.0, nan)) is old


def test_each_trouble_of_the_house_has_its_sentence() -> None:
    """Troubles of the house have one sentence each, the worst first; without any there is none."""
    assert HouseView(True, 1.0, "", (), 4, 0).troubles == ()
    broker, uplink, ledger = HouseView(False, 1.0, "the ledger /x is full", ("dusk", "dawn"), 4, 4).troubles
    assert "the broker is not reached" in broker
    assert "dusk, dawn" in uplink
    assert ledger.startswith("the ledger /x is full")
