"""Ways out that another daemon of the house keeps: carried out first, once, and by no one who may not."""

from typing import Final

from mutate.mutation import Mutation

_EXECUTION: Final = "daemon/dreamd/app/api/kept_orders/execution.py"
_REGISTRY: Final = "daemon/dreamd/app/dreamscapes/registry.py"
_HOUSE: Final = "daemon/dreamd/adapters/ledger/house/"
_APP: Final = ("tests/app/test_house_orders.py",)
_DESK: Final = ("tests/conformance/test_order_desk.py",)
_ROWS: Final = ("tests/conformance/test_house_orders.py",)
_GRPC: Final = ("tests/api/test_kept_ways_out.py",)

KEPT_ORDERS: Final = (
    Mutation(
        "orders.first",
        "a new owner grants before it has read what waits",
        _EXECUTION,
        "        self.carry_out_orders(waiting)\n",
        "",
        _APP,
    ),
    Mutation(
        "orders.unheard",
        "a bed that has not connected yet keeps its restored seat",
        _EXECUTION,
        "left = self._dreamscapes.leave_returning(pod, cause, of)",
        "left = False",
        _APP,
    ),
    Mutation(
        "orders.site",
        "an order for a site reaches no bed that returns later",
        _EXECUTION,
        "if record.presence.site == begun.order.target:",
        "if False:",
        _APP,
    ),
    Mutation(
        "orders.other-sites",
        "an order for a site severs the beds of every site",
        _EXECUTION,
        "if record.presence.site == begun.order.target:",
        "if True:",
        _APP,
    ),
    Mutation(
        "orders.awaited",
        "an order for a site ends before its beds have returned",
        _EXECUTION,
        "if self.ticket is None or self.awaits or not self.ticket.settled:",
        "if self.ticket is None or not self.ticket.settled:",
        _APP,
    ),
    Mutation(
        "orders.once",
        "an order that raises is begun again each second",
        _EXECUTION,
        "if order.id not in self._begun and order.id not in self._ended:",
        "if order.id not in self._ended:",
        _APP,
    ),
    Mutation(
        "orders.excused",
        "a bed whose restored seat was taken is asked again by itself",
        _REGISTRY,
        "        runtime.dreamscape.admission.excused.add(pod)\n        runtime.dreamscape.assignment.leave(",
        "        runtime.dreamscape.assignment.leave(",
        _APP,
    ),
    Mutation(
        "orders.declined",
        "declining one Dreamscape takes the seat of another",
        _REGISTRY,
        "(of and of != runtime.dreamscape.plan.dreamscape)",
        "False",
        _APP,
    ),
    Mutation(
        "orders.early",
        "a sever between presence and status leaves the restored seat",
        "daemon/dreamd/app/api/severs.py",
        "        runtime = runtime or self._dreamscapes.seating(record)  # it may have reported meanwhile\n",
        "",
        _APP,
    ),
    Mutation(
        "orders.told",
        "an owner is not told of an order, and finds it by its next look",
        _HOUSE + "order_listener.py",
        'base.exec_driver_sql(f"LISTEN {CHANNEL}")',
        "pass",
        _ROWS,
    ),
    Mutation(
        "orders.looks",
        "an owner that has lost its connection hears of no order",
        _HOUSE + "order_listener.py",
        "            self._stopping.wait(LOOKED_S)\n",
        "            return\n",
        _ROWS,
    ),
    Mutation(
        "orders.callers",
        "the same order of another person leaves no record",
        _HOUSE + "order_rows.py",
        '_SAME: Final = ("method", "scope", "target", "sleeper", "issuer", "told")',
        '_SAME: Final = ("method", "scope", "target", "sleeper")',
        _ROWS,
    ),
    Mutation(
        "orders.same",
        "the same order waits many times",
        _HOUSE + "order_rows.py",
        "if same not in known:",
        "if True:",
        _ROWS,
    ),
    Mutation(
        "orders.end-once",
        "a later end replaces the first one",
        "daemon/dreamd/adapters/ledger/rows/institution_rows.py",
        '.where(_ORDERS.c.id == sa.bindparam("of"), _ORDERS.c.acted_s == 0.0)',
        '.where(_ORDERS.c.id == sa.bindparam("of"))',
        _ROWS,
    ),
    Mutation(
        "orders.erased",
        "an erased sleeper stays named in an order that they gave",
        "daemon/dreamd/adapters/ledger/rows/forgetting.py",
        "sa.or_(_HOUSE.c.sleeper == _OF, _HOUSE.c.own == _OF)",
        "_HOUSE.c.sleeper == _OF",
        _DESK,
    ),
    Mutation(
        "orders.bound",
        "orders of a house have no bound",
        _HOUSE + "order_rows.py",
        "if len(known) > WAITING_MAX:",
        "if False:",
        _ROWS,
    ),
    Mutation(
        "orders.subject",
        "an order names a sleeper in the database although the subject is known",
        _HOUSE + "house_facts.py",
        "return self.subjects.get(sleeper, sleeper)",
        "return sleeper",
        _DESK,
    ),
    Mutation(
        "orders.refused",
        "a refusal of the owner is told as done",
        "daemon/dreamd/adapters/grpc/kept_ways_out.py",
        "if end.outcome != DONE:",
        "if False:",
        _GRPC,
    ),
    Mutation(
        "orders.alone",
        "without an owner the answer waits for one",
        "daemon/dreamd/adapters/grpc/kept_ways_out.py",
        "if kept.owner_left_s > 0.0:",
        "if True:",
        _GRPC,
    ),
)
