"""The routes of the page of access, in a site. Each call carries the viewer's credential.

An idle session enrols no one and lifts no pause, as it binds no sleeper. It revokes: that takes rights away.
"""

import asyncio
from typing import Final
from urllib.parse import urlsplit

import segno
from starlette.requests import Request
from starlette.routing import Route

import dreamapi
from dreamapi.names import bare
from dreamapi.pinned import pin_of
from dreamapi.v1.access_pb2 import Enrolment, Principal
from dreamd.console.acts.order_bodies import Asked
from dreamd.console.governing.doors import Answer, Doors
from dreamd.console.governing.log_check import verified_log
from dreamd.console.governing.shapes import principal_shape, record_shape, rules_shape
from dreamd.console.governing.wishes import is_sleeper, read_enrolment, read_texts
from dreamd.console.request_reader import read_count
from dreamd.console.sessions import Session
from dreamd.core.audit.records import record_of

NEWEST: Final = 50
NEWEST_MOST: Final = 500
VERIFYING_MAX: Final = 1
CONSENT_PAGE: Final = "consent"
"""The page of a sleeper; the code stands behind a #, which no browser sends."""


class Governing:
    """The routes over the doors of a console."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._verifying = asyncio.Semaphore(VERIFYING_MAX)

    def routes(self) -> list[Route]:
        """Every route of the page's data and acts."""
        doors = self._doors
        return [
            Route("/console/principals", doors.reads(self._principals)),
            Route("/console/rules", doors.reads(self._rules)),
            Route("/console/audit", doors.reads(self._audit)),
            Route("/console/audit-verdict", doors.reads(self._verdict, self._busy)),
            Route("/console/enrol", doors.writes(self._enrol), methods=["POST"]),
            Route("/console/walk-in", doors.writes(self._walk_in), methods=["POST"]),
            Route("/console/revoke", doors.writes(self._revoke, when_idle=True), methods=["POST"]),
            Route("/console/resume-principal", doors.writes(self._resume), methods=["POST"]),
        ]

    def _busy(self) -> str:
        return "a log is verified already; try again" if self._verifying.locked() else ""

    # -- reading ----------------------------------------------------------------------------------

    async def _principals(self, api: dreamapi.Api, _request: Request, session: Session) -> Answer:
        beds = await api.pods.list() if "ListPods" in session.methods else []
        by_name = {bare(bed.name): bed for bed in beds}
        found = [principal_shape(one, by_name) async for one in api.access.list_principals()]
        return {"now_s": self._doors.now_s(), "principals": found}

    async def _rules(self, api: dreamapi.Api, _request: Request, _session: Session) -> Answer:
        return rules_shape((await api.access.rules()).rules)

    async def _audit(self, api: dreamapi.Api, request: Request, _session: Session) -> Answer:
        newest = min(read_count(request.query_params.get("newest", "")) or NEWEST, NEWEST_MOST)
        lines: list[str] = []
        async for part in api.audit.export(newest=newest):
            lines = [*lines, *part.records][-newest:]
        return {"records": [record_shape(record_of(line)) for line in reversed(lines)]}

    async def _verdict(self, api: dreamapi.Api, _request: Request, _session: Session) -> Answer:
        async with self._verifying:
            return await verified_log(api, self._doors.key)

    # -- acting -----------------------------------------------------------------------------------

    async def _enrol(self, api: dreamapi.Api, asked: Asked, _session: Session) -> Answer:
        name, kind, grants = read_enrolment(asked)
        enrolled = await api.access.enrol(name, kind, grants)
        command = "dreamedge enrol" if kind == Principal.KIND_BED else "dreamd redeem"
        return self._shown(asked, enrolled, name, command, opens_page=is_sleeper(grants))

    async def _walk_in(self, api: dreamapi.Api, asked: Asked, _session: Session) -> Answer:
        sleeper = read_texts(asked)["name"]
        enrolled = await api.access.enrol_sleeper(sleeper)
        return self._shown(asked, enrolled, sleeper, "dreamd redeem", opens_page=True)

    def _shown(
        self, asked: Asked, enrolled: Enrolment, name: str, command: str, *, opens_page: bool
    ) -> Answer:
        """A code as the page shows it, once. opens_page: a telephone signs in by its picture."""
        host, _, port = self._doors.api.target.rpartition(":")
        near = host in ("localhost", "127.0.0.1", "[::1]")  # a bed elsewhere needs the machine's own name
        server = f"{self._doors.judge.names[0] if near and self._doors.judge.names else host}:{port}"
        line = f"{server} {pin_of(self._doors.api.authority)} {enrolled.code}"
        page = self._page_of(asked, enrolled.code) if opens_page else ""
        code = segno.make(page or line, micro=False)
        return {
            "name": name,
            "line": line,
            "command": f"{command} '{line}'",
            "page": page,
            "expires_s": enrolled.expire_time.seconds,
            "qr": ["".join("1" if one else "0" for one in row) for row in code.matrix],
        }

    def _page_of(self, asked: Asked, code: str) -> str:
        """The address by which a sleeper's own telephone signs in, once, at this console."""
        origin, names = urlsplit(asked.headers["origin"]), self._doors.judge.names
        near = origin.hostname in ("localhost", "127.0.0.1", "::1")
        host = origin.netloc
        if near and names:  # a telephone needs the machine's own name
            host = f"{names[0]}:{origin.port}" if origin.port else names[0]
        return f"https://{host}/{CONSENT_PAGE}#{code}"

    async def _revoke(self, api: dreamapi.Api, asked: Asked, _session: Session) -> Answer:
        told = read_texts(asked)
        return principal_shape(await api.access.revoke(told["name"], reason=told["reason"]), {})

    async def _resume(self, api: dreamapi.Api, asked: Asked, _session: Session) -> Answer:
        return principal_shape(await api.access.lift_pause(read_texts(asked)["name"]), {})
