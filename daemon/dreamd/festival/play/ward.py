"""The clinic of a festival: cases are answered in time, sittings taken, persons returned and released.

Theory of operation. When a case is opened, looks are planned at a part of the time of each level; a look
answers every case that is due by then. Each evening after the festival the held persons lie down for an
anchor session: its calibration is a sitting, with a planted pull that wanes day by day. Once the sittings
show a person as themselves, the clinician plans the return: three nights in a small Dreamscape, each with a
clean morning after it. Then the person is released.
"""

from collections.abc import Iterable
from datetime import time
from math import exp, isfinite, nan
from typing import Final

from dreamd.core.clinic.course import STEPS, CaseKind, CaseState
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.clinic.levels import Level
from dreamd.core.clinic.pull import SITTINGS
from dreamd.core.dreamscapes.kinds import DreamscapeKind
from dreamd.core.dreamscapes.views import Event, Plan
from dreamd.core.limits import ANCHOR_CEILING
from dreamd.core.refusals import Refusal
from dreamd.festival.play.acts import ADMITTED_S, Act
from dreamd.festival.play.evenings import Evenings
from dreamd.festival.play.house import CLINICIAN, OPERATOR, HouseOfFestival
from dreamd.festival.scenario.plan import ClinicPlan
from dreamd.festival.timeline import HappeningKind
from dreamd.simulation.checks.rendered_exposure import number_of

STUCK_PULL: Final = 0.62
SAT_S: Final = 3.0
"""How long an anchor session goes on: a sitting is its calibration."""
RETURN_S: Final = 30.0
COMPANIONS: Final = 5
"""People in a Dreamscape of the return, at least."""
DAY_S: Final = 86_400.0
_EVENING: Final = time(20, 15)
_MORNING: Final = time(8, 30)


class Ward:
    """The clinicians of the house."""

    def __init__(self, house: HouseOfFestival, evenings: Evenings, plan: ClinicPlan) -> None:
        self._house = house
        self._evenings = evenings
        self._plan = plan
        self.planted: dict[str, float] = {}
        self.measured: dict[str, float] = {}
        self._since_s: dict[str, float] = {}
        self._stuck: set[str] = set()
        house.watch.heard.append(self._hear)

    # -- answers -----------------------------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        if event.kind == "case-opened":
            now_s = self._house.now_s
            for level in Level:
                self._house.plan_at(now_s + self._plan.answer_share * level.within_s, self.answer_due)

    def answer_due(self) -> None:
        """Answer every open case of which the part of its time is over."""
        house, late = self._house, 1.0 - self._plan.answer_share
        for kept in self._cases(CaseState.OPEN):
            case = kept.case
            if case.answer_by_s - house.now_s <= late * case.level.within_s + 1.0:
                call = f"the triage of {case.id}"
                answer = house.app.clinic.triage(CLINICIAN, case.id, case.level, related=True, expected=True)
                house.must(call, answer)
                house.announce(
                    HappeningKind.CLINIC, f"{case.id} of level {case.level} is answered", level=case.level
                )

    def _cases(self, *states: CaseState) -> tuple[KeptCase, ...]:
        return self._house.must("the list of cases", self._house.app.clinic.list_cases(CLINICIAN, states))

    # -- days --------------------------------------------------------------------------------------------

    def play_days(self) -> None:
        """Let the days after pass."""
        house = self._house
        for day in range(1, self._plan.days + 1):
            at_s = house.plan.instant_s(_EVENING, day)
            house.leap_until(at_s)
            self._play_evening(day)
            house.leap_until(house.plan.instant_s(_MORNING, day))
            self._evenings.answer_last()
            self._decide()
        self._try_stuck()

    def _play_evening(self, day: int) -> None:
        house = self._house
        held, returning = self._persons(CaseState.HELD), self._persons(CaseState.RETURNING)
        sitting = [*held, *returning]
        if not sitting:
            return
        pulls = {number: self._pull_of(house.sleeper(number)) for number in sitting}
        for number, found in pulls.items():
            body = house.bodies[number]
            body.pulled = found
        companions = self._companions(sitting, COMPANIONS - len(returning)) if returning else []
        people = sorted({*sitting, *companions})
        house.turn_on(tuple(people))
        shares = {number_of(one.case.person): one.case.share for one in self._cases(CaseState.RETURNING)}
        self._evenings.check_in(people, house.plan.night(day), share=shares)
        words = f"{_persons(len(held))} held, {len(returning)} on the way back"
        house.announce(HappeningKind.CLINIC, words, held=len(held), returning=len(returning))
        for number in sitting:
            self._sit(number, day)
        if returning:
            self._return_night(day, [*returning, *companions])
        self._evenings.check_out()
        house.turn_off()
        self._measure()

    def _persons(self, state: CaseState) -> list[int]:
        cases = (one.case for one in self._cases(state))
        return sorted(number_of(one.person) for one in cases if one.kind is CaseKind.PERSON and one.person)

    def _pull_of(self, sleeper: str) -> float:
        """The planted pull of a person now."""
        house = self._house
        since_s = self._since_s.setdefault(sleeper, house.now_s)
        if len(self._stuck) < self._plan.stuck and since_s == house.now_s:
            self._stuck.add(sleeper)
        if sleeper in self._stuck:
            return STUCK_PULL
        return self._plan.pull * exp(-(house.now_s - since_s) / DAY_S / self._plan.recovery_days)

    def _companions(self, without: Iterable[int], most: int) -> list[int]:
        """Well sleepers with a bed of their own that lie down with those who return."""
        barred = {*without, *(number_of(one.case.person) for one in self._cases() if one.case.person)}
        able = sorted(self._house.site_of_number.keys() & self._evenings.slept)
        return [number for number in able if number not in barred][: max(most, 0)]

    def _sit(self, number: int, day: int) -> None:
        """An anchor session: its calibration is a sitting."""
        house, name = self._house, f"anchor-{number}-{day}"
        plan = Plan(
            *(name, 1, 1), pods=(f"bed-{number}",), ceiling=ANCHOR_CEILING, kind=DreamscapeKind.ANCHOR
        )
        if isinstance(
            house.answer_of(f"the session {name}", house.app.dreamscapes.create(OPERATOR, plan)), Refusal
        ):
            return
        house.let_pass(ADMITTED_S)
        started = house.answer_of(f"the start of {name}", house.app.dreamscapes.start(OPERATOR, name))
        if not isinstance(started, Refusal):
            house.let_pass(SAT_S)
        house.answer_of(
            f"the end of {name}", house.app.dreamscapes.end(OPERATOR, name, "the sitting is over")
        )
        house.let_pass(1.0)

    def _return_night(self, day: int, numbers: list[int]) -> None:
        house = self._house
        beds = [house.bed(number) for number in sorted(numbers)]
        act = Act(house, f"return-{day}", beds)
        if act.open_act():
            act.play(RETURN_S)
        act.close_act("the night of the return is over")

    # -- decisions ---------------------------------------------------------------------------------------

    def _measure(self) -> None:
        for kept in self._cases(CaseState.HELD, CaseState.RETURNING):
            whole = self._house.must("a case", self._house.app.clinic.case_of(CLINICIAN, kept.case.id))
            found = whole.pull.sittings if whole.pull is not None else ()
            if found:
                self.measured[kept.case.id] = found[-1].pull

    def _decide(self) -> None:
        """Plan returns, release, and close what is answered."""
        house = self._house
        for kept in self._cases(CaseState.HELD, CaseState.RETURNING, CaseState.TRIAGED):
            case = kept.case
            if case.state is CaseState.TRIAGED:
                answer = house.app.clinic.close_case(CLINICIAN, case.id, "nothing more is to be done")
                house.answer_of(f"the closing of {case.id}", answer)
            elif case.state is CaseState.HELD and case.kind is CaseKind.PERSON:
                self._plan_return(kept)
            elif case.state is CaseState.RETURNING and case.step > len(STEPS) and not case.morning:
                self._release(kept)

    def _plan_return(self, kept: KeptCase) -> None:
        house, case = self._house, kept.case
        whole = house.must("a case", house.app.clinic.case_of(CLINICIAN, case.id))
        record = whole.pull
        if record is None or record.restored is False:
            return
        if record.restored is None and len(record.sittings) < SITTINGS:
            return
        planned = house.answer_of(
            f"the return of {case.id}", house.app.clinic.plan_return(CLINICIAN, case.id)
        )
        if not isinstance(planned, Refusal):
            house.announce(HappeningKind.CLINIC, f"{case.id} returns its person in steps")

    def _release(self, kept: KeptCase) -> None:
        house, case = self._house, kept.case
        answer = house.app.clinic.release_person(
            CLINICIAN, case.id, "three clean mornings, and themselves again"
        )
        if not isinstance(house.answer_of(f"the release of {case.id}", answer), Refusal):
            self.planted[case.id] = self._pull_of(case.person)
            house.announce(
                HappeningKind.CLINIC, f"{case.id} has released its person", pull=self.planted[case.id]
            )

    def _try_stuck(self) -> None:
        """On the last day a clinician asks to release those that are held still: the house refuses."""
        house = self._house
        for kept in self._cases(CaseState.HELD):
            case = kept.case
            if case.kind is not CaseKind.PERSON:
                continue
            answer = house.app.clinic.release_person(CLINICIAN, case.id, "the festival is over")
            found = house.answer_of(f"the release of {case.id}", answer)
            pull = self.measured.get(case.id, nan)
            words = f"{case.id} is held on" if isinstance(found, Refusal) else f"{case.id} is released"
            house.announce(
                HappeningKind.CLINIC, words, **({"pull": round(pull, 3)} if isfinite(pull) else {})
            )
            if not isinstance(found, Refusal):
                self.planted[case.id] = self._pull_of(case.person)


def _persons(count: int) -> str:
    return "1 person is" if count == 1 else f"{count} persons are"
