"""The caller's view of letters and doses: one's own nights, read in the morning."""

import grpc.aio

from dreamapi import names
from dreamapi.call_policy import Line
from dreamapi.requests import asking
from dreamapi.v1 import exposure_pb2 as exposure
from dreamapi.v1 import letters_pb2 as letters
from dreamapi.v1.exposure_pb2_grpc import ExposureStub
from dreamapi.v1.letters_pb2_grpc import LettersStub

PAGE: int = 100


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
    """The doses of sleepers. sleeper: a pseudonym or `sleepers/{sleeper}`."""

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
