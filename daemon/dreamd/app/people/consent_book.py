"""The consents of all sleepers, from grants: ports.consent.Consents, and the commands that change them.

Theory of operation. A restriction takes effect first and is written after; a permission is written first. A
grant that does both is split: what it takes away is gone in the call, what it gives holds once the ledger has
it. To withdraw waits for nothing, and is written again and again until it is. It overtakes a grant that is on
its way to the ledger: that grant never holds, and its revision is not used again.

Rules
- The end of hours and expiry follow from the grant, so they are not written.
- After a start nothing is on its way to a pod: each consent holds its newest grant.
- A check-in is no consent.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from dreamd.app.durability.commits import Commits
from dreamd.app.people.house_people import HousePeople
from dreamd.app.people.people_events import PeopleEvents
from dreamd.core.access.caller import Caller, Role
from dreamd.core.consent.course import (
    Assigned,
    Consent,
    ConsentEvent,
    ConsentState,
    Granted,
    PassedOver,
    Passes,
    PodHolds,
    Restored,
    Withdrawn,
    asks,
    step,
)
from dreamd.core.consent.grant import DUO_DEFAULT, Asked, Grant, Method, Scope, grant_fault
from dreamd.core.refusals import Code, Refusal, bad_field
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.consent import ConsentStatus, ConsentTally
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import Modality

GRANTERS = frozenset({Role.SLEEPER, Role.BED})
"""The roles in which a grant is given: the sleeper's own credential, or the pod they lie in."""
LOOKED_AT: Final = 64
"""Sleepers that one tally looks at anew."""


class ConsentBook:
    """Implements `ports.consent.Consents`; one thread uses it."""

    def __init__(
        self,
        kept: Mapping[str, Consent],
        commits: Commits,
        clock: SessionClock,
        events: PeopleEvents,
        pod_of: Callable[[str], str],
        people: HousePeople,
    ) -> None:
        """kept: of the ledger. pod_of: where a sleeper lies, or empty."""
        self._of = dict(kept)
        self._standing: dict[str, tuple[Consent, float, ConsentStatus]] = {}
        self._states = Counter(consent.state for consent in self._of.values())
        self._round: list[str] = []
        self._commits = commits
        self._clock = clock
        self._people = people
        self._events = events
        self._pod_of = pod_of
        self._tell: list[Callable[[str], None]] = []
        self._under_way: dict[str, Grant] = {}
        self._overtaken: set[str] = set()
        self._unwritten: dict[str, None] = {}
        self._writing: dict[str, None] = {}
        for sleeper in kept:
            self._step(sleeper, Assigned())

    # -- reading ----------------------------------------------------------------------------------

    def standing(self, sleeper: str) -> ConsentStatus:
        """The present consent of this sleeper, as far as it may be used now."""
        now_s, known = self._clock.now_s(), self._standing.get(sleeper)
        if known is not None and known[0] is self._of.get(sleeper) and now_s < known[1]:
            return known[2]
        consent = self.consent(sleeper)
        until_s = consent.until_s(now_s)
        made = self._made(sleeper, consent, until_s)
        if consent.state is ConsentState.GIVEN and consent.grant is not None and until_s > 0.0:
            # Until then neither the grant nor what is held of it ends or opens.
            self._standing[sleeper] = consent, min(until_s, consent.grant.held.until_s(now_s)), made
        else:
            self._standing.pop(sleeper, None)
        return made

    def _made(self, sleeper: str, consent: Consent, until_s: float) -> ConsentStatus:
        held = consent.held
        return ConsentStatus(
            ceiling=held.ceiling if until_s and Scope.MERGE in held.scopes else 0.0,
            until_s=until_s,
            withdrawn=consent.state is ConsentState.WITHDRAWN,
            revision=consent.revision,
            adult=consent.grant is not None and consent.grant.adult,
            subject=self._people.subjects(sleeper) if consent.revision else "",
            state=consent.state,
            scopes=held.scopes,
            artist_share=held.artist_share,
            modalities=frozenset(Modality(one.value) for one in held.modalities),
            research=_research_of(consent),
        )

    def consent(self, sleeper: str) -> Consent:
        """The whole of it, by now."""
        return self._step(sleeper, Passes())

    def tally(self) -> ConsentTally:
        """The sleepers by state; those whose time is over are found within a round of all sleepers."""
        if not self._round:
            self._round = list(self._of)
        for sleeper in self._round[-LOOKED_AT:]:
            self.consent(sleeper)
        del self._round[-LOOKED_AT:]
        return ConsentTally(dict(self._states), len(self._unwritten))

    def missing(self, sleeper: str, asked: Asked) -> Refusal | None:
        """Why the newest grant does not allow this now, the first scope named; None: it does."""
        consent, now_s = self.consent(sleeper), self._clock.now_s()
        refusal, under_way = asks(consent, asked, now_s), self._under_way.get(sleeper)
        if refusal is None and under_way is not None:  # what it takes away is gone already
            return asks(replace(consent, grant=under_way), asked, now_s)
        return refusal

    def is_written(self, sleeper: str) -> bool:
        """Whether all that has taken effect for this sleeper is in the ledger."""
        return sleeper not in self._unwritten and sleeper not in self._writing

    def changed(self, tell: Callable[[str], None]) -> None:
        """Register a callback for changes other than by time."""
        self._tell.append(tell)

    # -- commands ---------------------------------------------------------------------------------

    def grant(self, caller: Caller, grant: Grant) -> Consent | Refusal | Deferred[Consent]:
        """Take a grant of the sleeper, in a role that can give one; it is dated by this clock."""
        if caller.role not in GRANTERS:
            return Refusal(Code.NOT_YOURS, "only the sleeper grants, with their own credential or at the pod")
        sleeper, before = grant.sleeper, self.consent(grant.sleeper)
        grant = self._dated(grant, before)
        fault = grant_fault(grant) or self._fault(caller, grant)
        if fault is not None:
            return fault
        stepped = step(before, Granted(grant), self._clock.now_s())
        if isinstance(stepped, Refusal):
            return stepped
        after = stepped[0]
        if after == before:
            return before
        narrowed = before.state is ConsentState.GIVEN and after.held != before.held
        if narrowed:
            self._keep(sleeper, replace(before, held=after.held))
            self._events.consent_narrowed(self._pod_of(sleeper))
        self._under_way[sleeper] = grant

        overtaken = False

        def over(_commit: Commit[Terms]) -> None:
            nonlocal overtaken
            del self._under_way[sleeper]
            overtaken = sleeper in self._overtaken
            self._overtaken.discard(sleeper)

        def done(_terms: Terms) -> Consent | Refusal:
            now = self.consent(sleeper)
            if overtaken or now.state is not before.state or now.changed_s != before.changed_s:
                self.not_used(sleeper, grant.revision)
                return Refusal(Code.CONSENT_STALE, "the sleeper has withdrawn since")
            held = now.held.meet(grant.held) if now.state is after.state else after.held
            self._keep(sleeper, replace(after, held=held))
            if not narrowed:
                self._events.consent_given(self._pod_of(sleeper))
            return self.consent(sleeper)

        return self._commits.ask(
            Transaction(grants=(grant,), consents=((sleeper, after),)),
            "the grant",
            done,
            over=over,
            undo=lambda: self.not_used(sleeper, grant.revision),
        )

    def _dated(self, grant: Grant, before: Consent) -> Grant:
        """The grant, given now; the same one again is the one there is."""
        kept = before.grant
        if kept is not None and replace(grant, at_s=kept.at_s) == kept:
            return kept
        return replace(grant, at_s=self._clock.now_s())

    def _fault(self, caller: Caller, grant: Grant) -> Refusal | None:
        if (grant.method is Method.POD) is not (caller.role is Role.BED):
            expected = "pod, of a bed alone: a sleeper's own credential gives token"
            return bad_field("grant.method", expected, grant.method.value)
        if grant.method is Method.SIMULATED and not self._people.simulated_grants:
            expected = "token: a site takes no simulated grant"
            return bad_field("grant.method", expected, grant.method.value)
        if grant.sleeper in self._under_way:
            sentence = "another grant of this sleeper waits for the ledger"
            return Refusal(Code.LEDGER_UNAVAILABLE, sentence)
        return None

    def knows(self, sleeper: str) -> bool:
        """Whether this sleeper has granted or withdrawn, or is about to."""
        return sleeper in self._of or sleeper in self._under_way

    def not_used(self, sleeper: str, revision: int) -> None:
        """The ledger holds a grant that does not hold: its revision is passed over, what holds is written."""
        self._step(sleeper, PassedOver(revision))
        self._unwritten[sleeper] = None
        self.write_unwritten()

    def withdraw(self, sleeper: str) -> None:
        """End the consent now, in any state, and write it."""
        before = self.consent(sleeper)
        self._step(sleeper, Withdrawn())
        if sleeper in self._under_way:
            self._overtaken.add(sleeper)
        self._unwritten[sleeper] = None
        self._notify(sleeper)
        if before.state is not ConsentState.WITHDRAWN:
            self._events.consent_withdrawn(self._pod_of(sleeper))
        self.write_unwritten()

    def forget_sleeper(self, sleeper: str) -> None:
        """Hold nothing of an erased sleeper, who has withdrawn."""
        self._standing.pop(sleeper, None)
        held = self._of.pop(sleeper, None)
        if held is not None:
            self._states[held.state] -= 1
        self._unwritten.pop(sleeper, None)

    def suspend_all(self) -> tuple[tuple[str, Consent], ...]:
        """The ledger was restored: every sleeper is asked anew. Return what is to be written."""
        rows: list[tuple[str, Consent]] = []
        for sleeper, before in tuple(self._of.items()):
            after = self._step(sleeper, Restored())
            if after.state is not before.state:
                rows.append((sleeper, after))
                self._notify(sleeper)
        return tuple(rows)

    def unseated(self, sleeper: str) -> None:
        """The sleeper holds no slot, or gets another from zero: the newest grant holds whole."""
        if sleeper not in self._of:
            return
        whole, under_way = self._step(sleeper, Assigned()), self._under_way.get(sleeper)
        if under_way is not None and whole.state is ConsentState.GIVEN:
            self._put(sleeper, replace(whole, held=whole.held.meet(under_way.held)))

    def pod_holds(self, sleeper: str, revision: int) -> None:
        """A pod has seen this revision of this sleeper: a grant below it is not their newest word."""
        before = self.consent(sleeper)
        if not revision > before.revision:
            return
        after = self._step(sleeper, PodHolds(revision))
        self._unwritten[sleeper] = None
        if after.state is not before.state:
            for tell in self._tell:
                tell(sleeper)
        self.write_unwritten()

    # -- how a change is made ---------------------------------------------------------------------

    def _step(self, sleeper: str, event: ConsentEvent) -> Consent:
        """Take a step that cannot be refused."""
        before = self._of.get(sleeper, Consent())
        stepped = step(before, event, self._clock.now_s())
        assert not isinstance(stepped, Refusal), "only a grant is refused"
        if stepped[0] is not before and stepped[0] != before:
            self._put(sleeper, stepped[0])
            if stepped[0].state is ConsentState.EXPIRED and before.state is ConsentState.GIVEN:
                self._events.consent_expired(self._pod_of(sleeper))
        return stepped[0]

    def _put(self, sleeper: str, consent: Consent) -> None:
        before = self._of.get(sleeper)
        if before is not None:
            self._states[before.state] -= 1
        self._states[consent.state] += 1
        self._of[sleeper] = consent

    def _keep(self, sleeper: str, consent: Consent) -> None:
        if consent != self._of.get(sleeper):
            self._put(sleeper, consent)
            self._notify(sleeper)

    def _notify(self, sleeper: str) -> None:
        for tell in self._tell:
            tell(sleeper)

    def write_unwritten(self) -> None:
        """Write all that has taken effect and is not in the ledger; to be called until nothing is left."""
        if self._writing or not self._unwritten:
            return
        sleepers = self._writing = self._unwritten
        self._unwritten = {}
        rows = tuple((sleeper, self.consent(sleeper)) for sleeper in sleepers)

        def over(commit: Commit[Terms]) -> None:
            self._writing = {}
            if not commit.done:
                self._unwritten |= sleepers

        self._commits.submit(Transaction(consents=rows), "withdrawals", over)


def _research_of(consent: Consent) -> tuple[str, ...]:
    if consent.grant is None or Scope.RESEARCH not in consent.held.scopes:
        return ()
    return consent.grant.duo or DUO_DEFAULT
