"""The rule `berth`: a berth is given to an ask that listed it, once that is written, and the pool can pay it.

Of each cleared round of a daemon the watch takes the public file, verifies it, and holds it against the
storage and against what the sleepers were answered.

Rules
- No ask has a berth that it did not list; no offer gives more than it has; no ask that has left has one.
- A round is cleared, and an ask counts as one that has left, once the storage has that.
- The pool stays at zero or above.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from dreamd.adapters.documents.canonical import digest
from dreamd.core.exchange.course import RoundState
from dreamd.core.exchange.published import verify
from dreamd.core.exchange.views import AskState, OwnAsk
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from dreamd.simulation.environment import ObservedDaemon
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamd.simulation.machines.operators import OPERATOR

BERTH: Final = "berth"
RESULTS: Final = (RoundState.CLEARED, RoundState.SETTLED)

Violated = Callable[[str, str, str], None]


class RoundWatch:
    """The rounds of a night. judged: files looked at; given: berths in them."""

    def __init__(self, storage: LedgerStorage, violated: Violated) -> None:
        self._storage = storage
        self._violated = violated
        self._left: set[tuple[int, str]] = set()
        self._own: dict[tuple[str, str], str] = {}
        self.judged = self.given = 0

    def placed(self, sleeper: str, own: OwnAsk) -> None:
        """This sleeper was answered that the ask is placed."""
        self._own[own.round, sleeper] = own.ask.id

    def left(self, daemon: ObservedDaemon, own: OwnAsk) -> None:
        """This daemon has answered that the ask has left the line."""
        if own.state is AskState.CANCELLED:
            self._left.add((daemon.number, own.ask.id))

    def judge(self, daemon: ObservedDaemon) -> None:
        """Hold every cleared round of this daemon against the rules."""
        exchange = daemon.app.exchange
        for shown in exchange.list_rounds(OPERATOR, RESULTS):
            asked = exchange.public_file(OPERATOR, shown.round.id)
            found = asked.answer() if isinstance(asked, Deferred) and asked.settled else asked
            if not isinstance(found, Refusal | Deferred):
                self._judge_file(daemon, shown.round.id, found)

    def _judge_file(self, daemon: ObservedDaemon, name: str, file: Mapping[str, Any]) -> None:
        self.judged += 1
        kept = self._storage.rounds_by_id.get(name)
        if kept is None or kept.round.state not in RESULTS:
            self._violated(BERTH, name, "is cleared, and that is not written")
        for fault in verify(file, digest):
            self._violated(BERTH, name, f"does not verify: {fault}")
        asks = {one["id"]: one for one in file["book"]["asks"]}
        counts = {one["id"]: one["count"] for one in file["book"]["offers"]}
        held: Mapping[str, str] = file["held"]
        self.given += len(held)
        if any(offer not in asks[ask]["offers"] for ask, offer in held.items()):
            self._violated(BERTH, name, "gives a berth that its ask did not list")
        if any(many > counts[offer] for offer, many in Counter(held.values()).items()):
            self._violated(BERTH, name, "gives more berths than an offer has")
        if not file["pool_cents"] >= 0:
            self._violated(BERTH, name, f"leaves {file['pool_cents']} cents in the pool")
        self._judge_leavers(name, file["cancelled"], held)
        self._judge_own(daemon, name, held)

    def _judge_leavers(self, name: str, cancelled: list[str], held: Mapping[str, str]) -> None:
        rows = self._storage.round_asks
        for ask in cancelled:
            row = rows.get((name, ask))
            if row is None or not row.left:
                self._violated(BERTH, name, f"counts ask {ask} as one that has left, and that is not written")
            if ask in held:
                self._violated(BERTH, name, f"gives ask {ask} a berth after it has left")

    def _judge_own(self, daemon: ObservedDaemon, name: str, held: Mapping[str, str]) -> None:
        """The sleepers are told the berths of the file, and one that has left none."""
        for (round_id, sleeper), ask in self._own.items():
            if round_id != name:
                continue
            asked = daemon.app.exchange.explain(OPERATOR, name, sleeper)
            own = asked.answer() if isinstance(asked, Deferred) and asked.settled else asked
            if not isinstance(own, OwnAsk) or own.ask.id != ask:
                continue
            berth = own.berth.id if own.berth is not None else ""
            out = own.state is AskState.CANCELLED
            lost = (daemon.number, ask) in self._left and not out
            if lost or berth != ("" if out else held.get(ask, "")):
                self._violated(BERTH, name, f"tells the sleeper of ask {ask} the berth {berth!r}")
