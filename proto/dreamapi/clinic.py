"""The caller's view of the clinic: cases listed, read, decided and watched; the answers of a morning."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from datetime import datetime

import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking, refused
from dreamapi.v1 import clinic_pb2 as clinic
from dreamapi.v1.clinic_pb2_grpc import ClinicStub

PAGE: int = 500
STATES = {names.word(clinic.Case.State, number): number for number in clinic.Case.State.values() if number}
"""The states of a case by their words: open, triaged, held, returning, released, closed."""


class Clinic:
    """Cases by their id or `cases/{case}`; sleepers by a pseudonym or `sleepers/{sleeper}`.

    Raises:
        CaseUnknown: there is no such case at the caller's sites.
        NotYourSite, NotYours: the caller is no clinician of the case's site; it is the caller's own case.
        WrongState: the case cannot be decided so now.
    """

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = ClinicStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def list_cases(
        self, states: Iterable[str] = (), *, site: str = "", level: int = 0
    ) -> list[clinic.Case]:
        """The cases in level order. states: of STATES; none: those that have not ended. level 0: any."""
        found: list[clinic.Case] = []
        request = asking(
            clinic.ListCasesRequest,
            states=[_state(word) for word in states],
            site=site,
            level=level,
            page_size=PAGE,
        )
        while True:
            page = await self._line.ask(self._stub.ListCases, request, clinic.ListCasesResponse)
            found += page.cases
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def case_of(self, case: str) -> clinic.Case:
        """One case with its evidence, notes and sittings."""
        request = asking(clinic.GetCaseRequest, name=names.case(case))
        return await self._line.ask(self._stub.GetCase, request, clinic.Case)

    async def own_case(self, sleeper: str = names.OWN) -> clinic.Case:
        """The case of one sleeper that has not ended, without notes."""
        request = asking(clinic.GetOwnCaseRequest, name=names.of_sleeper(sleeper, "case"))
        return await self._line.ask(self._stub.GetOwnCase, request, clinic.Case)

    async def open_case(self, sleeper: str, level: int, words: str, *, site: str = "") -> clinic.Case:
        """Open a case by hand. site: empty, that of the bed in which the sleeper lies."""
        request = asking(
            clinic.OpenCaseRequest,
            sleeper=names.sleeper(sleeper),
            level=level,
            words=words,
            site=site,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.OpenCase, request, clinic.Case)

    async def triage(
        self, case: str, level: int, *, related: bool | None = None, expected: bool | None = None
    ) -> clinic.Case:
        """Answer a case and set its level, 1 to 4. related: to the merge; None: not judged."""
        request = asking(
            clinic.TriageCaseRequest,
            name=names.case(case),
            level=level,
            related=related,
            expected=expected,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.TriageCase, request, clinic.Case)

    async def add_note(self, case: str, text: str) -> clinic.Case:
        """Write a note on a case."""
        request = asking(
            clinic.AddCaseNoteRequest, name=names.case(case), text=text, request_id=new_request_id()
        )
        return await self._line.ask(self._stub.AddCaseNote, request, clinic.Case)

    async def hold_person(self, case: str, reason: str) -> clinic.Case:
        """Hold the person: zero in the call."""
        request = asking(
            clinic.HoldCaseRequest, name=names.case(case), reason=reason, request_id=new_request_id()
        )
        return await self._line.ask(self._stub.HoldCase, request, clinic.Case)

    async def plan_return(self, case: str) -> clinic.Case:
        """Plan the return of a held person, in three steps."""
        request = asking(clinic.PlanReturnRequest, name=names.case(case), request_id=new_request_id())
        return await self._line.ask(self._stub.PlanReturn, request, clinic.Case)

    async def release_person(self, case: str, reason: str) -> clinic.Case:
        """Release a person after the last step of the return.

        Raises:
            PlanStep: a step is not over. NotMeasured: the sittings do not show the person as themselves.
        """
        request = asking(
            clinic.ReleaseCaseRequest, name=names.case(case), reason=reason, request_id=new_request_id()
        )
        return await self._line.ask(self._stub.ReleaseCase, request, clinic.Case)

    async def close_case(self, case: str, reason: str) -> clinic.Case:
        """Close a case after its triage, where no hold stands."""
        request = asking(
            clinic.CloseCaseRequest, name=names.case(case), reason=reason, request_id=new_request_id()
        )
        return await self._line.ask(self._stub.CloseCase, request, clinic.Case)

    async def answer_morning(
        self, sleeper: str = names.OWN, *, kss: int | None = None, who5: int | None = None
    ) -> clinic.MorningAnswers:
        """Take the answers of a morning: KSS 1 to 9, WHO-5 raw sum 0 to 25; None: not answered."""
        request = asking(
            clinic.AnswerMorningRequest,
            name=names.of_sleeper(sleeper, "morning"),
            kss=kss,
            who5=who5,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.AnswerMorning, request, clinic.MorningAnswers)

    async def report(self, begin: datetime, end: datetime) -> clinic.CaseReport:
        """The cases opened from begin on and before end, in numbers."""
        request = asking(
            clinic.GetCaseReportRequest,
            begin_time=_time("begin_time", begin),
            end_time=_time("end_time", end),
        )
        return await self._line.ask(self._stub.GetCaseReport, request, clinic.CaseReport)

    async def watch_cases(self) -> AsyncGenerator[clinic.Case, None]:
        """Every case that has not ended in level order, then each that changes.

        It resumes by itself, with every case again.
        """
        answers = self._line.follow(
            self._stub.WatchCases, clinic.WatchCasesRequest, clinic.WatchCasesResponse
        )
        async with aclosing(answers):
            async for part in answers:
                for case in part.cases:
                    yield case


def _state(word: str) -> int:
    if word not in STATES:
        raise refused("states", word, f"of {', '.join(STATES)}")
    return STATES[word]


def _time(field: str, at: datetime) -> Timestamp:
    if at.tzinfo is None:
        raise refused(field, "a time without a time zone", "one with its zone")
    found = Timestamp()
    found.FromDatetime(at)
    return found
