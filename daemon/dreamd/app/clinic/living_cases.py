"""The cases that have not ended, by id, by person, by mark and by kind; and how many there are of each level.

A case that has ended stays until the ledger has it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from dreamd.core.clinic.course import Case, CaseKind, CaseState
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.clinic.levels import Level


class LivingCases:
    """One thread uses it. mark_of: of a pseudonym, under a key of the house."""

    def __init__(self, mark_of: Callable[[str], bytes]) -> None:
        self._mark_of = mark_of
        self._of: dict[str, KeptCase] = {}
        self._case_of: dict[str, str] = {}
        self._marked: dict[bytes, str] = {}
        self._fleet: dict[str, str] = {}
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
        found = self._case_of.get(sleeper)
        return self._of.get(found) if found is not None else self.of_mark(sleeper)

    def of_mark(self, sleeper: str) -> KeptCase | None:
        """The case that holds this pseudonym since an erasure."""
        if not (self._marked and sleeper):
            return None
        found = self._marked.get(self._mark_of(sleeper))
        return self._of.get(found) if found is not None else None

    def of_fleet(self, kind: str) -> KeptCase | None:
        """The fleet case of this kind that has not ended."""
        found = self._fleet.get(kind)
        return self._of.get(found) if found is not None else None

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
        case = kept.case
        if case.person:
            self._case_of[case.person] = case.id
        elif kept.mark:
            self._marked[kept.mark] = case.id
        if case.kind is CaseKind.FLEET:
            self._fleet[next(iter(kept.causes), "")] = case.id

    def _unindex(self, kept: KeptCase) -> None:
        case = kept.case
        for index, key in ((self._case_of, case.person), (self._fleet, next(iter(kept.causes), ""))):
            if index.get(key) == case.id:
                del index[key]
        if self._marked.get(kept.mark) == case.id:
            del self._marked[kept.mark]
