"""The routes of the page of access, in a site. Each call carries the viewer's credential.

An idle session enrols no one and lifts no pause, as it binds no sleeper. It revokes: that takes rights away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import dreamapi
from dreamapi.names import bare
from dreamapi.pinned import pin_of
from dreamapi.v1.access_pb2 import Principal
from dreamd.console.acts.order_bodies import BODY_MAX, Asked, UnfitOrderError
from dreamd.console.governing.log_check import verified_log
from dreamd.console.governing.shapes import principal_shape, record_shape, rules_shape
from dreamd.console.governing.wishes import read_enrolment, read_texts
from dreamd.console.request_guard import RequestGuard
from dreamd.console.request_reader import read_count, read_request
from dreamd.console.sessions import Session
from dreamd.console.sign_in import ApiAddress
from dreamd.core.audit.records import record_of
from dreamwire.signing import VerifyKey

ANSWER_S: Final = 4.0
VERIFIED_WITHIN_S: Final = 60.0
NEWEST: Final = 50
NEWEST_MOST: Final = 500
VERIFYING_MAX: Final = 1

Answer = dict[str, object]


@dataclass(frozen=True, slots=True)
class Doors:
    """The console, as far as these routes use it.

    session_of: of a request. refused, failed: answers for a refusal, and for a failure of the API.
    idle, signed_out: answers. now_s: Unix seconds.
    """

    api: ApiAddress
    judge: RequestGuard
    session_of: Callable[[Request], Session | None]
    refused: Callable[[HTTPStatus, str], Response]
    failed: Callable[[dreamapi.ApiError, Session], Response]
    idle: Callable[[], Response]
    signed_out: Callable[[], Response]
    now_s: Callable[[], float]
    key: VerifyKey | None


class Governing:
    """The routes over the doors of a console."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._verifying = asyncio.Semaphore(VERIFYING_MAX)

    def routes(self) -> list[Route]:
        """Every route of the page's data and acts."""
        return [
            Route("/console/principals", self._reads(self._principals)),
            Route("/console/rules", self._reads(self._rules)),
            Route("/console/audit", self._reads(self._audit)),
            Route("/console/audit-verdict", self._reads(self._verdict)),
            Route("/console/enrol", self._writes(self._enrol), methods=["POST"]),
            Route("/console/revoke", self._writes(self._revoke, when_idle=True), methods=["POST"]),
            Route("/console/resume-principal", self._writes(self._resume), methods=["POST"]),
        ]

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

    def _reads(
        self, work: Callable[[dreamapi.Api, Request, Session], Awaitable[Answer]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            doors = self._doors
            wrong, session = doors.judge.wrong_reader(request.headers), doors.session_of(request)
            if wrong:
                return doors.refused(HTTPStatus.FORBIDDEN, wrong)
            if session is None:
                return doors.signed_out()
            if work == self._verdict and self._verifying.locked():
                return doors.refused(HTTPStatus.SERVICE_UNAVAILABLE, "a log is verified already; try again")
            return await self._asked(session, lambda api: work(api, request, session))

        return answer

    async def _asked(self, session: Session, work: Callable[[dreamapi.Api], Awaitable[Answer]]) -> Response:
        server = self._doors.api.shown(session.credential.credential)
        try:
            async with (
                asyncio.timeout(VERIFIED_WITHIN_S),
                dreamapi.connect(
                    server, connect_s=ANSWER_S, deadline_s=ANSWER_S, user_agent="dreamd-console"
                ) as api,
            ):
                return JSONResponse(await work(api))
        except TimeoutError:
            told = f"the daemon did not answer within {VERIFIED_WITHIN_S:.0f} s; use dreamd audit export"
            return self._doors.refused(HTTPStatus.SERVICE_UNAVAILABLE, told)
        except dreamapi.ApiError as failure:
            return self._doors.failed(failure, session)

    # -- acting -----------------------------------------------------------------------------------

    async def _enrol(self, api: dreamapi.Api, asked: Asked) -> Answer:
        name, kind, grants = read_enrolment(asked)
        enrolled = await api.access.enrol(name, kind, grants)
        host, _, port = self._doors.api.target.rpartition(":")
        near = host in ("localhost", "127.0.0.1", "[::1]")  # a bed elsewhere needs the machine's own name
        server = f"{self._doors.judge.names[0] if near and self._doors.judge.names else host}:{port}"
        line = f"{server} {pin_of(self._doors.api.authority)} {enrolled.code}"
        command = "dreamedge enrol" if kind == Principal.KIND_BED else "dreamd redeem"
        code = segno.make(line, micro=False)
        return {
            "name": name,
            "line": line,
            "command": f"{command} '{line}'",
            "expires_s": enrolled.expire_time.seconds,
            "qr": ["".join("1" if one else "0" for one in row) for row in code.matrix],
        }

    async def _revoke(self, api: dreamapi.Api, asked: Asked) -> Answer:
        told = read_texts(asked)
        return principal_shape(await api.access.revoke(told["name"], reason=told["reason"]), {})

    async def _resume(self, api: dreamapi.Api, asked: Asked) -> Answer:
        return principal_shape(await api.access.lift_pause(read_texts(asked)["name"]), {})

    def _writes(
        self, work: Callable[[dreamapi.Api, Asked], Awaitable[Answer]], *, when_idle: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            doors, asked = self._doors, await read_request(request, BODY_MAX)
            wrong, session = doors.judge.wrong_writer(request.headers), doors.session_of(request)
            if wrong or asked is None:
                return doors.refused(HTTPStatus.FORBIDDEN, wrong or "the body is too long, or came too late")
            if session is None:
                return doors.signed_out()
            if not (when_idle or session.may_bind(doors.now_s())):
                return doors.idle()
            session.note_act(doors.now_s())
            try:
                return await self._asked(session, lambda api: work(api, asked))
            except UnfitOrderError as unfit:
                return doors.refused(HTTPStatus.BAD_REQUEST, str(unfit))

        return answer
