"""The double of the moratoria's commands, over the pure course of a moratorium."""

from collections.abc import Callable, Iterator

from dreamd.app.api.awareness.moratoria_protocol import Called
from dreamd.app.api.tickets import SeverTicket
from dreamd.core.access.caller import Caller, Role
from dreamd.core.listing import dated
from dreamd.core.moratoria.course import (
    DAY_S,
    Lifts,
    Moratorium,
    MoratoriumScope,
    Seconds,
    seconds_needed,
    step,
)
from dreamd.core.refusals import Code, Refusal

NOW_S = 1_800_000_000.0
ENROLLED = 80


class FakeMoratoria:
    """Moratoria m1, m2 and so on; each severs bed-1 and bed-2."""

    def __init__(
        self,
        asked: Callable[..., Refusal | None],
        ticket: Callable[[tuple[str, ...]], SeverTicket],
    ) -> None:
        self._asked = asked
        self._ticket = ticket
        self.kept: dict[str, Moratorium] = {}

    def list_moratoria(self, after: str = "", *, acting: bool = False) -> Iterator[Moratorium]:
        self._asked("moratoria.list_moratoria")
        place = dated(after)
        newest = reversed(self.kept.values())
        behind = (one for one in newest if place is None or (one.called_s, one.id) < place)
        return (one for one in behind if one.acts(NOW_S) or not acting)

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
        asked = ("moratoria.call", scope, site, begins_s, ends_s, caller.name, reason, request_id)
        if refusal := self._asked(*asked):
            return refusal
        number = len(self.kept) + 1
        one = Moratorium(
            *(f"m{number}", number, scope, site, begins_s or NOW_S, ends_s or NOW_S + DAY_S, reason),
            *(caller.name, NOW_S + number),
        )
        self.kept[one.id] = one
        return Called(one, self._ticket(("bed-1", "bed-2")))

    def second_moratorium(self, caller: Caller, moratorium: str) -> Moratorium | Refusal:
        if refusal := self._asked("moratoria.second", moratorium, caller.name, caller.role):
            return refusal
        if moratorium not in self.kept:
            return Refusal(Code.MORATORIUM_UNKNOWN, f"no moratorium is named {moratorium}")
        role = Role.ADVOCATE if caller.role is Role.OPERATOR else caller.role
        event = Seconds(caller.name, role, caller.name, ENROLLED)
        return self._stepped(step(self.kept[moratorium], event, NOW_S))

    def lift_moratorium(
        self, caller: Caller, moratorium: str, reason: str, role: Role | None = None
    ) -> Moratorium | Refusal:
        if refusal := self._asked("moratoria.lift", moratorium, caller.name, reason, role):
            return refusal
        if moratorium not in self.kept:
            return Refusal(Code.MORATORIUM_UNKNOWN, f"no moratorium is named {moratorium}")
        return self._stepped(
            step(self.kept[moratorium], Lifts(caller.name, role or caller.role, reason), NOW_S)
        )

    def acts_now(self, moratorium: Moratorium) -> bool:
        return moratorium.acts(NOW_S + 100.0)

    def seconds_needed(self, moratorium: Moratorium) -> int:
        return seconds_needed(ENROLLED)

    def _stepped(self, stepped: Moratorium | Refusal) -> Moratorium | Refusal:
        if isinstance(stepped, Moratorium):
            self.kept[stepped.id] = stepped
        return stepped
