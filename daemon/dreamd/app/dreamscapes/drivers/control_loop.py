"""The control loop: each tick it evaluates, fuses and publishes, in this order.

Evaluation comes first (consent and exposure, breakers, quorum), so that an exclusion is weight zero and
coupling zero in the same message as its evidence. The values that evaluators return are carried out here, in
that message. The group is judged after the fusion and before the message. Watchers and slower statistics come
after it.

A tick has three parts, so that the fusion between them can be shared by many Dreamscapes or come from other
machines: `open_tick` evaluates, `Cohorts.fuse` fuses, `close_tick` judges and publishes what it is given.
"""

from dataclasses import dataclass

from dreamd.app.collective.artist_input import NO_ARTIST, ArtistInput
from dreamd.app.collective.surrogate_check import check
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.drivers.recording import RecordingDriver
from dreamd.app.events.tick_watchers import TickWatchers
from dreamd.app.safety.outlier_episodes import OutlierEpisodes
from dreamd.app.stage.lead_slew import LeadSlew
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.limits import MASS_WINDOW_S
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.quorum import fewest, quorum
from dreamd.fusion.collective import Fused


@dataclass(frozen=True, slots=True)
class OpenTick:
    """A tick that is evaluated and not published yet.

    missed: how many grid instants before it were skipped. now_s: session time at which it was opened. fuses:
    whether it has a collective; not where another owner publishes.
    """

    instant: int
    missed: int
    now_s: float
    fuses: bool


class ControlLoop:
    """Runs the ticks of one Dreamscape."""

    def __init__(
        self,
        dreamscape: Dreamscape,
        dependencies: Dependencies,
        watchers: TickWatchers,
        recording: RecordingDriver,
    ) -> None:
        self._dreamscape = dreamscape
        self._deps = dependencies
        self._watchers = watchers
        self._recording = recording
        self._slew = LeadSlew()
        self._episodes = OutlierEpisodes(dreamscape.seats, dreamscape.cohorts, dreamscape.log)

    def close_instant(self, instant: int, missed: int, now_s: float) -> None:
        """Close this grid instant; missed: how many before it were skipped."""
        opened = self.open_tick(instant, missed, now_s)
        if opened is not None:
            self.close_tick(opened, self._dreamscape.cohorts.fuse(instant) if opened.fuses else None)

    def open_tick(self, instant: int, missed: int, now_s: float) -> OpenTick | None:
        """Evaluate this grid instant; None where the Dreamscape does not run."""
        dreamscape = self._dreamscape
        dreamscape.instant = instant
        if not dreamscape.started or dreamscape.state is DreamscapeState.ENDED:
            return None
        dreamscape.skipped += missed
        for seat, cause in dreamscape.exposure.judge(now_s):
            dreamscape.assignment.release_for(seat, cause)
        self._evaluate(instant)
        dreamscape.cohorts.artist = self._led(now_s)  # after the severs of this tick
        return OpenTick(instant, missed, now_s, fuses=not dreamscape.ownership.lost)

    def close_tick(self, opened: OpenTick, fused: Fused | None, waited_s: float = 0.0) -> None:
        """Judge the group and publish.

        Args:
            opened: of `open_tick`.
            fused: of `Cohorts.fuse`; None: nothing is published.
            waited_s: how long it has waited since it was opened, for other Dreamscapes.
        """
        dreamscape, cohorts = self._dreamscape, self._dreamscape.cohorts
        instant, now_s = opened.instant, opened.now_s
        if opened.fuses:
            self._episodes.look()
            sever = dreamscape.monitor.judge(instant, now_s, live=self._grouped)
            if sever is not None:
                dreamscape.sever(sever.cause, sever.reason)
            dreamscape.publish(self._level(now_s))
        self._keep_led()
        self._recording.close_tick(instant, opened.missed, fused)
        self._deps.meters.frames_lost(cohorts.take_lost())
        self._deps.meters.frames_above_granted(cohorts.take_frames_above())
        dreamscape.tick_s = self._deps.clock.now_s() - now_s - waited_s
        self._watchers.tell()
        check(cohorts.fusion.chorus, instant, self._deps.aside)
        dreamscape.monitor.digest()

    def _led(self, now_s: float) -> ArtistInput:
        """Return the artist's part of the next message, as far as the guidelines let it move."""
        cohorts, limits = self._dreamscape.cohorts, self._deps.guidelines.limits
        newest = self._dreamscape.live_lead.newest()
        wanted = newest if cohorts.granting else NO_ARTIST
        most = min(limits.artist_share, cohorts.share_most()) if wanted[0].size else 0.0
        return self._slew.follow(wanted, most, limits, now_s)

    def _keep_led(self) -> None:
        """Add this tick to the piece of the artist, whose input its message held."""
        dreamscape, cohorts = self._dreamscape, self._dreamscape.cohorts
        if cohorts.granting and not dreamscape.ownership.lost:
            held = self._deps.guidelines.in_force
            revision = held.bundle.revision, held.digest
            dreamscape.live_lead.broadcast(cohorts.tick_number, cohorts.artist, revision)

    @property
    def _grouped(self) -> bool:
        """Whether the Dreamscape is live and has a group, whose signs are judged."""
        return self._dreamscape.live and not self._dreamscape.plan.kind.alone

    def _evaluate(self, instant: int) -> None:
        dreamscape = self._dreamscape
        rows = dreamscape.cohorts.brokers
        holding, _, _ = dreamscape.cohorts.counts()
        lost_before = dreamscape.evaluator.ways.lost
        going_home = dreamscape.going_home
        verdict = dreamscape.evaluator.tick(instant, holding, going_home=going_home)
        if verdict.lost:
            rows.forgive(instant, verdict.lost)
        for broker in sorted(verdict.lost - lost_before):
            self._tell_lost(broker)
        for broker in sorted(verdict.back):
            at = f" by {self._deps.brokers.name(broker)}" if self._deps.brokers.several else ""
            dreamscape.log.append_event("uplink-restored", f"frames arrive again{at}", Cause.UPLINK.value)
        if dreamscape.state is DreamscapeState.DREAMING and not dreamscape.evaluator.blind and not going_home:
            within_reach = rows.within_reach(dreamscape.cohorts.counts())
            self._judge_mass(holding if not rows.lost else within_reach[0] - within_reach[2])
            if not dreamscape.plan.kind.alone:
                self._judge_quorum(within_reach)
        for seat, trip in dreamscape.monitor.judge_persons(live=self._grouped):
            dreamscape.evaluator.trip(seat, trip)

    def _tell_lost(self, broker: int) -> None:
        ways, brokers = self._dreamscape.evaluator.ways, self._deps.brokers
        counted = f"no frames from {ways.missing[broker]} of {ways.expected[broker]} pods"
        at = f" at {brokers.name(broker)}: it" if brokers.several else ": the broker"
        sentence = f"{counted}{at} or our network is down"
        self._dreamscape.log.append_event("uplink-lost", sentence, Cause.UPLINK.value)

    def _judge_mass(self, holding: int) -> None:
        now_s, mass = self._deps.clock.now_s(), self._dreamscape.mass
        if mass.failed(holding, now_s):
            count = mass.count(now_s)
            mass.clear()
            self._deps.meters.mass_failure()
            sentence = f"{count} of {holding} failed within {MASS_WINDOW_S:.0f} s"
            self._dreamscape.sever(Cause.MASS, sentence)

    def _judge_quorum(self, own: tuple[int, int, int]) -> None:
        """own: (assigned, healthy, away) of this house; those at a lost broker are away."""
        dreamscape, now_s = self._dreamscape, self._deps.clock.now_s()
        assigned, healthy, away = self._deps.shared.whole(dreamscape.plan.dreamscape, own, now_s)
        verdict = quorum(assigned, healthy, dreamscape.plan.intimate, away)
        if quorum(assigned, healthy, dreamscape.plan.intimate).holds:
            dreamscape.quorate = True
        elif dreamscape.quorate and not verdict.holds:
            counted = f"{healthy} of {assigned} are healthy" + (
                f", {away} away or re-checked" if away else ""
            )
            dreamscape.sever(Cause.QUORUM, f"{counted}: {verdict.value}")

    def _level(self, now_s: float) -> float:
        """Return the coupling to grant each included sleeper: zero unless every condition holds."""
        dreamscape, fused = self._dreamscape, self._dreamscape.cohorts.fused
        plan = dreamscape.plan
        written = dreamscape.ownership.may_grant(now_s) and dreamscape.exposure.covered(now_s)
        enough = fused is not None and fused.n >= fewest(intimate=plan.intimate, alone=plan.kind.alone)
        sound = not self._deps.failures.holds(plan.dreamscape)
        free = self._deps.moratoria.barring(plan.site, person=False) is None
        ok = dreamscape.live and enough and written and sound and free
        dreamscape.withheld = "" if ok else self._why_withheld(written=written)
        if not ok or fused is None:
            return 0.0
        return self._deps.guidelines.limits.ceiling_for(plan.ceiling, fused.n)

    def _why_withheld(self, *, written: bool) -> str:
        """Return the cause for which nothing is granted although each sleeper is healthy."""
        if self._dreamscape.state is not DreamscapeState.DREAMING:
            return self._dreamscape.sever_cause
        if self._dreamscape.evaluator.blind:
            return Cause.UPLINK.value
        if self._deps.failures.holds(self._dreamscape.plan.dreamscape):
            return Cause.DAEMON.value
        if self._deps.moratoria.barring(self._dreamscape.plan.site, person=False) is not None:
            return Cause.MORATORIUM.value
        if not written:
            return Cause.LEDGER.value
        shared = self._deps.shared.shares(self._dreamscape.plan.dreamscape)
        alone = shared and self._dreamscape.cohorts.fused is None
        return Cause.UNJOINED.value if alone else Cause.QUORUM.value
