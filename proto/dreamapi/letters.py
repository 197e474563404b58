"""The caller's view of letters and doses: one's own nights; and of the watches over harm in the house."""

import grpc.aio

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.guidelines import ROLES
from dreamapi.requests import asking, refused
from dreamapi.v1 import exposure_pb2 as exposure
from dreamapi.v1 import letters_pb2 as letters
from dreamapi.v1.exposure_pb2_grpc import ExposureStub
from dreamapi.v1.letters_pb2_grpc import LettersStub

PAGE: int = 100
KINDS = {
    "distress": exposure.HARM_KIND_DISTRESS,
    "identity": exposure.HARM_KIND_IDENTITY,
    "check-in": exposure.HARM_KIND_CHECK_IN,
}
"""The kinds of harm, by their words."""


class Letters:
    """The letters of sleepers. sleeper: a pseudonym or `sleepers/{sleeper}`."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = LettersStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def letter_of(self, sleeper: str, night: str = names.OWN) -> letters.Letter:
        """The letter of a night, by the time of its check-in such as 20261130T214100Z; -: the newest.

        Raises:
            LetterUnknown: there is none.
        """
        name = f"{names.of_sleeper(sleeper, 'letters')}/{night}"
        request = asking(letters.GetLetterRequest, name=name)
        return await self._line.ask(self._stub.GetLetter, request, letters.Letter)

    async def letters_of(self, sleeper: str) -> list[letters.Letter]:
        """Every letter of one sleeper, newest first."""
        found: list[letters.Letter] = []
        name = names.of_sleeper(sleeper, "letters")
        request = asking(letters.ListLettersRequest, name=name, page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListLetters, request, letters.ListLettersResponse)
            found += page.letters
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token


class Exposure:
    """The doses of sleepers, and the watches over harm. sleeper: a pseudonym or `sleepers/{sleeper}`."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = ExposureStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def dose_of(self, sleeper: str, *, reason: str = "") -> exposure.Dose:
        """The dose of one sleeper now. reason: of an advocate, the sleeper's request."""
        request = asking(exposure.GetDoseRequest, name=names.of_sleeper(sleeper, "dose"), reason=reason)
        return await self._line.ask(self._stub.GetDose, request, exposure.Dose)

    async def nights_of(self, sleeper: str, *, reason: str = "") -> list[exposure.Night]:
        """Every night of one sleeper with its doses, newest first. reason: of an advocate."""
        found: list[exposure.Night] = []
        name = names.of_sleeper(sleeper, "nights")
        request = asking(exposure.ListNightsRequest, name=name, reason=reason, page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListNights, request, exposure.ListNightsResponse)
            found += page.nights
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def surveillance(self, *, nights: int = 0) -> exposure.Surveillance:
        """The watches over harm, one a kind. nights: judged nights of each, the newest; 0: all."""
        request = asking(exposure.GetSurveillanceRequest, nights=nights)
        return await self._line.ask(self._stub.GetSurveillance, request, exposure.Surveillance)

    async def lift_alarm(self, kind: str, *, role: str = "") -> exposure.HarmWatch:
        """Agree to lift an alarm. kind: distress, identity or check-in. role: where the person has both.

        Raises:
            WrongState: no alarm of this kind stands.
            SamePerson, WrongRole: the person has agreed in the other role; or has neither.
        """
        if kind not in KINDS:
            raise refused("kind", repr(kind), ", ".join(KINDS))
        if role not in ROLES:
            raise refused("role", repr(role), "clinician or advocate")
        request = asking(
            exposure.LiftAlarmRequest, kind=KINDS[kind], role=ROLES[role], request_id=new_request_id()
        )
        return await self._line.ask(self._stub.LiftAlarm, request, exposure.HarmWatch)

    async def response(self, *, nights: int = 0) -> exposure.ExposureResponse:
        """How low check-ins go with the planned dose, over so many nights; 0: over all that are kept.

        Raises:
            NotMeasured: there are too few sleepers or low check-ins.
        """
        request = asking(exposure.GetExposureResponseRequest, nights=nights)
        return await self._line.ask(self._stub.GetExposureResponse, request, exposure.ExposureResponse)
