"""How many sleepers are near a limit of dose and at it: counts that are kept, a few looked at anew each time.

A dose falls by time alone, so no event tells when one is below a line again. Each look takes the next
LOOKED_AT sleepers of a round; a round over N sleepers takes N / LOOKED_AT looks, and a count is that old at
most.
"""

from collections.abc import Callable
from typing import Final

from dreamd.core.exposure.windows import DoseAccounts
from dreamd.core.limits import EXPOSURE_WARN_SHARE

LOOKED_AT: Final = 64


class NearLimits:
    """The counts over all accounts."""

    def __init__(self, accounts: DoseAccounts) -> None:
        self._accounts = accounts
        self._left: list[str] = []
        self._near: set[str] = set()
        self._at: set[str] = set()

    def count_doses(self, share: Callable[[str], float]) -> tuple[int, int]:
        """Look at the next sleepers; return how many are near a limit, and how many at one.

        share: of a sleeper's nearer limit. A share that is no number counts as at the limit.
        """
        if not self._left:
            self._left = list(self._accounts.sleepers())
            known = set(self._left)
            self._near &= known
            self._at &= known
        for sleeper in self._left[-LOOKED_AT:]:
            self._note(sleeper, share(sleeper))
        del self._left[-LOOKED_AT:]
        return len(self._near), len(self._at)

    def _note(self, sleeper: str, share: float) -> None:
        below_limit = share < 1.0
        near = below_limit and not share < EXPOSURE_WARN_SHARE
        (self._near.add if near else self._near.discard)(sleeper)
        (self._at.discard if below_limit else self._at.add)(sleeper)
