"""Lets sleepers of a rehearsal act, each through the public API: consents, and an anchor session."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import dreamapi
from dreamapi import Api
from dreamapi.v1.dreamscapes_pb2 import Seat
from dreamd.core.limits import RAMP_MIN_S
from dreamd.rehearsal.consent_acts import NARROW, Act, ActBook, ActKind
from dreamd.terminal.clock import now_ns, wall
from dreamd.up.simulated_grant import simulated_grant

EXPIRES_AFTER_S: Final = 4.0
HOURS_AHEAD_S: Final = 5.0
"""Hours close at a whole minute, at least this much later: the grant is in force before."""
NARROWED_S: Final = 3.0
"""How long a grant stays narrow, and how long a wider one waits."""
ANCHORED_S: Final = RAMP_MIN_S + 3.0
"""How long an anchor session lasts: until its share has risen."""
LOOKS_S: Final = 0.2
HOURS_OPEN: Final = timedelta(hours=9)


def hours_until(end: datetime) -> str:
    """Hours that have been open for nine hours, and close at this minute, in UTC."""
    return f"{end - HOURS_OPEN:%H:%M}/{end:%H:%M}"


def next_minute(now: datetime) -> datetime:
    """The first whole minute that is at least HOURS_AHEAD_S later."""
    later = now + timedelta(seconds=HOURS_AHEAD_S)
    whole = later.replace(second=0, microsecond=0)
    return whole if whole == later else whole + timedelta(minutes=1)


async def act_on_cue(
    api: Api,
    kind: ActKind,
    sleepers: dict[str, str],
    after_s: float,
    book: ActBook,
    merged: Callable[[], bool],
) -> None:
    """Wait until these beds are merged and some seconds more; then each sleeper acts. sleepers: by pod."""
    while not merged():  # noqa: ASYNC110 -- it is pure: no event
        await asyncio.sleep(LOOKS_S)
    await asyncio.sleep(after_s)
    if kind is ActKind.PAUSES:
        for pod in sleepers:
            book.begin_act(pod, Act(kind, now_ns()))
        await api.moratoria.call_moratorium(reason="a rehearsal", by="an advocate")
        return
    async with asyncio.TaskGroup() as tasks:
        for pod, sleeper in sleepers.items():
            tasks.create_task(_act(api, kind, pod, sleeper, book), name=f"{kind.value} of {pod}")


async def _act(api: Api, kind: ActKind, pod: str, sleeper: str, book: ActBook) -> None:
    match kind:
        case ActKind.WITHDRAWS:
            book.begin_act(pod, Act(kind, now_ns()))
            await api.consents.withdraw(sleeper)
        case ActKind.EXPIRES:
            end = wall() + timedelta(seconds=EXPIRES_AFTER_S)
            book.begin_act(pod, Act(kind, _stamp_ns(end)))
            await api.consents.grant(sleeper, simulated_grant(until=end))
        case ActKind.HOURS_END:
            end = next_minute(wall().astimezone(UTC))
            book.begin_act(pod, Act(kind, _stamp_ns(end)))
            await api.consents.grant(sleeper, simulated_grant(hours=hours_until(end), zone="UTC"))
        case ActKind.NARROWS | ActKind.WIDENS:
            act = book.begin_act(pod, Act(kind, now_ns()))
            await api.consents.grant(sleeper, simulated_grant(ceiling=NARROW))
            if kind is ActKind.WIDENS:
                await _widen(api, act, pod, sleeper)
        case ActKind.ANCHORS:
            act = book.begin_act(pod, Act(kind, now_ns()))
            await api.pods.release(pod, reason="an anchor session")
            await _anchor(api, act, pod)
        case ActKind.PAUSES:
            raise AssertionError("one call is for all")


async def _widen(api: Api, act: Act, pod: str, sleeper: str) -> None:
    """Grant the whole again; the sleeper lies down anew once it has been seen that nothing changed."""
    await asyncio.sleep(NARROWED_S)
    await api.consents.grant(sleeper, simulated_grant())
    act.widened_ns = now_ns()
    await asyncio.sleep(NARROWED_S)
    act.again_ns = now_ns()
    await api.pods.check_out(pod)
    await api.pods.check_in(pod, sleeper)


async def _anchor(api: Api, act: Act, pod: str) -> None:
    """Begin a session of this bed once it is admitted, and end it when its share has risen."""
    name = f"anchor-{pod}"
    await api.dreamscapes.create(name, dreamapi.plan(kind="anchor", pods=[pod], ramp_s=RAMP_MIN_S))
    while not await _admitted(api, name):  # noqa: ASYNC110 -- the API tells no event of one seat
        await asyncio.sleep(LOOKS_S)
    act.again_ns = now_ns()
    await api.dreamscapes.start(name)
    await asyncio.sleep(ANCHORED_S)
    act.over_ns = now_ns()
    await api.dreamscapes.end(name, reason="the anchor session is over")


async def _admitted(api: Api, name: str) -> bool:
    seats = (await api.dreamscapes.get(name)).seats
    return any(seat.state == Seat.STATE_ADMITTED for seat in seats)


def _stamp_ns(end: datetime) -> int:
    """An instant of the wall clock as a stamp of the pods' clock."""
    return now_ns() + round((end - wall()).total_seconds() * 1e9)
