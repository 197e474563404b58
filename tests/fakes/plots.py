"""Messages of surveillance for plots: a house that has had everything, and a new one."""

from math import sin

from dreamapi.v1 import exposure_pb2 as exposure

DAY_S = 86_400
NOON_S = 20_700 * DAY_S + DAY_S // 2
HarmWatch = exposure.HarmWatch


def new_house() -> exposure.Surveillance:
    """Every watch is blind, and no night was judged."""
    watches = [
        HarmWatch(kind=kind, state=HarmWatch.STATE_BLIND, threshold=10_950.0, gathered_least=500)
        for kind in (1, 2, 3)
    ]
    return exposure.Surveillance(watches=watches, clause="G-6.1", clause_rate=0.005)


def old_house(nights: int = 300) -> exposure.Surveillance:
    """One alarm beyond what a number holds, one quiet watch, one that became blind again for a while."""
    return exposure.Surveillance(
        watches=[_alarmed(nights), _quiet(nights), _gap(nights)], clause="G-6.1", clause_rate=0.005
    )


def _night(at: int, value: float | None, *, harmed: bool = False) -> exposure.JudgedNight:
    night = exposure.JudgedNight(dreamscapes=3, harmed=int(harmed), sleepers=24)
    night.end_time.FromSeconds(NOON_S + at * DAY_S)
    if value is not None:
        night.rate = 0.0106
        if value < 1e300:
            night.value = value
    return night


def _alarmed(nights: int) -> HarmWatch:
    past = [_night(at, None if at < 40 else 1.1 ** (at - 40), harmed=at % 3 == 0) for at in range(nights - 1)]
    past.append(_night(nights - 1, 1e308, harmed=True))
    watch = HarmWatch(kind=1, state=HarmWatch.STATE_ALARM, threshold=10_950.0, rate=0.0106, own_rate=0.0106)
    watch.alarm.begin_time.FromSeconds(NOON_S + 150 * DAY_S)
    watch.alarm.rate = 0.0106
    watch.above_clause, watch.gathered, watch.gathered_least, watch.nights = True, 504, 500, nights - 40
    watch.past.extend(past)
    return watch


def _quiet(nights: int) -> HarmWatch:
    past = [_night(at, 5.0 + 3.0 * sin(at / 9.0), harmed=at % 40 == 7) for at in range(nights)]
    watch = HarmWatch(kind=2, state=HarmWatch.STATE_WATCHING, threshold=10_950.0, value=past[-1].value)
    watch.rate, watch.declared, watch.nights = 0.005, True, nights
    watch.past.extend(past)
    return watch


def _gap(nights: int) -> HarmWatch:
    past = [_night(at, None if 100 < at < 140 else 4.0) for at in range(nights)]
    watch = HarmWatch(kind=3, state=HarmWatch.STATE_WATCHING, threshold=10_950.0, value=4.0, rate=0.0234)
    watch.past.extend(past)
    return watch


def response() -> exposure.ExposureResponse:
    """Four bins, the last with every morning low."""
    doses = ((2.0, 5.0, 4, 0.01, 0.09), (7.0, 10.0, 6, 0.02, 0.11), (15.0, 20.0, 14, 0.08, 0.2))
    bins = [
        exposure.DoseBin(
            from_min=low,
            to_min=high,
            mornings=100,
            sleepers=40,
            events=events,
            deff=1.2,
            share_low=a,
            share_high=b,
        )
        for low, high, events, a, b in doses
    ]
    bins.append(
        exposure.DoseBin(
            from_min=54.0,
            to_min=54.0,
            mornings=9,
            sleepers=6,
            events=9,
            deff=1.0,
            share_low=0.7,
            share_high=1.0,
        )
    )
    told = exposure.ExposureResponse(
        intercept=-3.2, slope=0.05, slope_se=0.01, slope_low=0.03, slope_high=0.07
    )
    told.sleepers, told.mornings, told.events = 60, 309, 33
    told.bins.extend(bins)
    return told
