"""The HTTP port with its console, over an application in memory on a thread of its own."""

import asyncio
import http.client
import json
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from dreamd.adapters.http.console_routes import Console
from dreamd.adapters.http.loop_bridge import LoopBridge
from dreamd.adapters.http.server import HttpServer
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S

T = TypeVar("T")
PAGE = {"X-Dreamd-Console": "1"}


class ConsoleHouse:
    """Serving until `close`. within_s: HTTP's limit for an answer, wide for a loaded machine."""

    def __init__(self, pods: tuple[str, ...] = ("bed-1", "bed-2", "bed-3"), within_s: float = 10.0) -> None:
        self.now_s = NOW_S
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="application", daemon=True)
        self._thread.start()
        self._here = LoopBridge(self.loop, within_s=10.0)
        self.coordination = self.do(lambda: FakeCoordination(pods))
        console = Console(self.coordination, LoopBridge(self.loop, within_s), lambda: self.now_s)
        self.server = HttpServer(
            "127.0.0.1",
            0,
            render=lambda: ("text/plain", b"dreamd_up 1\n"),
            alive=tuple,
            ready=tuple,
            routes=console.routes(),
        )
        self.url = f"http://127.0.0.1:{self.server.port}"

    def close(self) -> None:
        """Stop serving; the application's loop ends."""
        self.server.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def do(self, act: Callable[[], T]) -> T:
        """Call a function on the application, on its thread."""
        return self._here.do(act)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own: status, headers in small letters, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10.0)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def look(self, **asked: object) -> dict[str, Any]:
        """The snapshot that a page gets."""
        query = "&".join(f"{key}={value}" for key, value in asked.items())
        status, _, body = self.request("GET", f"/console/look?{query}", headers=PAGE)
        assert status == 200, body
        return dict(json.loads(body))

    def order(self, verb: str, **told: object) -> tuple[int, dict[str, Any]]:
        """An order of a page, as a browser sends it."""
        headers = {**PAGE, "Origin": self.url, "Content-Type": "application/json"}
        status, _, body = self.request("POST", f"/console/{verb}", json.dumps(told).encode(), headers)
        return status, dict(json.loads(body))
