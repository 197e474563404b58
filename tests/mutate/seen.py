"""What operators are shown: each alarm that would stay silent, and each that would cry wolf (DESIGN 11)."""

from typing import Final

from mutate.mutation import Mutation

_APP: Final = "daemon/dreamd/app/"
_METRICS: Final = "daemon/dreamd/adapters/metrics/"
_GRANTS, _TICKETS = f"{_APP}grants.py", f"{_APP}tickets.py"
_CENSUS, _LOCKS, _JUDGING, _READING = (
    f"{_APP}{name}.py" for name in ("census", "locks", "judging", "reading")
)
_READINGS: Final = ("tests/app/test_readings.py",)
_METERS: Final = ("tests/daemon/test_meters.py",)

SEEN: Final[tuple[Mutation, ...]] = (
    Mutation(
        "seen.above-granted",
        "whoever renders more than was granted is shown only once tripped",
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
        "a pod that is coupled without a slot is nobody's",
        _READING,
        "above_granted=seated_above + census.strays,",
        "above_granted=seated_above,",
        _READINGS,
    ),
    Mutation(
        "seen.stray-at-once",
        "a pod that is just being let go counts as coupled unasked",
        _CENSUS,
        "ok = (now_s if written_s is None else written_s) - since_s <= ALONE_BY_S",
        "ok = False",
        _READINGS,
    ),
    Mutation(
        "seen.unconfirmed",
        "a sever that nobody confirmed is forgotten with its ticket",
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
        _JUDGING,
        "if seat.slot is not None and _severs(transition):",
        "if False:",
        _READINGS,
    ),
    Mutation(
        "seen.locked-after-restart",
        "after a restart no lock waits for anybody until its pod speaks",
        _LOCKS,
        "Counter(_whom(lock) for lock in self._locks.values())",
        "Counter()",
        _READINGS,
    ),
    Mutation(
        "seen.tick-age",
        "the tick's age is what it was when a tick last told it",
        f"{_METRICS}now.py",
        "max(0.0, self._now_s() - self.ticked_s)",
        "max(0.0, self.ticked_s - self.ticked_s)",
        _METERS,
    ),
    Mutation(
        "seen.worst-of-the-rest",
        "of many Dreamscapes a healthy one is shown",
        f"{_METRICS}now.py",
        '("dreamd_dispersion_ratio", lambda of: of.crowd.identity.dispersion_ratio, min),',
        '("dreamd_dispersion_ratio", lambda of: of.crowd.identity.dispersion_ratio, max),',
        _METERS,
    ),
)
