"""The cases that have not ended, by id, by person, by mark and by kind; and how many there are of each level.

A case that has ended stays until the ledger has it. Two daemons over one ledger may each have opened a case
of one person or one kind. Then the stricter of them is read, and the other once that one has ended.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from dreamd.core.clinic.course import Case, CaseKind, CaseState
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.clinic.levels import Level

_PERSON: Final = "person"
_MARK: Final = "mark"
_FLEET: Final = "fleet"


class LivingCases:
    """One thread uses it. mark_of: of a pseudonym, under a key of the house."""

    def __init__(self, mark_of: Callable[[str], bytes]) -> None:
        self._mark_of = mark_of
        self._of: dict[str, KeptCase] = {}
        self._named: dict[tuple[str, str | bytes], tuple[str, ...]] = {}
        self._marked = 0
        self._levels: Counter[Level] = Counter()
        self._late: Counter[Level] = Counter()

    def __iter__(self) -> Iterator[KeptCase]:
        """Every case."""
        return iter(self._of.values())

    def __len__(self) -> int:
        """How many there are."""
        return len(self._of)

    def known_case(self, case: str) -> KeptCase | None:
        """The case of this id."""
        return self._of.get(case)

    def of_person(self, sleeper: str) -> KeptCase | None:
        """The case of a sleeper, also of one that was erased and has come back; not one that has ended."""
        own = self._strictest((_PERSON, sleeper))
        marked = self.of_mark(sleeper)
        return own if marked is None or (own is not None and _strict(own) <= _strict(marked)) else marked

    def every_of_person(self, sleeper: str) -> tuple[KeptCase, ...]:
        """All cases that name a sleeper and have not ended."""
        return tuple(self._of[one] for one in self._named.get((_PERSON, sleeper), ()))

    def of_mark(self, sleeper: str) -> KeptCase | None:
        """The case that holds this pseudonym since an erasure."""
        if not (self._marked and sleeper):
            return None
        return self._strictest((_MARK, self._mark_of(sleeper)))

    def of_fleet(self, kind: str) -> KeptCase | None:
        """The fleet case of this kind that has not ended."""
        return self._strictest((_FLEET, kind))

    def _strictest(self, name: tuple[str, str | bytes]) -> KeptCase | None:
        found = self._named.get(name)
        if found is None:
            return None
        return self._of[found[0]] if len(found) == 1 else min((self._of[one] for one in found), key=_strict)

    def counts(self) -> tuple[Mapping[Level, int], Mapping[Level, int]]:
        """Cases that have not ended by level, and those of them that were not answered in time."""
        return self._levels, self._late

    def put(self, kept: KeptCase) -> KeptCase | None:
        """Put a case in the place of the one of its id, which is returned."""
        case, before = kept.case, self._of.get(kept.case.id)
        if before is not None:
            self._count(before.case, -1)
            self._unindex(before)
        self._of[case.id] = kept
        self._count(case, 1)
        if not case.ended:
            self._index(kept)
        return before

    def drop(self, case: str) -> None:
        """The ledger has a case that has ended."""
        self._of.pop(case, None)

    def _count(self, case: Case, more: int) -> None:
        if case.ended:
            return
        self._levels[case.level] += more
        if case.state is CaseState.OPEN and case.climbed:
            self._late[case.level] += more

    def _index(self, kept: KeptCase) -> None:
        for name in _names_of(kept):
            self._named[name] = (*self._named.get(name, ()), kept.case.id)
            self._marked += name[0] == _MARK

    def _unindex(self, kept: KeptCase) -> None:
        for name in _names_of(kept):
            found = self._named.get(name, ())
            rest = tuple(one for one in found if one != kept.case.id)
            self._marked -= name[0] == _MARK and len(rest) < len(found)
            if rest:
                self._named[name] = rest
            else:
                self._named.pop(name, None)


def _names_of(kept: KeptCase) -> Iterator[tuple[str, str | bytes]]:
    """The names by which a case is found."""
    if kept.case.person:
        yield _PERSON, kept.case.person
    elif kept.mark:
        yield _MARK, kept.mark
    if kept.case.kind is CaseKind.FLEET:
        yield _FLEET, next(iter(kept.causes), "")


def _strict(kept: KeptCase) -> tuple[float, int, float]:
    """The order of cases of one person: the least share first, then the gravest, then the oldest."""
    return kept.case.share, kept.case.level, kept.case.opened_s
