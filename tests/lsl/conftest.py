"""An API server over an application in memory, with a session clock of its own that a client can measure."""

import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from dreamd.adapters.grpc.server import Running, serve_grpc
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.fleet.house import HouseView
from dreamd.core.group_streams import Streams
from dreamd.lsl.report import Report
from fakes.coordination import FakeCoordination, FakeHouse
from fakes.views import NOW_S, collective_view

NIGHT = "night"
LOADED_S = 0.05
"""Limit for half a round trip to a server of the same process on a loaded machine; idle it is below 2 ms."""


def lsl_clock() -> float:
    """LSL's clock without liblsl, which reads the same one."""
    return time.monotonic()


class DatedHouse(FakeHouse):
    """A house with a session clock: this machine's monotonic clock and `ahead_s`."""

    def __init__(self, owner: FakeCoordination, ahead_s: float) -> None:
        super().__init__(owner)
        self.ahead_s = ahead_s

    def overview(self) -> HouseView:
        return replace(super().overview(), session_s=lsl_clock() + self.ahead_s)


@dataclass
class Hall:
    """A daemon's API with a Dreamscape; it can go and come back on its port, its clock anchored anew."""

    ahead_s: float = NOW_S - lsl_clock()
    port: int = 0
    application: FakeCoordination = field(default_factory=FakeCoordination)
    server: Running | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Serve; on the port of before, where there was one."""
        self.application.add(NIGHT, DreamscapeState.DREAMING)
        self.application.house = DatedHouse(self.application, self.ahead_s)
        self.server = await serve_grpc(self.application, "127.0.0.1", self.port)
        self.port = self.server.port

    async def shut(self) -> None:
        """Stop."""
        if self.server is not None:
            await self.server.stop(0.0)
            self.server = None

    async def come_back(self, journal_from: int, ahead_s: float) -> None:
        """Return as a new process: without the old journal, its clock so far ahead."""
        self.application, self.ahead_s = FakeCoordination(), ahead_s
        self.application.journal_from = journal_from
        await self.open()

    def tick(self, number: int, session_s: float, **changes: object) -> None:
        """Push a tick of this grid instant."""
        view = replace(collective_view(NIGHT, number), instant_s=session_s, **changes)  # type: ignore[arg-type]
        for watch in list(self.application.collective_watches):
            watch.push(view)

    @property
    def watched(self) -> bool:
        """Whether ticks and events are watched."""
        return bool(self.application.collective_watches) and bool(self.application.event_watches)


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    """The hall, open."""
    one = Hall()
    await one.open()
    yield one
    await one.shut()


class KeepingSink:
    """Streams that keep what is sent."""

    def __init__(self, streams: Streams, uncertainty_s: float) -> None:
        self.streams, self.uncertainty_s = streams, uncertainty_s
        self.rows: dict[str, list[tuple[float, list[float]]]] = {}
        self.texts: list[tuple[str, float]] = []
        self.closed = False

    def push_row(self, stream: str, numbers: Sequence[float], stamp_s: float) -> None:
        self.rows.setdefault(stream, []).append((stamp_s, list(numbers)))

    def push_text(self, stream: str, text: str, stamp_s: float) -> None:
        assert stream == "dreamd-markers"
        self.texts.append((text, stamp_s))

    def close(self) -> None:
        self.closed = True

    @property
    def words(self) -> list[str]:
        """The markers' texts."""
        return [text for text, _ in self.texts]


@pytest.fixture
def lines() -> list[str]:
    """The printed lines."""
    return []


@pytest.fixture
def report(lines: list[str]) -> Report:
    """A report that prints sentences into `lines`."""
    return Report(lines.append, as_json=False)
