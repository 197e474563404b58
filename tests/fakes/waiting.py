"""How tests wait for what another task does: by looking, with the loop running in between."""

import asyncio
from collections.abc import Callable


async def until(so: Callable[[], object], within_s: float = 2.0) -> None:
    """Return once something is so; TimeoutError after `within_s` seconds."""
    async with asyncio.timeout(within_s):
        while not so():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.001)
