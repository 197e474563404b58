"""Severs by scope and the house, of an application in memory."""

from collections.abc import Callable

from dreamd.core.access.caller import Caller
from dreamd.core.fleet.house import HouseView
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.scopes import SeverScope

WELL = HouseView(broker=True, broker_since_s=1.0, ledger="", blind=(), online=3, unheard=0)


class FakeSevers:
    """Each order severs the pods of `pods_of`; `none-...` is an unknown name."""

    def __init__(
        self, asked: Callable[..., Refusal | None], ticket: Callable[[tuple[str, ...]], object]
    ) -> None:
        self._asked, self._ticket = asked, ticket
        self.pods_of: dict[str, tuple[str, ...]] = {}
        self.callers: list[Caller] = []

    def order(self, caller: Caller, scope: SeverScope, target: str, reason: str) -> object:
        """Sever, and record the call."""
        self.callers.append(caller)
        refusal = self._asked("severs.order", scope, target, caller.name, reason)
        if refusal is None and target.startswith("none-"):
            refusal = Refusal(Code.POD_UNKNOWN, f"nothing is named {target}")
        return refusal or self._ticket(self.pods_of.get(target, ("bed-1", "bed-2")))
