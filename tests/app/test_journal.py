"""The journal: every fact once after a cursor, and a cursor that cannot be followed is refused."""

import pytest

from dreamd.app.journal import Journal
from dreamd.core.refusals import Code, Refusal


def journal(events: int) -> Journal:
    """A journal with room for three events, of a process that started at 10 s."""
    made = Journal(10.0, capacity=3)
    for number in range(events):
        made.append(10.0 + number, "state", f"fact {number}")
    return made


@pytest.mark.parametrize("ahead", [1, 99_999_999_999_999_999, (1 << 63) - 1])
def test_a_cursor_of_the_future_is_refused(ahead: int) -> None:
    """Nothing would be said for ever; the newest cursor itself is where a follower stands."""
    kept = journal(2)
    for asked in (kept.after(kept.newest + ahead, 9), kept.follow(kept.newest + ahead, "", lambda: None)):
        assert isinstance(asked, Refusal)
        assert (asked.code, asked.metadata) == (Code.CURSOR_AHEAD, {"newest": str(kept.newest)})
    assert kept.after(kept.newest, 9) == ()


def test_a_cursor_that_is_no_longer_kept_is_refused() -> None:
    """The oldest three of five are followed from the cursor before them, and from no earlier one."""
    kept = journal(5)
    asked = kept.after(kept.newest - 4, 9)
    assert isinstance(asked, Refusal)
    assert asked.code is Code.CURSOR_TOO_OLD
    followed = kept.after(kept.newest - 3, 9)
    assert not isinstance(followed, Refusal)
    assert [event.sentence for event in followed] == ["fact 2", "fact 3", "fact 4"]
