"""Sleepers of a site in real beds: their acts on the command line, each with a credential of their own.

The beds are enrolled, and one `dreamedge run` is the agent of all. The sleepers redeem a code each, as they
do at the front desk. With DREAMD_LONG=1 each command is a process of its own.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from depth import LONG
from integration.fleet import number, stamp_s
from integration.site_fleet import SiteFleet
from run_here import run_here
from site_process import LINE

AGENT = "real"
PODS = ("real-1", "real-2", "real-3")
NIGHT = "own"

Told = subprocess.CompletedProcess[str]


@dataclass
class Desk:
    """The command line of a site: words as they are typed, with the credential of the one that types."""

    site: SiteFleet

    def type(self, line: str, whose: str = "", *words: str) -> Told:
        """Run `dreamd LINE` with the credential of one. words: further ones, which hold spaces."""
        shown = {"DREAMD_CREDENTIAL": str(self.site.folder / f"{whose}.json")} if whose else {}
        variables = {"HOME": str(self.site.folder), **shown}
        typed = [*line.split(), *words]
        if not LONG:
            return run_here(typed, variables)
        return subprocess.run(
            [sys.executable, "-m", "dreamd", *typed],
            env={"PATH": os.environ["PATH"], **variables},
            text=True,
            capture_output=True,
            timeout=30.0,
            check=False,
        )

    def done(self, line: str, whose: str) -> str:
        """Run a line that succeeds; return its standard output."""
        told = self.type(line, whose)
        assert told.returncode == 0, f"{line}: {told.stderr}"
        return told.stdout

    def refused(self, line: str, whose: str) -> str:
        """Run a line that is refused; return its sentence."""
        told = self.type(line, whose)
        assert (told.returncode, told.stdout) == (1, ""), f"{line}: {told.stdout}"
        return told.stderr

    def holds(self, *names: str) -> None:
        """Write the credential files of these principals of the start."""
        for name in names:
            self.site.shown(name).write_file(self.site.folder / f"{name}.json")

    def join(self, login: str, sleeper: str, whose: str = "admin") -> None:
        """A one-time code for a sleeper's login, and the credential against it."""
        self.redeem(login, self.done(f"enrol {login} --role sleeper --sleeper {sleeper}", whose))

    def redeem(self, login: str, line: str) -> None:
        """The credential for the line that was printed, as the sleeper's own program keeps it."""
        found = LINE.search(line)
        assert found is not None, line
        path = self.site.folder / f"{login}.json"
        path.unlink(missing_ok=True)
        while (told := self.type(f"redeem --to {path}", "", found[2])).returncode:
            assert "codes a second" in told.stderr, told.stderr
            time.sleep(0.2)


async def lie_down(site: SiteFleet, desk: Desk, sleepers: Sequence[str]) -> None:
    """Enrol the beds, run their agent, check the sleepers in; they accept one another and dream together."""
    for pod in PODS:
        await site.enrol(pod)
    home = site.beds / PODS[0]
    site.start(
        AGENT,
        ["-m", "dreamedge", "run", "--pods", ",".join(PODS), "--implant", "sim-light",
         "--broker", site.through["daemon"], "--broker-ca", str(home / "authority.pem"),
         "--broker-password-file", str(site.beds / "{pod}" / "password"), "--daemon-key", str(site.key),
         "--state-dir", str(site.folder / "real-beds"), "--journal", str(site.folder / f"{AGENT}.jsonl")],
    )  # fmt: skip
    await asked(lambda: all(_beds(desk).get(pod, 0.0) >= 0.9 for pod in PODS))
    own = desk.refused(f"pods check-in {PODS[2]} {sleepers[2]}", "watcher-0")
    assert "watcher-0 made the login of this walk-in" in own
    pairs = " ".join(f"{pod} {sleeper}" for pod, sleeper in zip(PODS, sleepers, strict=True))
    desk.done(f"pods check-in {pairs}", "olga")
    plan = f"--min 2 --max 3 --intimate --ramp 10 --pods {','.join(PODS)}"
    desk.done(f"dreamscapes create {NIGHT} {plan}", "olga")
    assert "is not on the list" in desk.refused(f"dreamscapes start {NIGHT}", "olga")
    invited = desk.done(f"dreamscapes invite {NIGHT} {' '.join(sleepers)}", "olga")
    assert invited == f"{NIGHT}, list 1: 0 of {len(sleepers)} guests have accepted\n"
    for sleeper in sleepers:
        everyone = f"{NIGHT}, list 1: {', '.join(sorted(sleepers))}; your answer: "
        assert everyone in desk.done("me invitations", f"{sleeper}-1")
        assert f"{everyone}accepted" in desk.done(f"me accept {NIGHT} --list 1", f"{sleeper}-1")
    await asked(lambda: desk.type(f"dreamscapes start {NIGHT}", "olga").returncode == 0)


def _beds(desk: Desk) -> dict[str, float]:
    """The quality of each bed whose clock is in step, by pod."""
    told = json.loads(desk.done("pods list --json", "olga"))
    return {
        one["name"].removeprefix("pods/"): one.get("quality", 0.0)
        for one in told
        if one.get("clock", {}).get("synced")
    }


def applied_since(site: SiteFleet, pod: str, since_s: float) -> list[float]:
    """The shares that a bed has rendered since then, by its own stamps."""
    return [number(hop, "applied") for hop in site.facts(pod, "hop", AGENT) if stamp_s(hop) > since_s]


async def asked(true: Callable[[], bool], within_s: float = 60.0) -> None:
    """Ask the daemon twice a second until this is true: each question is a call, and calls have a rate."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"it did not come true in {within_s:.0f} s"
        await asyncio.sleep(0.5)
