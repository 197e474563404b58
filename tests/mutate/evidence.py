"""Evidence in time: what is too old, or told again, accuses nobody and confirms nothing."""

from typing import Final

from mutate.mutation import Mutation

_APP: Final = "daemon/dreamd/app/"
_LATE: Final = ("tests/app/test_late_evidence.py",)
_BREAKER: Final = ("tests/core/test_breaker.py",)
_CLOCK: Final = ("tests/edge/test_clock.py",)

EVIDENCE: Final = (
    Mutation(
        "late.told-again",
        "a malfunction that its pod tells of half a minute later counts twice, and locks",
        "daemon/dreamd/core/severing/breaker.py",
        "again = seen_s is not None and seen_s < now.tripped_s + SAME_TRIP_S",
        "again = False",
        _BREAKER,
    ),
    Mutation(
        "late.second-trip",
        "whatever is told late is the trip before",
        "daemon/dreamd/core/severing/breaker.py",
        "again = seen_s is not None and seen_s < now.tripped_s + SAME_TRIP_S",
        "again = seen_s is not None",
        _BREAKER,
    ),
    Mutation(
        "late.events-own-time",
        "an event is of the moment at which it comes",
        f"{_APP}coordinator.py",
        "seen_s = event.unix_ms / 1000 if event.unix_ms else None",
        "seen_s = None",
        _LATE,
    ),
    Mutation(
        "late.mass",
        "failures of half an hour that are told at once sever everyone",
        "daemon/dreamd/core/severing/quorum.py",
        "lately = seen_s is None or now_s - seen_s <= MASS_WINDOW_S",
        "lately = True",
        ("tests/core/test_quorum.py",),
    ),
    Mutation(
        "late.confirmed",
        "a word that was under way when a sever was sent confirms it",
        f"{_APP}tickets.py",
        "after = said_s >= self._sent_s",
        "after = True",
        _LATE,
    ),
    Mutation(
        "late.home",
        "a status from before the end sends its sleeper home",
        f"{_APP}homecoming.py",
        "if status.written_s(inf) >= self._session.severed_s:",
        "if True:",
        _LATE,
    ),
    Mutation(
        "late.stray",
        "a status from before a release is a pod coupled without a slot",
        f"{_APP}census.py",
        "ok = min(now_s, now_s if written_s is None else written_s) - since_s <= ALONE_WITHIN_S",
        "ok = now_s - since_s <= ALONE_WITHIN_S",
        _LATE,
    ),
    Mutation(
        "late.stray-ahead",
        "a pod whose clock is still an earlier daemon's is coupled without a slot for as long as it is ahead",
        f"{_APP}census.py",
        "ok = min(now_s, now_s if written_s is None else written_s) - since_s <= ALONE_WITHIN_S",
        "ok = (now_s if written_s is None else written_s) - since_s <= ALONE_WITHIN_S",
        _LATE,
    ),
    Mutation(
        "late.fresh-slot",
        "a pod that fades out of an earlier daemon's grant has a device that does not obey",
        f"{_APP}grants.py",
        " & (held_s >= REACH_S)",
        "",
        _LATE,
    ),
    Mutation(
        "late.status-overtaken",
        "the status that comes last stands, whenever it was written",
        f"{_APP}fleet.py",
        "if record.status is not None and status.older_than(record.status):",
        "if False:",
        _LATE,
    ),
    Mutation(
        "late.quality-once",
        "one poor frame counts in every tick in which the next is late",
        f"{_APP}banks.py",
        "self.fresh = instant, self.columns.instant != self.looked_at",
        "self.fresh = instant, self.columns.present.copy()",
        _LATE,
    ),
    Mutation(
        "late.clock-jump",
        "a lopsided way of two seconds is a clock that jumped",
        "edge/dreamedge/core/clock.py",
        "jumped = abs(sample.offset_us - held_us) - sample.round_trip_us / 2 > JUMP_US",
        "jumped = abs(sample.offset_us - held_us) > JUMP_US",
        _CLOCK,
    ),
    Mutation(
        "late.clock-kept",
        "a way that is lopsided for minutes moves the clock",
        "edge/dreamedge/core/clock.py",
        "if poor and better and now_us - oldest.at_us <= KEPT_LONGEST_US:",
        "if False:",
        _CLOCK,
    ),
)
