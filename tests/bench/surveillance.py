"""Surveillance: nights to an alarm by rate ratio and size of house, quiet years alarmed, and what it costs."""

import statistics
import time
from collections.abc import Callable
from math import nan
from typing import Final

import numpy as np

from dreamd.core.surveillance.bins import bins
from dreamd.core.surveillance.kinds import HarmKind
from dreamd.core.surveillance.response import Morning, response
from dreamd.core.surveillance.watch import NightCount, Watch, after_night

Row = Callable[[str, str, str], None]
RATE: Final = 0.005
SIZES: Final = (8, 50, 500)
RATIOS: Final = (1.5, 2.0, 3.0, 5.0)
MOST: Final = 2_000
YEARS: Final = {8: 200, 50: 200, 500: 40}
KIND: Final = HarmKind.DISTRESS
MORNINGS: Final = 20_000
Draw = np.random.Generator


def night(draw: Draw, number: int, sleepers: int, ratio: float) -> list[NightCount]:
    """One night in Dreamscapes of at most eight: the people with a case in each."""
    sizes = [8] * (sleepers // 8) + [sleepers % 8] * (sleepers % 8 > 0)
    cases = draw.binomial(sizes, RATE * ratio)
    return [
        NightCount(number, f"d{at}", size, {KIND: int(many)} if many else {})
        for at, (size, many) in enumerate(zip(sizes, cases, strict=True))
    ]


def until_alarm(draw: Draw, sleepers: int, ratio: float, most: int, watch: Watch, declared: float) -> int:
    """Nights to an alarm; `most` and one more: none."""
    first = watch.night
    for number in range(first + 1, first + most + 1):
        watch = after_night(watch, number, night(draw, number, sleepers, ratio), declared, 0.0)
        if watch.alarm is not None:
            return number - first
    return most + 1


def own(draw: Draw, sleepers: int) -> Watch:
    """A watch with the own rate of its first 500 sleeper-nights."""
    watch = Watch(KIND)
    for number in range(1, -(-500 // sleepers) + 1):
        watch = after_night(watch, number, night(draw, number, sleepers, 1.0), nan, 0.0)
    return watch


def medians(row: Row) -> None:
    """The median of 31 houses, each with the ratio from its first night on."""
    draw = np.random.default_rng(18)
    for sleepers in SIZES:
        found = [
            statistics.median(until_alarm(draw, sleepers, ratio, MOST, Watch(KIND), RATE) for _ in range(31))
            for ratio in RATIOS
        ]
        told = ", ".join(f"{nights:.0f}" for nights in found)
        row(f"median nights to an alarm, RR 1.5, 2, 3, 5, {sleepers} sleepers a night", told, "")


def quiet_years(row: Row) -> None:
    """Years at the true rate with an alarm, of the declared rate and of an own one."""
    draw = np.random.default_rng(2026)
    for sleepers, years in YEARS.items():
        declared = sum(until_alarm(draw, sleepers, 1.0, 365, Watch(KIND), RATE) <= 365 for _ in range(years))
        estimated = sum(
            until_alarm(draw, sleepers, 1.0, 365, own(draw, sleepers), nan) <= 365 for _ in range(years)
        )
        told = f"{declared / years:.1%}, {estimated / years:.1%}"
        row(f"quiet years alarmed, declared rate, own rate, {sleepers} sleepers a night", told, "8 %")


def cost(row: Row) -> None:
    """CPU of one night with 500 sleepers, and of a fit of the most mornings."""
    draw, watch = np.random.default_rng(1), Watch(KIND)
    nights = [night(draw, number, 500, 1.0) for number in range(1, 201)]
    began_ns = time.process_time_ns()
    for number, counts in enumerate(nights, 1):
        watch = after_night(watch, number, counts, RATE, 0.0)
    row(
        "a night of 500 sleepers judged for one kind, CPU",
        f"{(time.process_time_ns() - began_ns) / 2e8:.2f} ms",
        "",
    )
    doses = draw.uniform(1.0, 60.0, MORNINGS)
    low = draw.random(MORNINGS) < 1.0 / (1.0 + np.exp(3.0 - 0.02 * doses))
    mornings = [
        Morning(int(at % 400), float(dose), bool(event))
        for at, (dose, event) in enumerate(zip(doses, low, strict=True))
    ]
    began_ns = time.process_time_ns()
    response(mornings)
    bins(mornings)
    row(
        f"exposure-response of {MORNINGS:,} mornings, CPU",
        f"{(time.process_time_ns() - began_ns) / 1e9:.2f} s",
        "",
    )


def surveillance(row: Row) -> None:
    """Every row."""
    medians(row)
    quiet_years(row)
    cost(row)
