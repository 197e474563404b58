"""The row of a house in the simulated ledger: claimed, renewed and given up as by `adapters/ledger/house`.

A ledger in a database has a row with a lease, by the database's clock, which is world time. A ledger in a
file has a lock that ends with the process that holds it: a lease without an end.
"""

from dataclasses import dataclass
from math import inf, isfinite

from dreamd.ports.houses import HouseState


@dataclass
class HouseRow:
    """The row. until_s: world time. owner: the number of its daemon. stale_writes: under older terms.

    renewing: renewals whose commit waits for the disk; they lock the row.
    handed_s: when the last owner handed the house over by plan; minus infinity: it did not.
    lease_s: the length of a lease; infinity: a file.
    """

    lease_s: float = inf
    term: int = 0
    owner: int = 0
    until_s: float = 0.0
    state: HouseState = HouseState.FREE
    handed_s: float = -inf
    renewing: int = 0
    stale_writes: int = 0

    @property
    def leased(self) -> bool:
        """Whether it is of a database."""
        return isfinite(self.lease_s)

    @property
    def least_term(self) -> int:
        """No Dreamscape draws a smaller term; 0: any."""
        return self.term if self.leased else 0

    def living(self, now_s: float) -> bool:
        """Whether a daemon owns the house."""
        return self.until_s > now_s

    def claim(self, owner: int, now_s: float, unix_s: float, *, ended: bool) -> int:
        """Own the house and return the term, 0: another daemon owns it.

        ended: the owner was a process of the claimant's machine, and is no more.
        """
        if (self.living(now_s) or self.renewing) and not ended:
            return 0
        self.term, self.owner = max(self.term + 1, int(unix_s * 1000)), owner
        self.until_s, self.state, self.handed_s = now_s + self.lease_s, HouseState.OWNED, -inf
        return self.term

    def renew(self, term: int, asked_s: float) -> bool:
        """Own it for a lease from the statement on; False: another daemon has a newer term."""
        if term != self.term:
            return False
        self.until_s = asked_s + self.lease_s
        return True

    def wrote(self, term: int) -> None:
        """A write of this term is on the storage; 0: of a ledger that no daemon holds."""
        self.stale_writes += term not in (0, self.term)

    def give_up(self, term: int, handed_s: float = -inf) -> None:
        """End the lease now, where the term is still the newest."""
        if term == self.term:
            self.until_s, self.state, self.handed_s = 0.0, HouseState.HANDED_OVER, handed_s
