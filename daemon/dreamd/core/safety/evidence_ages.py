"""The age up to which each detector's evidence is judged, and the effect of older evidence: one table.

Every judgement that compares a pod's report with a grant, a frame or an observation states the age up to
which it may. A network delays, reorders, repeats and drops reports, and changes nothing in them. So evidence
beyond its age is evidence about the network: it trips nothing, or a cause of transport, and never locks.

Age counts from the time of sending, never from the arrival: a frame by its instant, a status by `at_us`, an
event by its stamp, each with the uncertainty of its pod's clock on the side that accuses less.

Rules
- Each cause that counts against a person or a device has a row; so has each detector that pages or confirms.
- In such a row older evidence is OUTDATED, UNJUDGED, AGAIN or BEFORE, all of which trip nothing new.
- A row without an age compares nothing that a network can change.
"""

from dataclasses import dataclass
from enum import Enum
from math import inf, isfinite
from typing import Final

from dreamd.core.limits import (
    ACTUATOR_AGE_S,
    ALONE_WITHIN_S,
    BREAKER_OPEN_JITTER,
    BREAKER_OPEN_S,
    COMMAND_VALID_S,
    FRAME_FRESH_HOPS,
    FRAME_PAST_S,
    FRAME_STALE_HOPS,
    HOP_S,
    LEASE_S,
    MASS_WINDOW_S,
    OWN_FAULT_HOLDS_S,
    REPLAY_AGE_S,
    STATUS_FRESH_S,
)
from dreamd.core.safety.causes import CAUSES, Cause, Kind


class Older(Enum):
    """The effect of evidence beyond its age; the value is its text in the documentation."""

    OUTDATED = "the way: refused and counted as `outdated`, trips nothing"
    UNJUDGED = "the way: not judged; a frame this old is stale by itself"
    SILENCE = "the way: absence, `stale`"
    AGAIN = "the earlier trip told again: opens, is not counted, never locks"
    BEFORE = "the time before: says nothing of now"
    REFUSED = "refused by the pod, which stays at zero"
    ANY = "does not arise: no network changes it"


@dataclass(frozen=True, slots=True)
class Row:
    """One detector. age_s: up to which its evidence is judged; inf: at any age."""

    detector: str
    causes: tuple[Cause, ...]
    compares: str
    age_s: float
    older: Older


_FRESH_S: Final = FRAME_FRESH_HOPS * HOP_S
_STALE_S: Final = FRAME_STALE_HOPS * HOP_S
_SIGNAL: Final = (
    *(Cause.FLAT, Cause.RAILED, Cause.CONTACT, Cause.MAINS, Cause.AMPLITUDE, Cause.HIGHFREQ, Cause.UNIT),
    Cause.RESOLUTION,
    *(
        Cause.RATE,
        Cause.RENDERER,
        Cause.AROUSAL,
        Cause.DISTRESS,
        Cause.WAKE,
        Cause.WITHDRAWN,
        Cause.LATCHED,
        Cause.UNKNOWN,
    ),
)
SAME_TRIP_S: Final = BREAKER_OPEN_S * (1.0 - BREAKER_OPEN_JITTER)
"""The shortest time a breaker is open; evidence from within it belongs to the trip that opened the
breaker."""

AT_THE_DAEMON: Final = (
    Row(
        "non-finite, out of range, misfit",
        (Cause.NONFINITE, Cause.RANGE, Cause.MISFIT),
        "a frame with itself and the schema",
        FRAME_PAST_S,
        Older.OUTDATED,
    ),
    Row("frozen", (Cause.FROZEN,), "three frames running", FRAME_PAST_S, Older.OUTDATED),
    Row(
        "replayed: a copy, but of a gateway",
        (Cause.REPLAYED,),
        "the numbers that have come",
        REPLAY_AGE_S,
        Older.OUTDATED,
    ),
    Row("replayed: a contradiction", (Cause.REPLAYED,), "number and instant of two frames", inf, Older.ANY),
    Row(
        "actuator, `dreamd_frames_above_granted_total`, `dreamd_coupled_above_granted`",
        (Cause.ACTUATOR,),
        "the share in a frame with the grants in force at its capture; clock uncertainty counts as age",
        ACTUATOR_AGE_S,
        Older.UNJUDGED,
    ),
    Row("quality", (Cause.QUALITY,), "the newest frame, each once", _STALE_S, Older.SILENCE),
    Row(
        "stale, silence",
        (Cause.STALE, Cause.SILENCE),
        "the newest frame with the tick",
        _STALE_S,
        Older.SILENCE,
    ),
    Row("lost", (Cause.LOST,), "numbers that have not come", LEASE_S * 2.0, Older.SILENCE),
    Row("clock ahead", (Cause.CLOCK,), "a frame's instant with the tick", inf, Older.ANY),
    Row("outlier", (Cause.OUTLIER,), "the newest frame with the centre", _FRESH_S, Older.UNJUDGED),
    Row(
        "crosstalk",
        (Cause.CROSSTALK,),
        "ten seconds of frames at their own instants",
        _FRESH_S,
        Older.UNJUDGED,
    ),
    Row("identity loss", (Cause.IDENTITY,), "a minute of frames with the first", _FRESH_S, Older.UNJUDGED),
    Row(
        "gain, synchrony, homogenisation",
        (Cause.GAIN, Cause.SYNCHRONY, Cause.HOMOGENISED),
        "frames of the included; a phase only in its own tick",
        _FRESH_S,
        Older.UNJUDGED,
    ),
    Row(
        "what a pod tells of itself",
        _SIGNAL,
        "an event's own time with the last trip: at least this much later it is a second one",
        SAME_TRIP_S,
        Older.AGAIN,
    ),
    Row("mass failure", (Cause.MASS,), "the events' own times with now", MASS_WINDOW_S, Older.BEFORE),
    Row(
        "quorum",
        (Cause.QUORUM,),
        "breakers; those that are out for the way count for neither side",
        inf,
        Older.ANY,
    ),
    Row("own fault", (Cause.DAEMON,), "how many are stale at once", OWN_FAULT_HOLDS_S, Older.SILENCE),
    Row("exposure", (Cause.EXPOSURE,), "grants, charged from above", inf, Older.ANY),
    Row(
        "coupled without a slot",
        (),
        "a status' own time with when the daemon first heard of it: later by more than this",
        ALONE_WITHIN_S,
        Older.BEFORE,
    ),
    Row("unconfirmed severs", (), "when a word was said with when the sever was sent", 0.0, Older.BEFORE),
    Row("home", (), "when a status was written with when the end was sent", 0.0, Older.BEFORE),
    Row("admission", (), "a status with now", STATUS_FRESH_S, Older.SILENCE),
)
AT_THE_POD: Final = (
    Row(
        "lease",
        (Cause.LEASE,),
        "the own frame that a broadcast answers, by the pod's clock",
        LEASE_S,
        Older.REFUSED,
    ),
    Row("replay, term, tick", (), "a broadcast with the highest heard", inf, Older.REFUSED),
    Row(
        "actuator guard",
        (Cause.ACTUATOR,),
        "what is rendered with the grants whose lease and fade are not over, by the pod's clock",
        ALONE_WITHIN_S,
        Older.ANY,
    ),
    Row(
        "clock",
        (Cause.CLOCK,),
        "the time held with the bounds of an answer; what its way explains is no jump",
        2.0,
        Older.REFUSED,
    ),
    Row("assign, recalibrate", (), "`not_after` with the session clock", COMMAND_VALID_S, Older.REFUSED),
    Row("release, wake, acknowledgement", (), "the counter; obeyed at any age", inf, Older.ANY),
)
"""The rows of DESIGN 8.2, in its order."""


def markdown() -> str:
    """Return the table as Markdown, for the documentation."""
    head = "| where | detector | compares | up to | older evidence counts as |\n|---|---|---|---|---|\n"
    lines = [
        f"| {where} | {row.detector} | {row.compares} | {_age(row.age_s)} | {row.older.value} |\n"
        for where, rows in (("daemon", AT_THE_DAEMON), ("pod", AT_THE_POD))
        for row in rows
    ]
    return head + "".join(lines)


def _age(age_s: float) -> str:
    return f"{age_s:g} s" if isfinite(age_s) else "any age"


def check() -> None:
    """Raise AssertionError where a cause has no row, or two ages contradict each other."""
    told = {cause for row in (*AT_THE_DAEMON, *AT_THE_POD) for cause in row.causes}
    against = {cause for cause, row in CAUSES.items() if row.kind in (Kind.HARD, Kind.SOFT)}
    assert against <= told, f"no age is stated for {sorted(c.value for c in against - told)}"
    for row in AT_THE_DAEMON:
        ages = isfinite(row.age_s) != (row.older is Older.ANY)
        assert ages, f"{row.detector}: an age, and what older evidence counts as, stand together"
    assert FRAME_PAST_S < SAME_TRIP_S, "late frames of one malfunction are one trip"
    assert MASS_WINDOW_S <= SAME_TRIP_S
    assert _STALE_S < ACTUATOR_AGE_S < FRAME_PAST_S
    assert REPLAY_AGE_S < FRAME_PAST_S


check()
