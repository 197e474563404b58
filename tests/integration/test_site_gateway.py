"""A ward's gateway in a site: enrolled as a bed is, looked after by the agent of its beds, and revoked."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

import dreamapi
from dreamapi.v1.access_pb2 import Principal
from dreamedge.adapters.credential.enrolment import enrol_bed
from dreamedge.adapters.credential.files import KeptPlan, boot_id, read_plan, write_plan
from dreamedge.core.renewal_schedule import Plan
from integration.conftest import Start
from integration.fleet import until
from integration.site_fleet import SiteFleet
from mosquitto import MOSQUITTO

BEDS = ("bed-1", "bed-2")
GATEWAY = "ward-a"


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[SiteFleet]:
    """A site without beds."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (make system-packages)")
    folder = tmp_path / "site"
    folder.mkdir()
    one = SiteFleet(folder)
    try:
        one.daemon()
        yield one
    finally:
        one.close()


async def enrolled(site: SiteFleet) -> Path:
    """Enrol a gateway, and return the configuration of its agent."""
    async with site.api("admin") as api:
        code = (await api.access.enrol(GATEWAY, Principal.KIND_BED)).code
    line = f"{site.server} {site.ward.authority.pin_text()} {code}"
    await asyncio.sleep(1.1)  # a host may redeem one code a second
    return (await asyncio.to_thread(enrol_bed, line, site.beds, gateway=True)).config


async def test_a_gateway_is_enrolled_looked_after_and_revoked(
    site: SiteFleet, start: Start, tmp_path: Path
) -> None:
    """Its agent shows its credential when that is due; revoked, it is put out and its beds stay.

    The daemon names the gateway of each bed. `ward.toml` alone, with the names of the beds, runs the ward.
    """
    for bed in BEDS:
        await site.enrol(bed)
    config = await enrolled(site)
    credential = config.with_name("credential.json")
    write_plan(credential, KeptPlan(Plan(boot_id(), 0.0, 0.0, 1.0)))  # due at once
    state, said = tmp_path / "state", tmp_path / "said"
    words = ("--config", str(config), "--pods", ",".join(BEDS), "--implant", "sim-light")
    start("dreamedge", "run", *words, "--state-dir", str(state))
    await until(lambda: f"gateway {GATEWAY}: connected" in said.read_text())
    await until(lambda: (plan := read_plan(credential).plan) is not None and plan.expires_in_s > 1.0)
    async with site.api() as api, site.api("admin") as admin:
        await shown(api, online=True)
        await admin.access.revoke(GATEWAY, reason="lost")
        await until(lambda: f"gateway {GATEWAY}: not connected" in said.read_text())
        await until(lambda: "does not accept user ward-a" in said.read_text())
        await shown(api, online=True)


async def shown(api: dreamapi.Api, *, online: bool) -> None:
    """Wait until the daemon shows both beds, with their gateway."""
    while True:
        pods = [pod for pod in await api.pods.list() if pod.gateway == GATEWAY and pod.online is online]
        if len(pods) == len(BEDS):
            return
        await asyncio.sleep(0.05)
