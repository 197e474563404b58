"""One festival from its first evening to its last case: the scenario becomes facts, and facts an account."""

from collections.abc import Mapping
from datetime import time
from functools import partial
from math import pi, sin
from random import Random
from typing import Final

from dreamd.app.api.awareness.moratoria_protocol import Called
from dreamd.core.dreamscapes.views import DreamscapeState, Event, Plan
from dreamd.core.limits import GUIDELINE_CAP, RAMP_MIN_S
from dreamd.core.moratoria.course import HOUR_S, MoratoriumScope
from dreamd.core.pieces.piece import Credits
from dreamd.core.refusals import Refusal
from dreamd.festival.account.account import FestivalAccount, account_of
from dreamd.festival.facts import Performed, ReportTold
from dreamd.festival.play.acts import SEATS_LEAST, Act, Leads
from dreamd.festival.play.cues import play_cue
from dreamd.festival.play.evenings import Evenings
from dreamd.festival.play.gathering import facts_of, report_told
from dreamd.festival.play.house import ADVOCATE, BEFORE_S, CLINICIAN, OPERATOR, HouseOfFestival
from dreamd.festival.play.round import EveningRound
from dreamd.festival.play.ward import Ward
from dreamd.festival.scenario.plan import ActPlan, Festival, MoratoriumPlan
from dreamd.festival.timeline import HappeningKind, Tell
from dreamd.stage.score.score import Score

CALIBRATED_S: Final = 5.0
"""How long a Dreamscape of an evening of calibration dreams."""
SECONDED_AFTER_S: Final = 60.0
LIES_DOWN_S: Final = 1800.0
"""Before the first act of a night sleepers lie down."""
FEATURES: Final = 12
DAY_S: Final = 86_400.0
ACTIONS: Final = frozenset(
    {"breaker-tripped", "coupling-halved", "group-severed", "lead-started", "lead-ended", "identity-lost"}
)
"""Events of the daemon that the timeline tells as what was done."""


def play_festival(
    plan: Festival, scores: Mapping[str, Score] | None = None, tell: Tell = lambda _happening: None
) -> FestivalAccount:
    """Play a scenario and judge it.

    Args:
        plan: the scenario.
        scores: by the name that an act has for it; an act with an artist and without one is improvised.
        tell: receives each happening as it happens.

    Raises:
        FestivalStoppedError: the house refuses what the scenario needs.
    """
    return _Play(plan, scores or {}, tell).play()


class _Play:
    def __init__(self, plan: Festival, scores: Mapping[str, Score], tell: Tell) -> None:
        self._plan, self._scores = plan, scores
        first_s = plan.instant_s(_CALIBRATION, -plan.evenings)
        if not plan.evenings:
            night_s = plan.instant_s(plan.acts[0].at) - LIES_DOWN_S
            first_s = night_s if plan.round is None else plan.instant_s(plan.round.at)
        self._house = house = HouseOfFestival(plan, tell, first_s - BEFORE_S)
        self._evenings = Evenings(house)
        self._ward = Ward(house, self._evenings, plan.clinic) if plan.clinic is not None else None
        self._reports: list[ReportTold] = []
        self._round = EveningRound(house, plan.round) if plan.round is not None else None
        house.watch.heard.append(self._heard)

    def _heard(self, event: Event) -> None:
        if event.kind in ACTIONS:
            self._house.announce(HappeningKind.ACTION, event.sentence, cause=event.cause)
        if event.kind == "state" and event.cause == DreamscapeState.SEVERED.value:
            self._house.announce(HappeningKind.ACTION, event.sentence, cause=event.reason)
        if event.kind == "case-opened":
            words = event.sentence.removeprefix("case ")
            self._house.announce(HappeningKind.CLINIC, words, level=event.values.get("level", 0.0))

    def play(self) -> FestivalAccount:
        """Play all of it."""
        house, plan = self._house, self._plan
        self._place(plan)
        house.announce(HappeningKind.EVENING, f"{plan.title} begins", beds=plan.beds, seed=plan.seed)
        self._ask_for_too_much()
        for evening in range(plan.evenings):
            self._calibrate(evening - plan.evenings)
        if self._round is not None and plan.round is not None:
            house.leap_until(plan.instant_s(plan.round.at))
            house.site_of_number.clear()
            house.site_of_number.update(self._round.play())
        self._play_night()
        if self._ward is not None:
            house.leap_until(plan.instant_s(_MORNING) + 60.0)
            self._evenings.answer_last()
            self._ward.play_days()
            self._publish()
        rounds = () if self._round is None else (self._round.fact(),)
        facts = facts_of(house, self._evenings, self._ward, tuple(self._reports), rounds)
        account = account_of(facts)
        words = _verdict(account)
        house.announce(HappeningKind.END, words, lines=len(account.lines))
        return account_of(facts, house.timeline)

    def _ask_for_too_much(self) -> None:
        """An operator asks for a ramp that the guidelines do not allow: it is refused, with its clause."""
        house = self._house
        plan = Plan("too-fast", SEATS_LEAST, self._plan.beds, ramp_s=RAMP_MIN_S)
        house.answer_of(
            "a plan with a short ramp", house.app.dreamscapes.create(OPERATOR, plan, validate_only=True)
        )

    def _place(self, plan: Festival) -> None:
        """Give each sleeper a bed until the round: the sites in turn, as many to each as it has beds."""
        beds = [site.name for site in plan.sites for _ in range(site.beds)]
        for number in range(1, plan.sleepers + 1):
            self._house.site_of_number[number] = beds[(number - 1) % len(beds)]

    def _numbers(self, site: str = "") -> tuple[int, ...]:
        return tuple(n for n, own in sorted(self._house.site_of_number.items()) if site in ("", own))

    # -- evenings ------------------------------------------------------------------------------------------

    def _calibrate(self, days_after: int) -> None:
        """An evening before the festival: everyone merges for some seconds, which is a day of calibration."""
        house, night = self._house, self._plan.night(days_after)
        self._lie_down(house.plan.instant_s(_CALIBRATION, days_after), night)
        act = Act(house, f"calibration-{-days_after}", tuple(house.bed(n) for n in self._numbers()))
        if act.open_act():
            act.play(CALIBRATED_S)
            for number in self._numbers():
                self._evenings.calibrated.setdefault(number, set()).add(night)
        act.close_act("an evening of calibration is over")
        self._evenings.check_out()
        house.turn_off()
        house.leap_until(self._plan.instant_s(_MORNING, days_after))
        self._evenings.answer_last()

    def _lie_down(self, at_s: float, night: str) -> None:
        house = self._house
        house.leap_until(at_s)
        house.turn_on(self._numbers())
        house.know_others()
        if night == self._plan.night():
            self._try_another_bed()
        self._evenings.check_in(self._numbers(), night)
        house.announce(
            HappeningKind.EVENING, f"{len(self._numbers())} sleepers lie down", sleepers=len(self._numbers())
        )

    def _try_another_bed(self) -> None:
        """A sleeper without a berth asks for the bed of one with a berth: it is refused."""
        house, numbers = self._house, self._numbers()
        others = [n for n in range(1, self._plan.sleepers + 1) if n not in house.site_of_number]
        if self._round is not None and others and numbers:
            answer = house.app.pods.check_in(OPERATOR, f"bed-{numbers[0]}", house.sleeper(others[0]))
            house.answer_of("a check-in without a berth", answer)

    # -- the night -----------------------------------------------------------------------------------------

    def _play_night(self) -> None:
        house, plan = self._house, self._plan
        self._lie_down(plan.instant_s(plan.acts[0].at) - LIES_DOWN_S, plan.night())
        house.turn_off()
        for act in plan.acts:
            self._play_act(act, last=act is plan.acts[-1])
        house.act = house.watch.act = 0
        house.leap_until(plan.instant_s(_MORNING) - 1800.0)
        house.turn_on(self._numbers())
        self._evenings.check_out()
        house.turn_off()
        house.watch.check_exposure()  # while the ledger keeps every bucket

    def _play_act(self, plan: ActPlan, *, last: bool) -> None:
        house = self._house
        house.leap_until(house.plan.instant_s(plan.at))
        house.act = house.watch.act = plan.number
        beds = house.turn_on(self._numbers(plan.site))
        act = Act(house, plan.dreamscape, beds, share=plan.share, ceiling=GUIDELINE_CAP)
        by = f", led by {plan.artist}" if plan.artist else ""
        house.announce(HappeningKind.ACT_BEGINS, f"{plan.title}{by}", beds=len(beds), title=plan.title)
        began = act.open_act()
        if began:
            for cue in house.plan.failures:
                if cue.act == plan.number:
                    house.plan_at(act.begun_s + cue.at_s, partial(play_cue, house, self._evenings, act, cue))
            called = house.plan.moratorium
            if called is not None and called.act == plan.number:
                house.plan_at(act.begun_s + called.at_s, lambda: self._pause(called))
            score = self._scores.get(plan.score)
            words = Credits(plan.title, plan.artist, score.sha256 if score is not None else "")
            act.play(plan.minutes * 60.0, self._leads(plan, score) if plan.artist else None, words)
        act.tell_reading()
        act.close_act("the act is over", wake=last)
        house.performed.append(Performed(plan.number, plan.title, began, act.merged_most, act.barred))
        house.announce(HappeningKind.ACT_ENDS, f"{plan.title} is over", title=plan.title)
        house.turn_off()
        house.act = house.watch.act = 0

    def _leads(self, plan: ActPlan, score: Score | None) -> Leads:
        """The score of an artist, or an improvisation: swells, and leaps that the house slews."""
        if score is not None:
            return score.lead_at
        rng = Random(f"artist {self._plan.seed} {plan.number}")  # noqa: S311 - one seed, one story
        phases = [rng.uniform(0.0, 2.0 * pi) for _ in range(FEATURES)]

        def leads(second: float) -> tuple[list[float], float]:
            swell = [2.0 * sin(2.0 * pi * second / 45.0 + phase) for phase in phases]
            leap = 6.0 if int(second / 20.0) % 4 == 3 else 0.0  # noqa: PLR2004 - the last of four
            return [one + leap for one in swell], plan.share * (0.6 + 0.4 * sin(2.0 * pi * second / 60.0))

        return leads

    def _pause(self, called: MoratoriumPlan) -> None:
        """An advocate calls, a clinician seconds; an operator that resumes is refused."""
        house = self._house
        scope = MoratoriumScope.FLEET if called.reach == "fleet" else MoratoriumScope.SITE
        site = "" if scope is MoratoriumScope.FLEET else called.reach
        ends_s = house.now_s + called.hours * HOUR_S
        answer = house.app.moratoria.call_moratorium(ADVOCATE, scope, site, 0.0, ends_s, called.reason)
        found: Called | Refusal = house.answer_of("the call of a moratorium", answer)
        if isinstance(found, Refusal):
            return
        daemon = house.world.daemon
        assert daemon is not None
        house.watch.grants.moratoria.called(daemon, found.moratorium)
        words = f"an advocate calls a moratorium of {_reach(called.reach)}: {called.reason}"
        house.announce(HappeningKind.MORATORIUM, words, hours=called.hours)
        name = house.world.dreamscape
        house.plan_at(house.now_s + 5.0, lambda: self._resume(name))
        if called.seconded:
            house.plan_at(house.now_s + SECONDED_AFTER_S, lambda: self._second(found.moratorium.id))

    def _resume(self, name: str) -> None:
        found = self._house.app.dreamscapes.resume(OPERATOR, name)
        if isinstance(found, Refusal):
            self._house.note_refusal(f"the resumption of {name}", found)

    def _second(self, moratorium: str) -> None:
        house = self._house
        answer = house.app.moratoria.second_moratorium(CLINICIAN, moratorium)
        if not isinstance(house.answer_of("the second of a moratorium", answer), Refusal):
            house.announce(HappeningKind.MORATORIUM, "a clinician seconds the moratorium: it stands")

    # -- the end -------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        """The public report of the four weeks, once they are over."""
        house = self._house
        first = house.wait_for("the report, too early", house.app.reports.publish_report(OPERATOR))
        marks = frozenset(house.world.storage.report_marks)
        for _ in range(40):
            if not isinstance(first, Refusal):
                break
            house.leap_until(house.now_s + DAY_S)
            marks = frozenset(house.world.storage.report_marks)
            first = house.wait_for("", house.app.reports.publish_report(OPERATOR))
        if isinstance(first, Refusal):
            house.note_refusal("the report", first)
            return
        self._reports.append(report_told(house, first, marks))
        house.announce(HappeningKind.REPORT, "the public report of four weeks is published")


def _reach(reach: str) -> str:
    return "the fleet" if reach == "fleet" else f"the site {reach}"


def _verdict(account: FestivalAccount) -> str:
    red = sum(not line.met for line in account.lines)
    return f"{red} of {len(account.lines)} lines do not hold" if red else "every line of the account holds"


_CALIBRATION: Final = time(21)
_MORNING: Final = time(8, 30)
