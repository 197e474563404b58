"""Events of rounds in the journal. No event names a sleeper or an ask."""

from collections.abc import Iterable

from dreamd.app.events.journal import Journal
from dreamd.app.exchange.living_round import LivingRound
from dreamd.core.exchange.course import RoundState
from dreamd.core.exchange.given_on import Gift
from dreamd.ports.clock import SessionClock


class RoundEvents:
    """Writes them."""

    def __init__(self, journal: Journal, clock: SessionClock) -> None:
        self._journal, self._clock = journal, clock

    def tell_state(self, living: LivingRound) -> None:
        """The round has come into its state."""
        now, name = living.round, living.round.id
        match now.state:
            case RoundState.OPEN:
                self._write("round-open", name, f"is open: {now.berths} berths are offered")
            case RoundState.CLOSED:
                self._write("round-closed", name, f"is closed with {len(living.asks)} asks in its book")
            case RoundState.CLEARED:
                held = len(living.holding.holds)
                self._write("round-cleared", name, f"is cleared: {held} berths are given")
            case RoundState.SETTLED:
                self._write("round-settled", name, "is settled: its nights are over")
            case RoundState.VOID:
                self._write("round-void", name, f"is void: {now.void_reason}")
            case _:
                pass

    def tell_gifts(self, living: LivingRound, gifts: Iterable[Gift]) -> None:
        """Berths are given on."""
        for gift in gifts:
            self._write("berth-given-on", living.round.id, f"gives a berth of offer {gift.offer} on")

    def _write(self, kind: str, round_id: str, told: str) -> None:
        self._journal.append(self._clock.now_s(), kind, f"round {round_id} {told}", cause=round_id)
