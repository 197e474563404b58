"""People before pods: guidelines, consent, dose."""

from typing import Final

from mutate.mutation import Mutation

_CORE: Final = "daemon/dreamd/core/"
_GUIDELINES: Final = ("tests/core/test_guidelines.py",)

PEOPLE: Final = (
    Mutation(
        "guidelines.missing-refuses",
        "a clause without its fact is skipped",
        _CORE + "guidelines/judgement.py",
        "        value = facts.get(key.fact, nan)\n",
        "        if key.fact not in facts:\n            continue\n        value = facts[key.fact]\n",
        _GUIDELINES,
    ),
    Mutation(
        "guidelines.unknown-condition",
        "a clause for small groups is skipped where the number of people is not known",
        _CORE + "guidelines/judgement.py",
        'return not facts.get("people", nan) >= INTIMATE_BELOW',
        'return facts.get("people", nan) < INTIMATE_BELOW',
        _GUIDELINES,
    ),
    Mutation(
        "guidelines.two-people",
        "one person ratifies in both roles",
        _CORE + "guidelines/course.py",
        "if other and other == event.person:",
        "if False:",
        _GUIDELINES,
    ),
    Mutation(
        "guidelines.bounds",
        "a ratification passes the hard bounds",
        _CORE + "guidelines/forms.py",
        "return lowest <= limit <= highest and limit < inf",
        "return limit >= lowest",
        _GUIDELINES,
    ),
    Mutation(
        "guidelines.words-may-loosen",
        "a reworded clause counts as a tightening",
        _CORE + "guidelines/diff.py",
        "Difference(Change.REWORDED, old, new, tightens=False)",
        "Difference(Change.REWORDED, old, new, tightens=True)",
        _GUIDELINES,
    ),
)
