"""The messages of surveillance and exposure-response; they name no sleeper."""

from datetime import tzinfo
from math import isfinite
from typing import Final

from dreamapi.v1 import exposure_pb2 as exposure
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.app.api.people.surveillance_protocol import WatchState, WatchView
from dreamd.app.surveillance.exposure_response import ExposureResponse
from dreamd.core.access.caller import Role
from dreamd.core.refusals import Figure
from dreamd.core.surveillance.e_detector import SLEEPER_NIGHTS_LEAST
from dreamd.core.surveillance.kinds import HarmKind
from dreamd.core.surveillance.night_numbers import night_ends_s
from dreamd.core.surveillance.watch import THRESHOLD, Alarm
from dreamd.ports.ledger.surveillance import JudgedNight

KINDS: Final = {
    HarmKind.DISTRESS: exposure.HARM_KIND_DISTRESS,
    HarmKind.IDENTITY: exposure.HARM_KIND_IDENTITY,
    HarmKind.CHECK_IN: exposure.HARM_KIND_CHECK_IN,
}
_OF: Final[dict[int, HarmKind]] = {number: kind for kind, number in KINDS.items()}
_STATES: Final = {
    WatchState.BLIND: exposure.HarmWatch.STATE_BLIND,
    WatchState.WATCHING: exposure.HarmWatch.STATE_WATCHING,
    WatchState.ALARM: exposure.HarmWatch.STATE_ALARM,
}


def kind_of(number: int) -> HarmKind:
    """Return the kind of harm of a request.

    Raises:
        Declined: it names none.
    """
    kind = _OF.get(number)
    if kind is None:
        raise bad_input("kind", ", ".join(map(exposure.HarmKind.Name, _OF)), Figure(number))
    return kind


def told_watch(view: WatchView, zone: tzinfo, nights: int) -> exposure.HarmWatch:
    """Return one watch with its newest judged nights; nights: so many, 0: all."""
    watch = view.watch
    return exposure.HarmWatch(
        kind=KINDS[watch.kind],
        state=_STATES[view.state],
        value=_known(view.value),
        threshold=THRESHOLD,
        rate=_known(view.rate),
        declared=not view.own,
        own_rate=_known(watch.own_rate),
        above_clause=view.above_clause,
        gathered=watch.gathered,
        gathered_least=int(SLEEPER_NIGHTS_LEAST),
        nights=watch.nights,
        alarm=None if watch.alarm is None else _alarm(watch.alarm),
        past=[_night(one, zone) for one in view.past[-nights:]],
    )


def told_surveillance(views: tuple[WatchView, ...], zone: tzinfo, nights: int) -> exposure.Surveillance:
    """Return every watch, and the clause of the rate."""
    watches = [told_watch(view, zone, nights) for view in views]
    return exposure.Surveillance(watches=watches, clause=views[0].clause, clause_rate=views[0].clause_rate)


def told_response(found: ExposureResponse) -> exposure.ExposureResponse:
    """Return the fit and the bins."""
    fit = found.fit
    return exposure.ExposureResponse(
        intercept=fit.fit.intercept,
        slope=fit.fit.slope,
        slope_se=fit.slope_se,
        slope_low=fit.low,
        slope_high=fit.high,
        sleepers=fit.sleepers,
        mornings=found.mornings,
        events=fit.events,
        bins=[
            exposure.DoseBin(
                from_min=one.from_min,
                to_min=one.to_min,
                mornings=one.mornings,
                sleepers=one.sleepers,
                events=one.events,
                deff=one.deff,
                share_low=one.share_low,
                share_high=one.share_high,
            )
            for one in found.bins
        ],
    )


def _alarm(alarm: Alarm) -> exposure.HarmAlarm:
    return exposure.HarmAlarm(
        begin_time=moment(alarm.since_s),
        value=_known(alarm.value),
        rate=alarm.rate,
        clinician=alarm.agreed.get(Role.CLINICIAN, ""),
        advocate=alarm.agreed.get(Role.ADVOCATE, ""),
    )


def _night(night: JudgedNight, zone: tzinfo) -> exposure.JudgedNight:
    return exposure.JudgedNight(
        end_time=moment(night_ends_s(night.night, zone)),
        dreamscapes=night.dreamscapes,
        harmed=night.harmed,
        sleepers=night.sleepers,
        value=_known(night.value),
        rate=_known(night.rate),
    )


def _known(value: float) -> float | None:
    return value if isfinite(value) else None
