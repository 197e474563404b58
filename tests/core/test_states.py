"""The life of a Dreamscape: the whole table, and what no table may lose."""

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
    """Every state and move leads where the printed table says, and nowhere else."""
    assert whole_table() == MOVES


@pytest.mark.parametrize("step", list(Move))
@pytest.mark.parametrize("state", list(S))
def test_a_move_is_made_or_raises(state: S, step: Move) -> None:
    """A legal move returns the table's state; an illegal one raises and names what is possible."""
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
def test_nobody_stays_coupled_after_a_way_out(state: S, step: Move) -> None:
    """No sever, wake or end leaves a Dreamscape in a state where couplings may be above zero."""
    assert move(state, step) not in COUPLED


def test_there_is_no_way_back_from_waking() -> None:
    """From WAKING and ENDED no sequence of moves reaches a state that couples."""
    reached = {S.WAKING}
    for _ in S:
        reached |= {after for (before, _), after in MOVES.items() if before in reached}
    assert reached == {S.WAKING, S.ENDED}


def test_every_state_can_be_reached() -> None:
    """From PLANNED every state can be reached: none is there for show."""
    reached = {S.PLANNED}
    for _ in S:
        reached |= {after for (before, _), after in MOVES.items() if before in reached}
    assert reached == set(S)


def test_the_documentation_table_says_the_same() -> None:
    """The Markdown table has a row for each state and, read back, is the table in force."""
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
    """Dreaming with trouble, dreaming, severed, waking, gathering, planned, ended."""
    ranked = sorted(((rank(s, troubled=t), s, t) for s in S for t in (True, False)), key=lambda one: one[0])
    assert [(state, troubled) for _, state, troubled in ranked][:2] == [
        (S.DREAMING, True),
        (S.DREAMING, False),
    ]
    calm = sorted(S, key=lambda state: rank(state, troubled=False))
    assert calm == [S.DREAMING, S.SEVERED, S.WAKING, S.GATHERING, S.PLANNED, S.ENDED]
