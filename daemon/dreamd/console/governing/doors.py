"""The doors of a console, for each page with data of its own: checks of a request, and answers.

Each call carries the viewer's credential to the daemon, which judges it; nothing here grants a right. An idle
session binds nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import dreamapi
from dreamd.console.acts.leads import LeadEnded
from dreamd.console.acts.order_bodies import BODY_MAX, Asked, UnfitOrderError
from dreamd.console.request_guard import RequestGuard
from dreamd.console.request_reader import read_request
from dreamd.console.sessions import Session
from dreamd.console.sign_in import ApiAddress
from dreamwire.signing import VerifyKey

ANSWER_S: Final = 4.0
LONG_S: Final = 60.0
"""For the whole of an answer that takes several calls."""

Answer = dict[str, object]
Reading = Callable[[dreamapi.Api, Request, Session], Awaitable[Answer]]
Writing = Callable[[dreamapi.Api, Asked, Session], Awaitable[Answer]]
Taking = Callable[[Asked, Session], Awaitable[Answer]]
Route = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Doors:
    """The console, as far as these pages use it.

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

    def reads(self, work: Reading, busy: Callable[[], str] = str) -> Route:
        """Answer a GET by this work. busy: why it cannot be begun now; empty: it can."""

        async def answer(request: Request) -> Response:
            wrong, session = self.judge.wrong_reader(request.headers), self.session_of(request)
            if wrong:
                return self.refused(HTTPStatus.FORBIDDEN, wrong)
            if session is None:
                return self.signed_out()
            if sentence := busy():
                return self.refused(HTTPStatus.SERVICE_UNAVAILABLE, sentence)
            return await self._asked(session, lambda api: work(api, request, session))

        return answer

    def writes(self, work: Writing, *, when_idle: bool = False, most: int = BODY_MAX) -> Route:
        """Answer a POST by this work. when_idle: also for an idle session. most: bytes of the body."""

        async def act(asked: Asked, session: Session) -> Response:
            session.note_act(self.now_s())
            return await self._asked(session, lambda api: work(api, asked, session))

        return self._guarded(act, most, when_idle=when_idle)

    def takes(self, work: Taking, *, when_idle: bool = False) -> Route:
        """Answer a POST by work that has its own way to the daemon.

        A page repeats such a request by itself, so the work notes whether a person has acted.
        """

        async def act(asked: Asked, session: Session) -> Response:
            return await self._answered(session, work(asked, session))

        return self._guarded(act, BODY_MAX, when_idle=when_idle)

    def _guarded(
        self, act: Callable[[Asked, Session], Awaitable[Response]], most: int, *, when_idle: bool
    ) -> Route:
        async def answer(request: Request) -> Response:
            asked = await read_request(request, most)
            wrong, session = self.judge.wrong_writer(request.headers), self.session_of(request)
            if wrong or asked is None:
                return self.refused(HTTPStatus.FORBIDDEN, wrong or "the body is too long, or came too late")
            if session is None:
                return self.signed_out()
            if not (when_idle or session.may_bind(self.now_s())):
                return self.idle()
            return await act(asked, session)

        return answer

    async def _asked(self, session: Session, work: Callable[[dreamapi.Api], Awaitable[Answer]]) -> Response:
        async def asking() -> Answer:
            server = self.api.shown(session.credential.credential)
            async with (
                asyncio.timeout(LONG_S),
                dreamapi.connect(
                    server, connect_s=ANSWER_S, deadline_s=ANSWER_S, user_agent="dreamd-console"
                ) as api,
            ):
                return await work(api)

        return await self._answered(session, asking())

    async def _answered(self, session: Session, work: Awaitable[Answer]) -> Response:
        try:
            return JSONResponse(await work)
        except TimeoutError:
            told = f"the daemon did not answer within {LONG_S:.0f} s; use the command line"
            return self.refused(HTTPStatus.SERVICE_UNAVAILABLE, told)
        except UnfitOrderError as unfit:
            return self.refused(HTTPStatus.BAD_REQUEST, str(unfit))
        except LeadEnded as ended:
            return self.refused(HTTPStatus.CONFLICT, str(ended))
        except dreamapi.ApiError as failure:
            return self.failed(failure, session)
