"""Rows of the table of restarts with real processes: a few always, the rest in `make soak`.

The whole table, every restart over links of 0, 60 and 150 ms one way, runs in virtual time
(`tests/sim/test_restarts.py`).
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from depth import LONG
from dreamapi.v1.dreamscapes_pb2 import Dreamscape
from integration.fleet import LEASE_AND_FADE_S, NIGHT, Fleet, stamp_s, until
from integration.proxy import Proxy, Way
from mosquitto import Broker

WARD = "ward"
PODS = tuple(f"light-{k}" for k in range(1, 7))
STOPPED_WITHIN_S = 8.0
"""Three seconds of it are for running calls; here there are none."""


async def stop(fleet: Fleet) -> None:
    """SIGTERM, and another process over the same directory."""
    assert await asyncio.to_thread(fleet.stop_daemon, STOPPED_WITHIN_S) == 0
    fleet.daemon()


async def kill(fleet: Fleet) -> None:
    """SIGKILL, and another process."""
    fleet.kill_daemon()
    fleet.daemon()


async def freeze(fleet: Fleet) -> None:
    """SIGSTOP for three seconds, then SIGCONT."""
    fleet.signal("daemon", signal.SIGSTOP)
    await asyncio.sleep(3.0)
    fleet.signal("daemon", signal.SIGCONT)


async def kill_broker(fleet: Fleet) -> None:
    """The broker is killed, and back after a second."""
    fleet.broker.kill()
    await asyncio.sleep(1.0)
    fleet.broker.start()


@dataclass(frozen=True)
class Row:
    """One restart over a link of so many milliseconds one way; again_s: the limit until merged again."""

    act: Callable[[Fleet], Awaitable[None]]
    one_way_ms: int
    again_s: float
    long: bool = True


ROWS = (
    Row(stop, 0, 20.0),
    Row(stop, 120, 20.0, long=False),
    Row(stop, 60, 20.0),
    Row(kill, 0, 20.0),
    Row(kill, 150, 20.0),
    Row(freeze, 60, 25.0),
    Row(kill_broker, 0, 40.0),
    Row(kill_broker, 150, 40.0),
)


@contextmanager
def line(broker: Broker, one_way_ms: int) -> Iterator[str]:
    """The link from the beds to the broker."""
    if not one_way_ms:
        yield broker.url
        return
    with Proxy(broker.port) as proxy:
        way = Way(latency_s=(one_way_ms / 1000, one_way_ms / 1000))
        proxy.shape(up=way, down=way)
        yield proxy.url


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            row,
            id=f"{row.act.__name__}-{row.one_way_ms}",
            marks=pytest.mark.skipif(row.long and not LONG, reason="DREAMD_LONG: half a minute a row"),
        )
        for row in ROWS
    ],
)
async def test_a_restart_leaves_all_alone_in_time_and_brings_them_back_without_a_person(
    row: Row, broker: Broker, tmp_path: Path
) -> None:
    """By the pods' own stamps all are alone in time; the Dreamscape dreams on, and no breaker is open."""
    with line(broker, row.one_way_ms) as url:
        fleet = Fleet(tmp_path, broker, through={WARD: url})
        try:
            fleet.daemon()
            fleet.light(WARD, 1, len(PODS), "--hops")
            await fleet.begin(PODS, 60.0)
            await until(lambda: all(fleet.applied(pod, WARD) > 0.02 for pod in PODS))
            began_s = fleet.signal("daemon", 0)
            await row.act(fleet)
            await until(lambda: all(fleet.facts(pod, "alone", WARD) for pod in PODS))
            alone_s = max(fleet.alone_after_s(pod, began_s, WARD) for pod in PODS)
            assert alone_s <= LEASE_AND_FADE_S + row.one_way_ms / 1000
            await until(lambda: all(again(fleet, pod, began_s) for pod in PODS), row.again_s)
            again_s = max(again(fleet, pod, began_s)[0] for pod in PODS) - began_s
            print(f"{row.act.__name__} at {row.one_way_ms} ms: alone {alone_s:.2f} s, merged {again_s:.1f} s")
            assert again_s <= row.again_s
            async with fleet.api() as api:
                assert (await api.dreamscapes.get(NIGHT)).state == Dreamscape.STATE_DREAMING
        finally:
            fleet.close()


def again(fleet: Fleet, pod: str, since_s: float) -> list[float]:
    """When this pod has merged after it was alone."""
    return [stamp_s(fact) for fact in fleet.facts(pod, "merged", WARD) if stamp_s(fact) > since_s]
