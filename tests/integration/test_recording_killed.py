"""A real daemon that records a performance is killed: its parts open, its pieces verify, it goes on."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow.dataset as pads
import pytest

import dreamapi
from dreamapi.v1.pieces_pb2 import Piece
from dreamd.adapters.recordings.columns import TABLES
from dreamd.adapters.recordings.reader import Recording
from dreamd.main import main
from dreamd.render.manifests import read_manifest
from integration.fleet import NIGHT, Fleet, until
from mosquitto import Broker

WARD = "ward"
PODS = tuple(f"light-{k}" for k in range(1, 7))
PART_S = 1
"""Parts are a second here, and a minute outside of this test."""


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Six sleepers of a Dreamscape that is recorded, and that an artist may lead."""
    one = Fleet(tmp_path, broker, flags=("--recordings-part-s", str(PART_S)))
    try:
        one.daemon()
        one.light(WARD, 1, len(PODS), "--hops")
        await one.begin(PODS, record=True, artist_share=0.3)
        yield one
    finally:
        one.close()


def recorded(fleet: Fleet) -> Recording:
    """The recording as it is on the disk now."""
    return Recording.from_directory(fleet.state / "recordings" / NIGHT)


def parts(fleet: Fleet) -> int:
    """How many parts are whole; 0 where there is no recording yet."""
    there = (fleet.state / "recordings" / NIGHT / "recording.json").is_file()
    return len(recorded(fleet).parts) if there else 0


async def test_a_killed_daemon_loses_the_last_part_at_most(fleet: Fleet) -> None:
    """After kill -9 in the midst of a part every file opens with pyarrow alone.

    No part is longer than its time, and the newest tick is a part old at most.

    The restarted daemon adds a segment, the API shows all parts, and the whole recording is the same again
    in another process. Of three leads the one under way is lost; the pieces of the others are signed by the
    daemon, follow from the recording, and are named in the night's rendering.
    """
    async with fleet.api() as api:
        await performed(api, "Before")
        lost = asyncio.ensure_future(api.dreamscapes.lead(NIGHT, vectors(1_000), title="Lost"))
        await until(lambda: parts(fleet) >= 3)
        await asyncio.sleep(PART_S / 2)
        killed_s = _wall_s(fleet)
        fleet.kill_daemon()
        with suppress(dreamapi.ApiError):
            await lost
    before = recorded(fleet)
    for part in before.parts:
        seconds = before.part("ticks", part, ["session_s"]).column("session_s").to_pylist()
        assert max(seconds) - min(seconds) < PART_S
    for table in TABLES:
        for file in (before.path / table).glob("*.parquet"):
            assert pads.dataset(file).to_table().num_rows >= 0
    newest_s = max(before.table("ticks").column("session_s").to_pylist())
    assert killed_s - newest_s <= PART_S + 1.0, "a part, the tick's own delay, and the write"
    assert before.subjects() == tuple(range(1, len(PODS) + 1))
    count = len(before.parts)
    fleet.daemon()
    await until(lambda: len(recorded(fleet).manifest.segments) == 2 and parts(fleet) >= count + 2)
    async with fleet.api() as api:
        shown = (await api.dreamscapes.get(NIGHT)).recording
        assert shown.state == shown.STATE_RUNNING
        assert (shown.directory, shown.missing, shown.trouble) == (str(before.path), 0, "")
        assert shown.parts >= count + 2
        assert shown.written_duration.ToSeconds() >= shown.parts * PART_S - 2, "over the restart"
        await performed(api, "After")
        pieces = await listed(api, 2)
        await api.dreamscapes.end(NIGHT, reason="over")
    await until(lambda: recorded(fleet).manifest.complete)
    whole = recorded(fleet)
    steps = whole.table("ticks").column("step").to_pylist()
    assert steps == list(range(1, len(steps) + 1))
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "dreamd", "replay", str(whole.path), "--json"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()[:500] + done.stderr.decode()
    found = json.loads(done.stdout)
    assert (found["ticks"], found["differing"], found["skipped"]) == (len(steps), 0, 0)
    await asyncio.to_thread(shown_with_pieces, fleet, pieces)


async def vectors(count: int) -> AsyncIterator[tuple[Sequence[float], float]]:
    """So many vectors of an artist, ten a second."""
    for step in range(count):
        yield [0.1 * step] * 12, 0.2
        await asyncio.sleep(0.1)


async def performed(api: dreamapi.Api, title: str) -> None:
    """Lead until some of it was broadcast."""
    led = await api.dreamscapes.lead(NIGHT, vectors(6), title=title)
    while not led.piece:
        led = await api.dreamscapes.lead(NIGHT, vectors(6), title=title)


async def listed(api: dreamapi.Api, count: int) -> list[Piece]:
    """The pieces, once there are so many: the ledger writes behind the answer of a lead."""
    pieces = list[Piece]()
    while len(pieces) < count:
        pieces = [one async for one in api.pieces.list_pieces()]
    return pieces


def shown_with_pieces(fleet: Fleet, pieces: Sequence[Piece]) -> None:
    """Assert that the pieces verify against the night, and that it is rendered with both of them."""
    assert [one.title for one in pieces] == ["After", "Before"]
    files = []
    for one in pieces:
        files.append(fleet.folder / f"{one.title}.json")
        files[-1].write_bytes(one.file)
        verify = ["piece", "verify", str(files[-1]), "--key", str(fleet.state / "daemon.pub")]
        assert main([*verify, "--recording", str(fleet.state / "recordings" / NIGHT)]) == 0
    out = fleet.folder / "out"
    render = ["render", NIGHT, "--state-dir", str(fleet.state), "--out", str(out), "--only", "svg"]
    assert main([*render, "--piece", str(files[0]), "--piece", str(files[1])]) == 0
    state, _, facts = read_manifest(out / f"{NIGHT}.svg")
    assert (state, [one["title"] for one in facts["pieces"]]) == ("Valid", ["After", "Before"])


def _wall_s(fleet: Fleet) -> float:
    """Session time now, by the file system's clock, which the session clock follows."""
    mark = fleet.folder / "mark"
    mark.touch()
    return mark.stat().st_mtime
