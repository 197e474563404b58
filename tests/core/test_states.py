"""The life of a Dreamscape: the whole table and its invariants."""

import pytest

from dreamd.core.dreamscapes.states import (
    ALWAYS,
    COUPLED,
    MOVES,
    IllegalMove,
    Move,
    allows,
    move,
    rank,
    table_markdown,
)
from dreamd.core.dreamscapes.views import DreamscapeState as S

WHOLE = """
            gather    start    sever     resume   wake   end    close
planned     gathering -        planned   -        ended  ended  -
gathering   -         dreaming gathering -        waking ended  -
dreaming    -         -        severed   -        waking waking -
severed     -         -        severed   dreaming waking waking -
waking      -         -        waking    -        waking waking ended
ended       -         -        ended     -        ended  ended  -
"""


def whole_table() -> dict[tuple[S, Move], S]:
    """Read WHOLE."""
    head, *rows = [line.split() for line in WHOLE.strip().splitlines()]
    return {
        (S(row[0]), Move(word)): S(cell)
        for row in rows
        for word, cell in zip(head, row[1:], strict=True)
        if cell != "-"
    }


def test_the_table_is_this_one_whole() -> None:
    """Every state and move leads where the printed table shows, and nowhere else."""
    assert whole_table() == MOVES


@pytest.mark.parametrize("step", list(Move))
@pytest.mark.parametrize("state", list(S))
def test_a_move_is_made_or_raises(state: S, step: Move) -> None:
    """A legal move returns the table's state; an illegal one raises and names the possible ones."""
    if allows(state, step):
        assert move(state, step) is MOVES[state, step]
        return
    with pytest.raises(IllegalMove, match=f"{step.value} is not possible while {state.value}; possible: "):
        move(state, step)


@pytest.mark.parametrize("step", sorted(ALWAYS, key=lambda m: m.value))
@pytest.mark.parametrize("state", list(S))
def test_sever_wake_and_end_are_idempotent_everywhere(state: S, step: Move) -> None:
    """Sever, wake and end are valid in every state, and a second one changes nothing more."""
    once = move(state, step)
    assert move(once, step) is once


@pytest.mark.parametrize("step", sorted(ALWAYS, key=lambda m: m.value))
@pytest.mark.parametrize("state", list(S))
def test_no_state_after_a_way_out_couples(state: S, step: Move) -> None:
    """After sever, wake or end no state allows a coupling above zero."""
    assert move(state, step) not in COUPLED


def test_there_is_no_way_back_from_waking() -> None:
    """No sequence of moves leads from WAKING or ENDED to a state that couples."""
    reached = {S.WAKING}
    for _ in S:
        reached |= {after for (before, _), after in MOVES.items() if before in reached}
    assert reached == {S.WAKING, S.ENDED}


def test_every_state_can_be_reached() -> None:
    """Every state can be reached from PLANNED."""
    reached = {S.PLANNED}
    for _ in S:
        reached |= {after for (before, _), after in MOVES.items() if before in reached}
    assert reached == set(S)


def test_the_documentation_table_says_the_same() -> None:
    """The Markdown table has a row for each state and, parsed, equals the table in force."""
    head, rule, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table_markdown().splitlines()
    ]
    read = {
        (S(row[0]), Move(word)): S(cell)
        for row in rows
        for word, cell in zip(head[1:], row[1:], strict=True)
        if cell != "-"
    }
    assert read == MOVES
    assert len(rule) == len(Move) + 1


def test_the_one_to_look_at_first_is_the_one_that_dreams_in_trouble() -> None:
    """Order of display: dreaming with trouble, dreaming, severed, waking, gathering, planned, ended."""
    ranked = sorted(((rank(s, troubled=t), s, t) for s in S for t in (True, False)), key=lambda one: one[0])
    assert [(state, troubled) for _, state, troubled in ranked][:2] == [
        (S.DREAMING, True),
        (S.DREAMING, False),
    ]
    calm = sorted(S, key=lambda state: rank(state, troubled=False))
    assert calm == [S.DREAMING, S.SEVERED, S.WAKING, S.GATHERING, S.PLANNED, S.ENDED]
