"""Erasure and export, as the adapters see them."""

from typing import Protocol

from dreamd.app.api.people.erasures import Erased
from dreamd.app.people.sleeper_export import ExportParts
from dreamd.core.access.caller import Caller
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred


class ErasuresApi(Protocol):
    """Everything the house holds of a sleeper: taken along, or erased; by the sleeper alone."""

    def erase(self, caller: Caller, sleeper: str) -> Refusal | Deferred[Erased]:
        """Erase the sleeper: zero and check-out in the call; the answer waits until no file holds the key."""
        ...

    def export(self, caller: Caller, sleeper: str) -> Refusal | Deferred[ExportParts]:
        """Everything the house holds of this sleeper, as files."""
        ...
