"""The runtime: one Dreamscape, from gathering to everyone home.

Theory of operation. A tick judges first (who is stale, whose breaker moved, does the quorum hold), then
fuses and broadcasts, so that an exclusion is weight zero and coupling zero in the same message;
house-keeping comes after the broadcast. What people may ask of a Dreamscape stands in `session`; here
is what time and the pods do to it.
"""

from dataclasses import replace
from typing import Final

from dreamd.app.collective.cohorts import SlotAt
from dreamd.app.collective.surrogate_check import check
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes import plan_changes
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.seating.admission import Admission
from dreamd.app.dreamscapes.seating.seat_commits import Started
from dreamd.app.dreamscapes.seating.slot_keeping import SlotKeeping
from dreamd.app.fleet.registry import PodRecord
from dreamd.app.safety.group_monitor import GroupMonitor
from dreamd.app.safety.outlier_episodes import OutlierEpisodes
from dreamd.app.stage.live_lead import LiveLead
from dreamd.core.dreamscapes.admission import ceiling_for
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.states import breaker_of
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, DreamscapeView, Plan
from dreamd.core.limits import HOP_S, MASS_WINDOW_S, QUORUM_MIN
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.breaker import Reset
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.quorum import INTIMATE_MIN, quorum
from dreamd.fusion.frame_table import FrameVerdict
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.buggify import buggify
from dreamwire.messages import Assign, Frame, PodEvent, Status
from dreamwire.schema import schema_named
from dreamwire.topics import FramesTopic

ORPHAN_AFTER_S: Final = 3.0
GATHER_EVERY_S: Final = 0.5
LOOKED_AT: Final = 256
"""Of those who wait for a seat, so many at a time: a fleet that gathers must hold up nobody who dreams."""

EVIDENCE: Final = {
    FrameVerdict.NONFINITE: Cause.NONFINITE,
    FrameVerdict.RANGE: Cause.RANGE,
    FrameVerdict.FROZEN: Cause.FROZEN,
    FrameVerdict.REPLAYED: Cause.REPLAYED,
    FrameVerdict.MISFIT: Cause.MISFIT,
    FrameVerdict.CLOCK: Cause.CLOCK,
}
"""What a frame that was not taken in says about its pod."""


class DreamscapeRuntime(Dreamscape):
    """One Dreamscape: a session that time and pods drive."""

    def __init__(self, plan: Plan, dependencies: Dependencies, created_s: float) -> None:
        super().__init__(plan, dependencies, created_s)
        self.slots = SlotKeeping(self, dependencies, self._seat_anew)
        self.excluding = OutlierEpisodes(self._happenings.excluded)
        self.artists = LiveLead(self.schema, plan.artist_share, dependencies.clock.now_s, self.say)

    def amend(self, plan: Plan) -> Started:
        """Put this plan in the place of the one there is, before the start, once the ledger has it."""
        refusal = plan_changes.refused(self, plan, self._deps.clock.now_s())
        if refusal is not None:
            return refusal
        if self.granting.start_waits:
            return Refusal(Code.LEDGER_UNAVAILABLE, f"the start of {plan.dreamscape} waits for the ledger")
        return self._deps.commits.ask(
            Transaction(dreamscapes=(replace(self.record(), plan=plan),)),
            "the plan",
            lambda _terms: self._amended(plan),
            undo=self.books.save,
        )

    def _amended(self, plan: Plan) -> DreamscapeView | Refusal:
        """The ledger has the plan; what has begun meanwhile keeps the old one."""
        refusal = plan_changes.refused(self, plan, self._deps.clock.now_s())
        if refusal is not None:
            self.books.save()
            return refusal
        for seat in plan_changes.misplaced(self, plan, self._deps.fleet):
            self.leave(seat, "plan")
        what = plan_changes.changed(self.plan, plan)
        self.plan, self.schema = plan, schema_named(plan.schema)
        self.use_scale(self.schema.shipped_mu(), self.schema.shipped_sigma())
        self.seats.resize(plan.seats_max)
        excused = self.seating.excused
        self.seating = Admission(plan, self._deps, self.seats, self.ownership)
        self.seating.excused.update(excused)
        self.crowd = GroupMonitor(self, self._deps)
        self.artists.close()
        self.artists = LiveLead(self.schema, plan.artist_share, self._deps.clock.now_s, self.say)
        self._version += 1
        self.say("plan-changed", f"the plan of {plan.dreamscape} is changed: {what}", what)
        return self.view()

    # -- what arrives -----------------------------------------------------------------------------

    def on_frame(self, topic: FramesTopic, frame: Frame, newest_instant: int) -> None:
        """One frame for one of our cohorts; what is wrong with it is counted and held against its pod."""
        seat = self.seats.by_assignment(frame.assignment)
        slot = seat.slot if seat else None
        if seat is None or slot is None:
            self._deps.meters.frame_refused("not-assigned")
            return
        if topic.cohort != slot.cohort or topic.sender != seat.pod:
            self._deps.meters.frame_refused("wrong-sender")
            return
        written = self.cohorts.write(slot, frame, newest_instant + 1)
        self._count(written)
        cause = None if written.sound else EVIDENCE.get(written)
        if cause is not None:
            self.judge.trip(seat, cause, "a frame", f"number {frame.seq} of instant {frame.instant}")
        if frame.applied == 0.0 and not frame.fading:
            captured_s = frame.instant * HOP_S - frame.uncertainty_us * 1e-6
            self._deps.tickets.confirm(seat.pod, captured_s)

    def _count(self, written: FrameVerdict) -> None:
        if written.sound:
            self._deps.meters.frame_accepted()
        else:
            self._deps.meters.frame_refused(written.value)
        if written is FrameVerdict.LATE:
            self._deps.meters.frame_late()

    def on_presence(self, record: PodRecord, *, rebooted: bool) -> None:
        """The pod has come back, as another process or not, or is gone."""
        seat = self.seats.of(record.pod)
        if seat is None:
            return
        if self.state is DreamscapeState.WAKING and (rebooted or not record.online):
            self.leave(seat, "gone")
            self._close_if_home()
        elif rebooted and seat.slot is not None and not self.homecoming.under_way:
            self.vacate(seat)
            self.judge.trip(seat, Cause.STALE, "a reboot", f"incarnation {record.incarnation}")

    def on_status(self, record: PodRecord, status: Status) -> None:
        """The pod's account of itself: it may have lost its slot, latched, or come home."""
        seat = self.seats.of(record.pod)
        if seat is None:
            return
        if status.latched:
            self.leave(seat, status.latched)
        elif self.homecoming.under_way:
            self.homecoming.heard(seat, record, status)
        elif seat.slot is not None and status.assignment != seat.slot.assignment_id:
            self._orphaned(seat, record)
        self._close_if_home()

    def _orphaned(self, seat: Seat, record: PodRecord) -> None:
        assert seat.slot is not None
        waited_s = self.cohorts.held_s(seat.slot, self.instant)
        if waited_s > ORPHAN_AFTER_S and not self._deps.orders.waiting_for(record.pod):
            self.vacate(seat)
            self.seating.refused(seat)

    def adopt(self, record: PodRecord, status: Status) -> bool:
        """A pod has spoken for the first time since this daemon came back: is one of our seats its?"""
        seat = self.seats.of(record.pod)
        if seat is None or not seat.returning or seat.sleeper != record.sleeper:
            return False
        record.dreamscape, record.seat = self.plan.dreamscape, seat.number
        self.judge.adopt(record, status.severed)
        return True

    def on_assign_refused(self, record: PodRecord, assign: Assign, reason: str) -> None:
        """The pod will not take its slot: say so on the seat and ask again later."""
        seat = self.seats.of(record.pod)
        if seat is None or seat.slot is None or seat.slot.assignment_id != assign.assignment:
            return
        self.vacate(seat)
        self.seating.refused(seat)
        seat.cause = f"refused: {reason}"
        self._happenings.seat("assign-refused", seat, f"{seat.pod} refused its seat: {reason}", reason)

    def on_event(self, record: PodRecord, event: PodEvent) -> None:
        """A fact from the pod's outbox."""
        self._happenings.on_event(record, event)
        self.homecoming.told(record, event)
        self._close_if_home()

    def trip(
        self, record: PodRecord, cause: Cause, by: str, evidence: str, seen_s: float | None = None
    ) -> bool:
        """Open the breaker of a pod that has a seat here; False: it has none."""
        seat = self.seats.of(record.pod)
        if seat is not None:
            self.judge.trip(seat, cause, by, evidence, seen_s)
        return seat is not None

    def reset(self, record: PodRecord, observation: Reset) -> bool:
        """A person resets the breaker of a pod that has a seat here; False: it has none."""
        seat = self.seats.of(record.pod)
        if seat is not None:
            self.judge.reset(seat, observation)
        return seat is not None

    def wake_seat(self, record: PodRecord) -> None:
        """A wake order reaches this pod alone: its seat is left as latched, whatever the pod has said yet."""
        seat = self.seats.of(record.pod)
        if seat is not None:
            self.leave(seat, Cause.WAKE.value)
            self._close_if_home()

    def cut(self, record: PodRecord) -> None:
        """This pod alone is severed, and has been told: in no later message, not asked again by itself.

        `keep_books` writes it down, once whoever else is to be cut has been.
        """
        seat = self.seats.of(record.pod)
        self.seating.excused.add(record.pod)
        if seat is not None:
            self.leave(seat, Cause.RELEASED.value)

    def keep_books(self) -> None:
        """Write down what severing did not wait for."""
        self._close_if_home()
        self.books.save()

    def consent_changed(self, record: PodRecord) -> None:
        """The sleeper in this pod has changed what they agree to, or withdrawn."""
        seat = self.seats.of(record.pod)
        if seat is not None:
            self.company.changed(seat)
            self._close_if_home()

    @property
    def breaker_state(self) -> BreakerState:
        """The Dreamscape's own breaker: open while it is severed or on its way home."""
        return breaker_of(self.state)

    # -- the tick ---------------------------------------------------------------------------------

    def tick(self, instant: int, missed: int) -> None:
        """Close this grid instant: judge, fuse, broadcast; then house-keeping."""
        now_s = self._deps.clock.now_s()
        self.instant = instant
        if self._started and self.state is not DreamscapeState.ENDED:
            self.skipped += missed
            self.cohorts.artist = self.artists.newest()
            self.company.judge(now_s)
            self._judge_tick(instant)
            if not self.ownership.lost:
                self.cohorts.fuse(instant)
                self.excluding.look(self.cohorts, self._seat_at)
                self.crowd.judge(instant, now_s, live=self._live)
                self._publish(self._level(now_s))
            self._deps.meters.frames_lost(self.cohorts.take_lost())
            self._deps.meters.frames_above_granted(self.cohorts.take_frames_above())
            self.tick_s = self._deps.clock.now_s() - now_s
            self._audience.tell()
            check(self.cohorts.fusion.chorus, instant, self._deps.aside)
            self.crowd.digest()
        self._housekeep(now_s)

    def _judge_tick(self, instant: int) -> None:
        was_blind = self.judge.blind
        holding, _ = self._counts()
        going_home = self.homecoming.under_way
        verdict = self.judge.tick(self.cohorts, instant, self._seat_at, holding, going_home=going_home)
        if verdict.blind:
            self.cohorts.forgive(instant)
        if verdict.blind and not was_blind:
            self.say(
                "uplink-lost",
                f"no frames from {verdict.missing} of {holding} pods: the broker or our network is down",
                Cause.UPLINK.value,
            )
        elif was_blind and not verdict.blind:
            self.say("uplink-restored", "frames arrive again", Cause.UPLINK.value)
        if self.state is DreamscapeState.DREAMING and not verdict.blind and not going_home:
            self._judge_mass(holding)
            self._judge_quorum()
        self.crowd.judge_persons(live=self._live)

    @property
    def _live(self) -> bool:
        """Somebody may be coupled: what the crowd shows may be the loop's doing."""
        return self.state is DreamscapeState.DREAMING and not self.judge.blind and not self.closing

    def _judge_mass(self, holding: int) -> None:
        now_s = self._deps.clock.now_s()
        if self.mass.failed(holding, now_s):
            count = self.mass.count(now_s)
            self.mass.clear()
            self._deps.meters.mass_failure()
            self.sever(Cause.MASS, f"{count} of {holding} failed within {MASS_WINDOW_S:.0f} s")

    def _judge_quorum(self) -> None:
        assigned, healthy, away = self.cohorts.counts()
        verdict = quorum(assigned, healthy, self.plan.intimate, away)
        if quorum(assigned, healthy, self.plan.intimate).holds:
            self._quorate = True
        elif self._quorate and not verdict.holds:
            said = f"{healthy} of {assigned} are healthy" + (f", {away} away or re-checked" if away else "")
            self.sever(Cause.QUORUM, f"{said}: {verdict.value}")

    def _seat_at(self, at: SlotAt) -> Seat | None:
        return self.seats.at(at.cohort, at.slot)

    def _level(self, now_s: float) -> float:
        """The coupling to grant whoever is included: zero unless everything speaks for it."""
        fused = self.cohorts.fused
        fewest = INTIMATE_MIN if self.plan.intimate else QUORUM_MIN
        written = self.ownership.may_grant(now_s) and self.company.covered(now_s)
        enough = fused is not None and fused.n >= fewest
        sound = not self._deps.failures.holds(self.plan.dreamscape)
        ok = self._live and enough and written and sound
        self.withheld = "" if ok else self._why_withheld(written=written)
        return ceiling_for(self.plan, fused.n) if ok and fused is not None else 0.0

    def _why_withheld(self, *, written: bool) -> str:
        """Why nobody is granted anything although everybody is healthy; one word, of the causes."""
        if self.state is not DreamscapeState.DREAMING:
            return self.sever_cause
        if self.judge.blind:
            return Cause.UPLINK.value
        if self._deps.failures.holds(self.plan.dreamscape):
            return Cause.DAEMON.value
        return Cause.QUORUM.value if written else Cause.LEDGER.value

    # -- house-keeping ----------------------------------------------------------------------------

    def _housekeep(self, now_s: float) -> None:
        if self.state is DreamscapeState.ENDED:
            return
        self._open()
        self.ownership.confirm(now_s)
        if not self.ownership.lost:
            self.company.keep(now_s)
            self.slots.keep(self.instant)
        self.books.flush()
        self.granting.look(now_s)
        due = now_s - self._gathered_s >= GATHER_EVERY_S and not self.closing
        if due and not buggify("nobody-seated"):
            self._gathered_s = now_s
            self._gather(now_s)
        if self.state is DreamscapeState.WAKING:
            self.homecoming.look_for_the_gone(now_s)
            self._close_if_home()

    def _gather(self, now_s: float) -> None:
        plan = self.plan
        if self.state is DreamscapeState.GATHERING:
            self.seating.gather(started=False, most=LOOKED_AT)
            if plan.start_at_s and now_s >= plan.start_at_s:
                self.start()
        elif self.state in (DreamscapeState.DREAMING, DreamscapeState.SEVERED) and not self.ownership.lost:
            self.granting.seat(self.seating.gather(started=True, most=LOOKED_AT))
        if plan.close_at_s and now_s >= plan.close_at_s and self.state is not DreamscapeState.WAKING:
            self.end("the plan's closing time")
