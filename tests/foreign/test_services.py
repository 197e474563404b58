"""The examples of docs/services.md, run as they stand there against the API of a site."""

import asyncio
import datetime as dt
import os
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest

from depth import LONG
from dreamapi.credentials import CredentialFile, load_credential
from dreamapi.v1.access_pb2 import GetCallerRequest
from dreamapi.v1.access_pb2_grpc import AccessStub
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind
from dreamd.core.dreamscapes.views import DreamscapeState
from fakes.callers import named
from fakes.coordination import FakeCoordination
from fakes.site_api import site_api
from foreign.node import PACKAGES, ROOT, needs_node, node

EXAMPLES = ROOT / "docs" / "examples"
PAGE = ROOT / "docs" / "services.md"
METHODS = frozenset(
    {
        *("ListDreamscapes", "CreateDreamscape", "StartDreamscape", "WatchCollective", "SeverDreamscape"),
        *("GetCaller", "RenewCredential"),
    }
)
BURST = 101
"""Reads at once, one more than a principal has."""


@pytest.mark.parametrize(
    ("file", "language"), [("service.py", "python"), ("service.ts", "ts"), ("service.go", "go")]
)
def test_the_page_shows_the_examples_that_are_run(file: str, language: str) -> None:
    """The block of each language is its file, to the byte."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert (EXAMPLES / file).read_text() in blocks


@dataclass
class Run:
    """A run of an example, and what it has printed so far."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def until(self, words: str) -> None:
        """Read lines until one begins with these words."""
        assert self.process.stdout is not None
        while not (self.said and self.said[-1].startswith(words)):
            line = await asyncio.wait_for(self.process.stdout.readline(), 30.0)
            assert line, f"it ended without {words!r}: {self.said}"
            self.said.append(line.decode().rstrip())

    async def ended(self) -> int:
        """Its exit status, its pipe read to the end."""
        assert self.process.stdout is not None
        await asyncio.wait_for(self.process.stdout.read(), 10.0)
        return await asyncio.wait_for(self.process.wait(), 10.0)


async def started(*command: str) -> Run:
    """Start an example."""
    env = os.environ | {"NODE_PATH": str(PACKAGES)}
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=env)
    return Run(process)


def command_of(language: str, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words before and after an example's own arguments."""
    if language == "python":
        return (sys.executable, str(EXAMPLES / "service.py")), ()
    made = folder / "service.js"
    transpiled = node(Path(__file__).with_name("transpile.js"), str(EXAMPLES / "service.ts"), str(made))
    assert transpiled.returncode == 0, transpiled.stderr
    return ("node", str(made)), (str(ROOT / "proto"),)


@pytest.mark.parametrize("language", ["python", pytest.param("typescript", marks=needs_node)])
async def test_an_example_renews_waits_plans_watches_severs_and_ends_revoked(
    language: str, tmp_path: Path
) -> None:
    """With its reads used up it waits as told; past half of its life it renews, and keeps the file closed.

    It plans once though it asks twice, starts, severs after three ticks, and ends with status 3 once it is
    revoked. With the pin of another authority it calls nothing.
    """
    site, application, name = SiteAuthority(tmp_path), FakeCoordination(), f"nap-{language}"
    site.make_site(("127.0.0.1", "localhost"), dt.datetime.now(dt.UTC))
    grant = Grant(Role.SERVICE, sites=frozenset("*"), methods=METHODS)
    token = application.principals.known("robot", grant, kind=Kind.SERVICE)
    before, after = command_of(language, tmp_path)
    async with site_api(application, site) as running:
        server, file = f"127.0.0.1:{running.port}", tmp_path / "robot.json"
        CredentialFile(server, "robot", token, site.authority_text).write_file(file)
        wrong = await started(*before, str(file), name, *after, "0" * 32)
        await wrong.until("the file is of another authority")
        assert await wrong.ended() == 2
        tls = grpc.ssl_channel_credentials(site.authority_text.encode())
        async with grpc.aio.secure_channel(server, tls) as channel:
            reads = AccessStub(channel)  # type: ignore[no-untyped-call]
            for _ in range(BURST - 1):
                await reads.GetCaller(GetCallerRequest(), metadata=(("authorization", f"Bearer {token}"),))
        run = await started(*before, str(file), name, *after, site.pin_text())
        await run.until("told to wait")
        began_s, at_s = time.monotonic(), application.principals.clock.now

        async def live() -> None:
            for tick in range(1, 10_000):
                application.principals.clock.now = at_s + time.monotonic() - began_s
                application.tick(name, tick)
                await asyncio.sleep(0.02)

        living = asyncio.create_task(live(), name="the site's clock and ticks")
        await run.until("renewed")
        await run.until("severed")
        application.principals.commands.revoke(named("root-anna"), "robot", "over")
        await run.until("revoked")
        assert await run.ended() == 3
        living.cancel()
    assert [call[0] for call in application.calls if call[0] in ("create", "start")] == ["create", "start"]
    assert application.sessions[name].state is DreamscapeState.SEVERED
    assert load_credential(file).credential != token
    assert file.stat().st_mode & 0o777 == 0o600


@needs_node
@pytest.mark.skipif(not LONG, reason="five seconds of processor time: DREAMD_LONG=1")
def test_the_typescript_example_has_no_error_of_types(tmp_path: Path) -> None:
    """The compiler finds nothing with --strict."""
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    example = tmp_path / "service.ts"
    example.write_text((EXAMPLES / "service.ts").read_text())
    flags = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "commonjs")
    types = ("--types", "node", "--typeRoots", str(tmp_path / "node_modules" / "@types"))
    found = node(PACKAGES / "typescript" / "bin" / "tsc", *flags, *types, str(example), within_s=90.0)
    assert found.stdout == ""
