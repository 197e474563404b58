"""The rule `barred`: a bed that is paused or revoked is bound by no daemon that knows it.

A daemon knows it from the event that it reports itself, or from the ledger at its start. The broker has put
a revoked bed out within DROPPED_NS, and from then on it hears nothing.
"""

from collections.abc import Callable
from typing import Final

from dreamd.core.dreamscapes.views import Event
from dreamd.simulation.environment import ObservedDaemon, ObservedPod
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamd.simulation.machines.mqtt_broker import MqttBroker
from dreamd.simulation.schedule import SECOND_NS, Schedule

RULE: Final = "barred"
DROPPED_NS: Final = 2 * SECOND_NS
REACHED_NS: Final = 3 * SECOND_NS
"""How long a broker that was away, or stood still, is back before it is judged."""


class CredentialWatch:
    """The beds that no sleeper may be bound in, by daemon."""

    def __init__(
        self, schedule: Schedule, storage: LedgerStorage, violated: Callable[[str, str, str], None]
    ) -> None:
        self._schedule = schedule
        self._storage = storage
        self._violated = violated
        self._barred: set[tuple[int, str]] = set()
        self.broker: MqttBroker | None = None
        self.drifts = 0

    def daemon_started(self, daemon: ObservedDaemon) -> None:
        """A daemon has read its ledger."""
        held = self._storage.credentials.values()
        for name, principal in self._storage.principals.items():
            own = [one for one in held if one.principal == name]
            if principal.paused or (own and all(one.revoked_s for one in own)):
                self._barred.add((daemon.number, name))

    def daemon_event(self, daemon: ObservedDaemon, event: Event) -> None:
        """A line of a daemon's journal."""
        key = (daemon.number, event.cause)
        self.drifts += event.kind == "rights-drifted"
        if event.kind == "code-reused":
            self._barred.add(key)
        elif event.kind == "code-redeemed":
            principal = daemon.app.principals.principal(event.cause)
            if principal is None or not principal.paused:
                self._barred.discard(key)
        elif event.kind == "credential-revoked":
            self._barred.add(key)
            self._schedule.after(DROPPED_NS, lambda: self._look(daemon, event.cause))

    def lifted(self, daemon: ObservedDaemon, name: str) -> None:
        """An administrator has lifted a pause."""
        self._barred.discard((daemon.number, name))

    def slot_assigned(self, daemon: ObservedDaemon, pod: str) -> None:
        """A daemon gives a pod a slot."""
        if (daemon.number, pod) in self._barred:
            self._violated(RULE, pod, "is given a slot although it is paused or revoked")

    def message_arrived(self, pod: ObservedPod) -> None:
        """A pod's process hears a message; one that stood still also hears what came before."""
        accounts = self.broker.accounts if self.broker is not None else None
        barred = accounts is not None and not accounts.anonymous and pod.name not in accounts.clients
        if barred and pod.link.up:
            self._violated(RULE, pod.name, "hears a message although it has no account")

    def _look(self, daemon: ObservedDaemon, name: str) -> None:
        broker, now_ns = self.broker, self._schedule.now_ns
        barred = daemon.alive and (daemon.number, name) in self._barred
        if broker is None or broker.accounts is None or not barred or name not in broker.accounts.clients:
            return
        up = broker.alive and not broker.frozen and not daemon.frozen
        if up and max(broker.up_since_ns, daemon.up_since_ns) + REACHED_NS <= now_ns:
            self._violated(RULE, name, f"has an account {DROPPED_NS / SECOND_NS:g} s after it was revoked")
        else:
            self._schedule.after(REACHED_NS, lambda: self._look(daemon, name))
