"""When beds' credentials end: each end is told once, and those that end soon are counted."""

from dreamd.core.access.lifetimes import SOON_S, Lifetimes

S = SOON_S


def test_an_end_is_told_once_and_counted_a_week_before() -> None:
    """Two beds that end a second apart: counted from a week before, told at their ends, then forgotten."""
    lives = Lifetimes()
    lives.put("bed-1", 2 * S)
    lives.put("bed-2", 2 * S + 1.0)
    seen = [
        (lives.due(at), lives.ending) for at in (0.0, S - 0.1, S, S + 1.0, 2 * S - 0.1, 2 * S, 3 * S, 4 * S)
    ]
    assert seen == [
        *(([], 0), ([], 0), ([], 1), ([], 2), ([], 2)),
        *((["bed-1"], 1), (["bed-2"], 0), ([], 0)),
    ]
    assert lives.ended == {"bed-1", "bed-2"}


def test_a_renewed_credential_takes_the_place_of_the_end_before() -> None:
    """Renewed a day before its end, nothing ends at the old one; dropped, nothing ends at all."""
    lives = Lifetimes()
    lives.put("bed-1", S)
    lives.put("bed-2", S)
    assert lives.due(1.0) == []
    assert lives.ending == 2
    lives.put("bed-1", 9 * S)
    lives.drop("bed-2")
    assert (lives.due(2 * S), lives.ending, lives.ended) == ([], 0, set())
    assert lives.due(9 * S) == ["bed-1"]
    lives.put("bed-1", 12 * S)
    assert lives.ended == set()
