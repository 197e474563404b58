"""The difference of two revisions by clause: added, removed, tightened, loosened, reworded.

Clauses are matched by key, those without a key by number. The vocabulary decides which way a changed limit
goes. A revision only tightens where at least one clause tightens and none does anything else; words alone are
read by people and may loosen, so a reworded clause takes the whole way.
"""

from dataclasses import dataclass
from enum import Enum

from dreamd.core.guidelines.bundle import Bundle, Clause, order
from dreamd.core.guidelines.forms import Key, Limit


class Change(Enum):
    """The effect of a revision on one clause."""

    ADDED = "added"
    REMOVED = "removed"
    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    REWORDED = "reworded"


@dataclass(frozen=True, slots=True)
class Difference:
    """One clause that differs. old: None where it is new; new: None where it is gone."""

    change: Change
    old: Clause | None
    new: Clause | None
    tightens: bool

    @property
    def number(self) -> str:
        """The clause's number: the new one, of a removed clause the old one."""
        clause = self.new or self.old
        return clause.number if clause is not None else ""


def diff(old: Bundle, new: Bundle) -> tuple[Difference, ...]:
    """Return the clauses that differ, in the order of their numbers."""
    before, after = old.matched, new.matched
    pairs = ((before.get(name), after.get(name)) for name in before.keys() | after.keys())
    found = [_difference(one, other) for one, other in pairs if one is not other]
    return tuple(sorted((d for d in found if d is not None), key=lambda d: order(d.number)))


def only_tightens(old: Bundle, new: Bundle) -> bool:
    """Whether the new revision changes clauses by tightening their limits, and in no other way."""
    changes = diff(old, new)
    return bool(changes) and all(one.tightens for one in changes)


def tightened(old: Bundle, new: Bundle) -> bool:
    """Whether any clause of the new revision allows less, so that people already seated are held to it."""
    return any(
        one.change is not Change.REWORDED and one.change is not Change.LOOSENED for one in diff(old, new)
    )


def _difference(old: Clause | None, new: Clause | None) -> Difference | None:
    key = (new or old).key if (new or old) is not None else None  # type: ignore[union-attr]
    if old is None or new is None:
        tightens = key is not None and key.optional and new is None
        return Difference(Change.ADDED if old is None else Change.REMOVED, old, new, tightens)
    if old.limit != new.limit and key is not None and old.limit is not None and new.limit is not None:
        tightens = _tightens(key, new.limit, old.limit)
        return Difference(Change.TIGHTENED if tightens else Change.LOOSENED, old, new, tightens)
    return Difference(Change.REWORDED, old, new, tightens=False) if old != new else None


def _tightens(key: Key, limit: Limit, than: Limit) -> bool:
    return key.is_tighter(limit, than)
