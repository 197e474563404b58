"""The lines about the nights: home, dose, hours, ceiling, slew, pauses, letters, and the rules of safety.

A sleeper has lived the share that their device rendered. Each limit is that of the grant and the guidelines.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from math import inf, isfinite
from typing import Final

from dreamd.core.exposure.windows import DAY_S
from dreamd.festival.account.line import Line, line
from dreamd.festival.facts import Allowed, Facts, Led, LetterTold, Merging, Stay, Subject

WEEK_S: Final = 7.0 * DAY_S
COUPLING_STEP: Final = 1.0 / 255.0
"""A coupling is one of 256 steps."""
MINUTES_SLACK: Final = 1e-3
ZERO_WITHIN_S: Final = 0.75
"""From an instant at which nothing is allowed any more to the end of each fade: 500 ms, and a tick."""
LETTER_WORDS_MOST: Final = 250
QUORUM_LEAST: Final = 3
BARRING: Final = frozenset({"MORATORIUM"})
"""Codes that keep an act from its beginning rightly; outside the hours of the guidelines it is the same."""
LETTER_SLACK_S: Final = 5.0
"""A letter counts from the check-in as the ledger has it."""
LETTER_UNDER_MIN, LETTER_OVER_MIN = 0.01, 0.15
"""A letter tells no fewer merge-minutes than the device rendered. The house charges from above: a coupling of
the next step, and the time of a lease after each end."""


def home(facts: Facts) -> Line:
    """Every sleeper was checked out, and the bed renders nothing and holds nothing afterwards."""

    def faults() -> Iterator[str]:
        for stay in facts.stays:
            if not isfinite(stay.end_s):
                yield f"{_of(stay)} was never checked out"
            if not stay.share_left <= 0.0:
                yield f"{_of(stay)}: the device renders {stay.share_left:.3f} after the check-out"
            if stay.seated:
                yield f"{_of(stay)} holds a seat after the check-out"
            if stay.bound:
                yield f"{_of(stay)} is still bound to the bed"

    return line(Subject.HOME, "every sleeper came home", "stay in a bed", len(facts.stays), faults())


def _of(stay: Stay) -> str:
    return f"{stay.sleeper} in {stay.bed}, night of {stay.night}"


def dose(facts: Facts) -> Line:
    """No sleeper lived more merge-minutes than allowed, in any 24 hours and in any 7 days."""
    lived: dict[str, list[Merging]] = defaultdict(list)
    for merging in facts.mergings:
        lived[merging.sleeper].append(merging)

    def faults() -> Iterator[str]:
        for sleeper, mergings in sorted(lived.items()):
            mergings.sort(key=lambda one: one.end_s)
            for last in mergings:
                allowed = _allowed(facts, sleeper, last.begin_s)
                if allowed is None:
                    yield f"{sleeper} merged in act {last.act} and was allowed nothing"
                    continue
                for window_s, most, name in (
                    (DAY_S, allowed.day_min, "24 hours"),
                    (WEEK_S, allowed.week_min, "7 days"),
                ):
                    sum_min = _within(mergings, last.end_s, window_s)
                    if not sum_min <= most + MINUTES_SLACK:
                        yield (
                            f"{sleeper} lived {sum_min:.3f} merge-minutes in {name} up to act {last.act}, "
                            f"allowed are {most:.3f}"
                        )

    promise = "no sleeper merged above their dose"
    return line(Subject.DOSE, promise, "sleeper that merged", len(lived), faults())


def _within(mergings: list[Merging], end_s: float, window_s: float) -> float:
    """Merge-minutes in the window that ends at this instant; of a stretch that began before it its part."""
    sum_min = 0.0
    for one in mergings:
        begin_s, last_s = max(one.begin_s, end_s - window_s), min(one.end_s, end_s)
        if one.begin_s > end_s or last_s < begin_s:
            continue
        whole_s = one.end_s - one.begin_s
        part = 1.0 if not whole_s > 0.0 else (last_s - begin_s) / whole_s
        sum_min += one.minutes * part
    return sum_min


def _allowed(facts: Facts, sleeper: str, at_s: float) -> Allowed | None:
    """The newest allowance of a sleeper that has begun at this instant."""
    own = [one for one in facts.allowed if one.sleeper == sleeper and one.from_s <= at_s]
    return max(own, key=lambda one: one.from_s, default=None)


def hours(facts: Facts) -> Line:
    """No sleeper merged outside the hours of their grant and of the guidelines, nor after its end."""

    def faults() -> Iterator[str]:
        for one in facts.mergings:
            allowed = _allowed(facts, one.sleeper, one.begin_s)
            if allowed is None:
                yield f"{one.sleeper} merged in act {one.act} without a grant"
                continue
            until_s = min(allowed.until_s, allowed.closes_s)
            if not one.begin_s >= allowed.opens_s:
                yield f"{one.sleeper} merged {allowed.opens_s - one.begin_s:.1f} s before the hours begin"
            if not one.end_s <= until_s + ZERO_WITHIN_S:
                yield f"{one.sleeper} merged {one.end_s - until_s:.1f} s after the end of hours or grant"

    promise = "no sleeper merged outside their hours"
    return line(Subject.HOURS, promise, "stretch of merging", len(facts.mergings), faults())


def ceiling(facts: Facts) -> Line:
    """No device rendered more than the grant and the guidelines allow."""

    def faults() -> Iterator[str]:
        for one in facts.mergings:
            found = [
                allowed.ceiling
                for allowed in facts.allowed
                if allowed.sleeper == one.sleeper
                and allowed.from_s <= one.end_s
                and one.begin_s <= allowed.until_s
            ]
            most = max(found, default=0.0)
            if not one.share_most <= most + COUPLING_STEP / 2.0:
                yield (
                    f"{one.sleeper} in act {one.act}: the device rendered {one.share_most:.4f}, allowed are "
                    f"{most:.4f}"
                )

    promise = "no device rendered above its ceiling"
    return line(Subject.CEILING, promise, "stretch of merging", len(facts.mergings), faults())


def slew(facts: Facts) -> Line:
    """At no bed did an artist's vector or share move faster than the guidelines allow."""

    def faults() -> Iterator[str]:
        led = {one.act for one in facts.led}
        for act in facts.played:
            if act not in led:
                yield f"act {act} was led by an artist, and no bed received it"
        for one in facts.led:
            yield from _too_fast(one)

    promise = "no artist moved faster than allowed, at any bed"
    return line(Subject.SLEW, promise, "bed of an act that is led", len(facts.led), faults())


def _too_fast(one: Led) -> Iterator[str]:
    slack = 1.0 + 1e-5  # float32 on the wire
    for moved, limit, of in (
        (one.vector_per_s, one.vector_limit, "a feature moved by"),
        (one.share_per_s, one.share_limit, "the share moved by"),
        (one.share_most, one.share_bound, "the share was"),
    ):
        if not moved <= limit * slack + 1e-6:
            yield f"act {one.act}, {one.bed}: {of} {moved:.4f}, allowed are {limit:.4f}"


def pause(facts: Facts) -> Line:
    """Nothing was rendered in the reach of a moratorium while it acted."""
    site_of = {(stay.sleeper, stay.night): stay.site for stay in facts.stays}

    def faults() -> Iterator[str]:
        for one in facts.pauses:
            for merging in facts.mergings:
                overlap_s = min(merging.end_s, one.end_s) - max(merging.begin_s, one.begin_s)
                reached = one.reach == "fleet" or one.reach in _sites(facts, merging, site_of)
                if reached and not overlap_s <= ZERO_WITHIN_S:
                    yield (
                        f"{merging.sleeper} merged for {overlap_s:.1f} s of the moratorium {one.id} "
                        f"of {one.reach}"
                    )

    promise = "nothing was rendered while a moratorium acted"
    return line(Subject.PAUSE, promise, "moratorium", len(facts.pauses), faults())


def _sites(facts: Facts, merging: Merging, site_of: dict[tuple[str, str], str]) -> set[str]:
    """The sites in which the sleeper lay while merging."""
    return {
        site_of[stay.sleeper, stay.night]
        for stay in facts.stays
        if stay.sleeper == merging.sleeper
        and stay.begin_s <= merging.end_s
        and merging.begin_s <= (stay.end_s if isfinite(stay.end_s) else inf)
    }


def rules(facts: Facts) -> Line:
    """No rule of safety that the simulation checks after each event was broken."""
    promise = "no rule of safety was broken"
    return line(Subject.RULES, promise, "check", facts.checks, facts.violations)


def acts(facts: Facts) -> Line:
    """Each act was dreamt by a quorum; a moratorium alone, or the hours, may keep one from its beginning."""

    def faults() -> Iterator[str]:
        for one in facts.performed:
            if not one.began and one.barred not in BARRING:
                yield f"act {one.act}, {one.title}, did not begin: {one.barred or 'no reason is known'}"
            elif one.began and not one.merged >= QUORUM_LEAST:
                yield f"act {one.act}, {one.title}: {one.merged} beds were merged at most"

    return line(Subject.ACTS, "each act was dreamt", "act", len(facts.performed), faults())


def found(facts: Facts) -> Line:
    """The house has found each failure that was planted: at each failing bed, or at once in the group."""

    def faults() -> Iterator[str]:
        for one in facts.planted:
            causes = set(one.causes)
            seen = [
                trip
                for trip in facts.trips
                if trip.cause in causes and one.begin_s <= trip.at_s <= one.until_s
            ]
            if not one.beds:
                yield f"{one.scene} of act {one.act} was planted where no bed was merged"
            if one.whole and any(not trip.sleeper for trip in seen):
                continue
            at = {trip.sleeper for trip in seen}
            for bed in one.beds:
                if f"sleeper-{bed.rpartition('-')[2]}" not in at:
                    yield f"{one.scene} of act {one.act} was not found at {bed}"

    promise = "each failure on cue was found"
    return line(Subject.FOUND, promise, "failure on cue", len(facts.planted), faults())


def letters(facts: Facts) -> Line:
    """Each stay has one letter, of that time, which tells the merge-minutes that the device rendered."""
    by_sleeper: dict[str, list[LetterTold]] = defaultdict(list)
    for one in facts.letters:
        by_sleeper[one.sleeper].append(one)
    for own in by_sleeper.values():
        own.sort(key=lambda one: one.begin_s)

    def faults() -> Iterator[str]:
        for stay in facts.stays:
            own = by_sleeper.get(stay.sleeper, [])
            first = bisect_left(own, stay.begin_s - LETTER_SLACK_S, key=lambda one: one.begin_s)
            found = [one for one in own[first:] if one.begin_s <= stay.begin_s + LETTER_SLACK_S]
            if len(found) != 1:
                yield f"{_of(stay)} has {len(found)} letters"
                continue
            yield from _wrong_letter(facts, stay, found[0])
        unasked = len(facts.letters) - len(facts.stays)
        if unasked > 0:
            yield f"{len(facts.letters)} letters were made for {len(facts.stays)} stays"

    return line(Subject.LETTERS, "each stay has its letter", "stay in a bed", len(facts.stays), faults())


def _wrong_letter(facts: Facts, stay: Stay, letter: LetterTold) -> Iterator[str]:
    if not abs(letter.end_s - stay.end_s) <= LETTER_SLACK_S:
        yield f"{_of(stay)}: the letter ends {letter.end_s - stay.end_s:.1f} s after the check-out"
    if not 0 < letter.words <= LETTER_WORDS_MOST:
        yield f"{_of(stay)}: the letter has {letter.words} words"
    rendered = sum(
        one.minutes
        for one in facts.mergings
        if one.sleeper == stay.sleeper and stay.begin_s <= one.begin_s <= stay.end_s
    )
    if not -LETTER_UNDER_MIN <= letter.merged_min - rendered <= LETTER_OVER_MIN:
        yield (
            f"{_of(stay)}: the letter tells of {letter.merged_min:.2f} merge-minutes, the device rendered "
            f"{rendered:.2f}"
        )
