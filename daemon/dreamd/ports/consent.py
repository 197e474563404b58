"""Consent of people, and their exposure.

Consent states whether a person may be merged, to which coupling and until when. It is withdrawn at any
moment, without a reason; the withdrawal is pushed, so that no tick polls every sleeper. Exposure is coupling
integrated over time, in merge-minutes; it belongs to a person, over sessions, pods and restarts.

Every sleeper that may be merged has an open mark. The mark is durable before any coupling is granted and
holds for MARK_HOLDS_S; each charge moves it. So a crash loses at most the exposure possible under one mark,
and exactly that is charged for every mark found open: never less than was rendered. A charge on its way to
the ledger does not change this: until it is durable the older mark stands.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import Asked, Scope
from dreamd.core.exposure.dose import Dose
from dreamd.core.exposure.windows import DoseAccount
from dreamd.core.refusals import Refusal
from dreamd.ports.ledger.exposure import Exposure
from dreamwire.messages import Modality


@dataclass(frozen=True, slots=True)
class ConsentStatus:
    """The present consent of one sleeper; the default is no consent.

    ceiling: the most coupling, 0..1. scopes, artist_share: what may be used now. until_s: session time at
    which it ends, infinity for no end. revision: grows with every change. subject: the random id of the
    sleeper on the wire. state: for people that read it; no grant follows from it. adult: the sleeper has said
    so. modalities: the ways in which feedback may reach the sleeper; None: all. research: the GA4GH codes of
    what is granted now; none: research is not.
    """

    ceiling: float = 0.0
    until_s: float = 0.0
    withdrawn: bool = False
    revision: int = 0
    subject: str = ""
    state: ConsentState = ConsentState.NONE
    adult: bool = False
    scopes: frozenset[Scope] = frozenset()
    artist_share: float = 0.0
    modalities: frozenset[Modality] | None = None
    research: tuple[str, ...] = ()

    def allows(self, asked: Asked, now_s: float) -> bool:
        """Whether all of this may be used now."""
        granted = asked.scopes <= self.scopes and asked.artist_share <= self.artist_share
        return granted and self.left_s(now_s) > 0.0

    def left_s(self, now_s: float) -> float:
        """Seconds for which the sleeper may be merged from now on; 0 without consent."""
        ok = not self.withdrawn and 0.0 < self.ceiling <= 1.0 and now_s < self.until_s
        return self.until_s - now_s if ok else 0.0


@dataclass(frozen=True, slots=True)
class ConsentTally:
    """Sleepers by the state of their consent. unwritten: changes in effect that the ledger does not have."""

    states: Mapping[ConsentState, int] = field(default_factory=dict)
    unwritten: int = 0


class Consents(Protocol):
    """Consents of all sleepers. MUST answer from memory and never raise."""

    def standing(self, sleeper: str) -> ConsentStatus:
        """MUST return the present consent of this sleeper; the default for an unknown one."""
        ...

    def changed(self, tell: Callable[[str], None]) -> None:
        """MUST call `tell` with the pseudonym, at once, whenever a consent changes other than by time."""
        ...

    def missing(self, sleeper: str, asked: Asked) -> Refusal | None:
        """MUST return why the newest grant does not allow this now, the first scope named; None: it does."""
        ...

    def unseated(self, sleeper: str) -> None:
        """The sleeper holds no slot, or is about to get another: the newest grant MUST hold whole."""
        ...

    def tally(self) -> ConsentTally:
        """MUST return the sleepers by state, as counts that are kept: it is asked for at each tick."""
        ...

    def pod_holds(self, sleeper: str, revision: int) -> None:
        """A pod has seen this revision: a lower one MUST be suspended at once, and used for no grant."""
        ...

    def withdraw(self, sleeper: str) -> None:
        """MUST take effect at once and notify; the sleeper's own act, from a pod or from elsewhere."""
        ...

    def is_written(self, sleeper: str) -> bool:
        """MUST return whether all that has taken effect for this sleeper is in the ledger."""
        ...

    def suspend_all(self) -> tuple[tuple[str, Consent], ...]:
        """MUST suspend every grant at once and notify, and return what is to be written."""
        ...


class Exposures(Protocol):
    """The account of merge-minutes. It returns the records to write; `kept` reports that one is durable.

    Opening one MUST charge every mark found open for the most that was possible under it.
    """

    def opening(self, sleepers: Collection[str], at_s: float) -> Exposure:
        """MUST mark that the sleepers may be merged from `at_s` on; another's open mark is charged first.

        Raises:
            LedgerError: the account cannot be kept; nothing may be granted for it.
        """
        ...

    def charging(self, minutes: Mapping[str, float], at_s: float) -> Exposure:
        """MUST add each sleeper's merge-minutes since their mark, and move the mark to `at_s`.

        Raises:
            LedgerError: the account cannot be kept; no mark moves.
        """
        ...

    def closing(self, minutes: Mapping[str, float], at_s: float) -> Exposure:
        """MUST add each sleeper's merge-minutes, and remove their marks.

        Raises:
            LedgerError: the account cannot be kept; the marks stand.
        """
        ...

    def kept(self, exposure: Exposure) -> None:
        """The record is durable: doses MUST count it from now on."""
        ...

    def drop_account(self, sleeper: str) -> None:
        """MUST drop the account of an erased sleeper: from now on the tombstone counts."""
        ...

    def dose(self, sleeper: str, now_s: float) -> Dose:
        """MUST answer from memory; the limits are those of the account alone, without the guidelines."""
        ...

    def near_limits(self, share: Callable[[str], float]) -> tuple[int, int]:
        """MUST return how many are from 80 % to the limit, and at it. share: of a sleeper's nearer limit.

        A bounded number of sleepers is looked at anew in one call.
        """
        ...

    def account(self, sleeper: str) -> DoseAccount:
        """MUST return the buckets of a sleeper from memory, to be read; an empty account where none is."""
        ...

    def marked(self, sleeper: str) -> bool:
        """MUST tell whether a mark of this daemon stands, so that minutes may still be charged under it."""
        ...
