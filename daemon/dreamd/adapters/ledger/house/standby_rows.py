"""The daemons that wait for a house, in its database: each writes its row while it waits.

A row counts for SEEN_S by the database's clock, so a standby that was killed is soon none. It is advice for
the owner (whether a planned end hands the house over) and for people. The claim alone decides who owns a
house.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from dreamd.adapters.ledger.house.house_row import NOW, is_near, this_process
from dreamd.adapters.ledger.rows import tables
from dreamd.core.fleet.house import Waiting

SEEN_S: Final = 3.0
"""A standby writes its row every second."""
_ROW: Final = tables.standbys.c
_SEEN: Final = insert(tables.standbys).values(
    process=sa.bindparam("me"), address=sa.bindparam("at"), lacks=sa.bindparam("why"), seen_s=NOW
)
_KEEP: Final = _SEEN.on_conflict_do_update(
    index_elements=["process"],
    set_={name: _SEEN.excluded[name] for name in ("address", "lacks", "seen_s")},
)
_OLD: Final = _ROW.seen_s < NOW - SEEN_S
_DROP: Final = tables.standbys.delete().where(sa.or_(_OLD, _ROW.process == sa.bindparam("me")))
_WAIT: Final = (
    sa.select(_ROW.address, _ROW.lacks, _ROW.process)
    .where(sa.not_(_OLD))
    .order_by(_ROW.address, _ROW.process)
)


def note_standby(base: sa.Connection, address: str, lacks: str) -> None:
    """This process waits for the house. lacks: why it cannot take over; empty: it can.

    The row is advice, and costs the database no flush of its own.
    """
    base.exec_driver_sql("SET LOCAL synchronous_commit = off")
    base.execute(_KEEP, {"me": this_process(), "at": address, "why": lacks})


def drop_standby(base: sa.Connection) -> None:
    """This process waits no more; rows that are old go too."""
    base.execute(_DROP, {"me": this_process()})


def waiting(base: sa.Connection) -> tuple[Waiting, ...]:
    """Return the daemons that wait now, by address."""
    rows = base.execute(_WAIT)
    return tuple(Waiting(str(address), str(lacks), is_near(process)) for address, lacks, process in rows)
