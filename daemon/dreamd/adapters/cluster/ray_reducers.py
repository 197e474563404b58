"""The reducers of a Dreamscape as named Ray actors: found by any house, placed and started again by Ray.

They are detached: a reducer outlives the house that asked for it first. So a house that has sent nothing for
IDLE_S asks it to end, and it does where no other house has sent anything either. It is then made again by the
next part. Names carry the revision of `Part`: daemons that pickle it differently do not meet.
"""

from typing import Final
from zlib import crc32

from dreamd.adapters.cluster.ray_session import Actor, Ray
from dreamd.adapters.cluster.reducer import FAN_IN, Reducer, tree
from dreamd.fusion.reduction import Part

REVISION: Final = 1
IDLE_S: Final = 600.0
_CALLS_MAX: Final = 64
"""Calls that wait for an actor that is not there; more are refused at once."""


def reducer_of(ray: Ray, dreamscape: str, house: str, houses: int, slow: float = 1.0) -> Actor:
    """Return the reducer to which this house sends its parts of this Dreamscape, an actor.

    slow: how many times slower than the clock the houses' ticks run; above 1 in benches.
    """
    levels = tree(houses)
    return _actor(ray, slow, dreamscape, 0, crc32(house.encode()) % levels[0] if levels else 0, levels)


def _actor(ray: Ray, slow: float, dreamscape: str, level: int, place: int, levels: tuple[int, ...]) -> Actor:
    name = f"reducer {REVISION} {dreamscape} {level}.{place} of {'.'.join(map(str, levels))}"
    options = {
        "name": name,
        "get_if_exists": True,
        "lifetime": "detached",
        "max_restarts": -1,
        "max_concurrency": 1000,
        "max_pending_calls": _CALLS_MAX,
        "num_cpus": 0,
    }
    return ray.remote(ReducerActor).options(**options).remote(slow, dreamscape, name, level, place, levels)


class ReducerActor:
    """A `Reducer` with a name in the cluster; it finds its parent by itself."""

    def __init__(
        self, slow: float, dreamscape: str, name: str, level: int, place: int, levels: tuple[int, ...]
    ) -> None:
        root = level >= len(levels)
        self._above = slow, dreamscape, level + 1, place // FAN_IN if level + 1 < len(levels) else 0, levels
        self._parent: Actor = None
        self._reducer = Reducer(name, level, None if root else self._ask, slow=slow)

    async def submit(self, part: Part) -> Part | None:
        """See `Reducer.submit`."""
        return await self._reducer.submit(part)

    async def retire(self) -> None:
        """End, where no part has come for IDLE_S."""
        import ray  # noqa: PLC0415 -- in a process of Ray's

        if self._reducer.idle_s() >= IDLE_S:
            ray.actor.exit_actor()  # type: ignore[no-untyped-call]

    async def _ask(self, part: Part) -> Part | None:
        import ray  # noqa: PLC0415 -- in a process of Ray's

        if self._parent is None:
            self._parent = _actor(ray, *self._above)
        try:
            answer: Part | None = await self._parent.submit.remote(part)
        except ray.exceptions.ActorDiedError:
            self._parent = None
            raise
        return answer
