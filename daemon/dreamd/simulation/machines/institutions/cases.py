"""The clinic in a ledger in memory: cases, and nights with faults."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dreamd.core.clinic.kept_case import KeptCase
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.memory_people import mark_of

T = TypeVar("T")


@dataclass
class CasesStorage:
    """Cases by id, without evidence and notes; of each sleeper the newest night with a fault."""

    cases: dict[str, KeptCase] = field(default_factory=dict)
    fault_nights: dict[str, tuple[int, int]] = field(default_factory=dict)

    def change_cases(self, change: Transaction) -> None:
        """Make the changes of a transaction."""
        for kept in change.cases:
            self.cases[kept.case.id] = replace(kept, evidence=(), notes=(), sittings=())
        self.fault_nights.update((who, (night, running)) for who, night, running in change.fault_nights)
        for sleeper, _ in change.forgotten:
            self._forget_cases(sleeper)

    def _forget_cases(self, sleeper: str) -> None:
        self.fault_nights.pop(sleeper, None)
        for kept in [one for one in self.cases.values() if one.case.person == sleeper]:
            nameless = replace(kept.case, person="")
            mark = b"" if kept.case.ended else mark_of(sleeper)
            self.cases[kept.case.id] = replace(kept, case=nameless, mark=mark)


class MemoryCases(ABC):
    """The answers of a ledger in memory about cases."""

    @property
    @abstractmethod
    def readable(self) -> CasesStorage:
        """MUST return the storage.

        Raises:
            LedgerError: it cannot be read.
        """

    def living_cases(self) -> tuple[KeptCase, ...]:
        """Every case that has not ended, by id."""
        return tuple(one for _, one in sorted(self.readable.cases.items()) if not one.case.ended)

    def fault_nights(self) -> dict[str, tuple[int, int]]:
        """The newest night with a fault by sleeper, and how many it ends."""
        return dict(self.readable.fault_nights)

    def read_case(self, case: str) -> Commit[tuple[KeptCase, ...]]:
        """One case, at once."""
        return self._at_once(lambda cases: tuple(one for one in cases if one.case.id == case))

    def read_cases(self, since_s: float) -> Commit[tuple[KeptCase, ...]]:
        """The cases opened from this time on, at once."""
        return self._at_once(lambda cases: tuple(one for one in cases if one.case.opened_s >= since_s))

    def _at_once(self, chosen: Callable[[list[KeptCase]], T]) -> Commit[T]:
        commit: Commit[T] = Commit()
        try:
            commit.end(chosen([one for _, one in sorted(self.readable.cases.items())]))
        except LedgerError as error:
            commit.fail(str(error))
        return commit
