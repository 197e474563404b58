"""Waiting in tests for another task's result: poll, with the loop running in between."""

import asyncio
import time
from collections.abc import Callable


async def until(so: Callable[[], object], within_s: float = 10.0) -> None:
    """Return once the condition is true; TimeoutError after `within_s` seconds."""
    async with asyncio.timeout(within_s):
        while not so():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.001)


async def awaited(holds: Callable[[], object], what: str = "the condition", within_s: float = 25.0) -> float:
    """Wait for another process to bring a condition about; return the seconds that it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_s, f"not within {within_s} s: {what}"
        await asyncio.sleep(0.02)
    return time.monotonic() - began
