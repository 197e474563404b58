"""Moratoria, as the adapters see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from dreamd.app.api.tickets import SeverTicket
from dreamd.core.access.caller import Caller, Role
from dreamd.core.moratoria.course import Moratorium, MoratoriumScope
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred


@dataclass(frozen=True, slots=True)
class Called:
    """A moratorium that was called, and the ticket of those whom it has set to zero."""

    moratorium: Moratorium
    ticket: SeverTicket


class MoratoriaApi(Protocol):
    """Moratoria: called, seconded, lifted, listed."""

    def list_moratoria(self, after: str = "", *, acting: bool = False) -> Iterator[Moratorium]:
        """Every one that is kept, or that acts, newest first, behind the place `after`.

        Raises:
            ValueError: it is no place.
        """
        ...

    def call_moratorium(
        self,
        caller: Caller,
        scope: MoratoriumScope,
        site: str,
        begins_s: float,
        ends_s: float,
        reason: str,
        request_id: str = "",
    ) -> Called | Refusal:
        """No sleeper in this scope merges: all are at zero in this call.

        begins_s: 0: now. ends_s: 0: 24 hours after its beginning.
        """
        ...

    def second_moratorium(self, caller: Caller, moratorium: str) -> Moratorium | Refusal:
        """The caller seconds the call of another person, in the role it acts in."""
        ...

    def lift_moratorium(
        self, caller: Caller, moratorium: str, reason: str, role: Role | None = None
    ) -> Moratorium | Refusal | Deferred[Moratorium]:
        """The caller asks for its end, in this role, one of its own; None: in the role it acts in."""
        ...

    def acts_now(self, moratorium: Moratorium) -> bool:
        """Whether it keeps its scope from merging now."""
        ...

    def seconds_needed(self, moratorium: Moratorium) -> int:
        """How many sleepers second this one: of those enrolled in its scope now."""
        ...
