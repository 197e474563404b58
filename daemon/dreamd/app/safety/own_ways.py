"""Our own way to the pods of one Dreamscape, judged by broker.

If more than half of the pods at a broker are missing at once, the way by that broker is lost: the broker is
dead, or our network to it. A broker to which our connection is lost explains the silence of each pod there,
however few they are. A will makes no difference to that, for a switch ends connections as a crash does. Only
after half a minute are the pods gone whose will was published.

A pod at another broker is no evidence about this one. So the loss of one broker zeroes the pods there, and
the others dream on; their own silence is judged by their own number.

A way is back with most of its pods. Those that are late have as long as an agent waits between two attempts
to connect: until then their silence is still the outage's.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from dreamd.app.fleet.broker_states import BrokerStates
from dreamd.app.fleet.registry import PodRecord, PodRegistry
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.limits import OWN_FAULT_HOLDS_S, RETURN_WITHIN_S
from dreamd.core.safety.quorum import own_fault
from dreamd.ports.clock import SessionClock

NONE_LOST: frozenset[int] = frozenset()


class OwnWays:
    """The ways that are lost now. missing: of the pods at each, those whose frames are missing.

    blind: every way to a pod of the Dreamscape is lost.
    """

    def __init__(self, fleet: PodRegistry, brokers: BrokerStates, clock: SessionClock) -> None:
        self._fleet, self._brokers, self._clock = fleet, brokers, clock
        self._since_s: dict[int, float] = {}
        self._late_s: dict[int, float] = {}
        self.lost = NONE_LOST
        self.missing: Counter[int] = Counter()
        self.expected: Sequence[int] = ()
        self.blind = False

    def judge_ways(self, stale: Sequence[Seat], expected: Callable[[int], Sequence[int]]) -> set[int]:
        """Judge each way; return the numbers of the seats that are gone although their way is lost.

        stale: seats with a frame due and not arrived. expected: returns the assigned seats at each of so
        many brokers.
        """
        before, now_s = self.lost, self._clock.now_s()
        if not stale:
            self.missing.clear()
            self._since_s.clear()
            self._late_s.clear()
            self.lost, self.blind = NONE_LOST, False
            return set()
        found = [(seat.number, record) for seat in stale if (record := self._fleet.get(seat.pod)) is not None]
        self.missing = Counter(record.broker for _, record in found)
        self.missing[0] += len(stale) - len(found)
        offline = {number: record for number, record in found if not record.online}
        gone = Counter(record.broker for record in offline.values() if not record.breaker.may_couple)
        self.expected = expected(self._brokers.count)
        self.lost = frozenset(
            broker
            for broker, assigned in enumerate(self.expected)
            if self._is_lost(broker, self.missing[broker] - gone[broker], assigned - gone[broker])
        )
        self.blind = bool(self.lost) and not any(
            assigned for broker, assigned in enumerate(self.expected) if broker not in self.lost
        )
        self._since_s = {broker: self._since_s.get(broker, now_s) for broker in self.lost}
        self._keep_late(found, before - self.lost, now_s)
        return {number for number, record in offline.items() if self._lasts(record, now_s)}

    def _keep_late(self, found: Sequence[tuple[int, PodRecord]], back: frozenset[int], now_s: float) -> None:
        """Keep the silent seats whose way is back now, or was not long ago. found: all silent seats."""
        fresh = {number: now_s for number, record in found if record.broker in back}
        held = {number: self._late_s[number] for number, _ in found if number in self._late_s}
        self._late_s = {n: s for n, s in {**held, **fresh}.items() if now_s - s <= RETURN_WITHIN_S}

    def excuses(self, seat: Seat) -> bool:
        """Whether the silence of this seat's pod is no evidence: its way is lost, or has been until now."""
        if not self.lost and not self._late_s:
            return False
        record = self._fleet.get(seat.pod)
        return seat.number in self._late_s or (record is not None and record.broker in self.lost)

    def _is_lost(self, broker: int, missing: int, expected: int) -> bool:
        return own_fault(missing, expected) or (missing > 0 and self._brokers.lost(broker))

    def _lasts(self, record: PodRecord, now_s: float) -> bool:
        since_s = self._since_s.get(record.broker)
        return since_s is not None and now_s - since_s >= OWN_FAULT_HOLDS_S
