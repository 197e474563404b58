"""Evenings and mornings: sleepers grant and lie down; they get up, answer, and find their letters."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dreamd.core.clinic.kept_case import MorningTaken
from dreamd.core.clinic.levels import Answers
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.dreamscapes.views import PodView
from dreamd.core.guidelines.forms import Window
from dreamd.core.limits import GUIDELINE_CAP
from dreamd.core.refusals import Refusal
from dreamd.festival.facts import Allowed, Stay
from dreamd.festival.play.house import OPERATOR, SLEEPER, HouseOfFestival
from dreamd.festival.timeline import HappeningKind
from dreamd.ports.deferred import Deferred
from dreamd.simulation.faults.people_faults import give, given
from dreamd.simulation.machines.grants import next_grant
from dreamd.simulation.processes.pods import Pod

LETTERS_IN_S: Final = 4.0
"""After a check-out its letter is written within so long."""
KSS_WELL, WHO5_WELL = 3, 17
NOON_H: Final = 12
CAUTIOUS_CEILING: Final = 0.08


class Evenings:
    """Check-ins, check-outs, and the answers of mornings."""

    def __init__(self, house: HouseOfFestival) -> None:
        self._house = house
        self.lying: dict[int, Stay] = {}
        self.allowed: list[Allowed] = []
        self.calibrated: dict[int, set[str]] = {}
        self.slept: set[int] = set()
        self._last: set[int] = set()

    def check_in(self, numbers: Sequence[int], night: str, *, share: dict[int, float] | None = None) -> None:
        """Let these sleepers grant for the night and lie down. Their beds are on.

        share: of the ceiling, for those that return from the clinic, by number.
        """
        house, shares = self._house, share or {}
        for number in numbers:
            self._grant(number, shares.get(number, 1.0))
        waiting = [
            (
                number,
                house.app.pods.check_in(OPERATOR, f"bed-{number}", house.sleeper(number)),
            )
            for number in numbers
        ]
        for number, answer in waiting:
            begin_s = house.now_s
            seen = house.must(f"the check-in of {house.sleeper(number)}", answer)
            assert isinstance(seen, PodView)
            self.lying[number] = Stay(
                *(house.sleeper(number), f"bed-{number}", house.site_of_number[number], night),
                *(begin_s, float("nan")),
            )

    def _grant(self, number: int, share: float) -> None:
        house, sleeper = self._house, self._house.sleeper(number)
        consent = house.app.consents.consent_of(SLEEPER, sleeper)
        assert isinstance(consent, Consent)
        if consent.state is not ConsentState.GIVEN:
            grant = replace(next_grant(consent, sleeper, house.now_s), ceiling=self._ceiling(number))
            answer = house.app.consents.grant(SLEEPER, grant)
            house.must(f"the grant of {sleeper}", answer)
            consent = house.app.consents.consent_of(SLEEPER, sleeper)
            assert isinstance(consent, Consent)
        assert consent.grant is not None
        grant, days = consent.grant, len(self.calibrated.get(number, ()))
        self._allow(sleeper, grant.ceiling, grant.expires_s, share, days)

    def _ceiling(self, number: int) -> float:
        """The ceiling that a sleeper grants, the same in each night."""
        rng = random.Random(f"grant {self._house.plan.seed} {number}")  # noqa: S311 - one seed, one story
        return CAUTIOUS_CEILING if rng.random() < self._house.plan.cautious else GUIDELINE_CAP

    def end_at(self, bed: Pod, seconds: float) -> None:
        """A sleeper grants anew, for some seconds only: their last limits hold until then."""
        house = self._house
        found = given(house.world, bed)
        if found is None:
            return
        daemon, old = found
        fresh = give(house.world, daemon, old, expires_s=house.now_s + seconds)
        own = [at for at, one in enumerate(self.allowed) if one.sleeper == old.sleeper]
        if fresh is not None and own:
            self.allowed[own[-1]] = replace(self.allowed[own[-1]], until_s=fresh.expires_s)

    def _allow(self, sleeper: str, ceiling: float, expires_s: float, share: float, days: int) -> None:
        """Note the limits of this night, by grant and guidelines. days: of calibration before it."""
        house = self._house
        bundle = house.app.guidelines.in_force.bundle
        full = days >= bundle.number("calibration_days")
        day_min = bundle.number("dose_24h_min" if full else "dose_new_min")
        opens_s, closes_s = self._hours()
        self.allowed.append(
            Allowed(
                *(sleeper, house.now_s, expires_s, min(ceiling, bundle.number("ceiling")) * share),
                *(day_min, bundle.number("dose_7d_min"), opens_s, closes_s),
            )
        )

    def _hours(self) -> tuple[float, float]:
        """The hours of the guidelines in this night, unix time."""
        window = self._house.app.guidelines.in_force.bundle.limit("hours")
        assert isinstance(window, Window)
        zone = ZoneInfo(self._house.plan.zone)
        local = datetime.fromtimestamp(self._house.now_s, zone)
        evening = local.date() if local.hour >= NOON_H else local.date() - timedelta(days=1)
        opens = datetime.combine(evening, time(*divmod(window.start_min, 60)), zone)
        after = evening if window.end_min > window.start_min else evening + timedelta(days=1)
        closes = datetime.combine(after, time(*divmod(window.end_min, 60)), zone)
        return opens.timestamp(), closes.timestamp()

    # -- mornings --------------------------------------------------------------------------------------

    def check_out(self) -> None:
        """Let everyone get up: each is checked out, and the bed is looked at."""
        house = self._house
        waiting = [(n, house.app.pods.check_out(OPERATOR, f"bed-{n}")) for n in sorted(self.lying)]
        for number, answer in waiting:
            house.must(f"the check-out of {house.sleeper(number)}", answer)
        ended_s = house.now_s
        house.let_pass(LETTERS_IN_S)
        for number, stay in sorted(self.lying.items()):
            view = house.app.pods.get(stay.bed)
            assert isinstance(view, PodView)
            house.stays.append(
                replace(
                    stay,
                    end_s=ended_s,
                    share_left=house.bed(number).share(),
                    seated=bool(view.dreamscape),
                    bound=not isinstance(house.app.pods.bed_of(stay.sleeper), Refusal),
                )
            )
        words = "1 sleeper gets up" if len(self.lying) == 1 else f"{len(self.lying)} sleepers get up"
        house.announce(HappeningKind.MORNING, words, sleepers=len(self.lying))
        self.slept |= self.lying.keys()
        self._last = set(self.lying)
        self.lying.clear()

    def answer_last(self) -> None:
        """Every sleeper of the last night answers how they have slept: they are well."""
        house, numbers = self._house, sorted(self._last)
        self._last = set()
        waiting: list[tuple[int, Refusal | Deferred[MorningTaken]]] = []
        for number in numbers:
            rng = random.Random(f"morning {house.plan.seed} {number} {house.day}")  # noqa: S311 - one seed
            kss = KSS_WELL + rng.randint(-1, 1)
            who5 = WHO5_WELL + rng.randint(-2, 2)
            answers = Answers(kss=kss, who5=who5)
            waiting.append((number, house.app.clinic.answer_morning(SLEEPER, house.sleeper(number), answers)))
        for number, told in waiting:
            house.wait_for(f"the morning answers of {house.sleeper(number)}", told)
