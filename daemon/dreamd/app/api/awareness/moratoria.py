"""Moratoria: call one, second one, lift one, list them.

A call is a restriction: in the call everyone in the scope is at zero, then follow the journal and the ledger.
Lifting is a grant: the ledger comes first. It merges nobody by itself: a severed Dreamscape is resumed by a
person, and a pod that has left its seat is seated again once its sleeper is checked in anew.

Rules
- People act, by the principal of their credential. Without access control a person with a name may call, and
  take back their own call; no other is known who could second it, so it lapses after 24 hours.
- A sleeper counts at a site while they are checked in to one of its beds, and in the fleet while they are
  enrolled. So does the number of which 5 % are needed.
- A clinician seconds and lifts a moratorium of their own sites, or of the fleet.
"""

from collections.abc import Iterator

from dreamd.app.api.awareness.moratoria_protocol import Called
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.moratorium_execution import MoratoriumExecution
from dreamd.core.access.caller import Caller, Role
from dreamd.core.access.principals import Kind, Principal
from dreamd.core.listing import dated, place_of
from dreamd.core.moratoria.course import (
    UNSECONDED_S,
    Lifts,
    Moratorium,
    MoratoriumScope,
    MoratoriumState,
    Seconds,
    seconds_needed,
)
from dreamd.core.refusals import Code, Refusal, bad_field
from dreamd.ports.deferred import Deferred


class MoratoriumCommands:
    """Implements `MoratoriaApi`."""

    def __init__(self, dependencies: Dependencies, execution: MoratoriumExecution) -> None:
        self._deps = dependencies
        self._book = dependencies.moratoria
        self._execution = execution

    def list_moratoria(self, after: str = "", *, acting: bool = False) -> Iterator[Moratorium]:
        """Every one that is kept, or that acts, newest first, behind the place `after`.

        Raises:
            ValueError: it is no place (`place_of_moratorium`).
        """
        place, now_s = dated(after), self._deps.clock.now_s()
        return (
            one
            for one in self._book.list_moratoria()
            if (place is None or (one.called_s, one.id) < place) and (one.acts(now_s) or not acting)
        )

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
        by, now_s = caller.name.strip(), self._deps.clock.now_s()
        if not by:
            return Refusal(Code.PERSON_NEEDED, "a moratorium is called by a person with a name")
        if not reason.strip():
            return bad_field("reason", "why no sleeper is to merge, in words", reason)
        if scope is MoratoriumScope.SITE and not site:
            return bad_field("target", "a site", site)
        asked = self._book.asked(request_id, by)
        if asked is not None and (asked.scope, asked.site) == (scope, site):
            return Called(asked, self._deps.tickets.issue(()))
        begins_s = begins_s or now_s
        ends_s = ends_s or begins_s + UNSECONDED_S
        called = self._book.call(
            Moratorium(
                *(self._book.new_id(), 0, scope, site, begins_s, ends_s, reason.strip(), by, now_s),
                request_id=request_id,
            )
        )
        if isinstance(called, Refusal):
            return called
        ticket = self._execution.sever_reached()
        self._book.tell_called(called)
        self._book.flush()
        return Called(called, ticket)

    def second_moratorium(self, caller: Caller, moratorium: str) -> Moratorium | Refusal:
        """The caller seconds the call of another person, in the role it acts in."""
        one = self._book.named(moratorium)
        if isinstance(one, Refusal):
            return one
        person = self._person(caller)
        if isinstance(person, Refusal):
            return person
        event = self._seconds(one, person, caller.role)
        if isinstance(event, Refusal):
            return event
        seconded = self._book.second(one, event)
        self._book.flush()
        return seconded

    def lift_moratorium(
        self, caller: Caller, moratorium: str, reason: str, role: Role | None = None
    ) -> Moratorium | Refusal | Deferred[Moratorium]:
        """The caller asks for its end, in this role, one of its own; None: in the role it acts in."""
        one = self._book.named(moratorium)
        if isinstance(one, Refusal):
            return one
        if not reason.strip():
            return bad_field("reason", "what a person answers for, in words", reason)
        own = one.state is MoratoriumState.CALLED and caller.name != "" and caller.name == one.by
        acting = role or caller.role
        person = self._person(caller)
        if isinstance(person, Refusal) and not own:
            return person
        no = None if own or isinstance(person, Refusal) else _not_there(one, person, acting)
        return no or self._book.lift(one, Lifts(caller.name, acting, reason.strip()))

    def acts_now(self, moratorium: Moratorium) -> bool:
        """Whether it keeps its scope from merging now."""
        return moratorium.acts(self._deps.clock.now_s())

    def seconds_needed(self, moratorium: Moratorium) -> int:
        """How many sleepers second this one: of those enrolled in its scope now."""
        return seconds_needed(len(self._enrolled(moratorium)))

    # -- people -----------------------------------------------------------------------------------

    def _person(self, caller: Caller) -> Principal | Refusal:
        principal = self._deps.principals.principal(caller.name)
        if principal is None or principal.kind is not Kind.PERSON:
            sentence = "a moratorium is seconded and lifted by people that the site has enrolled"
            return Refusal(Code.PERSON_NEEDED, sentence)
        return principal

    def _enrolled(self, one: Moratorium) -> set[str]:
        """The enrolled sleepers of its scope."""
        enrolled = {
            grant.sleeper
            for principal in self._deps.principals.every_principal()
            for grant in principal.grants
            if grant.role is Role.SLEEPER
        }
        if one.scope is MoratoriumScope.FLEET:
            return enrolled
        return {sleeper for sleeper in enrolled if self._site_of(sleeper) == one.site}

    def _site_of(self, sleeper: str) -> str | None:
        record = self._deps.fleet.get(self._deps.fleet.pod_of(sleeper))
        return None if record is None else record.presence.site

    def _seconds(self, one: Moratorium, person: Principal, role: Role) -> Seconds | Refusal:
        if role is not Role.SLEEPER:
            return _not_there(one, person, role) or Seconds(person.name, role)
        enrolled = self._enrolled(one)
        own = (grant.sleeper for grant in person.grants if grant.role is Role.SLEEPER)
        there = next((sleeper for sleeper in own if sleeper in enrolled), "")
        if not there:
            sentence = f"moratorium {one.id} reaches {one.reach}; its sleepers second it from their beds"
            return Refusal(Code.OUT_OF_SCOPE, sentence, {"moratorium": one.id})
        return Seconds(person.name, role, there, len(enrolled))


def place_of_moratorium(one: Moratorium) -> str:
    """Return a moratorium's place in the list of all, newest first."""
    return place_of((one.called_s, one.id))


def _not_there(one: Moratorium, person: Principal, role: Role) -> Refusal | None:
    """Why this person may not act in this role on this moratorium; None: they may."""
    grants = [grant for grant in person.grants if grant.role is role]
    if not grants:
        return Refusal(Code.WRONG_ROLE, f"{person.name} has not the role {role.value}")
    of_site = role is Role.CLINICIAN and one.scope is MoratoriumScope.SITE
    if of_site and not any(grant.has_site(one.site) for grant in grants):
        sentence = f"{person.name} is no clinician of {one.reach}"
        return Refusal(Code.NOT_YOUR_SITE, sentence, {"site": one.site})
    return None
