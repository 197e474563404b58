"""One reducer of a tree, as an actor: it holds the open ticks of one Dreamscape and answers each house.

Plain asyncio; Ray gives it a process, a name and a place, and starts it again. Its state is worth one
second, so that a reducer that was started again has lost nothing: the parts bring the centre with them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from dreamd.fusion.reduction import Part, Reduction, Reply

WITHIN_S: Final = 0.02
"""A reducer of houses waits so long for a tick's parts,"""
LEVEL_S: Final = 0.01
"""and each level of reducers above it this much longer."""
FAN_IN: Final = 16
ANSWER_S: Final = 2.0
"""Nothing waits longer for an answer."""

Parent = Callable[[Part], Awaitable[Part | None]]


def tree(houses: int) -> tuple[int, ...]:
    """Return the number of reducers of each level below the root, from the houses up.

    Args:
        houses: how many share a Dreamscape; up to FAN_IN need no level.
    """
    levels: list[int] = []
    while houses > FAN_IN:
        houses = -(-houses // FAN_IN)
        levels.append(houses)
    return tuple(levels)


class Reducer:
    """The open ticks of one Dreamscape; all methods on one event loop."""

    def __init__(self, name: str, level: int = 0, parent: Parent | None = None, *, slow: float = 1.0) -> None:
        """level: 0 has houses below it. parent: of the tree; None: the root. slow: see `reducer_of`."""
        self._name, self._within_s = name, slow * (WITHIN_S + level * LEVEL_S)
        self._parent = parent
        self._reductions: dict[type, Reduction] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._heard_s = 0.0

    async def submit(self, part: Part) -> Part | None:
        """Add a part, and return the answer of its tick; None: there is none."""
        loop = asyncio.get_running_loop()
        self._heard_s = loop.time()
        answer: asyncio.Future[Part | None] = loop.create_future()
        kind = type(part.sums)
        if kind not in self._reductions:
            forward = None if self._parent is None else partial(self._forward, self._parent)
            self._reductions[kind] = Reduction(self._name, self._within_s, forward)
        reduction = self._reductions[kind]
        reduction.add_part(part, loop.time(), partial(_settle, answer))
        due_s = reduction.due_s()
        if due_s < float("inf"):
            loop.call_at(due_s, lambda: reduction.close_due(loop.time()))
        try:
            return await asyncio.wait_for(answer, ANSWER_S)
        except TimeoutError:
            return None

    def idle_s(self) -> float:
        """Seconds since the last part."""
        return asyncio.get_running_loop().time() - self._heard_s

    def _forward(self, parent: Parent, whole: Part, reply: Reply) -> None:
        task = asyncio.get_running_loop().create_task(_ask(parent, whole, reply), name="parent")
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)


def _settle(answer: "asyncio.Future[Part | None]", found: Part | None) -> None:
    if not answer.done():
        answer.set_result(found)


async def _ask(parent: Parent, whole: Part, reply: Reply) -> None:
    try:
        answer = await parent(whole)
    except Exception:  # noqa: BLE001 -- a parent that is gone is a tick without an answer
        answer = None
    reply(answer)
