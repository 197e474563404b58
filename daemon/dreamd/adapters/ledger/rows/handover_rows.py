"""The handover of a house in the ledger's rows: one a Dreamscape, and all of one owner's term."""

import json
from collections.abc import Iterable
from dataclasses import astuple
from typing import Final

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.gathered_rows import Row
from dreamd.ports.ledger.handovers import HandedSlot, Handover

EVERY: Final = sa.select(tables.handovers).order_by(tables.handovers.c.dreamscape)
DROP: Final = tables.handovers.delete()


def handover_rows(handovers: Iterable[Handover], term: int) -> list[Row]:
    """Return the rows of a handover. term: of the owner of the house that writes it; 0: there is no lease."""
    return [
        {
            "dreamscape": one.dreamscape,
            "term": term,
            "kept": json.dumps([astuple(slot) for slot in one.slots]),
        }
        for one in handovers
    ]


def handover_of(dreamscape: str, direct: bool, kept: str) -> Handover:  # noqa: FBT001 -- a field's value
    """Return the part in a row.

    Raises:
        ValueError, KeyError, TypeError: it is no handover.
    """
    slots = tuple(
        HandedSlot(str(pod), int(incarnation), int(assignment), int(term))
        for pod, incarnation, assignment, term in json.loads(kept)
    )
    return Handover(dreamscape, slots, direct)
