"""Erasure and export in memory, for servers without an application."""

from collections.abc import Callable

from dreamd.app.api.people.erasures import Erased
from dreamd.app.people.sleeper_export import ExportPart, ExportParts
from dreamd.core.access.caller import Caller
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from fakes.views import NOW_S


class FakeErasures:
    """Three files, one empty and one longer than a message. An erasure waits for `finish`, if told to."""

    def __init__(self, asked: Callable[..., Refusal | None]) -> None:
        self._asked = asked
        self.callers: list[Caller] = []
        self.waits = False
        self.answer = Deferred[Erased]()

    def finish(self) -> None:
        """End the erasure that waits."""
        self.answer.settle(Erased(NOW_S, ("daemon.log",)))

    def erase(self, caller: Caller, sleeper: str) -> Refusal | Deferred[Erased]:
        """Erase."""
        self.callers.append(caller)
        if refusal := self._asked("erasures.erase", sleeper):
            return refusal
        if not self.waits and not self.answer.settled:
            self.finish()
        return self.answer

    def export(self, caller: Caller, sleeper: str) -> Refusal | Deferred[ExportParts]:
        """Three files."""
        self.callers.append(caller)
        if refusal := self._asked("erasures.export", sleeper):
            return refusal
        later = Deferred[ExportParts]()
        parts = (
            ExportPart("README.txt", "text/plain", b"Your data"),
            ExportPart("exposure.csv", "text/csv", b""),
            ExportPart("sleeper.json", "application/json", b"[" + b" " * (3 << 20) + b"]"),
        )
        later.settle(ExportParts(sleeper, parts))
        return later
