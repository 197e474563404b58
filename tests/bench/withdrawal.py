"""Withdrawal to zero with two hundred pods: sixteen sleepers each leave by one of five ways, in turn.

The time runs from the press, or from the moment before the call, to the zero of the pod by its own monotonic
clock; all processes share that clock.
"""

import asyncio
import contextlib
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable
from math import inf
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import dreamapi
from dreamd.composition import FREE_SOCKET
from dreamd.main import main
from integration.crowd import Crowd
from integration.fleet import Fleet, boottime_s, stamp_s, until
from mosquitto import SHIPPED, Broker, free_port

COUNT: Final = 200
EACH: Final = 16
APART_S: Final = 0.31
"""Every phase of a tick occurs."""

Row = Callable[[str, str, str], None]
Way = Callable[[str], Awaitable[None]]


def withdrawal(row: Row) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        conf = folder / "mosquitto.conf"
        conf.write_text(SHIPPED.read_text().replace("listener 1883 ", f"listener {port} "))
        broker = Broker(conf, port)
        broker.start()
        fleet = Fleet(folder, broker)
        try:
            took_s = asyncio.run(_measure(Crowd(fleet, COUNT)))
        finally:
            fleet.close()
            broker.kill()
    for way, times_s in (*took_s.items(), ("all", sorted(s for times in took_s.values() for s in times))):
        title = f"withdrawal to zero, {COUNT} pods, {way}, {len(times_s)} times"
        row(f"{title}: p50", f"{1000 * times_s[len(times_s) // 2]:.0f} ms", "<= 250 ms")
        row(f"{title}: p99", f"{1000 * times_s[int(len(times_s) * 0.99)]:.0f} ms", "<= 500 ms")


async def _measure(crowd: Crowd) -> dict[str, list[float]]:
    await crowd.begin()
    await until(lambda: len({fact["pod"] for fact in crowd.told("merged", 0.0)}) == COUNT, 90.0)
    await asyncio.sleep(5.0)
    async with crowd.fleet.api() as api, _socket(crowd.fleet) as own:
        ways = _ways(crowd, api, own)
        began_s: dict[str, dict[str, float]] = {way: {} for way in ways}
        pods = iter(crowd.pods[:: COUNT // (EACH * len(ways))])
        for _ in range(EACH):
            for way, leave in ways.items():
                pod = next(pods)
                began_s[way][pod] = boottime_s()
                await leave(pod)
                await asyncio.sleep(APART_S)
    await asyncio.sleep(2.0)
    zeros_s: dict[object, list[float]] = {}
    for fact in crowd.told("severed", 0.0):
        zeros_s.setdefault(fact["pod"], []).append(stamp_s(fact, "zero_ns"))
    return {
        way: sorted(
            min((at for at in zeros_s.get(pod, []) if at >= began), default=inf) - began
            for pod, began in times.items()
        )
        for way, times in began_s.items()
    }


def _socket(fleet: Fleet) -> dreamapi.Api:
    """The ways out of this machine, without a credential."""
    return dreamapi.connect(f"unix:{fleet.state / FREE_SOCKET}")


def _ways(crowd: Crowd, api: dreamapi.Api, own: dreamapi.Api) -> dict[str, Way]:
    """The five ways, by name; each takes a pod."""

    async def button(pod: str) -> None:
        crowd.press(pod, "withdraw")

    async def command_line(pod: str) -> None:
        words = ["me", "withdraw", "--sleeper", f"sleeper-{pod}"]
        with contextlib.redirect_stdout(io.StringIO()):
            status = await asyncio.to_thread(main, [*words, "--server", f"127.0.0.1:{crowd.fleet.grpc_port}"])
        assert not status, f"dreamd me withdraw has answered {status}"

    async def call(pod: str) -> None:
        await api.consents.withdraw(f"sleeper-{pod}")

    async def advocate(pod: str) -> None:
        await api.consents.withdraw(f"sleeper-{pod}", reason="asked to", issuer="an advocate")

    async def request(pod: str) -> None:
        await own.consents.withdraw(f"sleeper-{pod}", reason="asked to")

    return {
        "button": button,
        "me withdraw": command_line,
        "API": call,
        "advocate": advocate,
        "on request": request,
    }
