"""A stage over a real API server with an application in memory, and a program at its OSC ports."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from dreamd.adapters.grpc.server import Running, serve_grpc
from dreamd.core.dreamscapes.views import CollectiveView, CrowdView, DreamscapeState
from dreamd.stage.osc import Message, Value, decoded, encoded
from dreamd.stage.report import Report
from dreamd.stage.session import Options, StageSession
from fakes.coordination import FakeCoordination
from fakes.views import collective_view
from fakes.waiting import until

NIGHT = "night"
HERE = "127.0.0.1"


class Program(asyncio.DatagramProtocol):
    """A program of the artist: it hears what the stage tells, and sends to it."""

    def __init__(self) -> None:
        self.heard: list[Message] = []

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport
        self.port = int(transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard += decoded(data)

    def send(self, to: int, address: str, *values: Value) -> None:
        """Send one message to this port."""
        self.transport.sendto(encoded(address, values), (HERE, to))

    def last(self, address: str) -> tuple[Value, ...]:
        """The values that came last at this address; empty: none have."""
        return next((one.values for one in reversed(self.heard) if one.address == address), ())


class Hall:
    """A daemon's API with one Dreamscape that may be led with .3, and a program."""

    def __init__(self, program: Program) -> None:
        self.application = FakeCoordination()
        self.program = program
        self.lines: list[str] = []
        self.port = 0
        self.session: StageSession | None = None

    async def open(self) -> None:
        """Serve; on the port of before, where there was one."""
        if NIGHT not in self.application.sessions:
            self.application.add(NIGHT, DreamscapeState.DREAMING)
            view = self.application.sessions[NIGHT]
            plan = replace(view.plan, artist_share=0.3)
            self.application.sessions[NIGHT] = replace(view, plan=plan)
        self.server: Running = await serve_grpc(self.application, HERE, self.port)
        self.port = self.server.port

    async def shut(self) -> None:
        """Stop serving."""
        await self.server.stop(0.0)

    @property
    def address(self) -> str:
        """Where the API is."""
        return f"{HERE}:{self.port}"

    def tick(self, number: int, **changes: object) -> None:
        """Push a tick with the artist's input of this moment, as a daemon without slew would."""
        vector, share = self.application.artists.newest()
        crowd = CrowdView(artist=tuple(map(float, vector)), artist_share=share)
        view: CollectiveView = replace(collective_view(NIGHT, number), crowd=crowd, **changes)  # type: ignore[arg-type]
        for watch in list(self.application.collective_watches):
            watch.push(view)

    @property
    def stage_port(self) -> int:
        """Where the stage listens."""
        assert self.session is not None
        return self.session.in_port

    def send(self, address: str, *values: Value) -> None:
        """The program sends this to the stage."""
        self.program.send(self.stage_port, address, *values)

    @asynccontextmanager
    async def on_stage(self, **options: object) -> AsyncIterator[StageSession]:
        """A stage that watches; it is cancelled in the end."""
        chosen = Options(in_port=0, out_port=self.program.port, **options)  # type: ignore[arg-type]
        report = Report(self.lines.append, as_json=False)
        self.session = StageSession(self.address, NIGHT, clock=time.monotonic, report=report, options=chosen)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.session.run_until_ended(), name="stage")
            await until(lambda: self.application.collective_watches and self.application.event_watches)
            yield self.session
            task.cancel()


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    """The hall, open."""
    loop = asyncio.get_running_loop()
    transport, program = await loop.create_datagram_endpoint(Program, local_addr=(HERE, 0))
    one = Hall(program)
    await one.open()
    yield one
    await one.shut()
    transport.close()
