"""Each address of a stage beside liblo, which others wrote: `oscdump` hears it, `oscsend` says it.

The stage is an artist's at a site, over TLS, with a credential; the artist lies in a pod as well.
"""

import asyncio
import datetime as dt
import shutil
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import dreamapi
from dreamapi.credentials import CredentialFile, load_credential
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.app.stage.stimulus_markers import Marker
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant
from dreamd.core.dreamscapes.views import CrowdView, DreamscapeState, SeatState, SynchronyView
from dreamd.stage.report import Report
from dreamd.stage.session import Options, StageSession
from dreamwire.schema import BANDS6X2
from fakes.coordination import FakeCoordination
from fakes.site_api import site_api
from fakes.views import collective_view, seat_view
from fakes.waiting import until

pytestmark = pytest.mark.skipif(
    shutil.which("oscdump") is None, reason="liblo's oscdump and oscsend are missing: make system-packages"
)
HERE, NIGHT = "127.0.0.1", "night"
ARTIST = Grant(Role.ARTIST, dreamscapes=frozenset({NIGHT})), Grant(Role.SLEEPER, sleeper="ada")
LISTS = {
    "/dreamd/state": "s",
    "/dreamd/beat": "i",
    "/dreamd/audience": "ii",
    "/dreamd/centre": "f" * 12,
    **{f"/dreamd/band/{band.name}": "ff" for band in BANDS6X2.bands},
    "/dreamd/synchrony/alpha": "ff",
    "/dreamd/dispersion": "f",
    "/dreamd/lead/applied": "f",
    "/dreamd/lead/applied/vector": "f" * 12,
    "/dreamd/you/identity": "f",
    "/dreamd/you/share": "f",
    "/dreamd/severed": "s",
    "/dreamd/refused": "ss",
}
"""Each address with the type tags that a foreign receiver reads."""


class Liblo:
    """An oscdump that listens, and oscsend."""

    def __init__(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind((HERE, 0))
            self.port = int(free.getsockname()[1])
        self.heard: dict[str, tuple[str, str]] = {}

    async def listen(self) -> None:
        """Hear until it is cancelled: the newest type tags and values by address."""
        dump = await asyncio.create_subprocess_exec(
            "oscdump", "-L", str(self.port), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        assert dump.stdout is not None
        try:
            async for line in dump.stdout:
                _, address, tags, *values = line.decode().rstrip("\n").split(" ", 3)
                self.heard[address] = tags, " ".join(values)
        finally:
            dump.kill()
            await dump.wait()

    async def say(self, to: int, address: str, *arguments: str) -> None:
        """Send one message to this port."""
        process = await asyncio.create_subprocess_exec("oscsend", HERE, str(to), address, *arguments)
        assert await process.wait() == 0


class Room:
    """A site in memory, a stage of its artist, and liblo at its ports."""

    def __init__(self, application: FakeCoordination, file: Path, liblo: Liblo) -> None:
        self.application, self.liblo, self._file = application, liblo, file
        self.session: StageSession | None = None

    async def say(self, address: str, *arguments: str) -> None:
        """Liblo says this to the stage."""
        assert self.session is not None
        await self.liblo.say(self.session.in_port, address, *arguments)

    def tick(self, number: int) -> None:
        """A tick in which everything is known."""
        vector, share = self.application.artists.newest()
        crowd = CrowdView(
            synchrony=(SynchronyView("alpha", 0.25, 2.5),),
            artist=tuple(map(float, vector)),
            artist_share=share,
        )
        for watch in list(self.application.collective_watches):
            watch.push(replace(collective_view(NIGHT, number), crowd=crowd))

    @asynccontextmanager
    async def on_stage(self, *, is_flat: bool = False) -> AsyncIterator[None]:
        """The stage of the artist, with the artist's credential."""
        kept = load_credential(self._file)
        self.session = StageSession(
            dreamapi.Server(kept.server, self._file),
            NIGHT,
            clock=time.monotonic,
            report=Report(lambda _line: None, as_json=True),
            options=Options(0, self.liblo.port, is_flat, share=0.2),
        )
        async with asyncio.TaskGroup() as group:
            stage = group.create_task(self.session.run_until_ended(), name="stage")
            await until(lambda: self.application.collective_watches and self.application.event_watches)
            await until(lambda: "/dreamd/state" in self.liblo.heard)
            yield
            stage.cancel()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SiteAuthority:
    """An authority and a certificate for 127.0.0.1."""
    made = SiteAuthority(tmp_path_factory.mktemp("site"))
    made.make_site((HERE,), dt.datetime.now(dt.UTC))
    return made


@pytest.fixture
async def room(site: SiteAuthority, tmp_path: Path) -> AsyncIterator[Room]:
    """A Dreamscape of two that may be led with .3; mia is its artist, and ada in bed-1."""
    application, liblo = FakeCoordination(), Liblo()
    application.add(NIGHT, DreamscapeState.DREAMING)
    view = application.sessions[NIGHT]
    seats = (seat_view(1, "bed-1", sleeper="ada", identity=0.75, dose_share=0.5), seat_view(2, "bed-2"))
    application.sessions[NIGHT] = replace(view, plan=replace(view.plan, artist_share=0.3), seats=seats)
    file = tmp_path / "mia.json"
    async with site_api(application, site) as running, asyncio.TaskGroup() as group:
        token = application.principals.known("mia", *ARTIST)
        CredentialFile(f"{HERE}:{running.port}", "mia", token, site.authority_text).write_file(file)
        listening = group.create_task(liblo.listen(), name="oscdump")
        yield Room(application, file, liblo)
        listening.cancel()


async def test_each_address_is_heard_and_said_by_liblo(room: Room) -> None:
    """Each address out has its tags for a foreign receiver; each address in acts from a foreign sender."""
    heard = room.liblo.heard
    async with room.on_stage():
        await room.say("/dreamd/share", "f", "0.25")
        await room.say("/dreamd/lead", "f" * 12, *("0.5",) * 12)
        await room.say("/dreamd/lead/posterior/alpha", "i", "3")
        await room.say("/dreamd/lead/anterior.delta", "d", "-1")
        await room.say("/dreamd/leed", "f", "1")
        await room.say("/dreamd/cue", "s", "the tide comes in")
        await until(lambda: room.application.artists.newest()[1] == 0.25)
        await until(lambda: room.application.artists.newest()[0][[0, 8]].tolist() == [-1.0, 3.0])
        marked = ("write_marker", NIGHT, Marker("the tide comes in", "stage"))
        await until(lambda: marked in room.application.calls)
        room.tick(40)
        await until(lambda: "/dreamd/you/share" in heard)
        seats = room.application.sessions[NIGHT].seats
        cut = replace(seats[0], state=SeatState.SEVERED, cause="railed")
        room.application.sessions[NIGHT] = replace(room.application.sessions[NIGHT], seats=(cut, seats[1]))
        room.application.happen("state", NIGHT)
        await until(lambda: heard.get("/dreamd/severed") == ("s", '"you: railed"'))
        await room.say("/dreamd/sever")
        await until(lambda: room.application.sessions[NIGHT].state is DreamscapeState.SEVERED)
        await until(lambda: heard["/dreamd/state"] == ("s", '"severed"'))
        await room.say("/dreamd/wake", "i", "1")
        await until(lambda: room.application.sessions[NIGHT].state is DreamscapeState.WAKING)
    assert {address: tags for address, (tags, _) in heard.items()} == LISTS
    assert heard["/dreamd/you/identity"][1] == "0.750000"
    assert heard["/dreamd/refused"][1].startswith('"ADDRESS" "/dreamd/leed is no address')
    woken = [one for one in room.application.calls if one[0] == "wake"]
    assert [one[2] for one in woken] == ["mia"]


async def test_flat_each_number_has_its_own_address_for_liblo(room: Room) -> None:
    """With --flat a foreign receiver hears one float an address, and texts as before."""
    async with room.on_stage(is_flat=True):
        room.tick(41)
        last = "/dreamd/lead/applied/vector/posterior/gamma"
        await until(lambda: last in room.liblo.heard and "/dreamd/you/share" in room.liblo.heard)
    tags = {address: tags for address, (tags, _) in room.liblo.heard.items()}
    assert tags.pop("/dreamd/state") == "s"
    assert set(tags.values()) == {"f"}
    assert len(tags) == 1 + 2 + 12 + 12 + 2 + 1 + 1 + 12 + 2
