"""An event loop that counts its turns: a busy loop shows by their number, not by the load of the machine."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Final

REST_S: Final = 0.5
RESTING_TURNS: Final = 50
"""A loop at rest takes about five turns in REST_S; a busy one takes thousands, also on a tenth of a core."""


class CountedTurns(selectors.DefaultSelector):
    """The selector of a loop; each turn of the loop asks it once."""

    turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Count, and select."""
        self.turns += 1
        return super().select(timeout)

    async def at_rest(self) -> int:
        """The turns that the loop takes in REST_S."""
        before = self.turns
        await asyncio.sleep(REST_S)
        return self.turns - before


def run_counted(main: Callable[[CountedTurns], Coroutine[None, None, None]]) -> None:
    """Run in a loop of its own that counts its turns."""
    turns = CountedTurns()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(turns)) as runner:
        runner.run(main(turns))
