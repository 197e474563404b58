"""The routes of a sleeper's own page: consent, receipt, letters, case, morning. `acts.orders` withdraws.

In a site the sleeper is the one of the viewer's own credential, and no request names another. Without a site
the page names a pseudonym: every caller of the machine may act as any sleeper there.
"""

from base64 import b64encode
from typing import Final

from starlette.requests import Request
from starlette.routing import Route

import dreamapi
from dreamd.adapters.documents.notice import LANGUAGE, notice_sha256, notice_text
from dreamd.console.acts.order_bodies import Asked, UnfitOrderError
from dreamd.console.governing.doors import Answer, Doors
from dreamd.console.people.clinic_shapes import morning_shape, own_shape
from dreamd.console.people.consent_shapes import (
    choices_shape,
    consent_shape,
    dose_shape,
    erasure_shape,
    letter_shape,
    receipt_shape,
    sleeper_of,
    zipped,
)
from dreamd.console.people.consent_wishes import (
    BODY_MOST,
    Told,
    read_grant,
    read_morning,
    read_sleeper,
    read_text,
    read_told,
)
from dreamd.console.request_reader import read_count
from dreamd.console.sessions import Session
from dreamwire.topics import is_name

WORD: Final = "erase"
"""The word that a sleeper types before everything about them is erased."""


class OwnConsent:
    """The routes over the doors of a console."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def routes(self) -> list[Route]:
        """Every route of the page's data and acts."""
        doors = self._doors
        return [
            Route("/console/consent", doors.reads(self._consent)),
            Route("/console/receipt", doors.reads(self._receipt)),
            Route("/console/letters", doors.reads(self._letters)),
            Route("/console/letter", doors.reads(self._letter)),
            Route("/console/own-case", doors.reads(self._own_case)),
            Route("/console/morning", doors.writes(self._morning), methods=["POST"]),
            Route("/console/export", doors.reads(self._export)),
            Route("/console/erase", doors.writes(self._erase), methods=["POST"]),
            Route("/console/grant", doors.writes(self._grant, most=BODY_MOST), methods=["POST"]),
        ]

    async def _consent(self, api: dreamapi.Api, request: Request, session: Session) -> Answer:
        sleeper = await self._sleeper(api, dict(request.query_params))
        told: Answer = {
            "now_s": self._doors.now_s(),
            "principal": session.principal,
            "sleeper": sleeper,
            "in_site": bool(self._doors.api.authority),
        }
        if not sleeper:
            return told
        notice = {"text": notice_text(), "sha256": notice_sha256(), "language": LANGUAGE}
        clauses = {one.key: one.limit for one in (await api.guidelines.get_revision()).clauses}
        return {
            **told,
            "consent": consent_shape(await api.consents.consent_of(sleeper)),
            "dose": dose_shape(await api.exposure.dose_of(sleeper)),
            "choices": choices_shape(clauses["ceiling"], clauses["artist_share"]),
            "notice": notice,
        }

    async def _receipt(self, api: dreamapi.Api, request: Request, _session: Session) -> Answer:
        sleeper = await self._own(api, dict(request.query_params))
        revision = read_count(request.query_params.get("revision", "")) or 0
        return receipt_shape(await api.consents.receipt(sleeper, revision))

    async def _letters(self, api: dreamapi.Api, request: Request, _session: Session) -> Answer:
        sleeper = await self._own(api, dict(request.query_params))
        return {"letters": [letter_shape(one) for one in await api.letters.letters_of(sleeper)]}

    async def _letter(self, api: dreamapi.Api, request: Request, _session: Session) -> Answer:
        sleeper = await self._own(api, dict(request.query_params))
        night = request.query_params.get("night", "")
        if not is_name(night.lower()):
            raise UnfitOrderError("night: expected the name of a night, such as 20261130T214100Z")
        return letter_shape(await api.letters.letter_of(sleeper, night))

    async def _own_case(self, api: dreamapi.Api, request: Request, _session: Session) -> Answer:
        sleeper = await self._own(api, dict(request.query_params))
        try:
            return {"case": own_shape(await api.clinic.own_case(sleeper))}
        except dreamapi.CaseUnknown:
            return {"case": None}

    async def _morning(self, api: dreamapi.Api, asked: Asked, _session: Session) -> Answer:
        told = read_told(asked)
        sleeper, (kss, who5) = await self._own(api, told), read_morning(told)
        return morning_shape(await api.clinic.answer_morning(sleeper, kss=kss, who5=who5))

    async def _grant(self, api: dreamapi.Api, asked: Asked, _session: Session) -> Answer:
        told = read_told(asked)
        sleeper, grant = await self._own(api, told), read_grant(told, self._doors.now_s())
        return consent_shape(await api.consents.grant(sleeper, grant))

    async def _export(self, api: dreamapi.Api, request: Request, _session: Session) -> Answer:
        sleeper = await self._own(api, dict(request.query_params))
        return {"zip": b64encode(zipped(await api.consents.export(sleeper))).decode()}

    async def _erase(self, api: dreamapi.Api, asked: Asked, _session: Session) -> Answer:
        told = read_told(asked)
        sleeper = await self._own(api, told)
        if read_text(told, "word") != WORD:
            raise UnfitOrderError(f"word: type {WORD} to erase everything for good")
        return erasure_shape(await api.consents.erase(sleeper))

    async def _sleeper(self, api: dreamapi.Api, told: Told) -> str:
        """The sleeper of a request; empty: none."""
        if self._doors.api.authority:
            return sleeper_of(await api.access.caller())
        return read_sleeper(told)

    async def _own(self, api: dreamapi.Api, told: Told) -> str:
        sleeper = await self._sleeper(api, told)
        if not sleeper:
            raise UnfitOrderError("sleeper: this credential is of no sleeper; sign in with your own")
        return sleeper
