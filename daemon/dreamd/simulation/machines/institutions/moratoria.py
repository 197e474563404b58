"""Moratoria in a ledger in memory."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace

from dreamd.core.moratoria.course import Moratorium
from dreamd.ports.ledger.transaction import Transaction


@dataclass
class MoratoriaStorage:
    """The moratoria by id, without their sleepers; and each second of a sleeper."""

    moratoria_by_id: dict[str, Moratorium] = field(default_factory=dict)
    seconds_of_sleepers: set[tuple[str, str]] = field(default_factory=set)

    def change_moratoria(self, change: Transaction) -> None:
        """Make the changes of a transaction."""
        for dropped in change.dropped_moratoria:
            self.moratoria_by_id.pop(dropped, None)
        gone = set(change.dropped_moratoria)
        self.seconds_of_sleepers = {one for one in self.seconds_of_sleepers if one[0] not in gone}
        for one in change.moratoria:
            kept = self.moratoria_by_id.get(one.id)
            if kept is None or kept.revision <= one.revision:
                self.moratoria_by_id[one.id] = replace(one, sleepers=frozenset())
        self.seconds_of_sleepers |= set(change.moratorium_seconds)

    def unname_seconds(self, sleeper: str, subject: str) -> None:
        """The seconds of an erased sleeper count on under a subject of nobody."""
        self.seconds_of_sleepers = {
            (one, f"~{subject}" if by == sleeper else by) for one, by in self.seconds_of_sleepers
        }


class MemoryMoratoria(ABC):
    """The answers of a ledger in memory about moratoria."""

    @property
    @abstractmethod
    def readable(self) -> MoratoriaStorage:
        """MUST return the storage.

        Raises:
            LedgerError: it cannot be read.
        """

    def moratoria(self) -> tuple[Moratorium, ...]:
        """Every moratorium with its sleepers, by revision."""
        kept = self.readable
        seconds = kept.seconds_of_sleepers
        found = (
            replace(one, sleepers=frozenset(by for of, by in seconds if of == one.id))
            for one in kept.moratoria_by_id.values()
        )
        return tuple(sorted(found, key=lambda one: one.revision))
