"""The console of a machine without a site, before an application in memory, on a thread of its own."""

import asyncio
import http.client
import json
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

from dreamd.adapters.grpc.server import Running, serve_grpc
from dreamd.app.api.protocols import Api
from dreamd.console.program import Settings, serve_console
from dreamd.console.sign_in import ApiAddress
from dreamd.core.dreamscapes.views import DreamscapeState
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S

T = TypeVar("T")
PAGE = {"X-Dreamd-Console": "1"}
STARTS_WITHIN_S = 20.0


class LocalConsole:
    """An API and a console before it, on a running loop. port: of the console."""

    def __init__(self, api: Running, port: int, stop: asyncio.Event, served: asyncio.Task[None]) -> None:
        self.api, self.port, self.url = api, port, f"http://127.0.0.1:{port}"
        self._stop, self._served = stop, served

    @classmethod
    async def begin(cls, application: Api, now_s: Callable[[], float]) -> Self:
        """Serve on free ports."""
        api = await serve_grpc(application, "127.0.0.1", 0)
        settings = Settings(ApiAddress(f"127.0.0.1:{api.port}"), "127.0.0.1", 0)
        stop, ports = asyncio.Event(), asyncio.Queue[int]()
        served = asyncio.ensure_future(serve_console(settings, now_s, ports.put_nowait, stop))
        return cls(api, await asyncio.wait_for(ports.get(), STARTS_WITHIN_S), stop, served)

    async def end(self) -> None:
        """Stop serving, the console first."""
        self._stop.set()
        await self._served
        await self.api.stop(0.0)


class ConsoleHouse:
    """Serving until `close`. The clock of the console is `now_s`."""

    def __init__(self, pods: tuple[str, ...] = ("bed-1", "bed-2", "bed-3")) -> None:
        self.now_s = NOW_S
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="application", daemon=True)
        self._thread.start()
        self.coordination = self.do(lambda: FakeCoordination(pods))
        self.coordination.journal_from = 1000  # as a daemon's, which never begins at 1
        self.console = self.wait(LocalConsole.begin(self.coordination, lambda: self.now_s))
        self.port, self.url = self.console.port, self.console.url

    def close(self) -> None:
        """Stop serving; the application's loop ends."""
        self.wait(self.console.end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def do(self, act: Callable[[], T]) -> T:
        """Call a function on the application, on its thread."""

        async def called() -> T:
            return act()

        return self.wait(called())

    def seat(self, name: str, state: DreamscapeState, pods: tuple[str, ...]) -> None:
        """Add a Dreamscape with these pods in its seats; call it on the application's thread."""
        self.coordination.add(name, state, pods)
        for number, pod in enumerate(pods, 1):
            self.coordination.change(pod, dreamscape=name, seat=number)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine on the application's thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30.0)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own: status, headers in small letters, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10.0)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def order(self, verb: str, **told: object) -> tuple[int, dict[str, Any]]:
        """An order of a page, as a browser sends it."""
        headers = {**PAGE, "Origin": self.url, "Content-Type": "application/json"}
        status, _, body = self.request("POST", f"/console/{verb}", json.dumps(told).encode(), headers)
        return status, dict(json.loads(body))
