"""The rows of invitations: the revision of each list, and a row for each guest."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.gathered_rows import GatheredRows
from dreamd.core.invitations.course import Guest, Invitation

Insert = Callable[[sa.Table], Any]
"""The engine's own INSERT, which has ON CONFLICT: `sqlalchemy.dialects.ENGINE.insert`."""
GatherRows = Callable[[GatheredRows, Any], None]

_LISTS: Final = tables.invitations.c
_GUESTS: Final = tables.guests.c
_DROP_LIST: Final = tables.invitations.delete().where(_LISTS.dreamscape == sa.bindparam("of"))
_DROP_GUESTS: Final = tables.guests.delete().where(_GUESTS.dreamscape == sa.bindparam("of"))
_DROP_GUEST: Final = tables.guests.delete().where(
    _GUESTS.dreamscape == sa.bindparam("of"), _GUESTS.sleeper == sa.bindparam("who")
)
_FORGET: Final = tables.guests.delete().where(_GUESTS.sleeper == sa.bindparam("of"))


class InvitationRows:
    """Gathers the rows of invitations; for one engine."""

    def __init__(self, insert: Insert, keep: Insert) -> None:
        """insert: the engine's own INSERT, which has ON CONFLICT. keep: the same, replacing a row."""
        new = insert(tables.invitations)
        newer = _LISTS.revision <= new.excluded.revision  # a write that comes late takes no revision back
        changed = {"revision": new.excluded.revision}
        self._keep_list = new.on_conflict_do_update(
            index_elements=[_LISTS.dreamscape], set_=changed, where=newer
        )
        self._keep_guest = keep(tables.guests)
        self.subjects: Final[tuple[tuple[str, GatherRows], ...]] = (
            ("dropped_invitations", self._dropped),
            ("dropped_guests", self._left),
            ("invitations", self._kept),
        )
        """The fields of a transaction, and what gathers their rows."""

    @staticmethod
    def _dropped(rows: GatheredRows, dropped: Sequence[str]) -> None:
        of = [{"of": one} for one in dropped]
        rows.gather("invitations", _DROP_LIST, of)
        rows.gather("guests", _DROP_GUESTS, of)

    @staticmethod
    def _left(rows: GatheredRows, left: Sequence[tuple[str, str]]) -> None:
        rows.gather("guests", _DROP_GUEST, [{"of": one, "who": sleeper} for one, sleeper in left])

    def _kept(self, rows: GatheredRows, invitations: Sequence[Invitation]) -> None:
        for one in invitations:
            row = {"dreamscape": one.dreamscape, "revision": one.revision}
            rows.gather("invitations", self._keep_list, [row])
            named = {"dreamscape": one.dreamscape}
            guests = [named | _row(guest) for guest in one.guests]
            rows.gather("guests", self._keep_guest, guests)

    @staticmethod
    def gather_forgotten(rows: GatheredRows, forgotten: Sequence[tuple[str, float]]) -> None:
        """Add the deletions that take these sleepers off every list."""
        rows.gather("guests", _FORGET, [{"of": sleeper} for sleeper, _ in forgotten])


def _row(guest: Guest) -> dict[str, Any]:
    answer = {"accepted": guest.accepted, "declined": int(guest.declined), "at_s": guest.at_s}
    return {"sleeper": guest.sleeper, "since": guest.since} | answer


def guest_of(row: Any) -> Guest:  # noqa: ANN401 -- a row of SQLAlchemy
    """Build a guest."""
    return Guest(str(row.sleeper), int(row.since), int(row.accepted), bool(row.declined), float(row.at_s))


def invitations_of(lists: Iterable[Any], guests: Iterable[Any]) -> tuple[Invitation, ...]:
    """Build the invitations of these rows: those of the lists in order, and those of the guests."""
    of: dict[str, list[Guest]] = {}
    for row in guests:
        of.setdefault(str(row.dreamscape), []).append(guest_of(row))
    return tuple(
        Invitation(str(row.dreamscape), int(row.revision), in_order(of.get(str(row.dreamscape), ())))
        for row in lists
    )


def in_order(guests: Iterable[Guest]) -> tuple[Guest, ...]:
    """Return the guests by revision, then by name."""
    return tuple(sorted(guests, key=lambda one: (one.since, one.sleeper)))
