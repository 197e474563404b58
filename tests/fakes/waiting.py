"""Waiting in tests for another task's result: poll, with the loop running in between."""

import asyncio
from collections.abc import Callable


async def until(so: Callable[[], object], within_s: float = 2.0) -> None:
    """Return once the condition is true; TimeoutError after `within_s` seconds."""
    async with asyncio.timeout(within_s):
        while not so():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.001)
