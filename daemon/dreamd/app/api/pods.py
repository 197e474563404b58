"""Pods: list and watch them, check sleepers in and out, release one.

A check-in binds once it is in the ledger (`Deferred`). Check-out and release are ways out: valid in every
state, done in the call, idempotent.
"""

from collections.abc import Iterator

from dreamd.app.api.check_ins import CheckIns
from dreamd.app.api.severs import NO_BED
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.events.subscriptions import Changed
from dreamd.app.fleet.registry import PodWatching
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.core.access.caller import Caller
from dreamd.core.dreamscapes.views import PodView
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred


class PodCommands:
    """Implements `PodsApi`."""

    def __init__(
        self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry, check_ins: CheckIns
    ) -> None:
        self._fleet = dependencies.fleet
        self._principals = dependencies.principals
        self._dreamscapes = dreamscapes
        self._check_ins = check_ins

    def list(self, after: str = "") -> Iterator[PodView]:
        """Every known pod, by name, behind the name `after`; each view is made as it is read."""
        return map(self._fleet.shown, self._fleet.records_after(after))

    def get(self, pod: str) -> PodView | Refusal:
        """One pod."""
        record = self._fleet.find(pod)
        return record if isinstance(record, Refusal) else self._fleet.shown(record)

    def watch(self, changed: Changed) -> PodWatching | Refusal:
        """Watch the fleet."""
        return self._fleet.watch(changed)

    def bed_of(self, sleeper: str) -> str | Refusal:
        """The pod a sleeper is checked in to."""
        return self._fleet.pod_of(sleeper) or Refusal(Code.POD_UNKNOWN, NO_BED)

    def check_in(
        self, caller: Caller, pod: str, sleeper: str, etag: str = ""
    ) -> PodView | Refusal | Deferred[PodView]:
        """Bind a sleeper to a pod; the same pair again is the same answer."""
        record = self._fleet.find(pod)
        if isinstance(record, Refusal):
            return record
        if caller.name and any(one.made_by == caller.name for one in self._principals.logins_of(sleeper)):
            sentence = f"{caller.name} made the login of this walk-in, and another person checks them in"
            return Refusal(Code.SAME_PERSON, sentence)
        return self._check_ins.check_in(record, sleeper, etag)

    def check_out(self, caller: Caller, pod: str) -> PodView | Refusal | Deferred[PodView]:
        """Release the pod, then unbind its sleeper; idempotent."""
        record = self._fleet.find(pod)
        return record if isinstance(record, Refusal) else self._check_ins.check_out(record)

    def release(self, caller: Caller, pod: str, reason: str) -> PendingSever | Refusal:
        """Release this pod alone, now; valid in every state."""
        record = self._fleet.find(pod)
        return record if isinstance(record, Refusal) else self._dreamscapes.release_pod(record, reason)
