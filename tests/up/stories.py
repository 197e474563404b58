"""A night written by hand: journal entries of pods, for the tests of its reports."""

from dreamd.up.plan import Flags, plan
from dreamd.up.processes.pod_journal import Entry
from dreamd.up.run_state import RunState

SECOND = 1_000_000_000
T0_NS = 1_000 * SECOND
CEILING = 0.15


def at(seconds: float) -> int:
    """A stamp of the run's clock."""
    return T0_NS + round(seconds * SECOND)


def entry(pod: str, seconds: float, kind: str, **values: object) -> Entry:
    """A journal line of a pod."""
    return Entry(at(seconds), pod, kind, values)


def dreaming(sleepers: int = 8, until_s: float = 20.0) -> RunState:
    """A run state in which all merged at 4 s and ramp over 10 s."""
    chronicle = RunState.begin(plan(Flags(sleepers=sleepers)).sleepers, T0_NS, CEILING)
    for sleeper in chronicle.sleepers:
        chronicle.on_journal_line(entry(sleeper.pod, 1.0, "up"))
        chronicle.on_journal_line(entry(sleeper.pod, 4.0, "merged"))
    for hop in range(8, int(until_s * 4) + 1):
        for sleeper in chronicle.sleepers:
            chronicle.on_journal_line(hop_of(sleeper.pod, hop / 4))
    return chronicle


def hop_of(pod: str, seconds: float) -> Entry:
    """A hop of a pod that ramps between 4 and 14 s."""
    applied = CEILING * min(max((seconds - 4.0) / 10.0, 0.0), 1.0)
    return entry(
        pod,
        seconds,
        "hop",
        applied=applied,
        granted=CEILING if applied else 0.0,
        quality=0.97,
        distance=3.4 + 0.1 * (hash_of(pod) + seconds % 3),
        capture_to_feedback_ms=200.0,
    )


def hash_of(pod: str) -> int:
    """A small number specific to a pod."""
    return sum(pod.encode()) % 7


def sever(chronicle: RunState, pod: str, seconds: float, cause: str = "railed", fade_s: float = 0.05) -> None:
    """A pod finds its fault, zeroes 12 ms later and is alone after the fade."""
    stamps = {
        "onset_ns": at(seconds - 0.2),
        "evidence_ns": at(seconds - 0.012),
        "zero_ns": at(seconds),
    }
    chronicle.on_journal_line(entry(pod, seconds, "severed", cause=cause, **stamps))
    alone_ns = at(seconds + fade_s)
    chronicle.on_journal_line(entry(pod, seconds + fade_s, "alone", cause=cause, **stamps, alone_ns=alone_ns))
