"""The clinic: no person that is held merges, and none is released by the wrong hand or by chance."""

from typing import Final

from mutate.mutation import Mutation

_BOOK: Final = "daemon/dreamd/app/clinic/clinic_book.py"
_COURSE: Final = "daemon/dreamd/core/clinic/course.py"
_APP: Final = ("tests/app/test_clinic.py",)
_CORE: Final = ("tests/core/test_clinic.py",)

CLINIC: Final = (
    Mutation(
        "clinic.held-seat",
        "a sleeper that becomes held keeps the slot",
        "daemon/dreamd/app/dreamscapes/held_seats.py",
        "                self._dreamscapes.release_pod(record, HELD)\n",
        "                pass\n",
        _APP,
    ),
    Mutation(
        "clinic.admission",
        "a held sleeper is admitted",
        "daemon/dreamd/core/dreamscapes/admission.py",
        '    if no is None or plan.kind.alone:\n        return Check("clinic", passed=True)\n',
        '    if no is None or plan:\n        return Check("clinic", passed=True)\n',
        _APP,
    ),
    Mutation(
        "clinic.share",
        "the nights of the return merge with the whole ceiling",
        "daemon/dreamd/app/dreamscapes/seating/admission.py",
        "share = 1.0 if self._plan.kind.alone else self._deps.clinic.share(sleeper)",
        "share = 1.0",
        _APP,
    ),
    Mutation(
        "clinic.grant-first",
        "a plan of return acts although the ledger does not have it",
        _BOOK,
        "        return self._commits.ask(self.rows((wanted,)), what, done, undo=undo)\n",
        "        self.put_case(wanted)\n"
        "        return self._commits.ask(self.rows((wanted,)), what, done, undo=undo)\n",
        _APP,
    ),
    Mutation(
        "clinic.unwritten",
        "a case whose write failed is not written again",
        _BOOK,
        "                if not commit.done:\n                    self._dirty[case] = None\n",
        "                if not commit.done:\n                    pass\n",
        _APP,
    ),
    Mutation(
        "clinic.mark",
        "an erasure buys the release from a hold",
        "daemon/dreamd/app/clinic/living_cases.py",
        "        return self._strictest((_MARK, self._mark_of(sleeper)))\n",
        "        return None\n",
        _APP,
    ),
    Mutation(
        "clinic.two-of-one",
        "of two cases of one person the one that was read last counts, and a hold is lost",
        "daemon/dreamd/app/clinic/living_cases.py",
        "min((self._of[one] for one in found), key=_strict)",
        "self._of[found[-1]]",
        _APP,
    ),
    Mutation(
        "clinic.doubt",
        "a restored book lacks the newest holds, and everyone merges",
        "daemon/dreamd/app/durability/generation.py",
        "doubts = _doubts(ledger, now_s) if ledger.older() else Transaction()",
        "doubts = Transaction()",
        _APP,
    ),
    Mutation(
        "clinic.own-case",
        "a clinician decides a case of their own",
        "daemon/dreamd/app/api/people/clinic.py",
        "By(case.person if self._is_own(caller, case) else caller.name, clinician)",
        "By(caller.name, clinician)",
        _APP,
    ),
    Mutation(
        "clinic.site",
        "a clinician decides the cases of every site",
        "daemon/dreamd/app/api/people/clinic.py",
        "one.role is Role.CLINICIAN and (everywhere or one.has_site(case.site)) for",
        "one.role is Role.CLINICIAN for",
        _APP,
    ),
    Mutation(
        "clinic.late-report",
        "a sever told late is the case of another sleeper in the bed",
        "daemon/dreamd/app/clinic/case_openings.py",
        "        at_s = event.acted_s or event.at_s\n        found",
        "        at_s = event.at_s\n        found",
        _APP,
    ),
    Mutation(
        "clinic.steps",
        "a person is released after the first step of the return",
        _COURSE,
        "    done = case.step > len(STEPS) and not case.morning\n",
        "    done = case.step > 1 and not case.morning\n",
        _CORE,
    ),
    Mutation(
        "clinic.reopened",
        "graver evidence after the triage is due never",
        _COURSE,
        "    again = graver and case.state is CaseState.TRIAGED\n",
        "    again = False\n",
        _CORE,
    ),
    Mutation(
        "clinic.restored",
        "a person that the sittings show pulled is released",
        _COURSE,
        "    if event.restored is False:\n",
        "    if event.restored is None:\n",
        _CORE,
    ),
)
"""Mutations of the clinic."""
