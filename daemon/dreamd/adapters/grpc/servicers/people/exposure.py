"""The Exposure service: the dose of one sleeper, and the watches over harm of the whole house."""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import Iterator
from math import isfinite
from typing import Final

from dreamapi import names
from dreamapi.v1 import exposure_pb2 as exposure
from dreamapi.v1 import rules_pb2
from dreamapi.v1.exposure_pb2_grpc import ExposureServicer
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import kept, settled
from dreamd.adapters.grpc.servicers.people.consents import acting, sleeper_of
from dreamd.adapters.grpc.servicers.people.guidelines import ROLES
from dreamd.adapters.grpc.servicers.people.surveillance import (
    kind_of,
    told_response,
    told_surveillance,
    told_watch,
)
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.app.api.people.letters_protocol import ExposureApi, NightDose
from dreamd.app.api.people.surveillance_protocol import SurveillanceApi, WatchView
from dreamd.core.letters.night import WindowDose
from dreamd.core.refusals import Figure
from dreamd.ports.ledger.surveillance import NIGHTS_KEPT

DOSE: Final = "dose"
NIGHTS: Final = "nights"


class Exposure(ExposureServicer):
    """Serves dreamapi.v1.Exposure."""

    def __init__(
        self, queries: ExposureApi, surveillance: SurveillanceApi, replays: IdempotencyCache
    ) -> None:
        self._queries = queries
        self._surveillance = surveillance
        self._replays = replays

    async def GetDose(self, request: exposure.GetDoseRequest, context: Context) -> exposure.Dose:
        """The dose of one sleeper now."""
        sleeper = sleeper_of(request.name, context, DOSE)
        dose = self._queries.dose_of(acting(context), sleeper)
        return exposure.Dose(
            name=names.of_sleeper(sleeper, DOSE),
            day=_window(dose.day),
            week=_window(dose.week),
            left_min=_known(dose.left_min),
            admitted=dose.admitted,
        )

    async def ListNights(
        self, request: exposure.ListNightsRequest, context: Context
    ) -> exposure.ListNightsResponse:
        """Every night of one sleeper, newest first."""
        sleeper = sleeper_of(request.name, context, NIGHTS)
        nights = await settled(self._queries.nights_of(acting(context), sleeper))

        def listed(after: str) -> Iterator[NightDose]:
            return (one for one in nights if not after or one.night < after)

        def told(night: NightDose) -> exposure.Night:
            return exposure.Night(
                name=f"{names.of_sleeper(sleeper, NIGHTS)}/{night.night}",
                begin_time=moment(night.begin_s),
                end_time=moment(night.end_s),
                planned_min=_known(night.planned_min),
                lived_min=_known(night.lived_min),
            )

        shown, token = page(listed, lambda one: one.night, told, request.page_size, request.page_token)
        return exposure.ListNightsResponse(nights=shown, next_page_token=token)

    async def GetSurveillance(
        self, request: exposure.GetSurveillanceRequest, context: Context
    ) -> exposure.Surveillance:
        """The watches over harm."""
        if not 0 <= request.nights <= NIGHTS_KEPT:
            raise bad_input("nights", f"0 to {NIGHTS_KEPT} nights", Figure(request.nights))
        views = self._surveillance.watches_now(caller_of(context))
        return told_surveillance(views, self._surveillance.zone, request.nights)

    async def LiftAlarm(self, request: exposure.LiftAlarmRequest, context: Context) -> exposure.HarmWatch:
        """Agree to lift an alarm."""
        kind, role = kind_of(request.kind), ROLES.get(request.role)
        if role is None and request.role != rules_pb2.ROLE_UNSPECIFIED:
            raise bad_input("role", "ROLE_CLINICIAN, ROLE_ADVOCATE or none", Figure(request.role))
        caller = caller_of(context)

        def told(view: WatchView) -> exposure.HarmWatch:
            return told_watch(view, self._surveillance.zone, 1)

        return await self._replays.bound(
            principal_of(context),
            request,
            exposure.HarmWatch,
            lambda: self._surveillance.lift_alarm(caller, kind, role),
            told,
        )

    async def GetExposureResponse(
        self, request: exposure.GetExposureResponseRequest, context: Context
    ) -> exposure.ExposureResponse:
        """How low check-ins go with the planned dose."""
        return told_response(await kept(self._surveillance.response(caller_of(context), request.nights)))


def _window(window: WindowDose) -> exposure.DoseWindow:
    below_s = window.below_s if isfinite(window.below_s) else 0.0
    return exposure.DoseWindow(
        used_min=window.used_min, limit_min=_known(window.limit_min), below_time=moment(below_s)
    )


def _known(value: float) -> float | None:
    return value if isfinite(value) else None
