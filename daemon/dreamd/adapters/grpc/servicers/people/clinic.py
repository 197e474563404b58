"""The Clinic service: cases listed, read, decided and watched; the answers of a morning; the report."""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from math import inf
from typing import Final

from dreamapi.v1 import clinic_pb2 as clinic
from dreamapi.v1.clinic_pb2_grpc import ClinicServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import bad_input, granted
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache, Write
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import ChangeSignals, kept
from dreamd.adapters.grpc.servicers.people.cases import (
    STATES,
    case_id,
    level_of,
    told_case,
    told_morning,
    told_report,
)
from dreamd.adapters.grpc.servicers.people.consents import acting, sleeper_of
from dreamd.app.api.people.clinic_protocol import ClinicApi
from dreamd.core.clinic.course import CaseState
from dreamd.core.clinic.kept_case import CaseReport, KeptCase
from dreamd.core.clinic.levels import Answers
from dreamd.core.limits import REASON_MAX
from dreamd.core.refusals import Code, Figure, Refusal
from dreamd.ports.deferred import Deferred

AT_ONCE: Final = 200
"""Cases in one message of a watch."""
OF_STATE: Final[dict[int, CaseState]] = {number: state for state, number in STATES.items()}
Answer = KeptCase | Refusal | Deferred[KeptCase]


class Clinic(ClinicServicer):
    """Serves dreamapi.v1.Clinic."""

    def __init__(self, cases: ClinicApi, replays: IdempotencyCache, bells: ChangeSignals) -> None:
        self._cases = cases
        self._replays = replays
        self._bells = bells

    async def ListCases(self, request: clinic.ListCasesRequest, context: Context) -> clinic.ListCasesResponse:
        """The cases of the caller's sites, in level order."""
        states = [_state(number) for number in request.states]
        level = level_of(request.level) if request.level else None
        asked = self._cases.list_cases(caller_of(context), states, request.site, level)
        found: tuple[KeptCase, ...] = await kept(asked)

        def listed(after: str) -> Iterator[KeptCase]:
            place = _place(after)
            return (one for one in found if one.order > place)

        shown, token = page(listed, _place_text, _line, request.page_size, request.page_token)
        return clinic.ListCasesResponse(cases=shown, next_page_token=token)

    async def GetCase(self, request: clinic.GetCaseRequest, context: Context) -> clinic.Case:
        """One case with its evidence, notes and sittings."""
        return told_case(await kept(self._cases.case_of(caller_of(context), case_id(request.name))))

    async def GetOwnCase(self, request: clinic.GetOwnCaseRequest, context: Context) -> clinic.Case:
        """The sleeper's own case, without notes."""
        sleeper = sleeper_of(request.name, context, "case")
        caller = acting(context)
        found = self._cases.own_case(caller, sleeper)
        if found is None:
            granted(Refusal(Code.CASE_UNKNOWN, "this sleeper has no case that has not ended"))
        assert found is not None
        told = told_case(found, notes=False)
        told.contact = self._cases.contact
        return told

    async def OpenCase(self, request: clinic.OpenCaseRequest, context: Context) -> clinic.Case:
        """Open a case by hand."""
        sleeper, level = request_fields.sleeper_id(request.sleeper), level_of(request.level)
        words, site, caller = _reason(request.words, "words"), request.site, caller_of(context)
        return await self._decided(
            request, context, lambda: self._cases.open_case(caller, sleeper, level, words, site)
        )

    async def TriageCase(self, request: clinic.TriageCaseRequest, context: Context) -> clinic.Case:
        """Answer a case and set its level."""
        case, level = case_id(request.name), level_of(request.level)
        related = request.related if request.HasField("related") else None
        expected = request.expected if request.HasField("expected") else None
        caller = caller_of(context)
        return await self._decided(
            request,
            context,
            lambda: self._cases.triage(caller, case, level, related=related, expected=expected),
        )

    async def AddCaseNote(self, request: clinic.AddCaseNoteRequest, context: Context) -> clinic.Case:
        """Write a note on a case."""
        case, caller = case_id(request.name), caller_of(context)
        return await self._decided(request, context, lambda: self._cases.add_note(caller, case, request.text))

    async def HoldCase(self, request: clinic.HoldCaseRequest, context: Context) -> clinic.Case:
        """Hold the person."""
        case, caller, reason = case_id(request.name), caller_of(context), _reason(request.reason)
        return await self._decided(request, context, lambda: self._cases.hold_person(caller, case, reason))

    async def PlanReturn(self, request: clinic.PlanReturnRequest, context: Context) -> clinic.Case:
        """Plan the return of a held person."""
        case, caller = case_id(request.name), caller_of(context)
        return await self._decided(request, context, lambda: self._cases.plan_return(caller, case))

    async def ReleaseCase(self, request: clinic.ReleaseCaseRequest, context: Context) -> clinic.Case:
        """Release a person."""
        case, caller, reason = case_id(request.name), caller_of(context), _reason(request.reason)
        return await self._decided(request, context, lambda: self._cases.release_person(caller, case, reason))

    async def CloseCase(self, request: clinic.CloseCaseRequest, context: Context) -> clinic.Case:
        """Close a case after its triage."""
        case, caller, reason = case_id(request.name), caller_of(context), _reason(request.reason)
        return await self._decided(request, context, lambda: self._cases.close_case(caller, case, reason))

    async def _decided(self, request: Write, context: Context, ask: Callable[[], Answer]) -> clinic.Case:
        """Decide, once for each request id."""
        return await self._replays.bound(principal_of(context), request, clinic.Case, ask, told_case)

    async def AnswerMorning(
        self, request: clinic.AnswerMorningRequest, context: Context
    ) -> clinic.MorningAnswers:
        """Take the answers of a morning."""
        sleeper, caller = sleeper_of(request.name, context, "morning"), acting(context)
        answers = Answers(
            request.kss if request.HasField("kss") else None,
            request.who5 if request.HasField("who5") else None,
        )
        if answers == Answers():
            raise bad_input("kss", "kss, or who5, or both", "neither")
        return await self._replays.bound(
            principal_of(context),
            request,
            clinic.MorningAnswers,
            lambda: self._cases.answer_morning(caller, sleeper, answers),
            told_morning,
        )

    async def GetCaseReport(
        self, request: clinic.GetCaseReportRequest, context: Context
    ) -> clinic.CaseReport:
        """The cases of a span in numbers."""
        from_s = request_fields.moment(request.begin_time, "begin_time")
        to_s = request_fields.moment(request.end_time, "end_time")
        if not from_s < to_s:
            raise bad_input("end_time", "a time after begin_time", Figure(to_s))
        found: CaseReport = await kept(self._cases.report(caller_of(context), from_s, to_s))
        return told_report(found, request.begin_time, request.end_time)

    async def WatchCases(
        self, _request: clinic.WatchCasesRequest, context: Context
    ) -> AsyncIterator[clinic.WatchCasesResponse]:
        """Every case that has not ended, then those that change, conflated."""
        with (
            self._bells.bell() as bell,
            closing(granted(self._cases.watch_cases(caller_of(context), bell.ring))) as watch,
        ):
            while True:
                cases = granted(watch.take_cases(AT_ONCE))
                if cases:
                    yield clinic.WatchCasesResponse(cases=[told_case(one, whole=False) for one in cases])
                else:
                    await bell.heard()


def _line(one: KeptCase) -> clinic.Case:
    return told_case(one, whole=False)


def _state(number: int) -> CaseState:
    if number not in OF_STATE:
        raise bad_input("states", "a state of a case", Figure(number))
    return OF_STATE[number]


def _reason(text: str, field: str = "reason") -> str:
    if not len(text.strip()) > 0 or len(text) > REASON_MAX:
        raise bad_input(field, f"1 to {REASON_MAX} characters", Figure(len(text)))
    return text.strip()


def _place_text(one: KeptCase) -> str:
    level, due_s, person, opened_s, name = one.order
    return f"{int(level)} {due_s!r} {int(person)} {opened_s!r} {name}"


def _place(text: str) -> tuple[int, float, int, float, str]:
    if not text:
        return (0, -inf, 0, -inf, "")
    level, due_s, person, opened_s, name = text.split(" ")
    return int(level), float(due_s), int(person), float(opened_s), name
