"""The lists of guests of every living Dreamscape, and the ledger's copy.

The rules are in `core.invitations.course`. A list that grows, and an acceptance, are permissions: the ledger
has them before they count. To decline, and to be taken off a list, are restrictions: they act in memory in
the call, the sleeper is at zero by then, and they are written after, until the ledger has them.

Rules
- A refusal overtakes an acceptance that is on its way to the ledger: that acceptance never counts, and what
  holds is written over it.
- A list grows by one call at a time.
- A sleeper that withdraws their consent has declined every invitation.
- No event names a guest.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.invitations.course import (
    Answer,
    Guest,
    Invitation,
    accepted,
    declined,
    invited,
    lacking,
    not_on_list,
    voided,
)
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.invitations import InvitationLedger
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

Left = Callable[[str, str], None]
"""Called with a Dreamscape and a sleeper that may not be seated there any more."""


class GuestBook:
    """Every list by its Dreamscape; one thread uses it. left: called in the call that restricts."""

    def __init__(
        self, ledger: InvitationLedger, commits: Commits, clock: SessionClock, journal: Journal
    ) -> None:
        """Read the lists.

        Raises:
            LedgerError: they cannot be read.
        """
        self._of = {one.dreamscape: one for one in ledger.invitations()}
        self._commits, self._clock, self._journal = commits, clock, journal
        self.left: list[Left] = []
        self._growing: dict[str, set[str]] = {}
        self._accepting: set[tuple[str, str]] = set()
        self._unwritten: dict[str, None] = {}
        self._gone: dict[tuple[str, str], None] = {}
        self._over: dict[str, None] = {}
        self._writing: frozenset[str] = frozenset()

    # -- reading ----------------------------------------------------------------------------------

    def list_of(self, dreamscape: str) -> Invitation:
        """The list of this Dreamscape; an empty one, where there is none."""
        return self._of.get(dreamscape) or Invitation(dreamscape)

    def lists_with(self, sleeper: str) -> tuple[Invitation, ...]:
        """Every list that names this sleeper, by its Dreamscape."""
        return tuple(one for _, one in sorted(self._of.items()) if one.guest(sleeper) is not None)

    def lacking(self, plan: Plan, sleeper: str, seated: Collection[str]) -> Refusal | None:
        """Why this sleeper may not be seated with these in a Dreamscape of this plan; None: they may."""
        return lacking(self.list_of(plan.dreamscape), sleeper, seated) if plan.intimate else None

    def may_wait(self, plan: Plan, sleeper: str) -> bool:
        """Whether the sleeper may hold a seat that waits: it keeps no seat from a guest."""
        if not plan.intimate:
            return True
        listed = self.list_of(plan.dreamscape)
        guest = listed.guest(sleeper)
        if guest is None or guest.declined:
            return False
        return guest.accepted > 0 or len(listed.guests) <= plan.seats_max

    def is_written(self, dreamscape: str) -> bool:
        """Whether all that has taken effect on this list is in the ledger."""
        waiting = (*self._unwritten, *self._writing, *(of for of, _ in self._gone))
        return dreamscape not in waiting

    # -- commands ---------------------------------------------------------------------------------

    def invite(self, dreamscape: str, sleepers: Iterable[str]) -> Invitation | Refusal | Deferred[Invitation]:
        """Put these sleepers on the list, in its next revision."""
        before, fresh = self.list_of(dreamscape), set(sleepers)
        after = invited(before, fresh)
        if isinstance(after, Refusal) or after == before:
            return after
        if dreamscape in self._growing:
            return Refusal(Code.LEDGER_UNAVAILABLE, f"the list of {dreamscape} waits for the ledger")
        self._growing[dreamscape] = fresh

        added = tuple(guest for guest in after.guests if guest.since == after.revision)

        def over(_commit: Commit[Terms]) -> None:
            self._growing.pop(dreamscape, None)

        def done(_terms: Terms) -> Invitation | Refusal:
            grown = invited(self.list_of(dreamscape), fresh)
            if not isinstance(grown, Refusal):
                self._of[dreamscape] = grown
                sentence = f"{len(added)} more guests are invited to {dreamscape}, {len(grown.guests)} in all"
                self._write("guests-invited", dreamscape, sentence)
            if isinstance(grown, Refusal) or grown.revision != after.revision or len(fresh) != asked:
                undo()
            return grown

        def undo() -> None:
            for guest in added:
                self._rewrite(dreamscape, guest.sleeper)

        asked = len(fresh)
        change = Transaction(invitations=(replace(after, guests=added),))
        return self._commits.ask(change, "the invitation", done, over=over, undo=undo)

    def accept(
        self, dreamscape: str, sleeper: str, revision: int
    ) -> Invitation | Refusal | Deferred[Invitation]:
        """The guest accepts this revision of the list, and with it all that are on it."""
        before, now_s = self.list_of(dreamscape), self._clock.now_s()
        after = accepted(before, sleeper, revision, now_s)
        if isinstance(after, Refusal) or after == before:
            return after
        key = dreamscape, sleeper
        if key in self._accepting:
            return Refusal(Code.LEDGER_UNAVAILABLE, "another acceptance of this guest waits for the ledger")
        self._accepting.add(key)
        overtaken = False

        def over(_commit: Commit[Terms]) -> None:
            nonlocal overtaken
            overtaken = key not in self._accepting
            self._accepting.discard(key)

        def done(_terms: Terms) -> Invitation | Refusal:
            listed = self.list_of(dreamscape)
            guest = listed.guest(sleeper)
            if overtaken or guest is None:
                self._rewrite(dreamscape, sleeper)
                return not_on_list(dreamscape) if guest is None else _overtaken(dreamscape)
            kept = listed.with_guest(replace(guest, accepted=revision, declined=False, at_s=now_s))
            self._of[dreamscape] = kept
            yes = sum(kept.answer_of(one) is Answer.ACCEPTED for one in kept.guests)
            sentence = f"a guest of {dreamscape} accepts the list: {yes} of {len(kept.guests)} have"
            self._write("guest-accepted", dreamscape, sentence)
            return kept

        guest = after.guest(sleeper)
        change = replace(after, guests=() if guest is None else (guest,))
        return self._commits.ask(
            Transaction(invitations=(change,)),
            "the acceptance",
            done,
            over=over,
            undo=lambda: self._rewrite(dreamscape, sleeper),
        )

    def decline(self, dreamscape: str, sleeper: str) -> None:
        """The guest declines, or takes an acceptance back, in the call; written after."""
        self._restrict(dreamscape, sleeper, declined(self.list_of(dreamscape), sleeper, self._clock.now_s()))
        self.write_unwritten()

    def decline_all(self, sleeper: str) -> None:
        """The sleeper has withdrawn their consent: no acceptance of theirs is left."""
        for listed in self.lists_with(sleeper):
            guest = listed.guest(sleeper)
            if guest is not None and (guest.accepted or (listed.dreamscape, sleeper) in self._accepting):
                self._restrict(listed.dreamscape, sleeper, declined(listed, sleeper, self._clock.now_s()))
        self.write_unwritten()

    def take_off(self, dreamscape: str, sleepers: Iterable[str]) -> Invitation:
        """Take these sleepers off the list, in the call; written after."""
        for sleeper in sleepers:
            self._growing.get(dreamscape, set()).discard(sleeper)
            listed = self.list_of(dreamscape)
            if listed.guest(sleeper) is not None:
                self._gone[dreamscape, sleeper] = None
                self._restrict(dreamscape, sleeper, listed.without({sleeper}))
        self.write_unwritten()
        return self.list_of(dreamscape)

    def _restrict(self, dreamscape: str, sleeper: str, after: Invitation) -> None:
        before = self.list_of(dreamscape)
        self._accepting.discard((dreamscape, sleeper))
        if after == before:
            return
        self._of[dreamscape] = after
        self._unwritten[dreamscape] = None
        self._write("guest-declined", dreamscape, f"a guest of {dreamscape} does not come, or not any more")
        for tell in self.left:
            tell(dreamscape, sleeper)

    # -- what befalls every list ------------------------------------------------------------------

    def void_all(self) -> None:
        """The ledger was restored: every guest is asked anew."""
        now_s = self._clock.now_s()
        self._accepting.clear()
        for name, listed in tuple(self._of.items()):
            self._of[name] = voided(listed, now_s)
            self._unwritten[name] = None
            for guest in listed.guests:
                for tell in self.left:
                    tell(name, guest.sleeper)
        self.write_unwritten()

    def strike_out(self, sleeper: str) -> None:
        """The sleeper is erased; the ledger has forgotten the rows."""
        for growing in self._growing.values():
            growing.discard(sleeper)
        for listed in self.lists_with(sleeper):
            self._of[listed.dreamscape] = listed.without({sleeper})
            self._accepting.discard((listed.dreamscape, sleeper))
        self._gone = {key: None for key in self._gone if key[1] != sleeper}

    def drop_list(self, dreamscape: str) -> None:
        """The Dreamscape is over: its list goes."""
        if self._of.pop(dreamscape, None) is not None:
            self._unwritten.pop(dreamscape, None)
            self._over[dreamscape] = None

    def keep_lists(self, dreamscapes: Collection[str]) -> None:
        """Drop the lists of all others: they ended in an earlier daemon."""
        for name in [name for name in self._of if name not in dreamscapes]:
            self.drop_list(name)

    # -- the ledger -------------------------------------------------------------------------------

    def write_unwritten(self) -> None:
        """Write all that has taken effect and is not in the ledger; to be called until nothing is left."""
        if self._writing or not (self._unwritten or self._gone or self._over):
            return
        lists, gone, over_now = self._unwritten, self._gone, self._over
        self._unwritten, self._gone, self._over = {}, {}, {}
        self._writing = frozenset((*lists, *(of for of, _ in gone), *over_now))
        change = Transaction(
            dropped_invitations=tuple(over_now),
            dropped_guests=tuple(gone),
            invitations=tuple(self._of[name] for name in lists if name in self._of),
        )

        def over(commit: Commit[Terms]) -> None:
            self._writing = frozenset()
            if not commit.done:
                self._unwritten = {name: None for name in (*lists, *self._unwritten) if name in self._of}
                self._gone, self._over = gone | self._gone, over_now | self._over

        self._commits.submit(change, "the lists of guests", over)

    def _rewrite(self, dreamscape: str, sleeper: str) -> None:
        """The ledger holds an answer that does not hold: what holds is written over it."""
        if dreamscape in self._of:
            self._unwritten[dreamscape] = None
        if self.list_of(dreamscape).guest(sleeper) is None:
            self._gone[dreamscape, sleeper] = None
        self.write_unwritten()

    def _write(self, kind: str, dreamscape: str, sentence: str) -> None:
        self._journal.append(self._clock.now_s(), kind, sentence, dreamscape=dreamscape)


def _overtaken(dreamscape: str) -> Refusal:
    sentence = f"the guest has declined the invitation to {dreamscape} since"
    return Refusal(Code.NOT_INVITED, sentence, {"dreamscape": dreamscape})


def answers_of(invitation: Invitation) -> tuple[tuple[Guest, Answer], ...]:
    """Return each guest with their answer to the list as it is now."""
    return tuple((guest, invitation.answer_of(guest)) for guest in invitation.guests)
