"""Breakers, for people: look at one, open one, reset one that is locked.

The breaker of a pod is the machine of `core.severing.breaker`. That of a Dreamscape is its state: open
while it is severed, waking or ended; to trip it is Sever, and it is never reset, because Resume is what asks
whether enough are healthy. A trip is never refused and waits for nothing: with the next broadcast weight and
coupling are zero. A reset takes a name and a reason, leads from LOCKED to HALF_OPEN and nowhere else, and is
in the ledger before it is done.
"""

from collections.abc import Iterator, Mapping

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.archive import Archive, Bygone
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.fleet.registry import PodRecord, breaker_cause
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.refusals import Code, Refusal, bad_field
from dreamd.core.safety.breaker import Observation, Reset, Trip, step
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import BreakerView
from dreamd.ports.deferred import Deferred

UNNAMED = "somebody who gave no name"


class BreakerCommands:
    """Implements `coordination.BreakerDesk`."""

    def __init__(
        self, dependencies: Dependencies, runtimes: Mapping[str, DreamscapeRuntime], archive: Archive
    ) -> None:
        self._deps = dependencies
        self._archive = archive
        self._runtimes = runtimes

    def list(self, state: BreakerState | None = None, after: str = "") -> Iterator[BreakerView]:
        """Every breaker in this state (None: any), by name, behind the name `after`, of what has not ended.

        The state is asked before a view is made, and a view is made as it is read.
        """
        for name in sorted(self._runtimes):
            runtime = self._runtimes[name]
            living = runtime.state is not DreamscapeState.ENDED
            if living and f"dreamscapes/{name}" > after and state in (None, runtime.breaker_state):
                yield self.of_dreamscape(runtime)
        for record in self._deps.fleet.after(
            after.removeprefix("pods/") if after.startswith("pods/") else ""
        ):
            if state in (None, record.breaker.state):
                yield self._of_pod(record)

    def get(self, name: str) -> BreakerView | Refusal:
        """One breaker; name: pods/{pod} or dreamscapes/{dreamscape}."""
        found = self._find(name)
        if isinstance(found, Refusal):
            return found
        return self._of(found)

    def trip(self, name: str, by: str, reason: str) -> BreakerView | Refusal:
        """Open it now; valid in every state, and a locked one stays locked."""
        found = self._find(name)
        if isinstance(found, Refusal):
            return found
        if isinstance(found, PodRecord):
            self.open(found, Cause.OPERATOR, by or UNNAMED, reason)
        elif isinstance(found, DreamscapeRuntime):
            found.sever(Cause.OPERATOR, f"{by or UNNAMED}: {reason}" if reason else by or UNNAMED)
        return self._of(found)

    def open(
        self, record: PodRecord, cause: Cause, by: str, evidence: str, seen_s: float | None = None
    ) -> None:
        """Open the breaker of a pod, wherever it sits, and also if nowhere. seen_s: see `Trip`."""
        runtime = self._runtimes.get(record.dreamscape)
        if runtime is None or not runtime.trip(record, cause, by, evidence, seen_s):
            self._step(record, Trip(cause, by, evidence, seen_s))
        self._deps.locks.flush()

    def reset(
        self, name: str, by: str, reason: str, etag: str = ""
    ) -> BreakerView | Refusal | Deferred[BreakerView]:
        """From LOCKED to HALF_OPEN, by a named person with a reason."""
        found = self._find(name)
        if isinstance(found, Refusal):
            return found
        refusal = self._not_resettable(name, found, by, reason, etag)
        if refusal is not None:
            return refusal
        assert isinstance(found, PodRecord)
        pod, observation = found.pod, Reset(by.strip(), reason.strip())
        return self._deps.commits.ask(
            self._deps.locks.unlocking(pod),
            "the reset",
            lambda _terms: self._reset(found, observation),
            failed=lambda: self._deps.locks.still_locked(pod),
            undo=lambda: self._deps.locks.still_locked(pod),
        )

    def _reset(self, found: PodRecord, observation: Reset) -> BreakerView:
        """The ledger has forgotten the lock."""
        self._deps.locks.unlocked(found.pod)
        runtime = self._runtimes.get(found.dreamscape)
        if runtime is None or not runtime.reset(found, observation):
            self._step(found, observation)
        now_s = self._deps.clock.now_s()
        sentence = f"breaker of {found.pod} is reset by {observation.by}: {observation.reason}"
        self._deps.journal.append(now_s, "breaker-reset", sentence, pod=found.pod)
        return self._of_pod(found)

    def _not_resettable(
        self, name: str, found: PodRecord | DreamscapeRuntime | Bygone, by: str, reason: str, etag: str
    ) -> Refusal | None:
        for field, said in (("by", by), ("reason", reason)):
            if not said.strip():
                return bad_field(field, "what a person answers for: their name and a reason", said)
        if not isinstance(found, PodRecord):
            sentence = f"{name} is a Dreamscape, whose breaker is never locked: resume it"
            return Refusal(Code.BREAKER_NOT_LOCKED, sentence, {"breaker": name})
        view = self._of_pod(found)
        if etag not in ("", view.etag):
            return Refusal(
                Code.STALE_ETAG, f"breaker {name} has changed since etag {etag}", {"breaker": name}
            )
        if view.state is not BreakerState.LOCKED:
            sentence = f"breaker {name} is {view.state.value}"
            return Refusal(Code.BREAKER_NOT_LOCKED, sentence, {"breaker": name, "state": view.state.value})
        return None

    def _step(self, record: PodRecord, observation: Observation) -> None:
        """Move the breaker of a pod that has no seat."""
        now_s = self._deps.clock.now_s()
        record.breaker, transition = step(record.breaker, observation, now_s, self._deps.rng)
        if transition is not None:
            self._deps.locks.note_pod(record.pod, transition, record.breaker)
            self._deps.fleet.changed(record, now_s)

    def _of(self, found: PodRecord | DreamscapeRuntime | Bygone) -> BreakerView | Refusal:
        if isinstance(found, PodRecord):
            return self._of_pod(found)
        if isinstance(found, DreamscapeRuntime):
            return self.of_dreamscape(found)
        row = found.row()
        return row if isinstance(row, Refusal) else row.breaker

    def _find(self, name: str) -> PodRecord | DreamscapeRuntime | Bygone | Refusal:
        collection, _, bare = name.partition("/")
        if collection == "pods":
            return self._deps.fleet.find(bare)
        runtime = self._runtimes.get(bare) or self._archive.get(bare)
        if runtime is None:
            return Refusal(Code.DREAMSCAPE_UNKNOWN, f"no Dreamscape is named {bare!r}", {"dreamscape": bare})
        return runtime

    def _of_pod(self, record: PodRecord) -> BreakerView:
        name, breaker = f"pods/{record.pod}", record.breaker
        waits = breaker.state in (BreakerState.OPEN, BreakerState.HALF_OPEN)
        return BreakerView(
            name=name,
            state=breaker.state,
            cause=breaker_cause(record),
            since_s=breaker.since_s,
            until_s=breaker.until_s if waits else 0.0,
            tripped_s=self._deps.locks.tripped_s(name, breaker),
            evidence=self._deps.locks.evidence(name),
            history=self._deps.locks.moves(name),
            etag=f"{breaker.state.value}-{int(breaker.since_s * 1e6):x}",
        )

    def of_dreamscape(self, runtime: DreamscapeRuntime) -> BreakerView:
        """The breaker of a Dreamscape that is not put away yet."""
        name = f"dreamscapes/{runtime.plan.dreamscape}"
        state = runtime.breaker_state
        is_open = state is BreakerState.OPEN
        return BreakerView(
            name=name,
            state=state,
            cause=runtime.sever_cause if is_open else "",
            since_s=runtime.severed_s if is_open else runtime.created_s,
            until_s=0.0,
            tripped_s=runtime.severed_s,
            evidence=runtime.state_cause if is_open else "",
            history=self._deps.locks.moves(name),
            etag=runtime.etag,
        )
