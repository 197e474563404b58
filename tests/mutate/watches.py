"""Surveillance: counts of nights, watches, alarms."""

from typing import Final

from mutate.mutation import Mutation

_WATCH: Final = "daemon/dreamd/core/surveillance/watch.py"
_DETECTOR: Final = "daemon/dreamd/core/surveillance/e_detector.py"
_COUNTS: Final = "daemon/dreamd/app/surveillance/night_counts.py"
_HOUSE: Final = "daemon/dreamd/app/surveillance/surveillance.py"
_CORE: Final = ("tests/core/test_watch.py",)
_NIGHTS: Final = ("tests/app/test_watched_nights.py",)

WATCHES: Final = (
    Mutation(
        "watch.nan-is-quiet",
        "evidence that is no number raises no alarm",
        _DETECTOR,
        "        ok = self.value < NIGHTS_LEAST * kinds\n        return not ok\n",
        "        return self.value >= NIGHTS_LEAST * kinds\n",
        ("tests/core/test_surveillance.py",),
    ),
    Mutation(
        "watch.judged-by-own-night",
        "a night is judged by the rate that it has made",
        _WATCH,
        "    if not isfinite(rate):\n",
        "    rate = after.next_rate(declared)\n    if not isfinite(rate):\n",
        _CORE,
    ),
    Mutation(
        "watch.rate-learns",
        "a slow rise is learned into the own rate",
        _WATCH,
        "    if not watch.gathered >= SLEEPER_NIGHTS_LEAST:\n",
        "    if True:\n",
        _CORE,
    ),
    Mutation(
        "watch.raised-rate-goes-on",
        "evidence under a lower rate counts on under a higher one",
        _WATCH,
        "Evidence() if raised else watch.evidence",
        "watch.evidence",
        _CORE,
    ),
    Mutation(
        "watch.alarm-ends-by-itself",
        "an alarm ends once the evidence is below the threshold",
        _WATCH,
        "    alarm = watch.alarm\n",
        "    alarm = watch.alarm if evidence.alarms(len(KINDS)) else None\n",
        _CORE,
    ),
    Mutation(
        "watch.one-person-lifts",
        "one person in both roles lifts an alarm",
        _WATCH,
        "if watch.alarm.agreed.get(other) == person:",
        "if False:",
        _CORE,
    ),
    Mutation(
        "watch.check-ins-by-clause",
        "the clause declares the rate of a questionnaire that errs on healthy mornings",
        _WATCH,
        "isfinite(declared) and self.kind is not HarmKind.CHECK_IN",
        "isfinite(declared)",
        _CORE,
    ),
    Mutation(
        "watch.night-ends-by-length",
        "a night ends 24 hours after it began, also where the clock changes",
        "daemon/dreamd/core/surveillance/night_numbers.py",
        "    return datetime.combine(date, NOON, zone).timestamp()\n",
        "    begin = datetime.combine(date - timedelta(days=1), NOON, zone)\n"
        "    return begin.timestamp() + 86_400.0\n",
        _CORE,
    ),
    Mutation(
        "watch.cap-waits",
        "an alarm changes no running Dreamscape",
        "daemon/dreamd/app/guidelines/revisions.py",
        "            self.limits = running_limits(self._held.bundle, in_alarm=stands)\n",
        "            self.limits = running_limits(self._held.bundle)\n",
        _NIGHTS,
    ),
    Mutation(
        "watch.alarm-forgotten",
        "an alarm holds no more after a restart",
        _HOUSE,
        "        self.opened: list[Callable[[HarmKind], None]] = []\n        self._hold()\n",
        "        self.opened: list[Callable[[HarmKind], None]] = []\n",
        _NIGHTS,
    ),
    Mutation(
        "watch.lifted-before-written",
        "an alarm is lifted although the ledger cannot write it",
        _HOUSE,
        "        self._lifting = True\n",
        "        self._lifting = True\n        self._watches[kind] = stepped\n",
        _NIGHTS,
    ),
    Mutation(
        "watch.noon-forgets-the-merged",
        "a Dreamscape that goes on over noon has no sleeper in the new night",
        _COUNTS,
        "            for bed in beds:\n                self._take_bed(following, bed)\n",
        "",
        _NIGHTS,
    ),
    Mutation(
        "watch.events-counted",
        "one bad night of one bed counts as several",
        _COUNTS,
        "        if bed not in harmed:\n            harmed.add(bed)\n",
        "        if True:\n            harmed.add(f'{bed}-{len(harmed)}')\n",
        _NIGHTS,
    ),
    Mutation(
        "watch.response-of-a-few",
        "a bin of dose tells of fewer than five people",
        "daemon/dreamd/core/surveillance/bins.py",
        "for part in parts if _people(part) >= REPORT_PEOPLE_LEAST)",
        "for part in parts)",
        ("tests/core/test_surveillance.py",),
    ),
)
