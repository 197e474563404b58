"""Admission: the pods to ask, the seats to admit, and the assign that turns a seat into a slot.

No sleeper is seated by force. A seat is given to a checked-in sleeper of a selected pod; its checks run again
and again while it waits, and the first that fails is written on it. A seat that held a slot before (its pod
or this daemon restarted) is assigned again whatever its breaker is: the breaker keeps it at zero until its
frames have been scored. A pod that was released is excused: this Dreamscape does not ask it again until a
sleeper is checked in to it anew.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from dreamd.app.collective.cohorts import Cohorts
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.barred import is_person
from dreamd.app.dreamscapes.seating.clause_facts import ClauseFacts
from dreamd.app.dreamscapes.seating.cohort_keys import CohortKeys
from dreamd.app.durability.fencing import TermFence
from dreamd.app.events.long_work import AT_ONCE, PART, Parts
from dreamd.app.fleet.registry import PodRecord, candidate
from dreamd.app.people.asked_consent import asked_by
from dreamd.core.dreamscapes.admission import admit, first_refusal, selects
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.views import BreakerState, Check, Plan, SeatState
from dreamd.core.exposure.dose import Dose
from dreamd.core.guidelines.judgement import against_sleeper
from dreamd.core.limits import SESSION_MAX_S
from dreamd.core.listing import Names
from dreamd.core.refusals import Code, Refusal
from dreamd.fusion.collective import shared_scale
from dreamwire.messages import Assign, Floats
from dreamwire.schema import schema_named

LOOKED_AT: Final = (SeatState.WAITING, SeatState.ADMITTED)
"""Seats in these states are checked."""
RETRY_S: Final = 5.0
"""A pod that refused an assign is asked again after this long."""


def _is_seated(seat: Seat) -> bool:
    return seat.slot is not None or seat.state in (SeatState.ADMITTED, SeatState.COMMITTING)


class Admission:
    """Fills the seats of one Dreamscape. asked: the consent that it asks of each sleeper."""

    def __init__(
        self,
        plan: Plan,
        dependencies: Dependencies,
        seats: Seats,
        cohorts: Cohorts,
        ownership: TermFence,
        keys: CohortKeys,
    ) -> None:
        self._deps = dependencies
        self._seats = seats
        self._cohorts = cohorts
        self._ownership = ownership
        self._keys = keys
        self.excused: set[str] = set()
        self._clauses = ClauseFacts(dependencies)
        self.adopt_plan(plan)

    def adopt_plan(self, plan: Plan) -> None:
        """Fill the seats by this plan from now on; excused pods stay excused."""
        self._plan = plan
        self.asked = asked_by(plan)
        self._doses = self._deps.account_of(plan.kind)[1]
        self._retry_s: dict[int, float] = {}
        self._looked = 0
        self._invited = Names(plan.pods)
        self._asked_to = ""

    def explain(self, record: PodRecord, *, started: bool) -> tuple[Check, ...]:
        """Every admission check of this pod, in order."""
        seats_left = 0 if self._seats.full else 1
        now_s = self._deps.clock.now_s()
        facts = candidate(record, now_s, seats_left=seats_left, started=started)
        # As if seated here: an order over this Dreamscape reaches each pod that would join it.
        order = self._deps.wakes.reaching(record.pod, record.presence.site, self._plan.dreamscape)
        standing = self._deps.consents.standing(record.sleeper)
        bundle = self._deps.guidelines.in_force.bundle
        facts = replace(
            facts,
            wake_order=order.id if order else "",
            moratorium=self._deps.moratoria.barring(record.presence.site, person=is_person(record)),
            unagreed=self._deps.consents.missing(record.sleeper, self.asked),
            uninvited=self._deps.invitations.lacking(self._plan, record.sleeper, self._beside(record)),
            on_hold=self._deps.clinic.refusal(record.sleeper),
            dose=self._doses.dose(record.sleeper, now_s),
            against=against_sleeper(bundle, self._clauses.judged(record, standing)),
            ledger=self._deps.commits.trouble,
            barred=self._deps.principals.barred(record.pod),
        )
        return admit(facts, self._plan)

    def _beside(self, record: PodRecord) -> tuple[str, ...]:
        """The sleepers of the other seats that hold a slot, or are about to, of an intimate Dreamscape."""
        if not self._plan.intimate:
            return ()
        return tuple(one.sleeper for one in self._seats if one.pod != record.pod and _is_seated(one))

    def gather(self, *, started: bool, most: int | None = None) -> list[Seat]:
        """Seat the pods that may be seated and check those that wait again; return the admitted seats.

        most: look at so many pods without a seat and so many waiting seats, next time at the next; None: all.
        """
        if (not started or self._plan.late_joining) and not self._seats.full:
            self._seat_all(self._asked(most))
        seats = [seat for seat in self._seats if seat.state in LOOKED_AT]
        if most is not None and len(seats) > most:
            seats = ([seat for seat in seats if seat.number > self._looked] or seats)[:most]
        self._looked = seats[-1].number if seats else 0
        return [seat for seat in seats if self._admit(seat, started=started)]

    @property
    def many(self) -> bool:
        """Whether there are more pods and seats to look at than one turn has time for."""
        unseated = len(self._deps.fleet.unseated.at_site(self._plan.site))
        return max(len(self._invited), 0 if self._invited else unseated + self._seats.taken) > AT_ONCE

    def gather_in_parts(self) -> Parts:
        """As `gather` of all before the start, PART at a time; `admitted` has what it has found."""
        asked = [record for record in self._asked(None) if self._may_sit(record)]
        for at in range(0, len(asked), PART):
            self._seat_all(asked[at : at + PART])
            yield
        seats = [seat for seat in self._seats if seat.state in LOOKED_AT]
        for at in range(0, len(seats), PART):
            for seat in seats[at : at + PART]:
                if seat.state in LOOKED_AT:
                    self._admit(seat, started=False)
            yield

    def admitted(self) -> list[Seat]:
        """Return the seats that their last check has admitted."""
        return [seat for seat in self._seats if seat.state is SeatState.ADMITTED]

    def _seat_all(self, records: Iterable[PodRecord]) -> None:
        """Give a seat to each of these that may have one."""
        for record in records:
            if self._may_sit(record):
                seat = self._seats.seat_pod(record.pod, record.sleeper)
                record.dreamscape, record.seat = self._plan.dreamscape, seat.number
                self._deps.fleet.changed(record, self._deps.clock.now_s())

    def _asked(self, most: int | None) -> list[PodRecord]:
        """The pods to ask, by name: those invited, or those with a sleeper without a seat."""
        names = self._invited or self._deps.fleet.unseated.at_site(self._plan.site)
        chosen = list(names) if most is None else names.some_after(self._asked_to, most)
        self._asked_to = chosen[-1] if chosen else ""
        records = map(self._deps.fleet.get, chosen)
        return [record for record in records if record is not None]

    def _may_sit(self, record: PodRecord) -> bool:
        return (
            not record.dreamscape
            and record.pod not in self.excused
            and self._seats.of(record.pod) is None
            and record.online
            and record.sleeper != ""
            and not record.latched
            and not self._seats.full
            and record.presence.schema == self._plan.schema
            and not self._deps.consents.standing(record.sleeper).withdrawn
            and self._deps.invitations.may_wait(self._plan, record.sleeper)
            and (len(self._invited) > 0 or selects(self._plan, record.pod, record.presence.site))
        )

    def _admit(self, seat: Seat, *, started: bool) -> bool:
        """Run the checks; True where the seat has just been admitted or is admitted still."""
        record = self._deps.fleet.get(seat.pod)
        now_s = self._deps.clock.now_s()
        if record is None or self._retry_s.get(seat.number, 0.0) > now_s:
            return False
        before, seat.refusal = seat.refusal, self._refusal(seat, record, started=started)
        self._note_clause(record, before, seat.refusal)
        admitted = seat.refusal is None
        if admitted and seat.state is SeatState.WAITING:
            self._deps.journal.append(
                now_s,
                "admitted",
                f"{seat.pod} is admitted to seat {seat.number} of {self._plan.dreamscape}",
                dreamscape=self._plan.dreamscape,
                pod=seat.pod,
                seat=seat.number,
            )
        seat.state = SeatState.ADMITTED if admitted else SeatState.WAITING
        return admitted

    def _note_clause(self, record: PodRecord, before: Refusal | None, now: Refusal | None) -> None:
        """Count a clause, and keep the facts, once where it begins to keep a seat waiting."""
        clause = now.metadata.get("clause", "") if now else ""
        if clause and clause != (before.metadata.get("clause", "") if before else ""):
            self._deps.meters.clause_refused(clause)
            self._clauses.keep_facts(self._plan, self._seats.taken, record)

    def _refusal(
        self, seat: Seat, record: PodRecord, *, started: bool, without: tuple[str, ...] = ()
    ) -> Refusal | None:
        if seat.returning and record.breaker.state is not BreakerState.LOCKED:
            without = (*without, "breaker", "quality")
        if seat.slot is None:
            self._deps.consents.unseated(seat.sleeper)
        checks = self.explain(record, started=started)
        return first_refusal(tuple(check for check in checks if check.name not in without))

    def still_admitted(self, seat: Seat) -> bool:
        """Whether a seat that is now in the ledger may still have a slot; else it waits and shows why."""
        record = self._deps.fleet.get(seat.pod)
        if record is not None:
            seat.refusal = self._refusal(seat, record, started=True, without=("ledger",))
        admitted = record is not None and seat.refusal is None
        seat.state = SeatState.ADMITTED if admitted else SeatState.WAITING
        return admitted

    def scale(self, admitted: list[Seat]) -> tuple[Floats, Floats]:
        """The shared scale over the templates of those admitted: float32[D] each, dB."""
        templates = []
        if self._deps.shared.shares(self._plan.dreamscape):
            admitted = []  # the houses share a scale that each of them knows
        for seat in admitted:
            record = self._deps.fleet.get(seat.pod)
            if record is not None and record.status is not None:
                templates.append(record.status.calibration.template_db)
        schema = schema_named(self._plan.schema)
        fitting = [template for template in templates if len(template) == schema.size]
        return shared_scale(np.asarray(fitting, dtype=np.float32), schema)

    def assign(self, seat: Seat, instant: int, dose: Dose) -> None:
        """Give the seat a slot and send its pod the assign; its cohort has a term.

        dose: its sleeper's, with the minutes that have not been charged yet.
        """
        record = self._deps.fleet.get(seat.pod)
        if record is None:
            return
        now_s = self._deps.clock.now_s()
        slot = self._seats.assign(seat)
        term = self._ownership.held(slot.cohort)
        assert term, "a cohort has a term before it has a slot"
        key = self._keys.key_of(slot.cohort)
        self._deps.consents.unseated(seat.sleeper)
        standing = self._deps.consents.standing(seat.sleeper)
        seat.incarnation = record.incarnation
        limits = self._deps.guidelines.limits
        joins = not seat.returning
        self._cohorts.occupy(slot, instant, record.breaker, joins=joins, broker=record.broker)
        self._cohorts.rule(slot, limits)
        self._clauses.keep_facts(self._plan, self._seats.taken, record)
        end_s = self._plan.close_at_s or now_s + SESSION_MAX_S
        what = Assign(
            dreamscape=self._plan.dreamscape,
            cohort=slot.cohort,
            slot=slot.slot,
            assignment=slot.assignment_id,
            incarnation=record.incarnation,
            term=term,
            ceiling=min(self._planned(), self.ceiling_of(seat.sleeper, standing.ceiling)),
            cap=limits.ceiling,
            seconds_left=min(end_s - now_s, standing.left_s(now_s), self._free_s(record, now_s)),
            schema=self._plan.schema,
            mu_db=self._cohorts.scale[0],
            sigma_db=self._cohorts.scale[1],
            ramp_s=max(self._plan.ramp_s, limits.ramp_s),
            dose_left_min=dose.left_min,
            dose_limit_min=dose.limit_min,
            key=key.secret,
            key_number=key.number,
            consent_revision=standing.revision,
            consent_subject=standing.subject,
            modalities=standing.modalities,
            anchor=self._plan.kind.alone,
        )
        self._keys.given(record.pod, what)
        self._deps.orders.send(record.pod, record.incarnation, what, now_s)

    def _free_s(self, record: PodRecord, now_s: float) -> float:
        """Seconds until a moratorium that is known begins for this pod, or the hours end."""
        site, person = record.presence.site, is_person(record)
        return max(0.0, self._deps.moratoria.free_until_s(site, person=person) - now_s)

    def _planned(self) -> float:
        return self._deps.guidelines.limits.ceiling_for(self._plan.ceiling, self._plan.seats_max)

    def ceiling_of(self, sleeper: str, own: float) -> float:
        """The ceiling of a sleeper here: their own; in the return a share of what would be granted."""
        share = 1.0 if self._plan.kind.alone else self._deps.clinic.share(sleeper)
        return own if share == 1.0 else share * min(self._planned(), own)

    def refused(self, seat: Seat) -> None:
        """The pod refused its assign: ask again later."""
        self._retry_s[seat.number] = self._deps.clock.now_s() + RETRY_S

    def exhausted(self, seat: Seat) -> None:
        """No slot is left for this seat: it waits, shows why, and is looked at again."""
        self.refused(seat)
        seat.state = SeatState.WAITING
        sentence = f"every slot of {self._plan.dreamscape} is given, and each of its cohorts has a holder"
        seat.refusal = Refusal(Code.SLOTS_EXHAUSTED, sentence, {"dreamscape": self._plan.dreamscape})
