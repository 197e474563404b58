"""MQTT topics of dreamwire.v1: built here, parsed here, nowhere else."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

ROOT: Final = "dreamd/v1"
WAKE: Final = f"{ROOT}/wake"
DAEMON_PRESENCE: Final = f"{ROOT}/daemon/presence"
DAEMON_LEDGER: Final = f"{ROOT}/daemon/ledger"
"""The daemon's own topic for its ledger's write count, read after a restart."""

POD_REPORTS: Final = tuple(f"{ROOT}/pods/+/{leaf}" for leaf in ("presence", "status", "event", "clock"))
"""Subscriptions of the daemon besides frames; the filters do not overlap."""

FRAMES: Final = f"{ROOT}/frames/+/+/+"

LEAVES: Final = frozenset({"presence", "status", "event", "clock", "command"})
"""Last parts of a pod's own topics."""

CANARY: Final = f"{ROOT}/canary"
"""The only topic that the account `canary` may hear: by it the daemon tries the broker's rules."""

RESERVED: Final = frozenset({"dreamd", "dreamd-rights", "canary", "canary-bed"})
"""Names that no pod may have: a pod's name is its account at the broker, and these accounts are taken."""

_COHORT: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?")


def is_name(text: str) -> bool:
    """Whether `text` may name a pod, a Dreamscape or a site: 1-63 of a-z 0-9 _ . - (ends alphanumeric)."""
    return _NAME.fullmatch(text) is not None


def is_pod(text: str) -> bool:
    """Whether `text` may name a pod: a name that is not RESERVED."""
    return text not in RESERVED and is_name(text)


def pod_topic(pod: str, leaf: str) -> str:
    """`dreamd/v1/pods/{pod}/{leaf}`; leaf is presence, status, event, clock or command."""
    return f"{ROOT}/pods/{pod}/{leaf}"


def clock_answer(pod: str) -> str:
    """The topic of the daemon's answers to a pod's clock probes."""
    return f"{ROOT}/clock/{pod}"


def frames(dreamscape: str, cohort: int, sender: str) -> str:
    """The topic of a pod's or gateway's frames."""
    return f"{ROOT}/frames/{dreamscape}/{cohort}/{sender}"


def collective(dreamscape: str, cohort: int) -> str:
    """The topic of a cohort's collective."""
    return f"{ROOT}/collective/{dreamscape}/{cohort}"


@dataclass(frozen=True, slots=True)
class PodTopic:
    """A parsed `dreamd/v1/pods/{pod}/{leaf}`."""

    pod: str
    leaf: str


@dataclass(frozen=True, slots=True)
class FramesTopic:
    """A parsed `dreamd/v1/frames/{dreamscape}/{cohort}/{sender}`."""

    dreamscape: str
    cohort: int
    sender: str


PODS_REMEMBERED: Final = 20_000
"""Pods of the largest fleet; caches by name have room for each of them."""
LEAVES_HEARD: Final = 5
"""Topics that one pod publishes to: presence, status, event, clock, frames."""


@lru_cache(maxsize=PODS_REMEMBERED * LEAVES_HEARD)
def parse(topic: str) -> PodTopic | FramesTopic | None:
    """Parse a topic that a pod publishes to; None if it is not one of ours.

    Cached: the same few come all night.
    """
    parts = topic.split("/")
    if parts[:2] != ["dreamd", "v1"]:
        return None
    match parts[2:]:
        case ["pods", pod, leaf] if is_pod(pod) and leaf in LEAVES:
            return PodTopic(pod, leaf)
        case ["frames", dreamscape, cohort, sender] if (
            is_name(dreamscape) and is_pod(sender) and _COHORT.fullmatch(cohort)
        ):
            return FramesTopic(dreamscape, int(cohort), sender)
        case _:
            return None
