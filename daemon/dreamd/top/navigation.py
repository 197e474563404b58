"""The effects of the keys: a state and a key give the next state, from which the rows follow. Pure.

The cursor holds on to a sleeper and not to a line, so that a row that moves, because a sleeper was cut, takes
the cursor along. Unknown values sort last, in both directions.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dreamd.terminal.sleeper_row import State, by_number
from dreamd.top.order_prompt import NOTHING, VERBS, OrderPrompt, Reach, pressed
from dreamd.top.view_model import Sleeper, ViewModel

GRAVITY: Final = (
    *(State.SEVERED, State.GONE, State.UNKNOWN, State.AWAKE, State.COMING, State.READY),
    *(State.HERE, State.DREAMING, State.LEFT, State.HOME),
)
"""The order of `state`: the most urgent first."""

FILTER_MAX: Final = 40

KEYS: Final = (
    ("up down", "move; k j, PgUp PgDn, Home End"),
    ("enter", "one sleeper closely; esc goes back"),
    ("s S", "sort by the next column; the other way round"),
    ("/", "show only rows with these words; enter keeps, esc clears"),
    ("p", "pause: the picture stands still and says so"),
    ("d", "the next Dreamscape"),
    ("g", "show only the events that a person should look at; all again"),
    ("x w", "sever, wake: this bed, the Dreamscape, its site, the house; then y"),
    ("? q", "this help; quit"),
)


@dataclass(frozen=True, slots=True)
class Order:
    """A sort order. number: small first; NaN last. Equal numbers are ordered by the words and the seat."""

    name: str
    number: Callable[[Sleeper], float]


ORDERS: Final = (
    Order("state", lambda one: -1.0 if one.locked else float(GRAVITY.index(one.state))),
    Order("bed", lambda one: float(by_number(one.pod)[0])),
    Order("coupling", lambda one: -one.applied),
    Order("signal", lambda one: one.quality),
    Order("distance", lambda one: -one.distance),
    Order("synchrony", lambda one: -one.synchrony),
    Order("identity", lambda one: one.identity),
)


@dataclass(frozen=True, slots=True)
class Browse:
    """The view of one user. cursor, closely: pods; "" the first row, and none. turns: of the key `d`.

    asking: an open question for a sever or a wake. ordered: one that was confirmed, to be carried out.
    """

    order: int = 0
    backwards: bool = False
    words: str = ""
    typing: bool = False
    paused: bool = False
    cursor: str = ""
    closely: str = ""
    helping: bool = False
    turns: int = 0
    grave_only: bool = False
    over: bool = False
    asking: OrderPrompt | None = None
    ordered: OrderPrompt | None = None


def rows(scene: ViewModel, browse: Browse) -> tuple[Sleeper, ...]:
    """The sleepers in the chosen order and selection."""
    order = ORDERS[browse.order]
    wanted = browse.words.lower().split()
    chosen = [one for one in scene.sleepers if all(word in _text(one) for word in wanted)]
    known = [one for one in chosen if not math.isnan(order.number(one))]
    unknown = [one for one in chosen if math.isnan(order.number(one))]
    known.sort(key=lambda one: (order.number(one), by_number(one.pod)), reverse=browse.backwards)
    return (*known, *unknown)


def _text(one: Sleeper) -> str:
    return f"{one.pod} {one.sleeper} {one.words}".lower()


def place(shown: Sequence[Sleeper], browse: Browse) -> int:
    """The line of the cursor; the first where its sleeper is not shown."""
    return next((at for at, one in enumerate(shown) if one.pod == browse.cursor), 0)


def first_line(at: int, lines: int, total: int) -> int:
    """The first row shown where `lines` fit: the cursor stays in the middle as far as the ends allow."""
    return max(0, min(at - lines // 2, total - lines))


def press(browse: Browse, key: str, shown: Sequence[Sleeper], page: int, reach: Reach = NOTHING) -> Browse:
    """The state after a key.

    shown: the rows as they stand. page: how many fit. reach: what may be severed from here.
    """
    if key == "interrupt":
        return replace(browse, over=True)
    if browse.asking is not None:
        asking, ordered = pressed(browse.asking, key, reach)
        return replace(browse, asking=asking, ordered=ordered)
    if browse.typing:
        return _typed(browse, key)
    return _walked(browse, key, shown, page)


def _walked(browse: Browse, key: str, shown: Sequence[Sleeper], page: int) -> Browse:
    if browse.helping:
        return replace(browse, helping=False, over=key == "q")
    if key in _MOVES:
        return _moved(browse, _MOVES[key](place(shown, browse), page), shown)
    pod = shown[place(shown, browse)].pod if shown else ""
    if key in VERBS:
        return replace(browse, asking=OrderPrompt(VERBS[key]), cursor=pod)
    if key in {"enter", "esc"} and (browse.closely or key == "enter"):
        return replace(browse, closely="" if browse.closely else pod)
    return _SIMPLE[key](browse) if key in _SIMPLE else browse


_SIMPLE: Final[dict[str, Callable[[Browse], Browse]]] = {
    "q": lambda browse: replace(browse, over=True),
    "esc": lambda browse: replace(browse, words=""),
    "s": lambda browse: replace(browse, order=(browse.order + 1) % len(ORDERS), backwards=False),
    "S": lambda browse: replace(browse, backwards=not browse.backwards),
    "/": lambda browse: replace(browse, typing=True, closely=""),
    "p": lambda browse: replace(browse, paused=not browse.paused),
    " ": lambda browse: replace(browse, paused=not browse.paused),
    "d": lambda browse: replace(browse, turns=browse.turns + 1, cursor="", closely="", paused=False),
    "g": lambda browse: replace(browse, grave_only=not browse.grave_only),
    "?": lambda browse: replace(browse, helping=True),
    "h": lambda browse: replace(browse, helping=True),
}

_MOVES: Final[dict[str, Callable[[int, int], int]]] = {
    "up": lambda at, _: at - 1,
    "k": lambda at, _: at - 1,
    "down": lambda at, _: at + 1,
    "j": lambda at, _: at + 1,
    "pgup": lambda at, page: at - page,
    "pgdn": lambda at, page: at + page,
    "home": lambda _, __: 0,
    "end": lambda _, __: 1 << 30,
}


def _moved(browse: Browse, at: int, shown: Sequence[Sleeper]) -> Browse:
    if not shown:
        return browse
    pod = shown[max(0, min(at, len(shown) - 1))].pod
    return replace(browse, cursor=pod, closely=pod if browse.closely else "")


def _typed(browse: Browse, key: str) -> Browse:
    match key:
        case "enter":
            return replace(browse, typing=False)
        case "esc":
            return replace(browse, typing=False, words="")
        case "backspace":
            return replace(browse, words=browse.words[:-1])
        case _ if len(key) == 1 and key.isprintable() and len(browse.words) < FILTER_MAX:
            return replace(browse, words=browse.words + key)
        case _:
            return browse


_SEQUENCES: Final = {
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1b[C": "right",
    "\x1b[D": "left",
    "\x1bOA": "up",
    "\x1bOB": "down",
    "\x1bOC": "right",
    "\x1bOD": "left",
    "\x1b[5~": "pgup",
    "\x1b[6~": "pgdn",
    "\x1b[H": "home",
    "\x1b[F": "end",
    "\x1b[1~": "home",
    "\x1b[4~": "end",
    "\x1bOH": "home",
    "\x1bOF": "end",
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\b": "backspace",
    "\x03": "interrupt",
}


def keys_in(text: str) -> list[str]:
    """The keys in a terminal's input; an unknown sequence is left out."""
    found: list[str] = []
    at = 0
    while at < len(text):
        length = next((n for n in (4, 3, 1) if text[at : at + n] in _SEQUENCES), 0)
        if length:
            found.append(_SEQUENCES[text[at : at + length]])
        elif text[at] != "\x1b":
            length = 1
            found.append(text[at])
        elif text[at + 1 : at + 2] in {"[", "O"}:
            length = _unknown_sequence(text[at:])
        else:
            length = 1
            found.append("esc")
        at += length
    return found


def _unknown_sequence(text: str) -> int:
    """The length of an unknown sequence: up to the letter or tilde that ends it."""
    return next((at + 1 for at in range(2, len(text)) if text[at].isalpha() or text[at] == "~"), len(text))
