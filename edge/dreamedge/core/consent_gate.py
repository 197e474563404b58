"""An assign waits here until the disk holds the revision of consent that it names.

No other command waits, and a way out never comes here. An assign that has waited is judged anew as a whole:
what has arrived meanwhile comes first.
"""

from dreamedge.core.merging.command_filter import CommandFilter
from dreamedge.core.merging.effects import Effect
from dreamedge.core.merging.event_reporter import EventReporter
from dreamedge.core.merging.held_consents import HeldConsents
from dreamwire.messages import Assign, Command


class ConsentGate:
    """The assign of one pod that waits for the disk; at most one, the newest."""

    def __init__(self, consents: HeldConsents, orders: CommandFilter, account: EventReporter) -> None:
        self._consents = consents
        self._orders = orders
        self._account = account
        self._waiting: Command | None = None

    @property
    def waits(self) -> bool:
        """Whether an assign waits."""
        return self._waiting is not None

    def ask(self, message: Command, session_ms: float | None, now_ns: int) -> list[Effect]:
        """Take what an assign tells of a consent: its revision, to be written, or why it is refused."""
        what = message.what
        if not (isinstance(what, Assign) and self._orders.binds(message, session_ms)):
            return []
        refused = self._consents.refusal(what)
        if not refused:
            return [*self._consents.see(what)]
        held = self._consents.telling(what, refused, now_ns)
        return self._account.declined(held, what, now_ns, refused) if held is not None else []

    def keeps_back(self, message: Command, session_ms: float | None) -> bool:
        """Whether this assign, which nothing else hinders, is to wait; it waits from now on."""
        if self._consents.durable or not self._orders.binds(message, session_ms):
            return False
        if self._waiting is None or message.counter > self._waiting.counter:
            self._waiting = message
        return True

    def stored(self, number: int, failed: str) -> Command | None:
        """The disk has written up to `number`, or has failed; returns the assign that is to be judged now."""
        self._consents.stored(number, failed=bool(failed))
        if self._waiting is None or not (self._consents.durable or failed):
            return None
        message, self._waiting = self._waiting, None
        return message
