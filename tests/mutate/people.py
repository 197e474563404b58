"""People before pods: guidelines, consent, dose."""

from typing import Final

from mutate.mutation import Mutation

_CORE: Final = "daemon/dreamd/core/"
_CONSENT: Final = ("tests/core/test_consent.py",)
_DOSE: Final = ("tests/core/test_dose_windows.py",)
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
    Mutation(
        "consent.widens-at-the-assign",
        "a wider grant holds at once",
        _CORE + "consent/course.py",
        "    held = consent.held.meet(grant.held)\n",
        "    held = grant.held\n",
        _CONSENT,
    ),
    Mutation(
        "consent.next-revision",
        "a replayed older grant is taken",
        _CORE + "consent/course.py",
        "if grant.revision != consent.revision + 1:",
        "if grant.revision > consent.revision + 1:",
        _CONSENT,
    ),
    Mutation(
        "consent.hours-that-come-twice",
        "a window that ends at a time shown twice opens again",
        _CORE + "consent/hours.py",
        "    if first <= second:  # shown once, or twice: the first time\n        return first\n",
        "    if first <= second:\n        return second\n",
        _CONSENT,
    ),
    Mutation(
        "consent.overtaken-instant",
        "a withdrawal overtakes a grant on its way by the clock alone",
        "daemon/dreamd/app/people/consent_book.py",
        "if overtaken or now.state is not before.state or",
        "if now.state is not before.state or",
        ("tests/app/test_consent_book.py", "tests/integration/test_people_killed.py"),
    ),
    Mutation(
        "consent.restriction-first",
        "a narrower grant waits for the ledger",
        "daemon/dreamd/app/people/consent_book.py",
        "            self._keep(sleeper, replace(before, held=after.held))\n",
        "            pass\n",
        ("tests/app/test_consent_book.py",),
    ),
    Mutation(
        "consent.overtaken-grant",
        "a grant holds that was on its way when the sleeper withdrew",
        "daemon/dreamd/app/people/consent_book.py",
        "if overtaken or now.state is not before.state or now.changed_s != before.changed_s:",
        "if False:",
        ("tests/app/test_consent_book.py",),
    ),
    Mutation(
        "guidelines.ledger-first",
        "a revision is in force before the ledger has it",
        "daemon/dreamd/app/guidelines/revisions.py",
        "        changed = self._with_superseded(kept, effects)\n        self._busy = True\n",
        "        changed = self._with_superseded(kept, effects)\n"
        "        self._hold(changed)\n        self._busy = True\n",
        ("tests/app/test_revisions.py",),
    ),
    Mutation(
        "exposure.touched-bucket",
        "a window leaves out the bucket that it only touches",
        _CORE + "exposure/windows.py",
        "first = bucket_of(now_s - DAY_S), bucket_of(now_s - WEEK_S)",
        "first = bucket_of(now_s - DAY_S) + 1, bucket_of(now_s - WEEK_S) + 1",
        _DOSE,
    ),
    Mutation(
        "exposure.hours-moved-late",
        "the minutes of a migrated hour leave the window first",
        "daemon/dreamd/adapters/ledger/migrations/versions/v0010_ten_minutes.py",
        "hour * 6 + 5",
        "hour * 6",
        ("tests/daemon/test_sqlite_ledger.py",),
    ),
)
