"""A site as real processes: programs of ours, run with one credential or another."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from depth import LONG_VARIABLE
from oidc_provider import SmallProvider
from run_here import run_here

LINE = re.compile(r"(dreamd redeem|dreamedge enrol) '([^']+)'")


@dataclass
class Site:
    """A served site, with the credentials of an administrator and an operator."""

    folder: Path
    server: str
    daemon: subprocess.Popen[str] | None = None
    served_by: tuple[str, ...] = ()
    """The words of its daemon's program."""
    http_port: int = 0
    provider: SmallProvider | None = None
    before: tuple[str, ...] = ()
    """Words before each program, such as those that run it in another network."""

    def run(self, program: str, *words: str, whose: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program of ours with the credential `whose`; none where empty.

        A client of the daemon runs in this process: one of its own takes most of a second.
        """
        shown = {"DREAMD_CREDENTIAL": str(self.folder / f"{whose}.json")} if whose else {}
        if program == "dreamd" and words[0] != "serve" and not self.before:
            return run_here(words, {"HOME": str(self.folder), **shown})
        return subprocess.run(
            [*self.before, sys.executable, "-m", program, *words],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **shown},
            text=True,
            capture_output=True,
            timeout=30.0,
            check=False,
        )

    def line(self, *words: str) -> str:
        """Enrol, and return the line."""
        told = self.run("dreamd", "enrol", *words, whose="admin")
        found = LINE.search(told.stdout)
        assert found is not None, told.stderr
        return found[2]

    def join(self, name: str, *words: str) -> Path:
        """Enrol and redeem; return the credential's file."""
        return self.redeemed(name, self.line(name, *words))

    def redeemed(self, name: str, line: str, *flags: str) -> Path:
        """Redeem a line; return the credential's file."""
        path = self.folder / f"{name}.json"
        while (told := self.run("dreamd", "redeem", line, "--to", str(path), *flags)).returncode:
            assert "codes a second" in told.stderr, told.stderr
            time.sleep(0.2)
        return path


def made_site(site: Site, *flags: str) -> str:
    """Make the site; return its administrator's line."""
    name = site.server.rpartition(":")[0]
    made = site.run("dreamd", "init", "--state-dir", str(site.folder / "state"), "--name", name, *flags)
    found = LINE.search(made.stdout)
    assert found is not None, made.stderr
    return found[2]


def serving(
    site: Site,
    mqtt_url: str,
    grpc_port: int,
    host: str = "0.0.0.0",
    line: str = "",
    flags: Sequence[str] = (),
) -> None:
    """Serve the site; its administrator redeems the first line. line: absent, the site is made first."""
    line, state = line or made_site(site), str(site.folder / "state")
    site.served_by = (
        *(*site.before, sys.executable, "-m", "dreamd", "serve", "--ready-json"),
        *("--state-dir", state, "--mqtt-url", mqtt_url, "--grpc-host", host),
        *("--grpc-port", str(grpc_port), "--http-port", "0", *flags),
    )
    begun(site)
    _, pin, code = line.split()
    line = f"{site.server} {pin} {code}"
    admin = site.run("dreamd", "redeem", line, "--to", str(site.folder / "admin.json"))
    assert admin.returncode == 0, admin.stderr


def begun(site: Site) -> None:
    """Begin the daemon, as `serving` has, and wait until it is ready."""
    started(site)
    assert site.daemon is not None
    assert site.daemon.stdout is not None
    site.http_port = json.loads(site.daemon.stdout.readline())["http"]


def started(site: Site) -> None:
    """Begin the daemon."""
    env = {name: value for name, value in os.environ.items() if name != LONG_VARIABLE}
    with (site.folder / "stderr").open("a") as said:
        site.daemon = subprocess.Popen(
            site.served_by, stdout=subprocess.PIPE, stderr=said, text=True, env=env
        )


def ended(site: Site) -> None:
    """End the daemon."""
    if site.daemon is not None:
        site.daemon.terminate()
        site.daemon.wait(10.0)
        assert site.daemon.stdout is not None
        site.daemon.stdout.close()
