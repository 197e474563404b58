"""The life of a Dreamscape, as one table.

PLANNED: named, no pod is asked yet. GATHERING: seats fill, no pod has a slot. DREAMING: slots are given,
couplings may rise. SEVERED: everyone is at zero and asleep; Resume is possible. WAKING: on the way home, no
way back; Wake has roused the sleepers, End lets them sleep on. ENDED: everyone is home, the session is
closed.

Rules
- Sever, wake and end are valid in every state and may be repeated: a request to let people out is never
  refused for its moment. Where no pod has a slot yet there is no coupling to sever, so a sever changes
  nothing and an end closes at once; a wake still rouses the sleepers that lie waiting.
- No move leads back from WAKING or ENDED; names are never reused.
- CLOSE is the daemon's own: it follows when every pod has confirmed zero or is known to be gone.
- Every pair that is not in the table is illegal and raises; callers ask `allows` before they promise.
"""

from enum import Enum
from typing import Final

from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.refusals import Code, Refusal


class Move(Enum):
    """A move that can be asked of a Dreamscape."""

    GATHER = "gather"
    START = "start"
    SEVER = "sever"
    RESUME = "resume"
    WAKE = "wake"
    END = "end"
    CLOSE = "close"


_PLANNED = DreamscapeState.PLANNED
_GATHERING = DreamscapeState.GATHERING
_DREAMING = DreamscapeState.DREAMING
_SEVERED = DreamscapeState.SEVERED
_WAKING = DreamscapeState.WAKING
_ENDED = DreamscapeState.ENDED

MOVES: Final[dict[tuple[DreamscapeState, Move], DreamscapeState]] = {
    (_PLANNED, Move.GATHER): _GATHERING,
    (_PLANNED, Move.SEVER): _PLANNED,
    (_PLANNED, Move.WAKE): _ENDED,
    (_PLANNED, Move.END): _ENDED,
    (_GATHERING, Move.START): _DREAMING,
    (_GATHERING, Move.SEVER): _GATHERING,
    (_GATHERING, Move.WAKE): _WAKING,
    (_GATHERING, Move.END): _ENDED,
    (_DREAMING, Move.SEVER): _SEVERED,
    (_DREAMING, Move.WAKE): _WAKING,
    (_DREAMING, Move.END): _WAKING,
    (_SEVERED, Move.SEVER): _SEVERED,
    (_SEVERED, Move.RESUME): _DREAMING,
    (_SEVERED, Move.WAKE): _WAKING,
    (_SEVERED, Move.END): _WAKING,
    (_WAKING, Move.SEVER): _WAKING,
    (_WAKING, Move.WAKE): _WAKING,
    (_WAKING, Move.END): _WAKING,
    (_WAKING, Move.CLOSE): _ENDED,
    (_ENDED, Move.SEVER): _ENDED,
    (_ENDED, Move.WAKE): _ENDED,
    (_ENDED, Move.END): _ENDED,
}
"""Every legal move; a pair that is not here is illegal."""

ALWAYS: Final = frozenset({Move.SEVER, Move.WAKE, Move.END})
"""The moves that are valid in every state."""

_LOOKED_AT: Final = (_DREAMING, _SEVERED, _WAKING, _GATHERING, _PLANNED, _ENDED)

COUPLED: Final = frozenset({_DREAMING})
"""The states in which a coupling may be above zero."""


class IllegalMove(ValueError):  # noqa: N818 - the house's word for it
    """This move is not possible from this state."""

    def __init__(self, state: DreamscapeState, move: Move) -> None:
        super().__init__(f"{move.value} is not possible while {state.value}; possible: {possible(state)}")
        self.state = state
        self.move = move


def possible(state: DreamscapeState) -> str:
    """Return the moves that are legal from `state`, as words for a sentence."""
    return ", ".join(move.value for move in Move if (state, move) in MOVES)


def allows(state: DreamscapeState, move: Move) -> bool:
    """Return whether `move` is legal from `state`."""
    return (state, move) in MOVES


def move(state: DreamscapeState, move: Move) -> DreamscapeState:
    """Return the state after `move`.

    Raises:
        IllegalMove: the table has no such move.
    """
    try:
        return MOVES[state, move]
    except KeyError:
        raise IllegalMove(state, move) from None


def refused(name: str, state: DreamscapeState, step: Move) -> Refusal | None:
    """Return the refusal of a move of the Dreamscape `name` that is not legal from `state`, or None."""
    if allows(state, step):
        return None
    return Refusal(
        Code.WRONG_STATE,
        f"{_stands(name, state)}: {step.value} is not possible; possible: {possible(state)}",
        {"state": state.value},
    )


def _stands(name: str, state: DreamscapeState) -> str:
    return f"{name} has ended" if state is _ENDED else f"{name} is {state.value}"


def rank(state: DreamscapeState, *, troubled: bool) -> int:
    """Return how soon a person should look at a Dreamscape in this state: 0 before everything else.

    troubled: a pod with a slot is not merged or not heard.
    """
    if state is _DREAMING and troubled:
        return 0
    return 1 + _LOOKED_AT.index(state)


def breaker_of(state: DreamscapeState) -> BreakerState:
    """Return the state of the Dreamscape's own breaker: open from a sever or a wake on."""
    return BreakerState.OPEN if state in (_SEVERED, _WAKING, _ENDED) else BreakerState.CLOSED


def table_markdown() -> str:
    """Return the table as Markdown, one row a state, for the documentation."""
    head = "| state | " + " | ".join(m.value for m in Move) + " |"
    rule = "|---" * (len(Move) + 1) + "|"
    rows = [
        "| " + " | ".join([s.value, *(MOVES[s, m].value if (s, m) in MOVES else "-" for m in Move)]) + " |"
        for s in DreamscapeState
    ]
    return "\n".join([head, rule, *rows]) + "\n"


assert all((state, step) in MOVES for state in DreamscapeState for step in ALWAYS)
