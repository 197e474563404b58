"""The festival: a guard of the house broken once for each line of the account, which turns red for it.

The lines about pauses, failures found, pull and berths are broken in the account: no one guard of the house
is alone there.
"""

from typing import Final

from mutate.mutation import Mutation

_PLAY: Final = ("tests/festival/test_play.py",)
_FACTS: Final = ("tests/festival/test_account.py",)
_INSTITUTIONS: Final = "daemon/dreamd/festival/account/institutions.py"

FESTIVAL: Final = (
    Mutation(
        "festival.home",
        "a sleeper that was checked out stays bound to the bed",
        "daemon/dreamd/app/api/check_ins.py",
        'self._deps.fleet.lay(record, "", now_s)\n            self._deps.journal',
        "self._deps.journal",
        _PLAY,
    ),
    Mutation(
        "festival.dose",
        "a walk-in may live the dose of a calibrated sleeper",
        "daemon/dreamd/app/people/doses.py",
        "return self._full if self.days.many(sleeper) >= self._needed else self._new",
        "return self._full",
        _PLAY,
    ),
    Mutation(
        "festival.hours",
        "a grant goes on after its end",
        "daemon/dreamd/core/consent/grant.py",
        "ends = [self.expires_s, *(hours.open_until_s(now_s) for hours in self.hours)]",
        "ends = [now_s + 3600.0, *(hours.open_until_s(now_s) for hours in self.hours)]",
        _PLAY,
    ),
    Mutation(
        "festival.ceiling",
        "a sleeper's own ceiling counts for nothing",
        "daemon/dreamd/app/people/consent_book.py",
        "ceiling=held.ceiling if until_s",
        "ceiling=0.15 if until_s",
        _PLAY,
    ),
    Mutation(
        "festival.slew",
        "an artist's vector leaps",
        "daemon/dreamd/app/stage/lead_slew.py",
        "moved = before + np.clip(vector - before, -step, step)",
        "moved = vector + 0.0 * step",
        _PLAY,
    ),
    Mutation(
        "festival.pause",
        "a sleeper that merges in a moratorium is not found",
        "daemon/dreamd/festival/account/nights.py",
        "if reached and not overlap_s <= ZERO_WITHIN_S:",
        "if False:",
        _FACTS,
    ),
    Mutation(
        "festival.acts",
        "no seat is ever given",
        "daemon/dreamd/app/dreamscapes/seating/seat_commits.py",
        "if self._stays(seat) and self._admission.still_admitted(seat):",
        "if False:",
        _PLAY,
    ),
    Mutation(
        "festival.found",
        "a failure that the house overlooks at a bed is not told",
        "daemon/dreamd/festival/account/nights.py",
        "if f\"sleeper-{bed.rpartition('-')[2]}\" not in at:",
        "if False:",
        _FACTS,
    ),
    Mutation(
        "festival.return",
        "the checker lets a held person merge without a written plan",
        "daemon/dreamd/simulation/checks/hold_watch.py",
        "if kept is None or not kept.case.share > 0.0:",
        "if kept is None:",
        ("tests/festival/test_leaps.py",),
    ),
    Mutation(
        "festival.reach",
        "the checker judges a moratorium of a site at every bed",
        "daemon/dreamd/simulation/checks/moratorium_watch.py",
        "reached = one.reaches(self.site_of(pod), person=True)",
        "reached = True",
        ("tests/festival/test_leaps.py",),
    ),
    Mutation(
        "festival.rules",
        "a moratorium of a site leaves its sleepers coupled",
        "daemon/dreamd/app/dreamscapes/moratorium_execution.py",
        "for record in self._reached(one)",
        "for record in ()",
        _PLAY,
    ),
    Mutation(
        "festival.cases",
        "a trip of a person opens no case",
        "daemon/dreamd/app/clinic/case_openings.py",
        "if level is None:\n            return\n        personal",
        "if level is None or level.holds:\n            return\n        personal",
        _PLAY,
    ),
    Mutation(
        "festival.triage",
        "a case does not keep when it was answered",
        "daemon/dreamd/core/clinic/course.py",
        "return replace(case, answered_s=case.answered_s or now_s)",
        "return case",
        _PLAY,
    ),
    Mutation(
        "festival.pull",
        "a person at a planted pull of 0.5 may be released",
        _INSTITUTIONS,
        "if isfinite(found) and not found < PULL_LEAST:",
        "if False:",
        _FACTS,
    ),
    Mutation(
        "festival.refusals",
        "a refusal by the guidelines does not cite its clause",
        "daemon/dreamd/core/guidelines/judgement.py",
        'metadata = {"clause": clause.name, "revision": str(revision), "limit": limit, "value": value}',
        'metadata = {"revision": str(revision), "limit": limit, "value": value}',
        _PLAY,
    ),
    Mutation(
        "festival.letters",
        "no letter is written",
        "daemon/dreamd/app/people/nights.py",
        "if ready and len(due) < LETTERS_AT_ONCE:",
        "if False:",
        _PLAY,
    ),
    Mutation(
        "festival.report",
        "a cell of few people is shown",
        "daemon/dreamd/core/public_report/cells.py",
        "shown = count >= least and (kind is Kind.SLEPT or rest >= least)",
        "shown = True",
        _PLAY,
    ),
    Mutation(
        "festival.pieces",
        "the chain of a piece is not that of the broadcast",
        "daemon/dreamd/app/stage/live_lead.py",
        "self._piece.add_tick(self._now_s(), tick, vector.tolist(), share, revision)",
        "self._piece.add_tick(self._now_s(), tick, vector.tolist(), 0.5 * share, revision)",
        _PLAY,
    ),
    Mutation(
        "festival.berths",
        "a berth that stood empty is not found",
        _INSTITUTIONS,
        "elif (sleeper, site, night) not in slept:",
        "elif False:",
        _FACTS,
    ),
    Mutation(
        "festival.pool",
        "a site gets the price and the pool its levy besides",
        "daemon/dreamd/core/exchange/accounts.py",
        "return self.price - self.levy",
        "return self.price",
        _PLAY,
    ),
)
