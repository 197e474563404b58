"""The facts of a house by which a daemon that does not own it judges a way out: principals, beds and seats.

Theory of operation. The owner judges callers from memory. A daemon beside it reads the same rows every few
seconds, so a way out waits for no reading and is judged by the same rules. Rows name sleepers by subject; a
sleeper whose link is not in this daemon's copy of the keys has the name of an unlinked subject here.

A bed's site is in no table: it is known from the bed's presence alone. So a site is never known here, and
only a grant for every site reaches a bed or a Dreamscape by its site.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa

from dreamd.adapters.ledger.people_keys.subject_column import UNLINKED
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.kept_text import principal_of
from dreamd.app.access.principal_table import PrincipalTable
from dreamd.core.access.codes import Code
from dreamd.core.access.principals import Credential, Principal

_LIVING: Final = (
    sa.select(tables.seats.c.pod, tables.seats.c.sleeper, tables.seats.c.dreamscape)
    .join(tables.dreamscapes, tables.dreamscapes.c.name == tables.seats.c.dreamscape)
    .where(tables.dreamscapes.c.ended_s.is_(None))
)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of principals: `PrincipalLedger` of one reading."""

    people: tuple[Principal, ...] = ()
    secrets: tuple[Credential, ...] = ()

    def principals(self) -> tuple[Principal, ...]:
        """Every principal."""
        return self.people

    def credentials(self) -> tuple[Credential, ...]:
        """Every credential."""
        return self.secrets

    def codes(self) -> tuple[Code, ...]:
        """None: no code is redeemed here."""
        return ()


@dataclass(frozen=True)
class HouseFacts:
    """One reading.

    subjects: by pseudonym. beds: pod by sleeper. sleepers: by pod. seats: living Dreamscapes by pod.
    """

    table: PrincipalTable = field(default_factory=lambda: PrincipalTable(_Rows()))
    subjects: Mapping[str, str] = field(default_factory=dict)
    beds: Mapping[str, str] = field(default_factory=dict)
    sleepers: Mapping[str, str] = field(default_factory=dict)
    seats: Mapping[str, str] = field(default_factory=dict)

    def sleeper_in(self, pod: str) -> str:
        """The sleeper checked in there."""
        return self.sleepers.get(pod, "")

    def dreamscape_of(self, sleeper: str) -> str:
        """The Dreamscape in which the sleeper's pod has a seat."""
        return self.seats.get(self.bed_of(sleeper), "")

    def bed_of(self, sleeper: str) -> str:
        """The pod at which the sleeper is checked in."""
        return self.beds.get(sleeper, "") if sleeper else ""

    def subject_of(self, sleeper: str) -> str:
        """The subject of a sleeper, as a row names it; the name itself where it has none here."""
        if sleeper.startswith(UNLINKED):
            return sleeper.removeprefix(UNLINKED)
        return self.subjects.get(sleeper, sleeper)


def read_facts(base: sa.Connection, subjects: Mapping[str, str]) -> HouseFacts:
    """Read the facts. subjects: by pseudonym, of this daemon's copy of the keys.

    Raises:
        ValueError, KeyError, TypeError: a row cannot be read.
        sqlalchemy.exc.SQLAlchemyError: the database does not answer.
    """
    names = {subject: sleeper for sleeper, subject in subjects.items()}

    def named(subject: str) -> str:
        return names.get(subject, f"{UNLINKED}{subject}") if subject else ""

    people = tuple(
        principal_of(str(one.name), str(one.kind), str(one.kept), named)
        for one in base.execute(sa.select(tables.principals))
    )
    secrets = tuple(
        Credential(**one._mapping)  # noqa: SLF001 -- SQLAlchemy's own name
        for one in base.execute(sa.select(tables.credentials))
    )
    sleepers = {str(pod): named(str(subject)) for pod, subject in base.execute(sa.select(tables.beds))}
    seats = {str(one.pod): str(one.dreamscape) for one in base.execute(_LIVING) if one.pod}
    beds = {sleeper: pod for pod, sleeper in sleepers.items()}
    return HouseFacts(PrincipalTable(_Rows(people, secrets)), subjects, beds, sleepers, seats)
