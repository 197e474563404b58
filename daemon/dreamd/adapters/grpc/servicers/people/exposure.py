"""The Exposure service: the dose of one sleeper, now and night by night."""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import Iterator
from math import isfinite
from typing import Final

from dreamapi import names
from dreamapi.v1 import exposure_pb2 as exposure
from dreamapi.v1.exposure_pb2_grpc import ExposureServicer
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import settled
from dreamd.adapters.grpc.servicers.people.consents import acting, sleeper_of
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.app.api.people.letters_protocol import ExposureApi, NightDose
from dreamd.core.letters.night import WindowDose

DOSE: Final = "dose"
NIGHTS: Final = "nights"


class Exposure(ExposureServicer):
    """Serves dreamapi.v1.Exposure."""

    def __init__(self, queries: ExposureApi) -> None:
        self._queries = queries

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


def _window(window: WindowDose) -> exposure.DoseWindow:
    below_s = window.below_s if isfinite(window.below_s) else 0.0
    return exposure.DoseWindow(
        used_min=window.used_min, limit_min=_known(window.limit_min), below_time=moment(below_s)
    )


def _known(value: float) -> float | None:
    return value if isfinite(value) else None
