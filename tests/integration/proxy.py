"""A faulty network link: a TCP proxy on loopback with faults that are switched while it runs.

It stands between one client, or many, and one port. Each direction of each connection has a reader that takes
data and a writer that passes it on: later (latency, drawn anew for each read; order is kept, as in TCP, so
one slow packet delays those behind it), slower (bytes a second), or not at all. Between the two there are at
most HELD reads of CHUNK_BYTES; then the reader stops, and the sender notices, as at a full router. A
blackhole accepts and keeps; when it ends, everything kept is delivered at once: a flood with old commands.
`reset` resets every connection with RST, `refuse` closes the port.

The proxy has a thread and an event loop of its own, so that a busy test does not delay the link.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from math import inf
from types import TracebackType
from typing import Any, Final, Self

CHUNK_BYTES: Final = 4096
HELD: Final = 64
SOCKET_BYTES: Final = 16384
"""Requested from the kernel for each socket, so that the sender soon notices a full proxy."""
SWITCHED_WITHIN_S: Final = 5.0
_RST: Final = struct.pack("ii", 1, 0)
UP, DOWN = 0, 1
"""Directions: from the client to the target, and back."""


@dataclass(frozen=True, slots=True)
class Way:
    """One direction. latency_s: (least, most), drawn for each read. bytes_per_s: of each connection."""

    latency_s: tuple[float, float] = (0.0, 0.0)
    bytes_per_s: float = inf


@dataclass(frozen=True, slots=True)
class Pair:
    """The two ends of one connection."""

    client: asyncio.StreamWriter
    target: asyncio.StreamWriter


class Proxy:
    """A line to a port on loopback; use as a context manager."""

    def __init__(self, target: int, seed: int = 1) -> None:
        self.port = 0
        self._target = target
        self._rng = random.Random(seed)
        self._ways = [Way(), Way()]
        self._passing = [asyncio.Event(), asyncio.Event()]
        self._pairs: set[Pair] = set()
        self._server: asyncio.Server | None = None
        self._over = asyncio.Event()
        self._lines = asyncio.TaskGroup()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="proxy", daemon=True)

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"mqtt://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        assert self._ready.wait(SWITCHED_WITHIN_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Reset all and stop."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(SWITCHED_WITHIN_S)

    def shape(self, up: Way | None = None, down: Way | None = None) -> None:
        """From the next read on each direction behaves like this; None: unchanged."""
        for direction, way in ((UP, up), (DOWN, down)):
            if way is not None:
                self._ways[direction] = replace(way)

    def blackhole(self, *directions: int) -> None:
        """Accept and keep data in these directions, and pass none on."""
        self._switch(self._pass(directions, passing=False))

    def heal(self) -> None:
        """Pass everything on again, the kept data first."""
        self._switch(self._pass((UP, DOWN), passing=True))

    def reset(self) -> int:
        """Reset every connection with RST; returns how many."""
        return int(self._switch(self._tear()))

    def refuse(self) -> None:
        """Close the port; existing connections go on."""
        self._switch(self._shut())

    def accept(self) -> None:
        """Listen again, on the same port."""
        self._switch(self._listen())

    # -- in the thread ----------------------------------------------------------------------------

    def _switch(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 -- whatever the work returns
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SWITCHED_WITHIN_S)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._pass((UP, DOWN), passing=True)
        with contextlib.suppress(asyncio.CancelledError):
            async with self._lines:
                await self._listen()
                self._ready.set()
                await self._over.wait()
                await self._shut()
                await self._tear()
                for task in asyncio.all_tasks() - {asyncio.current_task()}:
                    task.cancel()

    async def _listen(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            listener.setsockopt(socket.SOL_SOCKET, option, SOCKET_BYTES)
        self.port = listener.getsockname()[1]
        self._server = await asyncio.start_server(self._accepted, sock=listener)

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _pass(self, directions: tuple[int, ...], *, passing: bool) -> None:
        for direction in directions:
            if passing:
                self._passing[direction].set()
            else:
                self._passing[direction].clear()

    async def _tear(self) -> int:
        torn = len(self._pairs)
        for pair in self._pairs:
            _abort(pair.client)
            _abort(pair.target)
        return torn

    def _accepted(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self._lines.create_task(self._connected(reader, client), name="line")

    async def _connected(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """One connection from its beginning to its end; a cancelled one leaves no end open."""
        try:
            await self._passing[UP].wait()
            back, target = await asyncio.open_connection("127.0.0.1", self._target)
        except BaseException as error:
            _abort(client)
            if isinstance(error, OSError):
                return
            raise
        pair = Pair(client, target)
        self._pairs.add(pair)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, target, UP), name="up")
                group.create_task(self._carry(back, client, DOWN), name="down")
        except BaseException as error:
            _abort(client)
            _abort(target)
            if not isinstance(error, BaseExceptionGroup) or error.split(OSError)[1] is not None:
                raise
        finally:
            self._pairs.discard(pair)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: int
    ) -> None:
        held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(HELD)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take(reader, held, direction), name="take")
            group.create_task(self._give(held, writer, direction), name="give")

    async def _take(
        self, reader: asyncio.StreamReader, held: asyncio.Queue[tuple[float, bytes]], direction: int
    ) -> None:
        chunk = b"-"
        while chunk:
            chunk = await reader.read(CHUNK_BYTES)
            latency_s = self._rng.uniform(*self._ways[direction].latency_s)
            await held.put((self._loop.time() + latency_s, chunk))

    async def _give(
        self, held: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter, direction: int
    ) -> None:
        while True:
            due_s, chunk = await held.get()
            await asyncio.sleep(max(due_s - self._loop.time(), 0.0))
            await self._passing[direction].wait()
            if not chunk:
                writer.close()
                return
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(len(chunk) / self._ways[direction].bytes_per_s)


def _abort(writer: asyncio.StreamWriter) -> None:
    end = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    writer.transport.abort()
