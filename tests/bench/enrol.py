"""A thousand beds enrol at a site in which eight sleepers dream, at the shipped pace: about 17 minutes.

Progress goes to standard error. One bed enrols first by the two programs that a person types.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from integration.fleet import boottime_s, number, stamp_s, until
from integration.site_fleet import SiteFleet

BEDS, AT_ONCE, DREAMERS = 1000, 3, 8
TOLD_EVERY = 50

Row = Callable[[str, str, str], None]


def enrol(row: Row) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        site = SiteFleet(Path(name))
        try:
            asyncio.run(_measure(row, site))
        finally:
            site.close()


async def _measure(row: Row, site: SiteFleet) -> None:
    site.daemon()
    pods = await site.light_beds("ward", DREAMERS, "--hops")
    await site.begin(pods)
    await until(lambda: all(site.applied(pod, "ward") > 0.01 for pod in pods))
    row("one bed by hand: two programs", f"{await asyncio.to_thread(_by_hand, site):.1f} s", "<= 60 s")
    began_s = boottime_s()
    waiting = [f"bed-{one}" for one in range(BEDS)]

    done = 0

    async def some() -> None:
        nonlocal done
        while waiting:
            await site.enrol(waiting.pop())
            done += 1
            if done % TOLD_EVERY == 0:
                fell = sum(one["kind"] == "severed" for one in site.journal("ward"))
                told = f"{done} of {BEDS} after {boottime_s() - began_s:.0f} s, {fell} leases lapsed"
                print(told, file=sys.stderr, flush=True)

    async with asyncio.TaskGroup() as group:
        for one in range(AT_ONCE):
            group.create_task(some(), name=f"some-{one}")
    redeemed_s = boottime_s() - began_s
    # The broker takes one change a second, and each takes some time of its own: it comes after the codes.
    await until(lambda: _accounts(site) == BEDS, 300.0)
    took_s = boottime_s() - began_s
    facts = [one for one in site.journal("ward") if stamp_s(one) > began_s]
    hops = [one for one in facts if one["kind"] == "hop"]
    fell = sum(one["kind"] == "severed" for one in facts)
    alone = sum(not number(one, "applied") > 0.0 for one in hops)
    row(
        f"{BEDS} beds enrolled, known to the broker, beside {DREAMERS} that dream",
        f"{took_s / 60:.1f} min",
        "<= 20 min",
    )
    row("leases lapsed meanwhile, hops at zero", f"{fell}, {alone} of {len(hops)}", "0")


def _accounts(site: SiteFleet) -> int:
    """The enrolled beds that the broker knows, by its own file; 0 while that is written."""
    try:
        accounts = json.loads(site.ward.files.accounts.read_text())["clients"]
    except ValueError:
        return 0  # the broker is writing it
    return sum(one["username"].startswith("bed-") for one in accounts)


def _by_hand(site: SiteFleet) -> float:
    """Seconds from `dreamd enrol` to the end of `dreamedge enrol`, programs of their own."""
    began_s = time.monotonic()
    credential = site.folder / "admin.json"
    site.shown("admin").write_file(credential)
    words = [sys.executable, "-m", "dreamd", "enrol", "by-hand", "--credential", str(credential)]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    line = told.split("'")[1]
    words = [sys.executable, "-m", "dreamedge", "enrol", line, "--state-dir", str(site.folder / "hand")]
    subprocess.run(words, capture_output=True, check=True)
    return time.monotonic() - began_s
