"""The binding of sleepers to pods: a check-in binds once the ledger has it, a check-out frees at once.

Rules
- A check-in that waits for the ledger holds its bed and its sleeper: another for either is refused.
- A check-out is a way out. It releases the pod and unbinds the sleeper in the call, and gives up a check-in
  that still waits. Its answer waits for the ledger, so that an answer outlives a crash. A ledger that fails
  or takes too long refuses nothing: the sleeper is out, and that is written later.
- A check-in is no consent: it tells who lies where, and merges no sleeper.
- A free bed that is owed to a sleeper with a berth of this night goes to no other (BERTH_NOT_YOURS).
- A bed that is paused, or of which the credential is revoked, takes no sleeper in.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.fleet.registry import PodRecord
from dreamd.core.dreamscapes.admission import NAME_RULE
from dreamd.core.dreamscapes.views import PodView
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.topics import is_name

Answer = PodView | Refusal | Deferred[PodView]


@dataclass(slots=True)
class Binding:
    """A check-in on its way."""

    sleeper: str
    answer: Deferred[PodView] | None = None


class Berths(Protocol):
    """The berths that the exchange has given for this night."""

    def berth_refusal(
        self, record: PodRecord, sleeper: str, on_the_way: Collection[tuple[str, str]]
    ) -> Refusal | None:
        """Why this sleeper may not be checked in to this bed; on_the_way: (pod, sleeper) of other ones."""
        ...


class CheckIns:
    """Checks sleepers in and out. berths: of the exchange; None: there are none."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes
        self._binding: dict[str, Binding] = {}
        self._unsaved: dict[str, None] = {}
        self._writing = False
        self.berths: Berths | None = None

    # -- in -----------------------------------------------------------------------------------------

    def check_in(self, record: PodRecord, sleeper: str, etag: str) -> Answer:
        """Bind a sleeper to a pod; the same pair again is the same answer."""
        if record.sleeper == sleeper and sleeper:
            return self._deps.fleet.shown(record)
        waiting = self._binding.get(record.pod)
        if waiting is not None and waiting.sleeper == sleeper and waiting.answer is not None:
            return waiting.answer
        refusal = self._refusal(record, sleeper, etag)
        if refusal is not None:
            return refusal
        return self._bind(record, sleeper)

    def _bind(self, record: PodRecord, sleeper: str) -> Answer:
        pod, binding = record.pod, Binding(sleeper)
        self._binding[pod] = binding
        self._unsaved.pop(pod, None)
        answer = self._deps.commits.ask(
            Transaction(check_ins=((pod, sleeper),)),
            "the check-in",
            lambda _terms: self._bound(record, sleeper),
            over=lambda commit: self._ended(pod, commit),
            failed=lambda: self._keep(pod),
            undo=lambda: self._keep(pod),
        )
        if isinstance(answer, Deferred):
            binding.answer = answer
        return answer

    def _ended(self, pod: str, _commit: Commit[Terms]) -> None:
        del self._binding[pod]

    def _keep(self, pod: str) -> None:
        """Mark the binding of this pod for writing, whatever the ledger holds."""
        self._unsaved[pod] = None

    def _bound(self, record: PodRecord, sleeper: str) -> PodView:
        now_s = self._deps.clock.now_s()
        self._deps.fleet.lay(record, sleeper, now_s)
        for runtime in self._dreamscapes.values():
            runtime.dreamscape.admission.excused.discard(record.pod)
        sentence = f"a sleeper is checked in to {record.pod}"
        self._deps.journal.append(now_s, "checked-in", sentence, pod=record.pod)
        return self._deps.fleet.shown(record)

    def _refusal(self, record: PodRecord, sleeper: str, etag: str) -> Refusal | None:
        pod = record.pod
        if not is_name(sleeper):
            return bad_field("sleeper", f"a pseudonym of {NAME_RULE}", Figure("something else"))
        if etag and etag != self._deps.fleet.shown(record).etag:
            return Refusal(Code.STALE_ETAG, f"pod {pod!r} has changed since etag {etag}", {"pod": pod})
        closing = self._dreamscapes.shutting_down()
        if closing is not None:
            return closing
        barred = self._deps.principals.barred(pod)
        if barred is not None:
            return barred
        if not record.online:
            return Refusal(Code.POD_OFFLINE, f"pod {pod!r} is offline", {"pod": pod})
        return self._taken(record, sleeper)

    def _taken(self, record: PodRecord, sleeper: str) -> Refusal | None:
        if record.sleeper or record.pod in self._binding:
            return Refusal(Code.POD_BUSY, f"another sleeper is in pod {record.pod!r}", {"pod": record.pod})
        bound = (pod for pod, one in self._binding.items() if one.sleeper == sleeper)
        elsewhere = self._deps.fleet.pod_of(sleeper) or next(bound, "")
        if elsewhere:
            return Refusal(
                Code.SLEEPER_ELSEWHERE, f"this sleeper is checked in to pod {elsewhere!r}", {"pod": elsewhere}
            )
        on_the_way = [(pod, one.sleeper) for pod, one in self._binding.items()]
        return None if self.berths is None else self.berths.berth_refusal(record, sleeper, on_the_way)

    # -- out ----------------------------------------------------------------------------------------

    def check_out(self, record: PodRecord) -> Answer:
        """Release the pod, then unbind its sleeper; idempotent."""
        pod, answer = record.pod, None
        waiting = self._binding.get(pod)
        if record.sleeper or waiting is not None or pod in self._unsaved:
            self._overtake(waiting)
            answer = self._unbind(record)
        if not record.online:
            self._deps.tickets.forget_pod(pod)
        return self._deps.fleet.shown(record) if answer is None or isinstance(answer, PodView) else answer

    def _overtake(self, waiting: Binding | None) -> None:
        if waiting is not None and waiting.answer is not None and not waiting.answer.settled:
            waiting.answer.settle(Refusal(Code.NOT_CHECKED_IN, "the pod was checked out meanwhile"))

    def _unbind(self, record: PodRecord) -> Answer:
        pod, now_s = record.pod, self._deps.clock.now_s()
        if record.sleeper:
            self._dreamscapes.release_pod(record, "checked out")
            self._deps.fleet.lay(record, "", now_s)
            self._deps.journal.append(now_s, "checked-out", f"the sleeper of {pod} is checked out", pod=pod)
        self._unsaved.pop(pod, None)
        return self._deps.commits.ask(
            Transaction(check_ins=((pod, ""),)),
            "the check-out",
            lambda _terms: self._deps.fleet.shown(record),
            failed=lambda: self._keep(pod),
            refused=lambda _no: self._deps.fleet.shown(record),
        )

    # -- what is not yet written ----------------------------------------------------------------------

    def write_bindings(self) -> None:
        """Write the bindings that the ledger does not have yet."""
        pods = [pod for pod in self._unsaved if pod not in self._binding]
        if self._writing or not pods:
            return
        rows = tuple((pod, self._sleeper(pod)) for pod in pods)
        for pod in pods:
            del self._unsaved[pod]
        self._writing = True

        def over(commit: Commit[Terms]) -> None:
            self._writing = False
            if not commit.done:
                self._unsaved.update(dict.fromkeys(pods))

        self._deps.commits.submit(Transaction(check_ins=rows), "who lies where", over)

    def _sleeper(self, pod: str) -> str:
        record = self._deps.fleet.get(pod)
        return record.sleeper if record is not None else ""
