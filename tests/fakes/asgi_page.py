"""A browser's part over an ASGI application in this process: requests, a cookie, the page's own headers."""

import json
from typing import Any

from starlette.types import ASGIApp, Message

HOST = "console.test:8443"


class AsgiPage:
    """One browser. cookie: as the server has set it. told: headers of the last answer. origin: the page's."""

    def __init__(self, app: ASGIApp, origin: str = f"https://{HOST}") -> None:
        self._app = app
        self.origin = origin
        self.own = {
            "host": origin.partition("://")[2],
            "origin": origin,
            "content-type": "application/json",
            "x-dreamd-console": "1",
        }
        self.cookie = ""
        self.told: dict[str, str] = {}

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, object] = b"",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """One request; the status, and the answer as JSON where it is JSON. headers: over the page's own."""
        path, _, query = path.partition("?")
        sent = {
            **self.own,
            **({"cookie": f"__Host-dreamd={self.cookie}"} if self.cookie else {}),
            **(headers or {}),
        }
        raw = json.dumps(body).encode() if isinstance(body, dict) else body
        incoming: list[Message] = [{"type": "http.request", "body": raw, "more_body": False}]
        answered: list[Message] = []

        async def receive() -> Message:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            answered.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": self.origin.partition(":")[0],
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items() if value],
            "server": ("127.0.0.1", 8443),
            "client": ("127.0.0.1", 1),
        }
        await self._app(scope, receive, send)
        self.told = {name.decode(): value.decode() for name, value in answered[0]["headers"]}
        if "__Host-dreamd=" in self.told.get("set-cookie", ""):
            self.cookie = self.told["set-cookie"].partition(";")[0].partition("=")[2]
        whole = b"".join(one.get("body", b"") for one in answered[1:])
        is_json = self.told.get("content-type", "").startswith("application/json")
        return answered[0]["status"], json.loads(whole) if is_json else whole

    async def sign_in(self, secret: str) -> tuple[int, Any]:
        """Sign in with a credential or a code."""
        return await self.ask("POST", "/session", {"secret": secret})
