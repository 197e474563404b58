"""The lease of a house while its daemon lives: renewed on a thread and a connection of its own.

Theory of operation. The lease is renewed every third of its length. The owner counts it from the moment
before the question, on CLOCK_BOOTTIME, which runs on while a process or a machine is suspended. The database
counts it from a later moment. So the owner stops before another can begin, as long as the database's clock is
not set forward.

Rules
- `living` reads a clock and a number: no lock, no disk, no network.
- A renewal that cannot be made says nothing; the lease runs out by itself. It is renewed later where no other
  daemon has claimed the house.
- Once another daemon has a newer term this one is `lost` for good.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from dreamd.adapters.ledger.house.house_row import Claim, give_up_lease, renew_lease
from dreamd.adapters.ledger.house.standby_rows import waiting
from dreamd.core.fleet.house import HouseLease, Waiting
from dreamd.core.fleet.lease import PART, OwnLease

ENDS_WITHIN_S: Final = 1.0


def boottime_s() -> float:
    """Seconds since the boot, suspensions included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class LeaseKeeper:
    """Renews the lease of `term`, from `asked_s` on CLOCK_BOOTTIME, until `give_up`; sees who waits."""

    def __init__(
        self,
        engine: sa.Engine,
        term: int,
        claim: Claim,
        asked_s: float,
        clock_s: Callable[[], float] = boottime_s,
    ) -> None:
        """engine: of connections that are this thread's alone; it belongs to the keeper."""
        self._engine, self.term, self._clock_s = engine, term, clock_s
        self._claim, self._lease_s = claim, claim.lease_s
        self._own = OwnLease(claim.lease_s, asked_s)
        self._standbys: tuple[Waiting, ...] = ()
        self._stopping = threading.Event()
        self._base: sa.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="house-lease", daemon=True)

    def begin_renewals(self) -> None:
        """Begin to renew."""
        self._thread.start()

    @property
    def left_s(self) -> float:
        """Seconds for which the house is surely this daemon's; 0: it may be another's."""
        return self._own.left_s(self._clock_s())

    @property
    def lost(self) -> bool:
        """Whether another daemon has claimed the house."""
        return self._own.lost

    @property
    def living(self) -> bool:
        """Whether the house is surely this daemon's; reads a clock, on any thread."""
        return self.left_s > 0.0

    @property
    def house(self) -> HouseLease:
        """The lease now, and the standbys as the last renewal saw them; reads memory, on any thread."""
        claim = self._claim
        return HouseLease(claim.house, claim.address, self.term, self.left_s, self._standbys)

    def renew(self) -> None:
        """Renew once; a database that does not answer changes nothing, and shows no standby."""
        asked_s = self._clock_s()
        try:
            if self._base is None:
                self._base = self._engine.connect()
            with self._base.begin():
                renewed = renew_lease(self._base, self.term, self._lease_s)
                self._standbys = waiting(self._base)
        except sa.exc.SQLAlchemyError:
            self._standbys = ()
            self._drop()
            return
        self._own.renewal_answered(renewed=renewed, asked_s=asked_s)

    def give_up(self) -> None:
        """Give the lease up, so that another daemon may claim the house at once; safe to call twice."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(ENDS_WITHIN_S + self._lease_s / PART)
        if not self._thread.is_alive() and not self.lost:
            self._own.end_now()
            try:
                with self._engine.connect() as base, base.begin():
                    give_up_lease(base, self.term)
            except sa.exc.SQLAlchemyError:
                pass  # it runs out
        self._drop()
        self._engine.dispose()

    def _run(self) -> None:
        while not self.lost and not self._stopping.wait(self._lease_s / PART):
            self.renew()

    def _drop(self) -> None:
        base, self._base = self._base, None
        if base is not None:
            try:
                base.invalidate()
                base.close()
            except sa.exc.SQLAlchemyError:
                pass
