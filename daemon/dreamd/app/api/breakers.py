"""Breakers: look at one, trip one, reset one that is LOCKED.

The breaker of a pod is the state machine of `core.safety.breaker`. That of a Dreamscape is its state: open
while it is severed, waking or ended. To trip it is Sever. It is never reset: Resume checks whether enough are
healthy. A trip is never refused and waits for nothing: with the next broadcast weight and coupling are zero.
A reset takes a name and a reason, leads from LOCKED to HALF_OPEN and nowhere else, and is in the ledger
before it takes effect.
"""

from collections.abc import Iterator

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.archive import Bygone
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.dreamscapes.views import breaker_view
from dreamd.app.fleet.registry import PodRecord, breaker_cause
from dreamd.core.access.caller import Caller
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.refusals import Code, Refusal, bad_field
from dreamd.core.safety.breaker import Reset
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import BreakerView
from dreamd.ports.deferred import Deferred


class BreakerCommands:
    """Implements `BreakersApi`."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes

    def list(self, state: BreakerState | None = None, after: str = "") -> Iterator[BreakerView]:
        """Every breaker in this state (None: any), by name, behind the name `after`, of what has not ended.

        The state is asked before a view is made, and a view is made as it is read.
        """
        for name in sorted(self._dreamscapes):
            runtime = self._dreamscapes[name]
            living = runtime.dreamscape.state is not DreamscapeState.ENDED
            if living and f"dreamscapes/{name}" > after and state in (None, runtime.dreamscape.breaker_state):
                yield self._of_dreamscape(runtime)
        for record in self._deps.fleet.records_after(
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

    def trip(self, caller: Caller, name: str, reason: str) -> BreakerView | Refusal:
        """Open it now; valid in every state, and a locked one stays locked."""
        found = self._find(name)
        if isinstance(found, Refusal):
            return found
        if isinstance(found, PodRecord):
            self._dreamscapes.trip(found, Cause.OPERATOR, caller.signature, reason)
        elif isinstance(found, DreamscapeRuntime):
            found.dreamscape.sever(
                Cause.OPERATOR, f"{caller.signature}: {reason}" if reason else caller.signature
            )
        return self._of(found)

    def reset(
        self, caller: Caller, name: str, reason: str, etag: str = ""
    ) -> BreakerView | Refusal | Deferred[BreakerView]:
        """From LOCKED to HALF_OPEN, by a named person with a reason."""
        found = self._find(name)
        if isinstance(found, Refusal):
            return found
        refusal = self._not_resettable(name, found, caller, reason, etag)
        if refusal is not None:
            return refusal
        assert isinstance(found, PodRecord)
        pod, observation = found.pod, Reset(caller.name.strip(), reason.strip())
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
        self._dreamscapes.reset(found, observation)
        now_s = self._deps.clock.now_s()
        sentence = f"breaker of {found.pod} is reset by {observation.by}: {observation.reason}"
        self._deps.journal.append(now_s, "breaker-reset", sentence, pod=found.pod)
        return self._of_pod(found)

    def _not_resettable(
        self, name: str, found: PodRecord | DreamscapeRuntime | Bygone, caller: Caller, reason: str, etag: str
    ) -> Refusal | None:
        for field, said in (("by", caller.name), ("reason", reason)):
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

    def _of(self, found: PodRecord | DreamscapeRuntime | Bygone) -> BreakerView | Refusal:
        if isinstance(found, PodRecord):
            return self._of_pod(found)
        if isinstance(found, DreamscapeRuntime):
            return self._of_dreamscape(found)
        row = found.row()
        return row if isinstance(row, Refusal) else row.breaker

    def _find(self, name: str) -> PodRecord | DreamscapeRuntime | Bygone | Refusal:
        collection, _, bare = name.partition("/")
        if collection == "pods":
            return self._deps.fleet.find(bare)
        runtime = self._dreamscapes.get(bare) or self._dreamscapes.archive.ended_named(bare)
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

    def _of_dreamscape(self, runtime: DreamscapeRuntime) -> BreakerView:
        return breaker_view(runtime.dreamscape, self._deps.locks)
