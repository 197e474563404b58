"""Evidence in time: old or repeated evidence counts against no pod and confirms nothing."""

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
        "daemon/dreamd/core/safety/breaker.py",
        "again = seen_s is not None and seen_s < now.tripped_s + SAME_TRIP_S",
        "again = False",
        _BREAKER,
    ),
    Mutation(
        "late.second-trip",
        "whatever is told late is the trip before",
        "daemon/dreamd/core/safety/breaker.py",
        "again = seen_s is not None and seen_s < now.tripped_s + SAME_TRIP_S",
        "again = seen_s is not None",
        _BREAKER,
    ),
    Mutation(
        "late.events-own-time",
        "an event is of the moment at which it comes",
        "daemon/dreamd/app/inbound.py",
        "seen_s = event.unix_ms / 1000 if event.unix_ms else None",
        "seen_s = None",
        _LATE,
    ),
    Mutation(
        "late.mass",
        "failures of half an hour that are told at once sever everyone",
        "daemon/dreamd/core/safety/quorum.py",
        "lately = seen_s is None or now_s - seen_s <= MASS_WINDOW_S",
        "lately = True",
        ("tests/core/test_quorum.py",),
    ),
    Mutation(
        "late.confirmed",
        "a word that was under way when a sever was sent confirms it",
        "daemon/dreamd/app/fleet/sever_confirmations.py",
        "after = said_s >= self._sent_s",
        "after = True",
        _LATE,
    ),
    Mutation(
        "late.home",
        "a status from before the end sends its sleeper home",
        "daemon/dreamd/app/dreamscapes/homecoming.py",
        "return status.written_s(inf) >= severed_s",
        "return True",
        _LATE,
    ),
    Mutation(
        "late.stray",
        "a status from before a release is a pod coupled without a slot",
        "daemon/dreamd/app/fleet/statistics.py",
        "ok = min(now_s, now_s if written_s is None else written_s) - since_s <= ALONE_WITHIN_S",
        "ok = now_s - since_s <= ALONE_WITHIN_S",
        _LATE,
    ),
    Mutation(
        "late.stray-ahead",
        "a pod with an earlier daemon's clock counts as coupled without a slot while it is ahead",
        "daemon/dreamd/app/fleet/statistics.py",
        "ok = min(now_s, now_s if written_s is None else written_s) - since_s <= ALONE_WITHIN_S",
        "ok = (now_s if written_s is None else written_s) - since_s <= ALONE_WITHIN_S",
        _LATE,
    ),
    Mutation(
        "late.fresh-slot",
        "a pod that fades out of an earlier daemon's grant has a device that does not obey",
        "daemon/dreamd/app/collective/grant_history.py",
        " & (held_s >= REACH_S)",
        "",
        _LATE,
    ),
    Mutation(
        "late.status-overtaken",
        "the status that comes last stands, whenever it was written",
        "daemon/dreamd/app/fleet/registry.py",
        "if record.status is not None and status.older_than(record.status):",
        "if False:",
        _LATE,
    ),
    Mutation(
        "late.quality-once",
        "one poor frame counts in every tick in which the next is late",
        "daemon/dreamd/app/collective/slot_table.py",
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
