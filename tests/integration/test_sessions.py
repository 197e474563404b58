"""The whole life of a session with real processes: ended in every way, and the next one gathers."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

import dreamapi
from depth import LONG
from dreamapi.v1.dreamscapes_pb2 import Dreamscape
from dreamapi.v1.wake_pb2 import WakeOrder
from integration.fleet import Fleet, until
from mosquitto import Broker, free_port

WARD = "ward"
PODS = tuple(f"light-{k}" for k in range(1, 5))
WITHIN_S = 25.0


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Four beds with their sleepers; the API keeps its port over restarts."""
    one = Fleet(tmp_path, broker, fixed_port=free_port())
    try:
        one.daemon()
        one.light(WARD, 1, len(PODS), "--hops")
        yield one
    finally:
        one.close()


async def settled(true: Callable[[], Awaitable[bool]], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until the answer is true, or fail."""
    deadline_s = time.monotonic() + within_s
    while not await true():
        assert time.monotonic() < deadline_s, f"{what} did not come true in {within_s:.0f} s"
        await asyncio.sleep(0.1)


async def begin(fleet: Fleet, name: str, close_in_s: float = 0.0) -> None:
    """Check in the missing sleepers, create, gather all, start, and wait until all are merged."""
    merged_before = {pod: len(fleet.facts(pod, "merged", WARD)) for pod in PODS}
    async with fleet.api() as api:

        async def here() -> bool:
            beds = {pod.name.removeprefix("pods/"): pod for pod in await api.pods.list()}
            for pod in PODS:
                if pod in beds and not beds[pod].sleeper and beds[pod].online:
                    await fleet.check_in(api, [pod])
            return all(pod in beds and beds[pod].clock.synced and beds[pod].sleeper for pod in PODS)

        await settled(here, "every bed is here")
        plan = dreamapi.plan(seats_min=4, seats_max=8, ramp_s=10.0)
        if close_in_s:
            plan.close_time.FromMilliseconds(int((time.time() + close_in_s) * 1000))
        await api.dreamscapes.create(name, plan)

        async def admitted() -> bool:
            seats = (await api.dreamscapes.get(name)).seats
            return sum(seat.state == seat.STATE_ADMITTED for seat in seats) == len(PODS)

        await settled(admitted, f"{name} has admitted all", 60.0)
        await api.dreamscapes.start(name)
    await until(
        lambda: all(len(fleet.facts(pod, "merged", WARD)) > merged_before[pod] for pod in PODS), WITHIN_S
    )


async def over(fleet: Fleet, name: str) -> None:
    """Wait until it has ended; then no bed is seated, and every latch is cleared."""
    async with fleet.api() as api:

        async def ended() -> bool:
            return (await api.dreamscapes.get(name)).state == Dreamscape.STATE_ENDED

        await settled(ended, f"{name} has ended")
        assert {pod.dreamscape for pod in await api.pods.list()} == {""}
        for pod in PODS:
            fleet.tell(WARD, f"unlatch {pod}")

        async def clear() -> bool:
            return all(not pod.latched for pod in await api.pods.list())

        await settled(clear, "every latch is cleared")


async def sever_then_end(api: dreamapi.Api, name: str) -> None:
    """Sever it, then end it."""
    await api.dreamscapes.sever(name, reason="enough")
    await api.dreamscapes.end(name)


async def wake_order_then_lift(api: dreamapi.Api, _name: str) -> None:
    """A wake order for the fleet, lifted again."""
    given = await api.wake.order(WakeOrder.SCOPE_FLEET, issuer="an advocate", reason="morning")
    await asyncio.sleep(0.5)
    await api.wake.lift(given.order.name, by="an advocate", reason="over")


async def moratorium_then_end(api: dreamapi.Api, name: str) -> None:
    """A moratorium of the fleet, taken back by its caller, then the end; no sleeper was woken."""
    called = await api.moratoria.call_moratorium(reason="three cases", by=f"advocate of {name}")
    assert (called.outcome.zeroed, list(called.outcome.unconfirmed)) == (len(PODS), [])
    assert not any(pod.latched for pod in await api.pods.list())
    with pytest.raises(dreamapi.Moratorium):
        await api.dreamscapes.resume(name)
    await api.moratoria.lift_moratorium(called.moratorium.name, reason="over", by=f"advocate of {name}")
    await api.dreamscapes.end(name)


async def release_each(api: dreamapi.Api, name: str) -> None:
    """Release each bed, then end."""
    for pod in PODS:
        await api.pods.release(pod)
    await api.dreamscapes.end(name)


async def check_out_each(api: dreamapi.Api, name: str) -> None:
    """Check out each sleeper, then end."""
    for pod in PODS:
        await api.pods.check_out(pod)
    await api.dreamscapes.end(name)


WAYS: dict[str, Callable[[dreamapi.Api, str], Awaitable[object]]] = {
    "end": lambda api, name: api.dreamscapes.end(name),
    "wake": lambda api, name: api.dreamscapes.wake(name, issuer="an operator", reason="morning"),
    "sever-then-end": sever_then_end,
    "wake-order-then-lift": wake_order_then_lift,
    "moratorium-then-end": moratorium_then_end,
    "release-each": release_each,
    "check-out-each": check_out_each,
}


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: seven nights, as the simulation has them")
async def test_one_session_after_another_however_each_is_ended(fleet: Fleet) -> None:
    """After every kind of end each bed is free, and the next session gathers and merges all four."""
    for name, way in WAYS.items():
        await begin(fleet, name)
        async with fleet.api() as api:
            await way(api, name)
        await over(fleet, name)
    await begin(fleet, "closes", close_in_s=12.0)
    await over(fleet, "closes")
    await begin(fleet, "killed-on-the-way")
    async with fleet.api() as api:
        await api.dreamscapes.end("killed-on-the-way")
    fleet.kill_daemon()
    fleet.daemon()
    await over(fleet, "killed-on-the-way")
    await begin(fleet, "the-last")
