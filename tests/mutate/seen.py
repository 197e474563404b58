"""Views for operators: alarms that would stay silent, and alarms without cause (DESIGN 11)."""

from typing import Final

from mutate.mutation import Mutation

_APP: Final = "daemon/dreamd/app/"
_METRICS: Final = "daemon/dreamd/adapters/metrics/"
_GRANTS, _TICKETS = (
    "daemon/dreamd/app/collective/grant_history.py",
    "daemon/dreamd/app/fleet/sever_confirmations.py",
)
_CENSUS, _LOCKS, _JUDGING, _READING = (
    f"{_APP}{name}.py"
    for name in ("fleet/statistics", "safety/breaker_registry", "safety/breaker_evaluator", "telemetry")
)
_READINGS: Final = ("tests/app/test_telemetry.py",)
_UNHEARD: Final = ("tests/app/test_unheard.py",)
_SEVERS: Final = ("tests/app/test_severs.py",)
_CAUSES: Final = ("tests/app/test_first_causes.py",)
_METERS: Final = ("tests/daemon/test_metrics.py",)

SEEN: Final[tuple[Mutation, ...]] = (
    Mutation(
        "seen.above-granted",
        "an over-rendering pod is shown only once tripped",
        _GRANTS,
        "self._above = np.where(known, self._above, new & ~ok)",
        "self._above = self._over >= ACTUATOR_FRAMES",
        _READINGS,
    ),
    Mutation(
        "seen.above-granted-nan",
        "a share that is no number counts as alone",
        _READING,
        "coupled = heard & ~(columns.applied <= 0.0)",
        "coupled = heard & (columns.applied > 0.0)",
        _READINGS,
    ),
    Mutation(
        "seen.stray",
        "a pod coupled without a slot is not counted",
        _READING,
        "above_granted=nan if blind else seated_above + census.strays,",
        "above_granted=nan if blind else seated_above,",
        _READINGS,
    ),
    Mutation(
        "seen.stray-at-once",
        "a pod that is just being let go counts as coupled unasked",
        _CENSUS,
        "ok = min(now_s, now_s if written_s is None else written_s) - since_s <= ALONE_WITHIN_S",
        "ok = False",
        _READINGS,
    ),
    Mutation(
        "seen.blind-above",
        "without heard pods over-rendering is 0 instead of unknown",
        _READING,
        "above_granted=nan if blind else",
        "above_granted=",
        _UNHEARD,
    ),
    Mutation(
        "seen.unheard",
        "a word of any age is believed",
        "daemon/dreamd/core/fleet/freshness.py",
        "return age_s <= ALONE_WITHIN_S",
        "return True",
        _UNHEARD,
    ),
    Mutation(
        "seen.unheard-nan",
        "an age that is no number is young",
        "daemon/dreamd/core/fleet/freshness.py",
        "return age_s <= ALONE_WITHIN_S",
        "return not age_s > ALONE_WITHIN_S",
        ("tests/core/test_freshness.py",),
    ),
    Mutation(
        "seen.online-unheard",
        "silent pods count as online",
        _READING,
        "online=census.online - census.unheard,",
        "online=census.online,",
        _UNHEARD,
    ),
    Mutation(
        "seen.arrival",
        "a frame that was long on its way counts from its arrival",
        "daemon/dreamd/app/collective/cohorts.py",
        "age_s = max(0.0, now_s - int(columns.instant[row]) * HOP_S)",
        "age_s = 0.0",
        _UNHEARD,
    ),
    Mutation(
        "seen.status-arrival",
        "a status that was long on its way counts from its arrival",
        "daemon/dreamd/app/fleet/registry.py",
        "return now_s - self.said_s if",
        "return now_s - self.status_s if",
        _UNHEARD,
    ),
    Mutation(
        "seen.first-cause",
        "an operator's sever overwrites what a bed was severed for",
        "daemon/dreamd/app/safety/first_causes.py",
        "seat.cause = seat.cause or cause.value",
        "seat.cause = cause.value",
        _CAUSES,
    ),
    Mutation(
        "seen.one-word",
        "what the daemon did is told under the pod's word for it",
        "daemon/dreamd/core/safety/causes.py",
        "return zeroed_for or told if told == Cause.DAEMON.value else told",
        "return told",
        _CAUSES,
    ),
    Mutation(
        "seen.unconfirmed",
        "an unconfirmed sever is forgotten with its ticket",
        _TICKETS,
        "self._overdue[pod] = None",
        "self._since_s.pop(pod)",
        _READINGS,
    ),
    Mutation(
        "seen.unconfirmed-since",
        "severing again makes an old unconfirmed sever young",
        _TICKETS,
        "if self._since_s.setdefault(pod, now_s) == now_s:",
        "self._since_s[pod] = now_s\n            if now_s == now_s:",
        _READINGS,
    ),
    Mutation(
        "seen.breaker-unconfirmed",
        "of a sleeper severed by a breaker no word is waited for",
        "daemon/dreamd/app/dreamscapes/drivers/breaker_moves.py",
        "if seat.slot is not None and stopped and confirms:",
        "if False:",
        _READINGS,
    ),
    Mutation(
        "seen.locked-after-restart",
        "after a restart a lock is not counted until its pod reports",
        "daemon/dreamd/app/safety/breaker_registry.py",
        "Counter(_scope(lock) for lock in self._locks.values())",
        "Counter()",
        _READINGS,
    ),
    Mutation(
        "seen.tick-age",
        "the tick's age is what it was when a tick last told it",
        "daemon/dreamd/adapters/metrics/gauges.py",
        "max(0.0, self._now_s() - self.ticked_s)",
        "max(0.0, self.ticked_s - self.ticked_s)",
        _METERS,
    ),
    Mutation(
        "seen.worst-of-the-rest",
        "of many Dreamscapes a healthy one is shown",
        "daemon/dreamd/adapters/metrics/gauges.py",
        '("dreamd_dispersion_ratio", lambda of: of.crowd.identity.dispersion_ratio, min),',
        '("dreamd_dispersion_ratio", lambda of: of.crowd.identity.dispersion_ratio, max),',
        _METERS,
    ),
    Mutation(
        "severs.zeros-first",
        "the second Dreamscape's zero waits for the first one's ledger",
        "daemon/dreamd/app/api/severs.py",
        "[partial(one.dreamscape.zero, Cause.OPERATOR) for one in whole]",
        "[]",
        _SEVERS,
    ),
    Mutation(
        "severs.each",
        "a bug in one Dreamscape keeps the others coupled",
        "daemon/dreamd/app/api/severs.py",
        "            failures.append(error)",
        "            raise error",
        _SEVERS,
    ),
    Mutation(
        "severs.strays",
        "the fleet's sever leaves a pod with a slot of no Dreamscape",
        "daemon/dreamd/app/api/severs.py",
        "return list(self._dreamscapes.values()), self._strays()",
        "return list(self._dreamscapes.values()), []",
        _SEVERS,
    ),
    Mutation(
        "severs.alone-stays-out",
        "a bed that was severed alone is seated again by itself",
        "daemon/dreamd/app/dreamscapes/dreamscape.py",
        "self.admission.excused.add(record.pod)",
        "pass",
        _SEVERS,
    ),
    Mutation(
        "severs.kept",
        "a restart forgets that a bed was severed alone",
        "daemon/dreamd/app/api/severs.py",
        "acts += [runtime.dreamscape.keep_record for runtime in mixed]",
        "acts += []",
        _SEVERS,
    ),
)
