"""What people have agreed to, and how much they have lived through: consent and exposure.

Consent says who may be merged, up to where and until when; it is taken back at any moment, for no reason,
and that is pushed, so that no tick asks everybody. Exposure is coupling integrated over time, in
merge-minutes; it is a person's, over sessions, pods and restarts.

A mark stands for every sleeper who may be merged. It is durable before they are granted anything and holds
for MARK_HOLDS_S; each charge moves it. So a crash loses no more than what could be lived under one mark, and
exactly that is charged for every mark that is found open: never less than was lived. A charge that is on its
way to the ledger changes nothing of that: until it is durable the older mark stands.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import inf
from typing import Protocol

from dreamd.ports.ledger.exposure import Exposure


@dataclass(frozen=True, slots=True)
class ConsentStatus:
    """What one sleeper agrees to now; the default agrees to nothing.

    ceiling: the most coupling, 0..1. intimate: also where few dream together. until_s: session time at which
    it ends, infinity for no end. revision: grows with every change.
    """

    ceiling: float = 0.0
    intimate: bool = False
    until_s: float = 0.0
    withdrawn: bool = False
    revision: int = 0

    def left_s(self, now_s: float) -> float:
        """Seconds for which they may be merged from now on; 0 where they may not."""
        ok = not self.withdrawn and 0.0 < self.ceiling <= 1.0 and now_s < self.until_s
        return self.until_s - now_s if ok else 0.0


@dataclass(frozen=True, slots=True)
class Dose:
    """Merge-minutes charged to a sleeper in the rolling windows, and how many are the limit there."""

    charged_min: float = 0.0
    limit_min: float = inf

    @property
    def share(self) -> float:
        """How much of the limit is used; not below 1 where there is nothing to use."""
        return self.charged_min / self.limit_min if self.limit_min > 0.0 else inf

    @property
    def left_min(self) -> float:
        """Merge-minutes left."""
        return max(0.0, self.limit_min - self.charged_min)


class Consents(Protocol):
    """Who agrees to what. MUST answer from memory and never raise."""

    def standing(self, sleeper: str) -> ConsentStatus:
        """MUST return what this sleeper agrees to now; nothing, for one who is not known."""
        ...

    def changed(self, tell: Callable[[str], None]) -> None:
        """MUST call `tell` with the pseudonym, at once, whenever a standing changes other than by time."""
        ...

    def checked_in(self, sleeper: str) -> None:
        """The sleeper has lain down."""
        ...

    def withdraw(self, sleeper: str) -> None:
        """MUST take effect at once and tell; the sleeper's own word, from a pod or from elsewhere."""
        ...


class Exposures(Protocol):
    """The account of merge-minutes. It says what is to be written, and is told once that is durable.

    Opening one MUST charge every mark found open for all that could be lived under it.
    """

    def opening(self, sleepers: Collection[str], at_s: float) -> Exposure:
        """MUST mark that they may be merged from `at_s` on; another's open mark is charged first.

        Raises:
            LedgerError: the account cannot be kept; nobody may be granted anything for it.
        """
        ...

    def charging(self, minutes: Mapping[str, float], at_s: float) -> Exposure:
        """MUST add what each sleeper has lived since their mark, and move the mark to `at_s`.

        Raises:
            LedgerError: the account cannot be kept; no mark moves.
        """
        ...

    def closing(self, minutes: Mapping[str, float], at_s: float) -> Exposure:
        """MUST add what each has lived, and take their marks away.

        Raises:
            LedgerError: the account cannot be kept; the marks stand.
        """
        ...

    def kept(self, exposure: Exposure) -> None:
        """It is durable: doses MUST count it from now on."""
        ...

    def dose(self, sleeper: str, now_s: float) -> Dose:
        """MUST answer from memory."""
        ...
