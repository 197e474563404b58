"""Every kind of event in the journal, and what it means. The API's events and the log carry these names.

A name is a promise to every program that filters by it: one fact, one name, never given to another fact. A
test holds this table to the events that the application writes, and docs/reference.md shows it.
"""

from typing import Final

KINDS: Final = {
    "state": "a Dreamscape has moved to another state; `cause` is the new state",
    "plan-changed": "the plan of a Dreamscape was changed before its start; `cause` names what differs",
    "admitted": "a pod has passed every check and has a seat",
    "assigned": "a seat has been given a slot; its coupling may still be zero",
    "assign-refused": "a pod has refused its slot; it is asked again",
    "declined": "a pod holds another revision of its sleeper's consent than the assign; `cause` is its word",
    "merged": "a pod reports that its sleeper is coupled",
    "severed": "a pod reports that its sleeper was set to zero, with its own stamps",
    "alone": "a pod reports that its fade is over",
    "malfunction": "a pod reports a fault of its own without a sever",
    "warned": "a pod warns: its sleeper is near the limit of merged time",
    "latched": "a pod is latched: only the sleeper's own act clears it",
    "unlatched": "the sleeper has cleared the latch",
    "left": "a seat has been left",
    "breaker-tripped": "a breaker has opened or locked",
    "breaker-changed": "a breaker has moved otherwise",
    "breaker-reset": "a person has reset a locked breaker",
    "sever-order": "a scope was set to zero by an order: a sleeper, a pod, a Dreamscape, a site or the fleet",
    "wake-order": "a wake order was given",
    "wake-lifted": "a wake order was lifted",
    "uplink-lost": "most frames are missing at once: the broker or the daemon's network is down",
    "uplink-restored": "frames arrive again",
    "lead-started": "an artist begins to lead a Dreamscape",
    "lead-ended": "the artist leads the Dreamscape no longer",
    "marker": "a program wrote a marker of the experiment; `cause` is its text",
    "coupling-halved": "every coupling of a Dreamscape is halved, or one sleeper's, with the evidence",
    "coupling-restored": "halved couplings are back at their full value",
    "group-severed": "the state of the group has severed the Dreamscape; the last minute is in the values",
    "cause-classified": "a group sever's cause was classified from the data after zero; `cause` is the class",
    "identity-lost": "a sleeper was growing too much like the others and is severed",
    "outlier-excluded": "a pod is left out of the collective for being far from all others",
    "outlier-included": "the pod counts again",
    "exposure-warning": "a sleeper is near the limit of merged time",
    "recording-started": "a recording of the Dreamscape begins, as its plan says",
    "recording-incomplete": "a recording has a hole, as the disk was too slow; `dropped` counts its ticks",
    "recording-stopped": "a recording has ended before its Dreamscape: the disk is full, or a bug",
    "checked-in": "a sleeper was checked in to a pod",
    "checked-out": "the sleeper of a pod was checked out",
    "pod-online": "a pod's agent is connected",
    "pod-offline": "a pod's agent is disconnected",
    "events-dropped": "older events of coming and going are no longer kept; all others are",
    "broker-up": "the broker is reached",
    "broker-down": "the broker is lost: every pod switches to zero by its own tether",
    "malformed": "a payload of `pod` could not be read; `cause` is its kind; one of each in ten seconds",
    "step-failed": "a bug in one step: its sleepers were set to zero first, and the daemon goes on",
    "ledger-restored": "the ledger is a copy or an hour old: consents are suspended until given anew",
    "ledger-write-failed": "the ledger could not keep something, or was closed with writes left",
    "ledger-slow": "a write has waited too long for the disk: no new sleeper is seated",
    "audit-broken": "the audit log does not agree with its own newest checkpoint",
    "audit-contradicted": "`pod` keeps a checkpoint that the daemon's audit log contradicts",
    "enrolled": "a bed, a person or a service may enrol; `cause` is its name",
    "code-redeemed": "an enrolment code was used; `cause` names its principal",
    "signed-in": "a person has signed in at the site's provider; `cause` names its principal",
    "roles-taken": "the provider tells no role of a person any more; `cause` names its principal",
    "code-reused": "an enrolment code was shown a second time: its principal is paused; `cause` names it",
    "credential-revoked": "the credentials of a principal were revoked; `cause` names it",
    "credential-expired": "the last credential of a bed has expired: it is alone; `cause` names it",
    "rights-drifted": "an account, role or group at the broker differs from the ledger; `cause` names it",
    "broker-open": "the broker allows what it must refuse: no sleeper is bound until that ends",
    "broker-closed": "the broker keeps its rules again",
    "ledger-recovered": "the ledger accepts writes again, or is fast again",
}

GRAVE: Final = frozenset(
    {
        *("severed", "breaker-tripped", "latched", "assign-refused", "uplink-lost", "broker-down"),
        *("group-severed", "coupling-halved", "identity-lost", "step-failed"),
        *("ledger-restored", "ledger-write-failed", "recording-stopped", "code-reused", "broker-open"),
        *("audit-contradicted", "credential-expired"),
    }
)
"""The kinds that a person should look at: screens mark them, and their filter leaves them."""
