"""The row of the house in PostgreSQL: claimed, renewed, given up and read, each in one statement.

Theory of operation. A claim changes the row only where its lease is over by the database's clock, and draws
the next term: max(term + 1, unix ms). The claimant sets the epoch of the ledger to that term in the same
transaction. Every write of an owner counts itself first in the row of the epoch, where the epoch is its own
(`store`), so a daemon of an older term writes nothing, without a further statement. A renewal changes the
row of the house alone, so it conflicts with no write.

A daemon that was killed leaves a lease behind. Where its process was on this machine and has ended, its lease
is over at once: the row names boot, process and the process's start. Elsewhere the lease runs out.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.core.limits import HANDOVER_FRESH_S, HOUSE_LEASE_S
from dreamd.ports.houses import HouseRecord, HouseState

_ROW: Final = tables.houses.c
NOW: Final = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)
"""Unix time by the database's clock, within a transaction too."""
_NOW_MS: Final = sa.cast(sa.func.floor(NOW * 1000), sa.BigInteger)
_LEASE: Final = sa.bindparam("lease_s", type_=sa.Double)
_MINE: Final = _ROW.term == sa.bindparam("mine")
_READ: Final = sa.select(tables.houses, NOW.label("now_s"))
_EPOCH: Final = sa.select(tables.generation.c.epoch).scalar_subquery()
_CLAIM: Final = (
    tables.houses.update()
    .where(sa.or_(_ROW.lease_until_s <= NOW, _ROW.owner == sa.bindparam("dead")))
    .values(
        term=sa.func.greatest(_ROW.term + 1, _EPOCH + 1, _NOW_MS),
        house=sa.bindparam("name"),
        owner=sa.bindparam("me"),
        address=sa.bindparam("at"),
        key=sa.bindparam("signs"),
        state=HouseState.OWNED.value,
        lease_until_s=NOW + _LEASE,
    )
    .returning(_ROW.term)
)
_FENCE: Final = tables.generation.update().values(epoch=sa.bindparam("mine"))
_RENEW: Final = (
    tables.houses.update().where(_MINE).values(lease_until_s=NOW + _LEASE).returning(_ROW.lease_until_s)
)
_GIVE_UP: Final = (
    tables.houses.update().where(_MINE).values(lease_until_s=NOW, state=HouseState.HANDED_OVER.value)
)
_DEAD: Final = ("Z", "X")


@dataclass(frozen=True, slots=True)
class Claim:
    """A daemon's part of the row: fields of `HouseRecord`. lease_s: the lease's length, seconds."""

    house: str = ""
    address: str = ""
    key: str = ""
    lease_s: float = HOUSE_LEASE_S


def read_house(base: sa.Connection) -> HouseRecord:
    """Return the row, and the database's time."""
    row = base.execute(_READ).mappings().one()
    kept = {name: row[name] for name in ("house", "term", "owner", "address", "key")}
    state, until_s, now_s = HouseState(row["state"]), float(row["lease_until_s"]), float(row["now_s"])
    return HouseRecord(**kept, state=state, lease_until_s=until_s, now_s=now_s)


@dataclass(frozen=True, slots=True)
class Claimed:
    """The new owner's term. before: that of the owner who handed the house over to it; 0: none."""

    term: int
    before: int = 0


def claim_house(base: sa.Connection, claim: Claim) -> Claimed | None:
    """Own the house, within the caller's transaction; None: another daemon owns it."""
    found = read_house(base)
    owner = found.owner
    values = {
        "name": claim.house,
        "me": this_process(),
        "at": claim.address,
        "signs": claim.key,
        "lease_s": claim.lease_s,
        "dead": owner if has_ended(owner) else "",
    }
    row = base.execute(_CLAIM, values).first()
    if row is None:
        return None
    term = int(row[0])
    base.execute(_FENCE, {"mine": term})
    fresh = 0.0 <= found.now_s - found.lease_until_s <= HANDOVER_FRESH_S
    return Claimed(term, found.term if fresh and found.state is HouseState.HANDED_OVER else 0)


def renew_lease(base: sa.Connection, term: int, lease_s: float) -> bool:
    """Own the house for `lease_s` from now; False: another daemon has a newer term."""
    return base.execute(_RENEW, {"mine": term, "lease_s": lease_s}).first() is not None


def give_up_lease(base: sa.Connection, term: int) -> None:
    """End the lease now, where the term is still the newest."""
    base.execute(_GIVE_UP, {"mine": term})


def this_process() -> str:
    """BOOT/NAMESPACE/PROCESS/START: a process, told apart from any other before and after it."""
    pid = os.getpid()
    return f"{_machine()}/{pid}/{_start_of(pid)}"


def has_ended(owner: str) -> bool:
    """Whether this process was of this machine, and is no more; False where that cannot be known."""
    rest = owner.rpartition("/")[0].rpartition("/")[2]
    if not is_near(owner) or not rest.isdecimal():
        return False
    return _start_of(int(rest)) != owner.rpartition("/")[2]


def is_near(owner: str) -> bool:
    """Whether this process is of this machine, and of the same processes as this one."""
    return owner.rpartition("/")[0].rpartition("/")[0] == _machine()


def _machine() -> str:
    """The boot of this machine, and the namespace in which its processes are numbered."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"


def _start_of(pid: int) -> str:
    """When this process began, in ticks since the boot; empty: there is none, or it has ended."""
    with suppress(OSError):
        state, *rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
        if state not in _DEAD:
            return rest[18]
    return ""
