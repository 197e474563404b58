"""The routes of the clinic's page: cases in level order, one case and its decisions, the watches over harm.

The daemon judges each decision: the clinician's sites, one's own case, the state of the case.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.routing import Route

import dreamapi
from dreamapi.clinic import STATES
from dreamapi.v1.clinic_pb2 import Case
from dreamd.console.acts.order_bodies import Asked, UnfitOrderError
from dreamd.console.governing.doors import Answer, Doors
from dreamd.console.people.clinic_shapes import DECISIONS, case_shape, harm_shape, whole_shape
from dreamd.console.people.consent_wishes import Told, read_text, read_told
from dreamd.console.sessions import Session
from dreamwire.topics import is_name

ENDED = ("released", "closed")
ENDED_MOST = 100
HARM_NIGHTS = 180
"""Judged nights of each watch: half a year."""
NOTE_BODY_MOST = 16 << 10
"""Bytes of the body of an act: a note of 2,000 characters, escaped."""

Decision = Callable[[dreamapi.Api, Told, str], Awaitable[Case]]


class ClinicPage:
    """The routes over the doors of a console."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def case_routes(self) -> list[Route]:
        """Every route of the page's data and acts."""
        doors = self._doors
        return [
            Route("/console/cases", doors.reads(self._cases)),
            Route("/console/case", doors.reads(self._case)),
            Route("/console/harm", doors.reads(self._harm)),
            *(
                Route(
                    f"/console/case/{act}",
                    doors.writes(self._deciding(decide), most=NOTE_BODY_MOST),
                    methods=["POST"],
                )
                for act, decide in _ACTS.items()
            ),
        ]

    async def _cases(self, api: dreamapi.Api, request: Request, session: Session) -> Answer:
        in_site = bool(self._doors.api.authority)
        ended = request.query_params.get("ended", "") == "yes"
        states = [word for word in STATES if (word in ENDED) is ended]
        found = await api.clinic.list_cases(states)
        may = {act: not in_site or method in session.methods for act, method in DECISIONS.items()}
        return {
            "now_s": self._doors.now_s(),
            "in_site": in_site,
            "principal": session.principal,
            "may": may,
            "cases": [case_shape(one) for one in (found[:ENDED_MOST] if ended else found)],
        }

    async def _case(self, api: dreamapi.Api, request: Request, _session: Session) -> Answer:
        return whole_shape(await api.clinic.case_of(_named(request.query_params.get("case", ""))))

    async def _harm(self, api: dreamapi.Api, _request: Request, _session: Session) -> Answer:
        return harm_shape(await api.exposure.surveillance(nights=HARM_NIGHTS))

    @staticmethod
    def _deciding(decide: Decision) -> Callable[[dreamapi.Api, Asked, Session], Awaitable[Answer]]:
        async def answer(api: dreamapi.Api, asked: Asked, _session: Session) -> Answer:
            told = read_told(asked)
            return whole_shape(await decide(api, told, _named(told.get("case"))))

        return answer


async def _triage(api: dreamapi.Api, told: Told, case: str) -> Case:
    level = told.get("level")
    if isinstance(level, bool) or level not in (1, 2, 3, 4):
        raise UnfitOrderError("level: expected a level from 1 to 4")
    judged = {field: _judged(told, field) for field in ("related", "expected")}
    return await api.clinic.triage(case, int(str(level)), **judged)


def _judged(told: Told, field: str) -> bool | None:
    value = told.get(field)
    if value is not None and not isinstance(value, bool):
        raise UnfitOrderError(f"{field}: expected true, false or null")
    return value


async def _note(api: dreamapi.Api, told: Told, case: str) -> Case:
    return await api.clinic.add_note(case, _text(told, "text"))


async def _hold(api: dreamapi.Api, told: Told, case: str) -> Case:
    return await api.clinic.hold_person(case, _text(told, "reason"))


async def _plan(api: dreamapi.Api, _told: Told, case: str) -> Case:
    return await api.clinic.plan_return(case)


async def _release(api: dreamapi.Api, told: Told, case: str) -> Case:
    return await api.clinic.release_person(case, _text(told, "reason"))


async def _close(api: dreamapi.Api, told: Told, case: str) -> Case:
    return await api.clinic.close_case(case, _text(told, "reason"))


_ACTS = {
    "triage": _triage,
    "note": _note,
    "hold": _hold,
    "plan": _plan,
    "release": _release,
    "close": _close,
}


def _text(told: Told, field: str) -> str:
    text = read_text(told, field).strip()
    if not text:
        raise UnfitOrderError(f"{field}: expected some words")
    return text


def _named(value: object) -> str:
    if not isinstance(value, str) or not is_name(value):
        raise UnfitOrderError("case: expected the id of a case")
    return value
