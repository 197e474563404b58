"""A house with several brokers: our own way is judged by broker, and a pod belongs to the one it spoke at."""

from typing import Final

from mutate.mutation import Mutation

_WAYS: Final = "daemon/dreamd/app/safety/own_ways.py"
_ROWS: Final = "daemon/dreamd/app/collective/broker_rows.py"
_LOOP: Final = "daemon/dreamd/app/dreamscapes/drivers/control_loop.py"
_LINKS: Final = "daemon/dreamd/adapters/mqtt/several.py"
_RIGHTS: Final = "daemon/dreamd/adapters/mqtt/several_rights.py"
_TESTS_LINKS: Final = ("tests/daemon/test_broker_links.py",)
_TESTS: Final = ("tests/app/test_several_brokers.py",)

SEVERAL_BROKERS: Final = (
    Mutation(
        "brokers.apart",
        "the loss of one broker is judged by the pods of all",
        _WAYS,
        "self.missing[broker] - gone[broker], assigned - gone[broker])",
        "self.missing[broker] - gone[broker], sum(self.expected))",
        _TESTS,
    ),
    Mutation(
        "brokers.others-dream-on",
        "the loss of one broker zeroes the pods of all",
        _WAYS,
        "self.blind = bool(self.lost) and not any(",
        "self.blind = bool(self.lost) or not any(",
        _TESTS,
    ),
    Mutation(
        "brokers.lone-pod",
        "the only pod of a broker trips for the broker's death",
        _WAYS,
        "return own_fault(missing, expected) or (missing > 0 and self._brokers.lost(broker))",
        "return own_fault(missing, expected)",
        _TESTS,
    ),
    Mutation(
        "brokers.cut",
        "pods still heard by a lost way are granted",
        "daemon/dreamd/app/collective/slot_table.py",
        "return self.allowed & ~self.cut",
        "return self.allowed",
        _TESTS,
    ),
    Mutation(
        "brokers.away",
        "a dead broker severs those at the other for want of a quorum",
        _LOOP,
        "within_reach = rows.within_reach(dreamscape.cohorts.counts())",
        "within_reach = dreamscape.cohorts.counts()[:2] + (0,)",
        _TESTS,
    ),
    Mutation(
        "brokers.no-trip",
        "breakers of the pods at a dead broker trip",
        _WAYS,
        "(record is not None and record.broker in self.lost)",
        "False",
        _TESTS,
    ),
    Mutation(
        "brokers.recorded",
        "a recording gives weight to those at a dead broker",
        "daemon/dreamd/app/collective/recorded_rows.py",
        "allowed=bank.reachable[used]",
        "allowed=bank.allowed[used]",
        _TESTS,
    ),
    Mutation(
        "brokers.late",
        "pods that return last from an outage are tripped for it",
        _WAYS,
        "return seat.number in self._late_s or",
        "return",
        _TESTS,
    ),
    Mutation(
        "brokers.late-for-ever",
        "a pod that never returns from an outage keeps a closed breaker",
        _WAYS,
        "if now_s - s <= RETURN_WITHIN_S}",
        "}",
        _TESTS,
    ),
    Mutation(
        "brokers.old-will",
        "the will of a connection left behind takes a pod offline",
        "daemon/dreamd/app/inbound.py",
        "if before is not None and stays and broker != before.broker and not presence.online:",
        "if before is None and not presence.online:",
        _TESTS,
    ),
    Mutation(
        "brokers.moves",
        "the row of a pod that moves stays with the broker that it has left",
        "daemon/dreamd/app/dreamscapes/registry.py",
        "            cohorts.brokers.place(*cohorts.locate(seat.slot), broker)\n",
        "            pass\n",
        _TESTS,
    ),
    Mutation(
        "brokers.forgiven",
        "frames lost by a dead broker count against its pods",
        _ROWS,
        "            table.columns.forgive(instant, rows)\n",
        "            pass\n",
        _TESTS,
    ),
    Mutation(
        "brokers.forgiven-there",
        "frames lost elsewhere are forgiven for a broker's death",
        _ROWS,
        "rows = None if brokers is None else np.isin(table.broker, tuple(brokers))",
        "rows = None",
        _TESTS,
    ),
    Mutation(
        "brokers.to-its-broker",
        "an order for a pod goes to the first broker, wherever the pod is",
        _LINKS,
        "return self._links if place is None else self._links[place : place + 1]",
        "return self._links[:1]",
        _TESTS_LINKS,
    ),
    Mutation(
        "brokers.heard-at-each",
        "a broadcast goes to the first broker alone",
        _LINKS,
        "            link.broadcast(parcel)\n",
        "            self._links[0].broadcast(parcel)\n",
        _TESTS_LINKS,
    ),
    Mutation(
        "brokers.put-out-at-each",
        "a revoked bed keeps its account at the other broker",
        _RIGHTS,
        "            keeper.put_out(bed)\n",
        "            self._keepers[0].put_out(bed)\n",
        _TESTS_LINKS,
    ),
    Mutation(
        "brokers.open-one",
        "a broker that keeps its rules hides another that is open",
        _RIGHTS,
        "for told in self._open_to.values() for sentence in told",
        "for sentence in self._open_to[self._url]",
        _TESTS_LINKS,
    ),
    Mutation(
        "brokers.dead-one-forbids",
        "a dead broker keeps everybody from a seat",
        _RIGHTS,
        "for number in counted or range(len(self._keepers))",
        "for number in range(len(self._keepers))",
        _TESTS_LINKS,
    ),
)
