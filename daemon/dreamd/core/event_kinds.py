"""Every kind of fact the journal has, and what it means. The API's events and the log carry these names.

A name is a promise to whoever filters by it: one fact, one name, never given to another. `tests/house` holds
this table to what the application writes, and docs/reference.md shows it.
"""

from typing import Final

KINDS: Final = {
    "state": "a Dreamscape has moved to another state; `cause` is the state or why",
    "amended": "the plan of a Dreamscape was changed before its start; `cause` names what differs",
    "admitted": "a pod has passed every check and has a seat",
    "assigned": "a seat has been given a slot; its coupling may still be zero",
    "assign-refused": "a pod will not take its slot; it is asked again",
    "merged": "a pod says that its sleeper is coupled",
    "severed": "a pod says that its sleeper was set to zero, with its own stamps",
    "alone": "a pod says that its fade is over",
    "malfunction": "a pod tells of its own fault without a sever",
    "warned": "a pod warns: its sleeper has lived most of what they may",
    "latched": "a pod is latched: only the sleeper's own act clears it",
    "unlatched": "the sleeper has cleared the latch",
    "left": "a seat has been left",
    "tripped": "a breaker has opened or locked",
    "breaker": "a breaker has moved otherwise",
    "reset": "a person has reset a locked breaker",
    "sever-order": "a scope was set to zero by an order: a sleeper, a pod, a Dreamscape, a site or the fleet",
    "wake-order": "a wake order was given",
    "wake-lifted": "a wake order was lifted",
    "blind": "most frames are missing at once: our own way to the pods is broken",
    "seeing": "frames come again",
    "led": "an artist begins to lead a Dreamscape",
    "unled": "nobody leads it any more",
    "halved": "every coupling is halved, or one sleeper's, with the evidence",
    "whole": "what was halved is whole again",
    "crowd-severed": "what the crowd shows has severed the Dreamscape; the last minute is in the values",
    "labelled": "what severed is told apart by what happened after zero; `cause` is the label",
    "identity-lost": "a sleeper was losing themselves in the others and is severed",
    "exposure-warning": "a sleeper has lived most of what they may",
    "checked-in": "somebody was checked in to a pod",
    "checked-out": "the sleeper of a pod was checked out",
    "pod-online": "a pod's agent is connected",
    "pod-offline": "a pod's agent is gone",
    "forgotten": "older events of coming and going are no longer kept; the others are",
    "broker-up": "the broker was reached",
    "broker-down": "the broker was lost: everyone is alone by their own tether",
    "malformed": "a payload of `pod` could not be read; `cause` is its kind; one of each in ten seconds",
    "step-failed": "a bug in one step: whom it concerns was set to zero first, and the daemon goes on",
    "restored": "the ledger is a copy or an hour old: consents are suspended until they are given anew",
    "ledger": "the ledger could not keep something, is slow, or was closed with writes left",
    "ledger-well": "the ledger takes what it is given again, or is quick again",
}
