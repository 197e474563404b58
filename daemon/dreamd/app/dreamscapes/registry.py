"""The registry: every Dreamscape of this daemon by its name, and what needs more than one of them.

Rules
- A name is found among the living first, then in the archive. A name is given once: while its creation waits
  for the ledger it is reserved, and after the end it stays used.
- At most DREAMSCAPES_MAX are open; a creation that waits counts as one.
- Once `closing` is set nothing new begins: `shutting_down` is the refusal for all that would begin.
- A daemon that stops zeroes every Dreamscape before it sends a release. Where it hands the house over it
  sends none, and its last write names the pods that are well (`drivers.handed_slots`).
- A breaker opens wherever its pod sits: in its Dreamscape, which takes weight and coupling with it, or alone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.archive import Archive, Bygone, Row, of_the_past
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.drivers.handed_slots import HandedSlots, handed_by
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.dreamscapes.views import breaker_view, last_frame, newest_instant
from dreamd.app.fleet.registry import PodRecord
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.app.safety.breaker_registry import BreakerListener
from dreamd.core.dreamscapes.views import DreamscapeState, DreamscapeView, SeatState
from dreamd.core.fleet.freshness import SILENCE, Word
from dreamd.core.limits import DREAMSCAPES_MAX
from dreamd.core.listing import dated, newest_first
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.breaker import Reset, Trip
from dreamd.core.safety.causes import Cause
from dreamd.ports.ledger.dreamscapes import DreamscapeLedger
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import Release, Status


@dataclass(frozen=True, slots=True)
class Tally:
    """How many Dreamscapes are DREAMING, and how many of their sleepers are assigned and merged."""

    dreaming: int
    assigned: int
    merged: int


class DreamscapeRegistry(Mapping[str, DreamscapeRuntime]):
    """Maps the name of each Dreamscape that is not put away yet to its runtime."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._deps = dependencies
        self._ledger: DreamscapeLedger = dependencies.ledger
        self._runtimes: dict[str, DreamscapeRuntime] = {}
        self._creating: set[str] = set()
        self._awaited: WeakValueDictionary[str, DreamscapeRuntime] = WeakValueDictionary()
        self.archive = Archive(dependencies)
        self.closing = self.handing_over = False
        self.returned: list[Callable[[PodRecord], None]] = []
        """Called with a pod that has a restored seat, at its first report, before the seat is given back."""
        dependencies.fleet.frame_of = self._frame_of
        dependencies.locks.listener_of = self._breakers_of

    def __getitem__(self, name: str) -> DreamscapeRuntime:
        """The runtime of this name."""
        return self._runtimes[name]

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of their creation."""
        return iter(self._runtimes)

    def __len__(self) -> int:
        """How many are not put away yet."""
        return len(self._runtimes)

    # -- life -------------------------------------------------------------------------------------

    def open(self) -> None:
        """Restore the Dreamscapes of the ledger; those that were DREAMING go on, each sleeper from zero.

        Raises:
            LedgerError: they cannot be read.
        """
        self.archive.open()
        handed = {one.dreamscape: HandedSlots(one) for one in self._deps.ledger.handed_over()}
        for record in self._ledger.load():
            runtime = DreamscapeRuntime(Dreamscape.restore(record, self._deps), self._deps)
            self._runtimes[record.plan.dreamscape] = runtime
            runtime.inputs.handed = handed.get(record.plan.dreamscape, runtime.inputs.handed)
            for seat in runtime.dreamscape.seats:
                if seat.returning and seat.state is not SeatState.LEFT:
                    self._awaited[seat.pod] = runtime
                    self._deps.locks.find(seat.pod, self._deps.clock.now_s())
        self._deps.invitations.keep_lists(self._runtimes)

    def adopt(self, record: PodRecord, status: Status) -> None:
        """Give a restored seat back to its pod at the pod's first status after a restart."""
        if record.pod not in self._awaited:
            return
        for judge in self.returned:
            judge(record)
        awaiting = self._awaited.get(record.pod)
        if awaiting is not None and awaiting.inputs.adopt(record, status):
            del self._awaited[record.pod]

    def doubt_handed(self, pod: str) -> None:
        """A pod reports a fault: where no status of it came yet, a handover is no proof that it is well."""
        awaiting = self._awaited.get(pod)
        if awaiting is not None:
            awaiting.inputs.handed.doubt(pod)

    def close_all(self, *, hands_over: bool) -> tuple[PendingSever, ...]:
        """Zero every sleeper, then release the pods; the Dreamscapes stay as they are, for the next owner.

        hands_over: a standby takes the house and every pod with it, so none is released.
        """
        self.closing, self.handing_over = True, hands_over
        dreamscapes = [runtime.dreamscape for runtime in self._runtimes.values()]
        tickets = tuple(one.close() for one in dreamscapes)
        for one in dreamscapes:
            if not hands_over:
                one.homecoming.order_stop()
        return tickets

    def keep_handover(self) -> None:
        """Where the house is handed over, write which pods the next owner may take on trust."""
        if not self.handing_over:
            return
        handed = [handed_by(runtime.dreamscape, self._deps.fleet) for runtime in self._runtimes.values()]
        slots = tuple(one for one in handed if one is not None)
        if slots:
            self._deps.commits.submit(Transaction(handovers=slots), "the handover", lambda _commit: None)

    def move_pod(self, record: PodRecord, broker: int) -> None:
        """The pod has spoken at this broker: it belongs there from now on."""
        if record.broker == broker:
            return
        record.broker = broker
        runtime = self.seating(record)
        seat = runtime.dreamscape.seats.of(record.pod) if runtime is not None else None
        if runtime is not None and seat is not None and seat.slot is not None:
            cohorts = runtime.dreamscape.cohorts
            cohorts.brokers.place(*cohorts.locate(seat.slot), broker)

    def place_of(self, pod: str) -> int | None:
        """The number of the broker at which this pod spoke last; None: it has not spoken."""
        record = self._deps.fleet.get(pod)
        return record.broker if record is not None else None

    @property
    def awaited(self) -> list[str]:
        """The pods with a restored seat that have not reported since the restart."""
        return [pod for pod, runtime in self._awaited.items() if runtime.dreamscape.seats.of(pod) is not None]

    def leave_returning(self, pod: str, cause: Cause, of: str = "") -> bool:
        """Take its restored seat from a pod that has not reported since the restart; whether it had one.

        of: the Dreamscape, where it is to be this one alone. The pod is not asked again by itself.
        """
        runtime = self._awaited.get(pod)
        seat = runtime.dreamscape.seats.of(pod) if runtime is not None else None
        if runtime is None or seat is None or (of and of != runtime.dreamscape.plan.dreamscape):
            return False
        del self._awaited[pod]
        runtime.dreamscape.admission.excused.add(pod)
        runtime.dreamscape.assignment.leave(seat, cause.value)
        runtime.dreamscape.keep_record()
        return True

    def reserve(self, name: str) -> None:
        """Keep this name while the creation of its Dreamscape waits for the ledger."""
        self._creating.add(name)

    def unreserve(self, name: str) -> None:
        """The creation has ended, one way or the other."""
        self._creating.discard(name)

    def add_runtime(self, runtime: DreamscapeRuntime) -> None:
        """A Dreamscape is created."""
        name = runtime.dreamscape.plan.dreamscape
        self._runtimes[name] = runtime
        self.archive.use(name)

    def put_away(self, now_s: float) -> None:
        """Turn ended Dreamscapes into rows of the archive, once all of their accounts are in the ledger."""
        for name, runtime in tuple(self._runtimes.items()):
            if runtime.dreamscape.settled(now_s):
                breaker = breaker_view(runtime.dreamscape, self._deps.locks)
                self.archive.put(Row(of_the_past(runtime.view()), breaker, runtime.dreamscape.ended_s))
                self._deps.locks.forget_dreamscape(name)
                runtime.give_back_memory()
                self._deps.invitations.drop_list(name)
                self._deps.meters.dreamscape_gone(name)
                del self._runtimes[name]

    def dreams_alone(self, dreamscape: str) -> bool:
        """Whether this Dreamscape is an anchor session, which is of one sleeper."""
        runtime = self._runtimes.get(dreamscape)
        return runtime is not None and runtime.dreamscape.plan.kind.alone

    def tighten(self) -> None:
        """The limits are others: a tighter one holds in the next message of every Dreamscape."""
        for name, runtime in tuple(self._runtimes.items()):
            self._deps.failures.attempt("tick", runtime.tighten, of=name)

    # -- an erased sleeper ------------------------------------------------------------------------

    def holds_account(self, sleeper: str) -> bool:
        """Whether a Dreamscape has merge-minutes of this sleeper that the ledger does not have yet."""
        return any(one.dreamscape.exposure.holds_account(sleeper) for one in self._runtimes.values())

    def unname(self, sleeper: str) -> None:
        """Name nobody on the seats that an erased sleeper has left, of living and ended Dreamscapes."""
        for runtime in self._runtimes.values():
            runtime.dreamscape.seats.unname(sleeper)
        self.archive.unname(sleeper)

    # -- refusals ---------------------------------------------------------------------------------

    def shutting_down(self) -> Refusal | None:
        """The refusal of anything that would begin while the daemon shuts down."""
        if not self.closing:
            return None
        doing = "handing the house over to its standby" if self.handing_over else "shutting down"
        return Refusal(Code.SHUTTING_DOWN, f"the daemon is {doing}")

    def unavailable(self, name: str) -> Refusal | None:
        """Return why no Dreamscape of this name can be created, or None."""
        if self.archive.used(name) or name in self._creating:
            living = self._runtimes.get(name)
            planned = "planned" if name in self._creating else "ended"
            state = living.dreamscape.state.value if living is not None else planned
            return Refusal(
                Code.DREAMSCAPE_EXISTS,
                f"a Dreamscape named {name!r} exists, {state}",
                {"dreamscape": name},
            )
        live = sum(c.dreamscape.state is not DreamscapeState.ENDED for c in self._runtimes.values())
        live += len(self._creating)
        if live >= DREAMSCAPES_MAX:
            return Refusal(Code.DREAMSCAPES_FULL, f"{live} Dreamscapes are open already")
        return None

    # -- finding ----------------------------------------------------------------------------------

    def find(self, name: str, etag: str = "") -> DreamscapeRuntime | Bygone | Refusal:
        """The Dreamscape of this name, living or ended; refused where it is unknown or the etag is stale."""
        runtime = self._runtimes.get(name)
        if runtime is None:
            bygone = self.archive.ended_named(name)
            if bygone is not None:
                return bygone
            return Refusal(Code.DREAMSCAPE_UNKNOWN, f"no Dreamscape is named {name!r}", {"dreamscape": name})
        if etag and etag != runtime.dreamscape.etag:
            return Refusal(Code.STALE_ETAG, f"{name} has changed since etag {etag}", {"dreamscape": name})
        return runtime

    def seating(self, record: PodRecord) -> DreamscapeRuntime | None:
        """The Dreamscape in which this pod has its seat."""
        return self._runtimes.get(record.dreamscape)

    def is_held(self, pod: str) -> bool:
        """Whether the pod of this name has a seat, or is connected and still reports a slot."""
        record = self._deps.fleet.get(pod)
        if record is None:
            return False
        return self.seating(record) is not None or (record.online and self.holds_slot(record))

    def listed(self, after: str) -> Iterator[DreamscapeView]:
        """Every Dreamscape that is kept, newest first, without seats, behind the place `after`.

        Raises:
            ValueError: it is no place (`listing.place_of_dreamscape`).
        """
        living = [(runtime.dreamscape.created_s, name) for name, runtime in self._runtimes.items()]
        return newest_first(living, self.archive.places, dated(after), self._listed)

    def _listed(self, name: str) -> DreamscapeView:
        runtime = self._runtimes.get(name)
        return self.archive.listed(name) if runtime is None else runtime.view(with_seats=False)

    def tick_of(self, name: str) -> int:
        """The number of this Dreamscape's newest tick; 0: there is none."""
        runtime = self._runtimes.get(name)
        return runtime.dreamscape.cohorts.tick_number if runtime is not None else 0

    def tally(self) -> Tally:
        """Everything that dreams, in three numbers."""
        dreaming = [c for c in self._runtimes.values() if c.dreamscape.state is DreamscapeState.DREAMING]
        counts = [runtime.dreamscape.tally() for runtime in dreaming]
        return Tally(len(dreaming), sum(one[0] for one in counts), sum(one[1] for one in counts))

    # -- pods -------------------------------------------------------------------------------------

    def _frame_of(self, record: PodRecord) -> Word:
        runtime = self.seating(record)
        return last_frame(runtime.dreamscape, record.pod, self._deps.clock.now_s()) if runtime else SILENCE

    def newest_frame(self, pod: str) -> int:
        """The grid instant of this pod's newest frame, or since which its slot waits; 0: it has none."""
        record = self._deps.fleet.get(pod)
        runtime = self.seating(record) if record is not None else None
        return newest_instant(runtime.dreamscape, pod) if runtime is not None else 0

    def _breakers_of(self, name: str) -> BreakerListener | None:
        runtime = self._runtimes.get(name)
        return runtime.breakers if runtime is not None else None

    def holds_slot(self, record: PodRecord) -> bool:
        """Whether this pod has a slot here, or reports one itself."""
        runtime = self.seating(record)
        seat = runtime.dreamscape.seats.of(record.pod) if runtime is not None else None
        return (seat is not None and seat.slot is not None) or bool(
            record.status and record.status.assignment
        )

    def release_pod(self, record: PodRecord, reason: str) -> PendingSever:
        """Release this pod, in whatever Dreamscape it sits, and also if in none."""
        runtime = self.seating(record)
        if runtime is not None:
            return runtime.dreamscape.release_pod(record, reason)
        self.leave_returning(record.pod, Cause.RELEASED)
        self._deps.orders.send(record.pod, record.incarnation, Release(reason), self._deps.clock.now_s())
        return self._deps.tickets.issue([record.pod] if record.status and record.status.assignment else [])

    def trip(
        self, record: PodRecord, cause: Cause, by: str, evidence: str, seen_s: float | None = None
    ) -> None:
        """Open the breaker of a pod, wherever it sits, and also if nowhere. seen_s: see `Trip`."""
        runtime = self.seating(record)
        trip = Trip(cause, by, evidence, seen_s)
        if runtime is None or not runtime.breakers.trip(record, trip):
            self._deps.locks.apply(record, trip)
        self._deps.locks.flush()

    def reset(self, record: PodRecord, observation: Reset) -> None:
        """Move a LOCKED breaker to HALF_OPEN, wherever its pod sits."""
        runtime = self.seating(record)
        if runtime is None or not runtime.breakers.reset(record, observation):
            self._deps.locks.apply(record, observation)
