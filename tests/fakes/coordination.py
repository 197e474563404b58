"""An application in memory that implements `Api`: a few pods, Dreamscapes and a journal to push.

`calls` lists the calls in order; `refuse` makes the next call of a method answer with a refusal,
`break_next` makes it raise. Tests push ticks, events and pod changes, and confirm severs, by hand.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from dreamd.adapters.documents.shipped import founding
from dreamd.app.api.people.guidelines import GuidelineCommands
from dreamd.app.api.protocols import Ordered
from dreamd.app.api.stage.pieces import PieceQueries
from dreamd.app.guidelines.revisions import Revisions
from dreamd.app.stage.live_lead import LeadStream, LiveLead
from dreamd.app.stage.stimulus_markers import Marker
from dreamd.core.access.caller import Caller
from dreamd.core.dreamscapes.admission import refused
from dreamd.core.dreamscapes.views import (
    BreakerState,
    Check,
    CollectiveView,
    DreamscapeState,
    DreamscapeView,
    Event,
    Plan,
    PodState,
    PodView,
    SeverOutcome,
)
from dreamd.core.fleet.house import HouseView, Waiting, no_standby
from dreamd.core.limits import WATCHERS_MAX
from dreamd.core.listing import Newest, dated, newest_first
from dreamd.core.pieces.piece import NO_CREDITS, Credits
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.views import BreakerView
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import WakeScope
from dreamwire.schema import BANDS6X2
from fakes import surveillance
from fakes.access import FakeAccess
from fakes.clinic import FakeClinic
from fakes.consents import FakeConsents
from fakes.erasures import FakeErasures
from fakes.exchange import FakeExchange
from fakes.invitations import FakeInvitations
from fakes.letters import FakeNights
from fakes.moratoria import FakeMoratoria
from fakes.pieces import PIECE
from fakes.reports import FakeReports
from fakes.severs import WELL, FakeSevers
from fakes.views import NOW_S, breaker_view, collective_view, dreamscape_view, pod_view

OVER_DOSE = Refusal(
    Code.GUIDELINE_REFUSED,
    "clause G-3.1 of the guidelines, revision 1: dose_24h_min is 63.2 merge-minutes, the limit is 60",
    {"clause": "G-3.1", "revision": "1", "limit": "60", "value": "63.2"},
)
"""A check that a clause refuses."""

Changed = Callable[[], None]


class FakeTicket:
    """A sever with pods that confirm when the test calls `confirm`."""

    def __init__(self, pods: tuple[str, ...]) -> None:
        self.pods = pods
        self.waiting = list(pods)

    def confirm(self, pod: str) -> None:
        """Confirm this pod's zero."""
        self.waiting.remove(pod)

    def outcome(self) -> SeverOutcome:
        """The outcome so far."""
        return SeverOutcome(len(self.pods), len(self.pods) - len(self.waiting), tuple(self.waiting))

    @property
    def settled(self) -> bool:
        """Whether all have confirmed; the fake has no clock."""
        return not self.waiting


class FakeCollectiveWatch:
    """Keeps the newest tick; `taken` lists the ticks that the server took."""

    def __init__(self, changed: Changed, leave: Callable[["FakeCollectiveWatch"], None]) -> None:
        self._changed = changed
        self._leave = leave
        self._newest: CollectiveView | None = None
        self._skipped = 0
        self._over = False
        self.taken: list[CollectiveView] = []
        self.asked = 0

    def push(self, view: CollectiveView) -> None:
        """Push a tick."""
        self._skipped += self._newest is not None
        self._newest = view
        self._changed()

    def finish(self) -> None:
        """End the Dreamscape."""
        self._over = True
        self._changed()

    def take(self) -> CollectiveView | None:
        """The newest tick, with the number of skipped ones."""
        self.asked += 1
        if self._newest is None:
            return None
        view, self._newest = replace(self._newest, skipped=self._skipped), None
        self._skipped = 0
        self.taken.append(view)
        return view

    @property
    def ended(self) -> bool:
        """Whether it has ended and nothing is left."""
        return self._over and self._newest is None

    def close(self) -> None:
        """Leave."""
        self._leave(self)


class FakeEventWatch:
    """Reads the fake's journal after a cursor."""

    def __init__(self, owner: "FakeCoordination", cursor: int, dreamscape: str, changed: Changed) -> None:
        self._app = owner
        self._dreamscape = dreamscape
        self.cursor = cursor
        self.changed = changed

    def take(self, limit: int) -> tuple[Event, ...] | Refusal:
        """The next events in order."""
        if self.cursor < self._app.journal_from - 1:
            oldest = {"oldest": str(self._app.journal_from)}
            return Refusal(Code.CURSOR_TOO_OLD, f"cursor {self.cursor} is no longer kept", oldest)
        rest = [e for e in self._app.journal if e.cursor > self.cursor][:limit]
        if rest:
            self.cursor = rest[-1].cursor
        return tuple(e for e in rest if self._dreamscape in ("", e.dreamscape))

    def close(self) -> None:
        """Leave."""
        self._app.event_watches.discard(self)


class FakePodWatch:
    """Pods that changed, the newest view of each."""

    def __init__(self, owner: "FakeCoordination", changed: Changed) -> None:
        self._app = owner
        self._dirty = dict.fromkeys(owner.fleet)
        self._changed = changed

    def touch(self, pod: str) -> None:
        """Mark this pod as changed."""
        self._dirty[pod] = None
        self._changed()

    def take(self) -> tuple[PodView, ...]:
        """The pods that changed."""
        views = tuple(self._app.fleet[pod] for pod in self._dirty)
        self._dirty.clear()
        return views

    def close(self) -> None:
        """Leave."""
        self._app.pod_watches.discard(self)


class FakeBreakers:
    """The breakers of the fake's pods, all CLOSED, until a test or a call changes them."""

    def __init__(self, owner: "FakeCoordination") -> None:
        self._app = owner
        self.views = {f"pods/{pod}": breaker_view(f"pods/{pod}") for pod in owner.fleet}

    def list(self, state: BreakerState | None = None, after: str = "") -> Iterator[BreakerView]:
        self._app.asked("breakers.list", state)
        behind = (self.views[name] for name in sorted(self.views) if name > after)
        return (view for view in behind if state in (None, view.state))

    def get(self, name: str) -> BreakerView | Refusal:
        return self._app.asked("breakers.get", name) or self._none(name) or self.views[name]

    def _none(self, name: str) -> Refusal | None:
        return None if name in self.views else Refusal(Code.POD_UNKNOWN, f"there is no {name}")

    def _move(self, name: str, state: BreakerState, by: str, reason: str) -> BreakerView:
        self.views[name] = breaker_view(name, state, f"{by}: {reason}")
        return self.views[name]

    def trip(self, caller: Caller, name: str, reason: str) -> BreakerView | Refusal:
        refusal = self._app.asked("breakers.trip", name, caller.name, reason) or self._none(name)
        return refusal or self._move(name, BreakerState.OPEN, caller.name, reason)

    def reset(self, caller: Caller, name: str, reason: str, etag: str = "") -> BreakerView | Refusal:
        refusal = self._app.asked("breakers.reset", name, caller.name, reason, etag) or self._none(name)
        if refusal is None and self.views[name].state is not BreakerState.LOCKED:
            refusal = Refusal(Code.BREAKER_NOT_LOCKED, f"breaker {name} is {self.views[name].state.value}")
        return refusal or self._move(name, BreakerState.HALF_OPEN, caller.name, reason)


class FakeWakeOrders:
    """Wake orders w1, w2 and so on; each severs bed-1 and bed-2."""

    def __init__(self, owner: "FakeCoordination") -> None:
        self._app = owner
        self.orders: dict[str, Order] = {}

    def list(self, after: str = "", *, standing: bool = False) -> Iterator[Order]:
        self._app.asked("wake_orders.list")
        begin = dated(after)
        newest_first = reversed(self.orders.values())
        behind = (one for one in newest_first if begin is None or (one.at_s, one.id) < begin)
        return (one for one in behind if one.stands or not standing)

    def order(
        self, caller: Caller, scope: WakeScope, target: str, reason: str, request_id: str = ""
    ) -> Ordered | Refusal:
        if refusal := self._app.asked("wake_orders.order", scope, target, caller.name, reason, request_id):
            return refusal
        number = len(self.orders) + 1
        order = Order(f"w{number}", number, scope, target, caller.name, reason, NOW_S, request_id)
        self.orders[order.id] = order
        return Ordered(order, self._app.ticket(("bed-1", "bed-2")))

    def lift(self, caller: Caller, order_id: str, reason: str) -> Order | Refusal:
        if refusal := self._app.asked("wake_orders.lift", order_id, caller.name, reason):
            return refusal
        if order_id not in self.orders:
            return Refusal(Code.WAKE_ORDER_UNKNOWN, f"no wake order is named {order_id}")
        lifted = replace(
            self.orders[order_id], lifted_by=caller.name, lifted_reason=reason, lifted_s=NOW_S + 1
        )
        self.orders[order_id] = lifted
        return lifted


class FakePods:
    """The pods of the fake's fleet."""

    def __init__(self, owner: "FakeCoordination") -> None:
        self._app = owner

    def list(self, after: str = "") -> Iterator[PodView]:
        self._app.asked("pods")
        return (self._app.fleet[pod] for pod in sorted(self._app.fleet) if pod > after)

    def get(self, pod: str) -> PodView | Refusal:
        refusal = self._app.asked("pod", pod) or self._app.no_pod(pod)
        return refusal or self._app.fleet[pod]

    def watch(self, changed: Changed) -> FakePodWatch | Refusal:
        if refusal := self._app.asked("watch_pods"):
            return refusal
        watch = FakePodWatch(self._app, changed)
        self._app.pod_watches.add(watch)
        return watch

    def bed_of(self, sleeper: str) -> str | Refusal:
        found = [pod for pod, view in self._app.fleet.items() if view.sleeper == sleeper]
        return found[0] if found else Refusal(Code.POD_UNKNOWN, "this sleeper is checked in to no pod")

    def check_in(self, caller: Caller, pod: str, sleeper: str, etag: str = "") -> PodView | Refusal:
        refusal = self._app.asked("check_in", pod, sleeper, etag) or self._app.no_pod(pod)
        if refusal is None and etag not in ("", self._app.fleet[pod].etag):
            refusal = Refusal(Code.STALE_ETAG, f"pod {pod} has changed since etag {etag}")
        if refusal:
            return refusal
        self._app.change(pod, sleeper=sleeper, state=PodState.READY, etag="e2")
        return self._app.fleet[pod]

    def check_out(self, caller: Caller, pod: str) -> PodView | Refusal:
        refusal = self._app.asked("check_out", pod) or self._app.no_pod(pod)
        if refusal:
            return refusal
        self._app.change(pod, sleeper="", state=PodState.IDLE)
        return self._app.fleet[pod]

    def release(self, caller: Caller, pod: str, reason: str) -> FakeTicket | Refusal:
        return self._app.asked("release", pod, reason) or self._app.no_pod(pod) or self._app.ticket((pod,))


class FakeDreamscapes:
    """The fake's Dreamscapes; each command moves the state at once."""

    def __init__(self, owner: "FakeCoordination") -> None:
        self._app = owner

    def living(self) -> tuple[DreamscapeView, ...]:
        newest_first = reversed(self._app.sessions.values())
        return tuple(replace(v, seats=()) for v in newest_first if v.state is not DreamscapeState.ENDED)

    def create(self, caller: Caller, plan: Plan, *, validate_only: bool = False) -> DreamscapeView | Refusal:
        if refusal := self._app.asked("create", plan, validate_only):
            return refusal
        if plan.dreamscape in self._app.sessions:
            return Refusal(Code.DREAMSCAPE_EXISTS, f"there is a Dreamscape {plan.dreamscape} already")
        view = dreamscape_view(plan)
        if not validate_only:
            self._app.sessions[plan.dreamscape] = view
        return view

    def update(
        self, caller: Caller, plan: Plan, etag: str = "", *, validate_only: bool = False
    ) -> DreamscapeView | Refusal:
        refusal = self._app.asked("update", plan, etag, validate_only) or self._app.no_dreamscape(
            plan.dreamscape
        )
        if refusal is None and etag not in ("", self._app.sessions[plan.dreamscape].etag):
            refusal = Refusal(Code.STALE_ETAG, f"{plan.dreamscape} has changed since etag {etag}")
        if refusal:
            return refusal
        view = replace(self._app.sessions[plan.dreamscape], plan=plan)
        if not validate_only:
            self._app.sessions[plan.dreamscape] = view
        return view

    def list(self, after: str = "") -> Iterator[DreamscapeView]:
        self._app.asked("dreamscapes")
        named = {(view.created_s, name) for name, view in self._app.sessions.items()}
        return newest_first(named, Newest(), dated(after), self._app.sessions.__getitem__)

    def get(self, name: str) -> DreamscapeView | Refusal:
        return (
            self._app.asked("dreamscape", name) or self._app.no_dreamscape(name) or self._app.sessions[name]
        )

    def _move(self, name: str, state: DreamscapeState) -> DreamscapeView:
        view = replace(self._app.sessions[name], state=state, etag=f"{state.value}-1")
        self._app.sessions[name] = view
        return view

    def start(self, caller: Caller, name: str, etag: str = "") -> DreamscapeView | Refusal:
        refusal = self._app.asked("start", name, etag) or self._app.no_dreamscape(name)
        return refusal or self._move(name, DreamscapeState.DREAMING)

    def resume(self, caller: Caller, name: str, etag: str = "") -> DreamscapeView | Refusal:
        refusal = self._app.asked("resume", name, etag) or self._app.no_dreamscape(name)
        return refusal or self._move(name, DreamscapeState.DREAMING)

    def _cut(self, name: str, state: DreamscapeState) -> FakeTicket | Refusal:
        if refusal := self._app.no_dreamscape(name):
            return refusal
        self._move(name, state)
        return self._app.ticket(self._app.sessions[name].plan.pods)

    def sever(self, caller: Caller, name: str, reason: str) -> FakeTicket | Refusal:
        return self._app.asked("sever", name, reason) or self._cut(name, DreamscapeState.SEVERED)

    def wake(self, caller: Caller, name: str, reason: str) -> FakeTicket | Refusal:
        return self._app.asked("wake", name, caller.name, reason) or self._cut(name, DreamscapeState.WAKING)

    def end(self, caller: Caller, name: str, reason: str) -> FakeTicket | Refusal:
        answer = self._app.asked("end", name, reason) or self._cut(name, DreamscapeState.ENDED)
        for watch, watched in list(self._app.collective_watches.items()):
            if watched == name:
                watch.finish()
        return answer

    def explain(self, name: str, pod: str) -> tuple[Check, ...] | Refusal:
        refusal = (
            self._app.asked("explain", name, pod) or self._app.no_dreamscape(name) or self._app.no_pod(pod)
        )
        return refusal or (
            Check("present", passed=True),
            Check("calibrated", passed=False, code="NOT_CALIBRATED", sentence=f"pod {pod} has 4 of 8 s"),
            refused("guidelines", OVER_DOSE),
        )

    def watch(self, name: str, changed: Changed) -> FakeCollectiveWatch | Refusal:
        refusal = self._app.asked("watch_collective", name) or self._app.no_dreamscape(name)
        if refusal is None and len(self._app.collective_watches) >= WATCHERS_MAX:
            refusal = Refusal(Code.TOO_MANY_WATCHERS, f"{WATCHERS_MAX} watch already")
        if refusal:
            return refusal
        watch = FakeCollectiveWatch(changed, lambda gone: self._app.collective_watches.pop(gone, None))
        self._app.collective_watches[watch] = name
        if self._app.sessions[name].state is DreamscapeState.ENDED:
            watch.finish()
        return watch

    def lead(self, caller: Caller, name: str, words: Credits = NO_CREDITS) -> LeadStream | Refusal:
        self._app.leaders.append(caller)
        refusal = self._app.asked("lead", name, words) or self._app.no_dreamscape(name)
        return refusal or self._app.artists.begin(words=words)

    def write_marker(self, caller: Caller, name: str, marker: Marker) -> Event | Refusal:
        refusal = self._app.asked("write_marker", name, marker) or self._app.no_dreamscape(name)
        return refusal or self._app.happen("marker", name, cause=marker.text, acted_s=marker.acted_s)


class FakeHouse:
    """The house, well unless a test says otherwise, and the journal."""

    def __init__(self, owner: "FakeCoordination") -> None:
        self._app = owner

    def sites(self) -> tuple[str, ...]:
        return self._app.site_names

    def overview(self) -> HouseView:
        self._app.asked("house")
        return self._app.house_view

    def hand_over(self, caller: Caller) -> Waiting | Refusal:
        refusal, lease = self._app.asked("hand_over", caller), self._app.house_view.lease
        heir = lease.heir if lease is not None else None
        return refusal or heir or Refusal(Code.NO_STANDBY, no_standby(lease))

    def watch_events(self, cursor: int | None, dreamscape: str, changed: Changed) -> FakeEventWatch | Refusal:
        if refusal := self._app.asked("watch_events", cursor, dreamscape):
            return refusal
        newest = self._app.journal[-1].cursor if self._app.journal else self._app.journal_from - 1
        if cursor is not None and cursor > newest:
            return Refusal(Code.CURSOR_AHEAD, f"cursor {cursor} is above {newest}", {"newest": str(newest)})
        watch = FakeEventWatch(self._app, newest if cursor is None else cursor, dreamscape, changed)
        self._app.event_watches.add(watch)
        return watch


class FakeCoordination:
    """Three pods, no Dreamscape."""

    def __init__(self, pods: tuple[str, ...] = ("bed-1", "bed-2", "bed-3")) -> None:
        self.fleet = {pod: pod_view(pod) for pod in pods}
        self.sessions: dict[str, DreamscapeView] = {}
        self.journal: list[Event] = []
        self.journal_from = 1
        self.calls: list[tuple[object, ...]] = []
        self.tickets: list[FakeTicket] = []
        self.confirm_at_once = True
        self.collective_watches: dict[FakeCollectiveWatch, str] = {}
        self.event_watches: set[FakeEventWatch] = set()
        self.pod_watches: set[FakePodWatch] = set()
        self._next: dict[str, Refusal | Exception] = {}
        self.pods = FakePods(self)
        self.dreamscapes = FakeDreamscapes(self)
        self.house = FakeHouse(self)
        self.breakers = FakeBreakers(self)
        self.wake_orders = FakeWakeOrders(self)
        self.severs = FakeSevers(self.asked, self.ticket)
        self.moratoria = FakeMoratoria(self.asked, self.ticket)
        self.principals = FakeAccess()
        self.access = self.principals.commands
        self.audit, self.acts = self.principals.audit, self.principals.acts
        self.consents = FakeConsents(self.principals, self.asked, self.ticket)
        self.invitations = FakeInvitations(self.principals, self.asked, self.ticket)
        people, ledger = self.principals, self.principals.ledger
        self.revisions = Revisions(founding(), ledger, people.commits, people.clock)
        self.guidelines = GuidelineCommands(self.revisions, people.table)
        self.nights = FakeNights(self.principals.ledger)
        self.letters, self.exposure = self.nights.letters, self.nights.exposure
        self.erasures = FakeErasures(self.asked)
        self.reports = FakeReports()
        self.principals.ledger.write(Transaction(pieces=(PIECE,)))
        self.pieces = PieceQueries(self.principals.ledger, lambda _piece: None)
        self.clinic = FakeClinic(self.asked)
        self.exchange = FakeExchange(self.asked)
        self.surveillance = surveillance.commands(people, self.revisions)
        self.house_view = WELL
        self.site_names: tuple[str, ...] = ()
        self.leaders: list[Caller] = []
        self.artists = LiveLead(BANDS6X2, 0.3, lambda: NOW_S, lambda *_words: None)

    # For tests.

    def refuse(self, method: str, refusal: Refusal) -> None:
        """The next call of `method` answers with this."""
        self._next[method] = refusal

    def break_next(self, method: str, bug: Exception) -> None:
        """The next call of `method` raises this."""
        self._next[method] = bug

    def add(self, name: str, state: DreamscapeState, pods: tuple[str, ...] = ("bed-1", "bed-2")) -> None:
        """A Dreamscape in this state."""
        self.sessions[name] = dreamscape_view(Plan(name, 1, 8, pods=pods), state)

    def tick(self, dreamscape: str, tick: int, seats: int = 8) -> None:
        """Push a tick to every watcher."""
        view = collective_view(dreamscape, tick, seats)
        for watch, name in list(self.collective_watches.items()):
            if name == dreamscape:
                watch.push(view)

    def happen(
        self,
        kind: str,
        dreamscape: str = "",
        pod: str = "",
        cause: str = "",
        acted_s: float = 0.0,
        seat: int = 0,
        **values: float,
    ) -> Event:
        """Append an event to the journal."""
        cursor = self.journal[-1].cursor + 1 if self.journal else self.journal_from
        said = f"{pod or dreamscape}: {kind}"
        fact = Event(cursor, NOW_S, kind, dreamscape, pod, seat, cause, said, values, acted_s)
        self.journal.append(fact)
        for watch in list(self.event_watches):
            watch.changed()
        return fact

    def change(self, pod: str, **changes: object) -> None:
        """Change a pod."""
        self.fleet[pod] = replace(self.fleet[pod], **changes)  # type: ignore[arg-type]
        for watch in list(self.pod_watches):
            watch.touch(pod)

    # For its subjects.

    def asked(self, method: str, *particulars: object) -> Refusal | None:
        self.calls.append((method, *particulars))
        answer = self._next.pop(method, None)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def no_pod(self, pod: str) -> Refusal | None:
        if pod in self.fleet:
            return None
        return Refusal(Code.POD_UNKNOWN, f"pod {pod} has never connected", {"pod": pod})

    def no_dreamscape(self, name: str) -> Refusal | None:
        if name in self.sessions:
            return None
        return Refusal(Code.DREAMSCAPE_UNKNOWN, f"there is no Dreamscape {name}", {"dreamscape": name})

    def ticket(self, pods: tuple[str, ...]) -> FakeTicket:
        ticket = FakeTicket(pods)
        self.tickets.append(ticket)
        if self.confirm_at_once:
            ticket.waiting.clear()
        return ticket
