"""Severing by scope: one sleeper, one pod, one Dreamscape, one site, the fleet.

In the call that gives the order every zero leaves first: each Dreamscape that is severed as a whole publishes
zeros, each pod that is severed alone gets its release. Then the states move, then follow ledger and journal.
Nothing is waited for. A failure of one pod or Dreamscape keeps no other from being set to zero.

The way back:

- A Dreamscape that was severed as a whole is SEVERED: Resume takes it up again, from zero. Of a site those
  Dreamscapes are severed as a whole in which every pod that has a slot stands in the site.
- A pod that was severed alone has left its seat, and the others go on. It is seated there again once its
  sleeper is checked in anew, as after a release.
- For the fleet every Dreamscape is severed as a whole, those that only gather included, and a pod that holds
  a slot of none is released.

A sever is no standing order: a Dreamscape that has a time to start starts. A wake order forbids that.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.app.fleet.registry import PodRecord
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.core.access.caller import Caller
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.refusals import Code, Refusal, bad_field
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.scopes import SeverScope
from dreamwire.messages import Release

NO_BED: Final = "this sleeper is checked in to no pod"
"""The name is not repeated: a caller may have sent that of a person."""


class SeverCommands:
    """Implements `SeversApi`."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes

    def order(self, caller: Caller, scope: SeverScope, target: str, reason: str) -> PendingSever | Refusal:
        """Set each pod in the scope to zero, in this call; target: the bare name, empty for the fleet."""
        found = self._reached(scope, target)
        if isinstance(found, Refusal):
            return found
        whole, alone = found
        holding = [seat.pod for runtime in whole for seat in runtime.dreamscape.holding()]
        ticket = self._deps.tickets.issue(
            [*holding, *(r.pod for r in alone if self._dreamscapes.holds_slot(r))]
        )
        said = ": ".join(word for word in (caller.name, reason) if word)
        self._cut(whole, alone, said)
        self._tell(scope, target, said)
        return ticket

    # -- the reach --------------------------------------------------------------------------------

    def _reached(
        self, scope: SeverScope, target: str
    ) -> tuple[list[DreamscapeRuntime], list[PodRecord]] | Refusal:
        """The Dreamscapes to sever as a whole, and the pods to sever alone."""
        match scope:
            case SeverScope.SLEEPER:
                return self._bed(self._deps.fleet.pod_of(target), NO_BED)
            case SeverScope.POD:
                return self._bed(target, f"pod {target!r} has never connected")
            case SeverScope.DREAMSCAPE:
                return self._dreamscape(target)
            case SeverScope.SITE:
                return self._site(target)
            case SeverScope.FLEET:
                return list(self._dreamscapes.values()), self._strays()

    def _bed(self, pod: str, unknown: str) -> tuple[list[DreamscapeRuntime], list[PodRecord]] | Refusal:
        record = self._deps.fleet.get(pod)
        return ([], [record]) if record is not None else Refusal(Code.POD_UNKNOWN, unknown)

    def _dreamscape(self, name: str) -> tuple[list[DreamscapeRuntime], list[PodRecord]] | Refusal:
        runtime = self._dreamscapes.get(name)
        if runtime is None and not self._dreamscapes.archive.used(name):
            return Refusal(Code.DREAMSCAPE_UNKNOWN, f"no Dreamscape is named {name!r}", {"dreamscape": name})
        return ([runtime] if runtime is not None else []), []

    def _site(self, site: str) -> tuple[list[DreamscapeRuntime], list[PodRecord]] | Refusal:
        here = {record.pod: record for record in self._deps.fleet if record.presence.site == site}
        if not here:
            return bad_field("target", "a site of which a pod has connected", site)
        whole = [c for c in self._dreamscapes.values() if _all_in(c, here.keys())]
        covered = {seat.pod for runtime in whole for seat in runtime.dreamscape.holding()}
        alone = [
            r
            for pod, r in here.items()
            if pod not in covered and (r.dreamscape or self._dreamscapes.holds_slot(r))
        ]
        return whole, alone

    def _strays(self) -> list[PodRecord]:
        """Pods that report a slot which no Dreamscape here has given."""
        seated = {seat.pod for runtime in self._dreamscapes.values() for seat in runtime.dreamscape.holding()}
        return [
            record
            for record in self._deps.fleet
            if record.pod not in seated and self._dreamscapes.holds_slot(record)
        ]

    # -- the cut ----------------------------------------------------------------------------------

    def _cut(self, whole: list[DreamscapeRuntime], alone: list[PodRecord], said: str) -> None:
        """Every zero first, then what is written; one that fails does not keep the next from being cut."""
        seated = [(record, self._dreamscapes.seating(record)) for record in alone]
        mixed = dict.fromkeys(runtime for _, runtime in seated if runtime is not None)
        acts: list[Callable[[], object]] = []
        acts += [partial(one.dreamscape.zero, Cause.OPERATOR) for one in whole]
        acts += [partial(self._release, record, runtime, said) for record, runtime in seated]
        acts += [partial(runtime.dreamscape.sever, Cause.OPERATOR, said) for runtime in whole]
        acts += [runtime.dreamscape.keep_record for runtime in mixed]
        _each(acts)

    def _release(self, record: PodRecord, runtime: DreamscapeRuntime | None, said: str) -> None:
        order = Release(said or Cause.OPERATOR.value)
        self._deps.orders.send(record.pod, record.incarnation, order, self._deps.clock.now_s())
        runtime = runtime or self._dreamscapes.seating(record)  # it may have reported meanwhile
        if runtime is not None:
            runtime.dreamscape.cut(record)
        else:
            self._dreamscapes.leave_returning(record.pod, Cause.OPERATOR)

    def _tell(self, scope: SeverScope, target: str, said: str) -> None:
        whom = {SeverScope.FLEET: "the fleet", SeverScope.SLEEPER: "one sleeper"}
        named = whom.get(scope, f"{scope.value} {target}")
        sentence = f"sever of {named}" + (f": {said}" if said else "")
        self._deps.journal.append(
            self._deps.clock.now_s(), "sever-order", sentence, cause=Cause.OPERATOR.value, reason=scope.value
        )


def _all_in(runtime: DreamscapeRuntime, pods: Iterable[str]) -> bool:
    """Whether every pod that has a slot is one of these, and there is one."""
    holding = {seat.pod for seat in runtime.dreamscape.holding()}
    return bool(holding) and holding <= set(pods) and runtime.dreamscape.state is not DreamscapeState.ENDED


def _each(acts: Iterable[Callable[[], object]]) -> None:
    """Do all of them, then raise what the first that failed has raised.

    Raises:
        Exception: whatever one of them raised; every other one has been done.
    """
    failures: list[Exception] = []
    for act in acts:
        try:
            act()
        except Exception as error:  # noqa: BLE001 -- nothing may keep the next pod from being set to zero
            failures.append(error)
    if failures:
        raise failures[0]
