"""The registry of pods: the facts of every pod, by its own reports and by check-in.

A pod appears with its first presence. Once it has sent a status it never disappears (`presence_limit`), and
offline is a state. Presence is retained and may come late: only an incarnation at least as high as the known
one counts, so the will of a process that has been replaced changes nothing. An incarnation far ahead of our
clock is refused, for none could follow it. Silence of a status is absence: facts older than three seconds
admit no sleeper, and a pod that has been silent for lease and fade is shown as not heard.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from heapq import heappop, heappush
from math import inf

from dreamd.app.events.attempts import Attempt, plainly
from dreamd.app.events.subscriptions import Changed
from dreamd.app.fleet.presence_limit import LATE_WORD, PresenceLimit
from dreamd.app.fleet.statistics import FleetStatistics
from dreamd.app.fleet.unseated_pods import UnseatedPods
from dreamd.core.dreamscapes.candidate import Candidate
from dreamd.core.dreamscapes.views import REPORTED, BreakerState, ChannelView, PodState, PodView
from dreamd.core.fleet.freshness import SILENCE, Word, believed, known, newest
from dreamd.core.limits import INCARNATION_AHEAD_S, PODS_MAX, WATCHERS_MAX
from dreamd.core.listing import Names
from dreamd.core.refusals import CATALOGUE, Code, Refusal
from dreamd.core.safety.breaker import Breaker, rested
from dreamwire.messages import PodEvent, Presence, Status

EVENT_IDS_KEPT = 256


@dataclass(slots=True)
class PodRecord:
    """The facts of one pod. status_s: when its status came; said_s: when it was written, if known.

    broker: where it spoke last. zeroed_for: why it was last set to zero; empty once it is merged again.
    """

    pod: str
    presence: Presence
    breaker: Breaker
    seen_s: float
    status: Status | None = None
    status_s: float = 0.0
    said_s: float = 0.0
    sleeper: str = ""
    dreamscape: str = ""
    seat: int = 0
    broker: int = 0
    version: int = 1
    zeroed_for: str = ""
    event_ids: tuple[bytes, ...] = ()

    @property
    def online(self) -> bool:
        """Its newest presence says so; a will is no proof of life, freshness is asked elsewhere."""
        return self.presence.online

    @property
    def incarnation(self) -> int:
        """Of the agent process running there."""
        return self.presence.incarnation

    @property
    def latched(self) -> str:
        """Cause of the latch, or empty."""
        return self.status.latched if self.status else ""

    def silent_s(self, now_s: float) -> float:
        """Seconds since it wrote its last status; infinity where there is none of this incarnation."""
        return now_s - self.said_s if self.status is not None else inf

    def touch(self, now_s: float) -> None:
        """The pod has been heard of, and its view may differ."""
        self.seen_s = now_s
        self.version += 1


class PodRegistry:
    """The pods by name, their sleepers, and their watchers.

    breaker_of: the breaker with which a pod starts that is heard for the first time. now_s: session time.
    """

    def __init__(
        self,
        checked_in: dict[str, str],
        breaker_of: Callable[[str], Breaker],
        now_s: Callable[[], float],
        attempt: Attempt = plainly,
    ) -> None:
        self._breaker_of, self.now_s, self._attempt = breaker_of, now_s, attempt
        self._said: list[tuple[float, str]] = []  # a heap
        self.frame_of: Callable[[PodRecord], Word] = lambda _record: SILENCE
        """The last frame of a pod that has a slot; set once, by the application that knows the slots."""
        self.forgotten: list[Callable[[str], None]] = []
        """Called with every pod that is forgotten, by the application that knows what hangs on it."""
        self._pods: dict[str, PodRecord] = {}
        self._ghosts = PresenceLimit()
        self._names = Names()
        self.unseated = UnseatedPods()
        self.census = FleetStatistics()
        self._sleepers = dict(checked_in)
        self._beds = {sleeper: pod for pod, sleeper in checked_in.items()}
        self._watches: dict[int, PodWatching] = {}
        self._watch_ids = 0

    def __iter__(self) -> Iterator[PodRecord]:
        """The records, by name."""
        return iter([self._pods[name] for name in self._names])

    def records_after(self, pod: str) -> Iterator[PodRecord]:
        """The records behind this name, in order of name; read before another pod appears."""
        return (self._pods[name] for name in self._names.after(pod))

    def get(self, pod: str) -> PodRecord | None:
        """The record of a pod, or None."""
        return self._pods.get(pod)

    def find(self, pod: str) -> PodRecord | Refusal:
        """The record of a pod, or the refusal that says it is unknown."""
        record = self._pods.get(pod)
        return record or Refusal(Code.POD_UNKNOWN, f"pod {pod!r} has never connected", {"pod": pod})

    def hear(self, presence: Presence, now_s: float) -> PodRecord | str:
        """Take in a presence; returns the record, or why it does not count."""
        ahead_s = presence.incarnation / 1000 - now_s
        if not ahead_s <= INCARNATION_AHEAD_S:
            return f"its incarnation, a start in Unix milliseconds, lies {ahead_s:.3g} s ahead: set its clock"
        record = self._pods.get(presence.pod)
        if record is None:
            if len(self._pods) >= PODS_MAX and not self._forget(self._ghosts.oldest()):
                return f"the fleet holds {PODS_MAX} pods already: {CATALOGUE[Code.FLEET_FULL].next_step}"
            record = PodRecord(presence.pod, presence, self._breaker_of(presence.pod), now_s)
            self._pods[record.pod], record.sleeper = record, self._sleepers.get(record.pod, "")
            self._names.add(presence.pod)
            if not _of_account(record):
                self._ghosts.add_pod(record.pod, now_s)
        elif presence.incarnation < record.incarnation:
            return LATE_WORD
        elif presence.incarnation > record.incarnation:
            record.status = None
        record.presence = presence
        self.changed(record, now_s)
        return record

    def forget_ghosts(self, now_s: float) -> None:
        """Forget the pods that have said nothing but that they are there, for GHOST_S."""
        while pod := self._ghosts.due(now_s):
            self._forget(pod)

    def _forget(self, pod: str) -> bool:
        """Forget a ghost, unless it is of account by now; empty: there is none. Whether a place is free."""
        record = self._pods.get(pod)
        if record is None:
            return False
        self._ghosts.spoke(pod)
        if _of_account(record):
            return self._forget(self._ghosts.oldest())
        del self._pods[pod]
        self._names.discard(pod)
        self.unseated.update_pod(pod, record.presence.site, free=False)
        self.census.forget_pod(pod)
        for tell in self.forgotten:
            tell(pod)
        return True

    def report(self, status: Status, now_s: float) -> PodRecord | str:
        """Take in a status; returns the record, or why it does not count."""
        record = self._pods.get(status.pod)
        if record is None:
            return "no presence of this pod yet"
        if status.incarnation != record.incarnation:
            return "another incarnation"
        if record.status is not None and status.older_than(record.status):
            return "overtaken by a newer one"
        self._ghosts.spoke(status.pod)
        record.status, record.status_s = status, now_s
        record.said_s = min(now_s, status.written_s(now_s) + status.clock.uncertainty_us * 1e-6)
        heappush(self._said, (record.said_s, record.pod))
        self.changed(record, now_s)
        return record

    def fall_silent(self, now_s: float) -> None:
        """Once a tick: find the pods that have just become silent for too long."""
        while self._said and not known(now_s - self._said[0][0]):
            record = self._pods.get(heappop(self._said)[1])
            if record is None or known(record.silent_s(now_s)):
                continue
            frame = self.frame_of(record)
            if known(frame.age_s):
                heappush(self._said, (now_s - frame.age_s, record.pod))
            else:
                self._count(record, now_s)
                self._mark(record.pod)

    def shown(self, record: PodRecord) -> PodView:
        """The pod as the API shows it now."""
        return view(record, self.now_s(), self.frame_of(record))

    def is_news(self, record: PodRecord, event: PodEvent) -> bool:
        """Whether this event has not been taken in before."""
        if event.id in record.event_ids:
            return False
        record.event_ids = (*record.event_ids[1 - EVENT_IDS_KEPT :], event.id)
        return True

    @property
    def beds_offline(self) -> int:
        """Checked-in sleepers in pods that are offline, not heard, or have not connected yet."""
        return len(self._sleepers) - self.census.in_use

    def pod_of(self, sleeper: str) -> str:
        """Return the pod in which this sleeper lies, or empty."""
        return self._beds.get(sleeper, "")

    def lay(self, record: PodRecord, sleeper: str, now_s: float) -> None:
        """Bind a sleeper to a pod; empty: unbind."""
        before, record.sleeper = record.sleeper, sleeper
        if self._beds.get(before) == record.pod:
            del self._beds[before]
        if sleeper:
            self._sleepers[record.pod], self._beds[sleeper] = sleeper, record.pod
        else:
            self._sleepers.pop(record.pod, None)
        self.changed(record, now_s)

    def check_everyone_out(self, now_s: float) -> tuple[str, ...]:
        """No pod holds a sleeper any more; returns those that held one, heard of or not."""
        beds = tuple(self._sleepers)
        for record in filter(None, map(self._pods.get, beds)):
            self.lay(record, "", now_s)
        self._sleepers.clear()
        self._beds.clear()
        return beds

    def changed(self, record: PodRecord, now_s: float) -> None:
        """The record differs from what watchers saw."""
        record.touch(now_s)
        self.unseated.update_pod(
            record.pod, record.presence.site, free=record.sleeper != "" and not record.dreamscape
        )
        self._count(record, now_s)
        self._mark(record.pod)

    def _count(self, record: PodRecord, now_s: float) -> None:
        heard = known(record.silent_s(now_s)) or known(self.frame_of(record).age_s)
        used = record.sleeper != ""
        self.census.update_pod(record.presence, record.status, record.breaker.state, heard=heard, used=used)

    def _mark(self, pod: str) -> None:
        for watch in tuple(self._watches.values()):
            self._attempt("watcher", partial(watch.mark, pod))

    def watch(self, changed: Changed) -> "PodWatching | Refusal":
        """Watch the fleet; the first take gives every pod."""
        if len(self._watches) >= WATCHERS_MAX:
            return Refusal(Code.TOO_MANY_WATCHERS, f"{WATCHERS_MAX} watchers watch the pods already")
        self._watch_ids += 1
        watch = self._watches[self._watch_ids] = PodWatching(self, changed, self._watch_ids)
        return watch

    def forget_watch(self, number: int) -> None:
        """A watch has closed."""
        self._watches.pop(number, None)


def _of_account(record: PodRecord) -> bool:
    """Whether a record is kept although its pod has given no account of itself."""
    return bool(record.sleeper or record.dreamscape) or record.breaker.state is BreakerState.LOCKED


class PodWatching:
    """Pods that changed since the last take; only names are kept, so it is bounded by the fleet."""

    def __init__(self, fleet: PodRegistry, changed: Changed, number: int) -> None:
        self._fleet = fleet
        self._changed = changed
        self._number = number
        self._marked = dict.fromkeys(record.pod for record in fleet)

    def mark(self, pod: str) -> None:
        """This pod has changed."""
        self._marked[pod] = None
        self._changed()

    def take(self) -> tuple[PodView, ...]:
        """The newest views of the pods that changed."""
        marked, self._marked = self._marked, {}
        records = [self._fleet.get(pod) for pod in marked]
        return tuple(self._fleet.shown(record) for record in records if record is not None)

    def close(self) -> None:
        """Stop watching."""
        self._fleet.forget_watch(self._number)


def candidate(record: PodRecord, now_s: float, *, seats_left: int, started: bool) -> Candidate:
    """The plain facts admission decides on."""
    facts = Candidate(
        pod=record.pod,
        online=record.online,
        incarnation=record.incarnation,
        sleeper=record.sleeper,
        seated_in=record.dreamscape,
        seats_left=seats_left,
        started=started,
        schema=record.presence.schema,
        rate_hz=record.presence.device.rate_hz,
        breaker=rested(record.breaker, now_s),
        breaker_cause=breaker_cause(record),
    )
    status = record.status
    if status is None:
        return facts
    return replace(
        facts,
        status_age_s=now_s - min(record.status_s, status.written_s(record.status_s)),
        latched=status.latched,
        calibrated=status.calibration.done,
        calibration_source=status.calibration.source,
        clean_s=status.calibration.clean_s,
        clock_synced=status.clock.synced,
        quality=status.quality,
        quality_cause=status.quality_cause,
        renderer=status.renderer,
    )


def breaker_cause(record: PodRecord) -> str:
    """Why the breaker is not closed, or empty."""
    cause = record.breaker.cause
    return cause.value if cause is not None and record.breaker.state is not BreakerState.CLOSED else ""


def _state(record: PodRecord, *, heard: bool) -> PodState:
    status = record.status
    if not record.online or status is None:
        return PodState.OFFLINE
    if not heard:
        return PodState.UNHEARD
    if status.latched:
        return PodState.LATCHED
    if record.seat:
        return PodState.SEATED
    if not status.calibration.done:
        return PodState.CALIBRATING
    return PodState.READY if record.sleeper else PodState.IDLE


def last_status(record: PodRecord, now_s: float) -> Word:
    """Return its last status's word on coupling and signal."""
    status = record.status
    return Word(status.applied, status.quality, record.silent_s(now_s)) if status else SILENCE


def view(record: PodRecord, now_s: float, frame: Word = SILENCE) -> PodView:
    """The pod as the API shows it; frame: its newest one, where it has a slot."""
    status, presence = record.status, record.presence
    told = known(record.silent_s(now_s))
    word = believed(newest(last_status(record, now_s), frame))
    channels = status.channels if status and told else ()
    return PodView(
        pod=record.pod,
        state=_state(record, heard=told or known(word.age_s)),
        online=record.online,
        site=presence.site,
        device_kind=presence.device.kind,
        device_model=presence.device.model,
        schema=presence.schema,
        software=presence.versions.software,
        sleeper=record.sleeper,
        dreamscape=record.dreamscape,
        seat=record.seat,
        quality=word.quality,
        channels=tuple(ChannelView(c.name, c.quality, c.cause) for c in channels),
        calibrated=status.calibration.done if status else False,
        calibration_source=status.calibration.source.name.lower() if status else "",
        calibration_clean_s=status.calibration.clean_s if status else 0.0,
        alpha_hz=status.calibration.alpha_hz if status else 0.0,
        clock_synced=status.clock.synced if status and told else False,
        clock_uncertainty_us=status.clock.uncertainty_us if status else 0,
        applied=word.applied,
        latched=record.latched,
        breaker=record.breaker.state,
        breaker_cause=breaker_cause(record),
        last_heard_s=now_s - word.age_s if word.age_s < inf else 0.0,
        # Of the fields that a caller can edit: it stays while only telemetry changes.
        etag=blake2b(f"{record.pod} {record.sleeper}".encode(), digest_size=8).hexdigest(),
        heard_age_s=word.age_s,
        gateway=presence.gateway,
        wire=presence.versions.wire,
        **({name: getattr(status, name) for name in REPORTED} if status and told else {}),
    )
