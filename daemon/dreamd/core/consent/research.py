"""Whether the people of a recording granted research and `perform`, and the uses that all of them allow.

Rules
- Each person that was ever seated counts, from their first slot to the end of the recording. Research that is
  taken back once is not granted, whatever follows: the rows of that time stand in the recording.
- GA4GH DUO has codes that permit a use and codes that restrict each use. A use is permitted where every
  person permits it; a restriction of one person holds for all. A code that is not known here restricts.
- `perform`, which a rendering of the recording asks, counts alike: of each person, for all of the recording.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from re import fullmatch
from typing import Final, Self

from dreamd.core.consent.grant import DUO_FORM

Codes = frozenset[str]
NO_CODES: Final = Codes()

_DISEASE, _HEALTH = "DUO:0000007", "DUO:0000006"
_ANCESTRY, _GENERAL, _ANY = "DUO:0000011", "DUO:0000042", "DUO:0000004"
WITHIN: Final[Mapping[str, Codes]] = {
    _DISEASE: Codes({_DISEASE}),
    _HEALTH: Codes({_HEALTH, _DISEASE}),
    _ANCESTRY: Codes({_ANCESTRY}),
    _GENERAL: Codes({_GENERAL, _HEALTH, _DISEASE, _ANCESTRY}),
    _ANY: Codes({_ANY, _GENERAL, _HEALTH, _DISEASE, _ANCESTRY}),
}
"""Each code that permits a use, with the uses within it: DS, HMB, POA, GRU, NRES."""


def common(some: Codes, more: Codes) -> Codes:
    """Return the widest uses that both permit, and the restrictions of either."""
    uses = permitted(some) & permitted(more)
    widest = {use for use in uses if not any(use in WITHIN[other] for other in uses - {use})}
    return Codes(widest | (some | more) - WITHIN.keys())


def permitted(codes: Codes) -> Codes:
    """Return every use that these codes permit."""
    return NO_CODES.union(*(WITHIN[code] for code in codes & WITHIN.keys()))


@dataclass(frozen=True, slots=True)
class ResearchAnswer:
    """The word of one person on research. codes: of the grant; none: it is not granted.

    seated: the person has a slot; else the word counts only where the recording has that person already.
    performs: the person grants `perform` too.
    """

    codes: Codes
    seated: bool
    performs: bool = False

    def followed_by(self, later: Self) -> Self:
        """Return both as one: what either takes away is gone."""
        granted = bool(self.codes and later.codes)
        codes = common(self.codes, later.codes) if granted else NO_CODES
        performs = self.performs and later.performs
        return replace(self, codes=codes, seated=self.seated or later.seated, performs=performs)


@dataclass(frozen=True, slots=True)
class ResearchGrants:
    """The people of a recording by their numbers, and those without research for all of it.

    codes: what the others have in common. unperformed: those without `perform`; None: not known.
    """

    people: frozenset[int] = field(default_factory=frozenset)
    without: frozenset[int] = field(default_factory=frozenset)
    codes: Codes = NO_CODES
    unperformed: frozenset[int] | None = field(default_factory=frozenset)

    def answered(self, answers: Mapping[int, ResearchAnswer]) -> Self:
        """Return them after these answers, by the number of the person."""
        people, without, codes = set(self.people), set(self.without), self.codes
        silent = set(self.unperformed or ())
        for number, answer in answers.items():
            if not answer.seated and number not in people:
                continue
            first = len(people) == len(without)
            people.add(number)
            silent |= set() if answer.performs else {number}
            if not answer.codes:
                without.add(number)
            else:
                codes = answer.codes if first else common(codes, answer.codes)
        unperformed = None if self.unperformed is None else frozenset(silent)
        return replace(
            self,
            people=frozenset(people),
            without=frozenset(without),
            codes=codes,
            unperformed=unperformed,
        )

    @property
    def sound(self) -> bool:
        """Whether these can be the people of a recording: a file may hold anything."""
        numbers = all(type(one) is int and one > 0 for one in self.people)
        codes = all(fullmatch(DUO_FORM, str(code)) for code in self.codes)
        return numbers and codes and self.without | (self.unperformed or frozenset()) <= self.people
