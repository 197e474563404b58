"""The fleet: what is known of every pod, from its own words and from check-in.

A pod appears with its first presence and never disappears; offline is a state. Presence is retained
and may come late: only an incarnation at least as high as the one known counts, so the will of a
process that has been replaced changes nothing. Silence of a status is absence: facts older than
three seconds no longer admit anybody.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from dreamd.app.census import Census
from dreamd.app.coordination import Changed
from dreamd.app.listing import Names
from dreamd.app.unseated import Unseated
from dreamd.core.limits import PODS_MAX, WATCHERS_MAX
from dreamd.core.refusals import Code, Refusal
from dreamd.core.session.assembly import Candidate
from dreamd.core.session.views import BreakerState, ChannelView, PodState, PodView
from dreamd.core.severing.breaker import Breaker, rested
from dreamwire.messages import PodEvent, Presence, Status

EVENT_IDS_KEPT = 256


@dataclass(slots=True)
class PodRecord:
    """Everything known of one pod."""

    pod: str
    presence: Presence
    breaker: Breaker
    seen_s: float
    status: Status | None = None
    status_s: float = 0.0
    sleeper: str = ""
    dreamscape: str = ""
    seat: int = 0
    version: int = 1
    event_ids: deque[bytes] = field(default_factory=lambda: deque(maxlen=EVENT_IDS_KEPT))

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

    def touch(self, now_s: float) -> None:
        """The pod has been heard of, and its view may differ."""
        self.seen_s = now_s
        self.version += 1


class Fleet:
    """The pods by name, who lies in them, and who watches.

    breaker_of: where the breaker of a pod starts that is heard of for the first time.
    """

    def __init__(self, checked_in: dict[str, str], breaker_of: Callable[[str], Breaker]) -> None:
        self._breaker_of = breaker_of
        self._pods: dict[str, PodRecord] = {}
        self._names = Names()
        self.unseated = Unseated()
        self.census = Census()
        self._sleepers = dict(checked_in)
        self._beds = {sleeper: pod for pod, sleeper in checked_in.items()}
        self._watches: dict[int, PodWatching] = {}
        self._watch_ids = 0

    def __iter__(self) -> Iterator[PodRecord]:
        """The records, by name."""
        return iter([self._pods[name] for name in self._names])

    def after(self, pod: str) -> Iterator[PodRecord]:
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
        record = self._pods.get(presence.pod)
        if record is None:
            if len(self._pods) >= PODS_MAX:
                return f"the fleet holds {PODS_MAX} pods already"
            record = PodRecord(presence.pod, presence, self._breaker_of(presence.pod), now_s)
            record.sleeper = self._sleepers.get(presence.pod, "")
            self._pods[presence.pod] = record
            self._names.add(presence.pod)
        elif presence.incarnation < record.incarnation:
            return "a late word of an earlier incarnation"
        elif presence.incarnation > record.incarnation:
            record.status = None
        record.presence = presence
        self.changed(record, now_s)
        return record

    def report(self, status: Status, now_s: float) -> PodRecord | str:
        """Take in a status; returns the record, or why it does not count."""
        record = self._pods.get(status.pod)
        if record is None:
            return "no presence of this pod yet"
        if status.incarnation != record.incarnation:
            return "another incarnation"
        if record.status is not None and status.older_than(record.status):
            return "overtaken by a newer one"
        record.status, record.status_s = status, now_s
        self.changed(record, now_s)
        return record

    def is_news(self, record: PodRecord, event: PodEvent) -> bool:
        """Whether this event has not been taken in before."""
        if event.id in record.event_ids:
            return False
        record.event_ids.append(event.id)
        return True

    def pod_of(self, sleeper: str) -> str:
        """Where this sleeper lies, or empty."""
        return self._beds.get(sleeper, "")

    def lay(self, record: PodRecord, sleeper: str, now_s: float) -> None:
        """Bind a sleeper to a pod, or nobody (empty)."""
        before, record.sleeper = record.sleeper, sleeper
        if self._beds.get(before) == record.pod:
            del self._beds[before]
        if sleeper:
            self._sleepers[record.pod], self._beds[sleeper] = sleeper, record.pod
        else:
            self._sleepers.pop(record.pod, None)
        self.changed(record, now_s)

    def changed(self, record: PodRecord, now_s: float) -> None:
        """The record differs from what watchers saw."""
        record.touch(now_s)
        self.unseated.note(record.pod, record.presence.site, free=_free(record))
        self.census.note(record.presence, record.status, record.breaker.state)
        for watch in tuple(self._watches.values()):
            watch.mark(record.pod)

    def watch(self, changed: Changed) -> "PodWatching | Refusal":
        """Watch the fleet; the first take gives every pod."""
        if len(self._watches) >= WATCHERS_MAX:
            return Refusal(Code.TOO_MANY_WATCHERS, f"{WATCHERS_MAX} watchers watch the pods already")
        self._watch_ids += 1
        watch = PodWatching(self, changed, self._watch_ids)
        self._watches[self._watch_ids] = watch
        return watch

    def forget(self, number: int) -> None:
        """A watch has closed."""
        self._watches.pop(number, None)


def _free(record: PodRecord) -> bool:
    """Whether somebody lies in this pod who has no seat."""
    return record.sleeper != "" and not record.dreamscape


class PodWatching:
    """Pods that changed since the last take; only names are kept, so it is bounded by the fleet."""

    def __init__(self, fleet: Fleet, changed: Changed, number: int) -> None:
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
        return tuple(view(record) for record in records if record is not None)

    def close(self) -> None:
        """Stop watching."""
        self._fleet.forget(self._number)


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
        breaker=rested(record.breaker, now_s),
        breaker_cause=breaker_cause(record),
    )
    status = record.status
    if status is None:
        return facts
    return replace(
        facts,
        status_age_s=now_s - record.status_s,
        latched=status.latched,
        calibrated=status.calibration.done,
        calibration_source=status.calibration.source,
        clean_s=status.calibration.clean_s,
        clock_synced=status.clock.synced,
        quality=status.quality,
        quality_cause=status.quality_cause,
    )


def breaker_cause(record: PodRecord) -> str:
    """Why the breaker is not closed, or empty."""
    cause = record.breaker.cause
    return cause.value if cause is not None and record.breaker.state is not BreakerState.CLOSED else ""


def _state(record: PodRecord) -> PodState:
    status = record.status
    if not record.online or status is None:
        return PodState.OFFLINE
    if status.latched:
        return PodState.LATCHED
    if record.seat:
        return PodState.SEATED
    if not status.calibration.done:
        return PodState.CALIBRATING
    return PodState.READY if record.sleeper else PodState.IDLE


def view(record: PodRecord) -> PodView:
    """The pod as the API shows it."""
    status, presence = record.status, record.presence
    channels = status.channels if status else ()
    return PodView(
        pod=record.pod,
        state=_state(record),
        online=record.online,
        site=presence.site,
        device_kind=presence.device.kind,
        device_model=presence.device.model,
        schema=presence.schema,
        software=presence.versions.software,
        sleeper=record.sleeper,
        dreamscape=record.dreamscape,
        seat=record.seat,
        quality=status.quality if status else 0.0,
        quality_cause=status.quality_cause if status else "",
        channels=tuple(ChannelView(c.name, c.quality, c.cause) for c in channels),
        calibrated=status.calibration.done if status else False,
        calibration_source=status.calibration.source.name.lower() if status else "",
        calibration_clean_s=status.calibration.clean_s if status else 0.0,
        alpha_hz=status.calibration.alpha_hz if status else 0.0,
        clock_synced=status.clock.synced if status else False,
        clock_uncertainty_us=status.clock.uncertainty_us if status else 0,
        applied=status.applied if status else 0.0,
        latched=record.latched,
        breaker=record.breaker.state,
        breaker_cause=breaker_cause(record),
        last_seen_s=record.seen_s,
        etag=f"{record.incarnation:x}-{record.version:x}",
    )
