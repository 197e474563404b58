"""Acts of people in a running night with real processes: a broker, `dreamd serve`, six pods, their stamps.

One sleeper narrows their grant, one withdraws, and the grant of a third ends. The pods' journals say when
each sleeper was alone; all processes share CLOCK_BOOTTIME. With DREAMD_LONG=1 alone: `test_site_fleet` lets
sleepers of a site do the same with logins of their own.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import dreamapi
from depth import LONG
from dreamapi.consents import MODALITIES
from dreamapi.v1.dreamscapes_pb2 import Dreamscape
from integration.fleet import NIGHT, Fleet, boottime_s, number, stamp_s, until
from mosquitto import Broker

WARD = "ward"
PODS = tuple(f"light-{k}" for k in range(1, 7))
NARROW = 0.05
ROUNDING = 1.0 / 255.0
ZERO_WITHIN_S = 0.5
ENDS_AFTER_S = 4.0
TICK_S = 0.25
"""The daemon's tick; an end is seen at the first one behind it."""
MERGING = ("merge", "intimate")


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Six sleepers, merged to at least .1."""
    one = Fleet(tmp_path, broker)
    try:
        one.daemon()
        one.light(WARD, 1, len(PODS), "--hops")
        await one.begin(PODS)
        await until(lambda: all(one.applied(pod, WARD) > 0.1 for pod in PODS), 60.0)
        yield one
    finally:
        one.close()


def applied_since(fleet: Fleet, pod: str, since_s: float) -> list[float]:
    """The shares that a pod rendered since then."""
    return [number(hop, "applied") for hop in fleet.facts(pod, "hop", WARD) if stamp_s(hop) > since_s]


async def grants(api: dreamapi.Api, pod: str, ceiling: float, until_at: datetime | None = None) -> None:
    """The sleeper of this pod grants once more."""
    grant = dreamapi.consent_grant(
        scopes=MERGING,
        modalities=MODALITIES,
        ceiling=ceiling,
        until=until_at,
        notice_sha256="a" * 64,
        adult=True,
        simulated=True,
    )
    await api.consents.grant(f"sleeper-{pod}", grant)


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a house of its own, for what sleepers of a site do too")
async def test_a_narrowing_a_withdrawal_and_an_end_reach_one_bed_each(fleet: Fleet) -> None:
    """Narrowed: at most .05 in the next messages. Withdrawn: alone in 500 ms. Ended: alone in a tick more.

    The other sleepers dream on, and a check-in does not bring back the one that withdrew.
    """
    narrowed, gone, ended, *others = PODS
    async with fleet.api() as api:
        began_s = boottime_s()
        await grants(api, narrowed, NARROW)
        told_s = boottime_s()
        await until(lambda: len(applied_since(fleet, narrowed, told_s + ZERO_WITHIN_S)) >= 4)
        assert max(applied_since(fleet, narrowed, told_s + ZERO_WITHIN_S)) <= NARROW + ROUNDING

        asked_s = boottime_s()
        await api.consents.withdraw(f"sleeper-{gone}")
        await until(lambda: fleet.facts(gone, "alone", WARD))
        after_s = fleet.alone_after_s(gone, asked_s, WARD)
        print(f"withdrawn: alone after {1000 * after_s:.0f} ms")
        assert after_s <= ZERO_WITHIN_S

        wall_s, at_s = time.time(), boottime_s()
        end = datetime.fromtimestamp(wall_s, UTC) + timedelta(seconds=ENDS_AFTER_S)
        await grants(api, ended, 0.15, end)
        await until(lambda: fleet.facts(ended, "alone", WARD))
        after_s = fleet.alone_after_s(ended, at_s, WARD)
        print(f"ended: alone {1000 * (after_s - ENDS_AFTER_S):.0f} ms after the end")
        assert ENDS_AFTER_S - TICK_S <= after_s <= ENDS_AFTER_S + TICK_S + ZERO_WITHIN_S

        await asyncio.sleep(2.0)
        view = await api.dreamscapes.get(NIGHT)
        assert view.state == Dreamscape.STATE_DREAMING
        refusals = {seat.pod: seat.refusal_code for seat in view.seats if seat.refusal_code}
        assert refusals == {f"pods/{ended}": "CONSENT_MISSING"}
    for pod in (gone, ended):
        assert max(applied_since(fleet, pod, boottime_s() - 1.0), default=0.0) == 0.0
    for pod in others:
        assert min(applied_since(fleet, pod, began_s)) > 0.03
        assert not fleet.facts(pod, "severed", WARD)
