"""A first look: `python -c "import dreamapi; dreamapi.show()"` prints the fleet and a few ticks."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing

from dreamapi import names
from dreamapi.client import Api, connect
from dreamapi.errors import ApiError
from dreamapi.text import shown
from dreamapi.v1.dreamscapes_pb2 import Collective, Dreamscape, Seat
from dreamapi.v1.pods_pb2 import Pod


def show(target: str = "127.0.0.1:50051", *, ticks: int = 3) -> None:
    """Print the pods, the Dreamscapes, and `ticks` ticks of one that is dreaming; for a first look."""
    asyncio.run(_print(target, ticks))


async def _print(target: str, ticks: int) -> None:
    try:
        async with connect(target, to_screen=True) as api:
            async for line in lines(api, ticks):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
    except ApiError as error:
        sys.stdout.write(f"{shown(str(error))}\n")


async def lines(api: Api, ticks: int) -> AsyncIterator[str]:
    """The lines that `show` prints."""
    pods, dreamscapes = await api.pods.list(), await api.dreamscapes.list()
    for pod in pods:
        yield _pod(pod)
    if not pods:
        yield "no pod has connected yet"
    for dreamscape in dreamscapes:
        yield _dreamscape(dreamscape)
    dreaming = [d for d in dreamscapes if d.state == Dreamscape.STATE_DREAMING]
    if not dreaming:
        yield "no Dreamscape is dreaming"
        return
    async with aclosing(api.dreamscapes.watch_collective(dreaming[0].name)) as watch:
        async for tick in watch:
            yield _tick(tick)
            ticks -= 1
            if ticks <= 0:
                return


def _pod(pod: Pod) -> str:
    state = names.word(Pod.State, pod.state)
    return f"{pod.name:<16} {state:<12} {pod.sleeper or '-':<20} quality {_share(pod, 'quality')}"


def _dreamscape(dreamscape: Dreamscape) -> str:
    state = names.word(Dreamscape.State, dreamscape.state)
    return f"{dreamscape.name}: {state}, {dreamscape.assigned} assigned, {dreamscape.merged} merged"


def _tick(tick: Collective) -> str:
    drawn = ", ".join(f"{names.bare(seat.pod)} {_share(seat, 'applied')}" for seat in tick.seats[:8])
    return f"tick {tick.tick}: {tick.merged} of {tick.assigned} merged; {drawn}"


def _share(message: Pod | Seat, field: str) -> str:
    return f"{getattr(message, field):.0%}" if message.HasField(field) else "not known"
