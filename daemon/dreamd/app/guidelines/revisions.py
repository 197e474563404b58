"""The revisions of the guidelines: propose, open, comment, ratify, withdraw; the one in force.

A command is written before it is answered, so a revision is in force only once the ledger has it; a crash
between leaves what the ledger holds. Time moves revisions too (an instant comes, a provisional one lapses):
that follows from what is written, so it acts at once and is written after.

Rules
- Several courses may be IN_FORCE: a provisional revision hides the one before it. The newest in force holds.
- One command is on its way at a time; another one is refused until the ledger has answered. So is a dry run,
  which reads on a thread of the ledger: no tick waits for it.
- Without any ratified revision the shipped one holds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Final

from dreamd.app.durability.commits import Commits
from dreamd.app.guidelines.admission_records import columns
from dreamd.app.guidelines.dry_run import DryRun, dry_run
from dreamd.core.access.caller import Caller, Role
from dreamd.core.guidelines.bundle import Bundle, BundleError
from dreamd.core.guidelines.course import (
    DAY_S,
    Course,
    CourseEffect,
    CourseEvent,
    CourseState,
    Opens,
    Passes,
    Ratifies,
    Superseded,
    Withdraws,
    due_s,
    step,
)
from dreamd.core.guidelines.diff import Difference, diff, only_tightens
from dreamd.core.guidelines.reading import read_bundle
from dreamd.core.guidelines.running import running_limits
from dreamd.core.limits import REASON_MAX
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred, Relayed
from dreamd.ports.ledger.guidelines import Comment, GuidelineLedger, KeptRevision
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

OPEN_MOST: Final = 32
"""Revisions that are drafts, open or ratified at once."""
PROPOSED_A_DAY: Final = 32
"""Revisions that a house takes in 24 hours, for each is kept for good."""
OPENED_OVER_NIGHTS: Final = 30
"""Nights of the dry run that is attached to a revision."""
COMMENTS_MOST: Final = 1000
"""Comments on one revision."""
LIVING: Final = frozenset({CourseState.DRAFT, CourseState.OPEN, CourseState.RATIFIED})

Digest = Callable[[Mapping[str, object]], str]
Answer = KeptRevision | Refusal | Deferred[KeptRevision]


@dataclass(frozen=True, slots=True)
class Founding:
    """The guidelines of a new house. bundle: holds until a revision is ratified. digest: names a document."""

    bundle: Bundle
    digest: Digest


class Revisions:
    """Every revision of one house; one thread uses it.

    limits: of the revision in force, for a running Dreamscape. in_force_changed: called with the revision
    that is in force now, whenever it is another one. limits_changed: called whenever the limits are others.
    """

    def __init__(
        self,
        founding: Founding,
        ledger: GuidelineLedger,
        commits: Commits,
        clock: SessionClock,
    ) -> None:
        """ledger: read here, once, and for each dry run."""
        first = founding.bundle
        began = Course(first.revision, "dreamd", 0.0, CourseState.IN_FORCE)
        self._of = {first.revision: KeptRevision(first, founding.digest(first.document()), began)}
        self._of.update((one.bundle.revision, one) for one in ledger.guidelines())
        self._comments: dict[int, list[Comment]] = {}
        for comment in ledger.comments():
            self._comments.setdefault(comment.revision, []).append(comment)
        self._commits = commits
        self._clock = clock
        self._digest = founding.digest
        self._ledger = ledger
        self._busy = self._running = False
        self._unwritten: set[int] = set()
        self._due_s = self._next_due_s()
        self._held = self._newest_in_force()
        self._in_alarm = False
        self.limits = running_limits(self._held.bundle)
        self.in_force_changed: list[Callable[[Bundle], None]] = []
        self.limits_changed: list[Callable[[], None]] = []

    # -- reading ----------------------------------------------------------------------------------

    @property
    def in_force(self) -> KeptRevision:
        """The revision that holds now."""
        return self._held

    def _next_due_s(self) -> float:
        return min(due_s(one.course) for one in self._of.values())

    def _newest_in_force(self) -> KeptRevision:
        held = (one for one in self._of.values() if one.course.state is CourseState.IN_FORCE)
        return max(held, key=lambda one: (one.course.in_force_s, one.bundle.revision))

    def revision(self, revision: int) -> KeptRevision | Refusal:
        """The revision of this number."""
        kept = self._of.get(revision)
        if kept is not None:
            return kept
        return bad_field("revision", f"a known one, 1 to {max(self._of)}", Figure(revision))

    def list_revisions(self) -> tuple[KeptRevision, ...]:
        """Every revision, by number."""
        return tuple(one for _, one in sorted(self._of.items()))

    def comments_on(self, revision: int) -> tuple[Comment, ...]:
        """The comments on a revision, in order."""
        return tuple(self._comments.get(revision, ()))

    def diff(self, old: int, new: int) -> tuple[Difference, ...] | Refusal:
        """The clauses in which two revisions differ."""
        one, other = self.revision(old), self.revision(new)
        if isinstance(one, Refusal):
            return one
        return other if isinstance(other, Refusal) else diff(one.bundle, other.bundle)

    def dry_run(self, revision: int, nights: int) -> DryRun | Refusal | Deferred[DryRun]:
        """Run a revision over the admissions of so many nights, against the one in force."""
        kept = self.revision(revision)
        return kept if isinstance(kept, Refusal) else self._run(kept.bundle, nights)

    def dry_run_text(self, text: str, nights: int) -> DryRun | Refusal | Deferred[DryRun]:
        """Run a revision that is written in TOML, and not proposed, against the one in force."""
        bundle = _read(text)
        return bundle if isinstance(bundle, Refusal) else self._run(bundle, nights)

    def _run(
        self, bundle: Bundle, nights: int, ran: Callable[[DryRun | Refusal], None] = lambda _result: None
    ) -> DryRun | Refusal | Deferred[DryRun]:
        """Run it on the ledger's thread; ran: called with the result."""
        if self._running:
            return Refusal(Code.RATE_EXCEEDED, "another dry run is under way", {"retry_s": "1.000"})
        self._running = True
        held, later = self.in_force.bundle, Deferred[DryRun]()

        def use(rows: Iterator[tuple[str, bytes]]) -> DryRun:
            past = columns(rows)
            return dry_run(held, bundle, past.facts, past.site, past.sites)

        def over(commit: Commit[DryRun]) -> None:
            sentence = f"the admissions could not be read: {commit.failure}"
            result = commit.value if commit.done else Refusal(Code.LEDGER_UNAVAILABLE, sentence)
            self._running = False
            later.settle(result)
            ran(result)

        self._ledger.read_admissions(self._clock.now_s() - nights * DAY_S, use).then(over)
        return later.answer() if later.settled else later

    # -- commands ---------------------------------------------------------------------------------

    def propose(self, caller: Caller, text: str, begins_s: float = 0.0) -> Answer:
        """A new revision, written in TOML; its number is the next one. begins_s: not in force before."""
        if not caller.name:
            return Refusal(Code.PERSON_NEEDED, "a revision is proposed by a person with a name")
        bundle = _read(text)
        if isinstance(bundle, Refusal):
            return bundle
        following = max(self._of) + 1
        if bundle.revision != following:
            return bad_field("revision", f"the next number, {following}", Figure(bundle.revision))
        living = sum(one.course.state in LIVING for one in self._of.values())
        if not living < OPEN_MOST:
            return Refusal(Code.WRONG_STATE, f"{living} revisions are open; withdraw one of them first")
        now_s = self._clock.now_s()
        today = [kept.course.drafted_s for kept in self._of.values() if now_s - kept.course.drafted_s < DAY_S]
        if not len(today) < PROPOSED_A_DAY:
            wait_s = min(today) + DAY_S - now_s
            sentence = f"{len(today)} revisions were proposed in 24 hours, and each is kept"
            return Refusal(Code.RATE_EXCEEDED, sentence, {"retry_s": f"{wait_s:.3f}"})
        course = Course(bundle.revision, caller.name, now_s, begins_s=begins_s)
        return self._write(KeptRevision(bundle, self._digest(bundle.document()), course), ())

    def open_for_comments(self, caller: Caller, revision: int) -> Answer:
        """Attach the dry run of a draft and open it for comments; its proposer's command."""
        kept = self.revision(revision)
        if isinstance(kept, Refusal):
            return kept
        if kept.course.proposer != caller.name:
            return Refusal(Code.WRONG_ROLE, f"revision {revision} was proposed by another person")
        opening, call = Relayed[KeptRevision](), copy_context()

        def ran(result: DryRun | Refusal) -> None:
            if isinstance(result, Refusal):
                opening.answered(result)
            else:
                opening.answered(call.run(self._move, kept, Opens(self._digest(result.document()))))

        running = self._run(kept.bundle, OPENED_OVER_NIGHTS, ran)
        if isinstance(running, Refusal) and not opening.settled:
            return running
        return opening.answer() if opening.settled else opening

    def comment(self, caller: Caller, revision: int, text: str) -> Comment | Refusal | Deferred[Comment]:
        """A comment on a revision that is open."""
        kept = self.revision(revision)
        if isinstance(kept, Refusal):
            return kept
        if not caller.name:
            return Refusal(Code.PERSON_NEEDED, "a comment is made by a person with a name")
        if kept.course.state is not CourseState.OPEN:
            sentence = f"revision {revision} is {kept.course.state.value} and takes no comments"
            return Refusal(Code.WRONG_STATE, sentence)
        if not 0 < len(text.strip()) <= len(text) <= REASON_MAX:
            return bad_field("text", f"1 to {REASON_MAX} characters", Figure(f"{len(text)} characters"))
        said = self._comments.setdefault(revision, [])
        if self._busy or not len(said) < COMMENTS_MOST:
            return self._waits() if self._busy else Refusal(Code.WRONG_STATE, "it has all its comments")
        one = Comment(revision, len(said) + 1, caller.name, self._clock.now_s(), text)
        self._busy = True

        def done(_terms: Terms) -> Comment:
            said.append(one)
            return one

        return self._commits.ask(Transaction(comments=(one,)), "a comment", done, over=self._over)

    def ratify(self, caller: Caller, revision: int, roles: frozenset[Role]) -> Answer:
        """The caller ratifies, in the role it acts in. roles: all that the person holds."""
        kept = self.revision(revision)
        if isinstance(kept, Refusal):
            return kept
        if not caller.name:
            return Refusal(Code.PERSON_NEEDED, "a revision is ratified by a person with a name")
        tightens = only_tightens(self.in_force.bundle, kept.bundle)
        return self._move(kept, Ratifies(caller.name, caller.role, roles, tightens))

    def withdraw_revision(self, caller: Caller, revision: int) -> Answer:
        """Its proposer takes a revision back before it is in force."""
        kept = self.revision(revision)
        return kept if isinstance(kept, Refusal) else self._move(kept, Withdraws(caller.name))

    # -- how a change is made ---------------------------------------------------------------------

    def _move(self, kept: KeptRevision, event: CourseEvent) -> Answer:
        self.pass_time()
        kept = self._of[kept.bundle.revision]
        stepped = step(kept.course, event, self._clock.now_s())
        if isinstance(stepped, Refusal):
            return stepped
        course, effects = stepped
        return kept if course == kept.course else self._write(replace(kept, course=course), effects)

    def _write(self, kept: KeptRevision, effects: tuple[CourseEffect, ...]) -> Answer:
        if self._busy:
            return self._waits()
        changed = self._with_superseded(kept, effects)
        self._busy = True

        def done(_terms: Terms) -> KeptRevision:
            self._hold(changed)
            return kept

        what = f"revision {kept.bundle.revision} of the guidelines"
        return self._commits.ask(Transaction(guidelines=changed), what, done, over=self._over)

    def _with_superseded(
        self, kept: KeptRevision, effects: tuple[CourseEffect, ...]
    ) -> tuple[KeptRevision, ...]:
        """The revision, and those that it supersedes where it stands now."""
        if CourseEffect.STANDS not in effects:
            return (kept,)
        ended: list[KeptRevision] = []
        for other in self._of.values():
            older = other.course.in_force_s <= kept.course.in_force_s
            if other.course.state is CourseState.IN_FORCE and other.bundle is not kept.bundle and older:
                stepped = step(other.course, Superseded(), self._clock.now_s())
                if not isinstance(stepped, Refusal):
                    ended.append(replace(other, course=stepped[0]))
        return (kept, *ended)

    def _hold(self, changed: Iterable[KeptRevision]) -> None:
        self._of.update((one.bundle.revision, one) for one in changed)
        self._due_s = self._next_due_s()
        before, self._held = self._held, self._newest_in_force()
        held = self._held.bundle
        if held.revision != before.bundle.revision:
            self.limits = running_limits(held, in_alarm=self._in_alarm)
            for tell in self.in_force_changed:
                tell(held)
            self._tell_limits()

    def hold_alarm(self, *, stands: bool) -> None:
        """An alarm of surveillance stands, or none: with one, the cap is the clause's share of it."""
        if stands is not self._in_alarm:
            self._in_alarm = stands
            self.limits = running_limits(self._held.bundle, in_alarm=stands)
            self._tell_limits()

    def _tell_limits(self) -> None:
        for tell in self.limits_changed:
            tell()

    def _over(self, _commit: Commit[Terms]) -> None:
        self._busy = False

    def _waits(self) -> Refusal:
        return Refusal(Code.LEDGER_UNAVAILABLE, "another change of the guidelines waits for the ledger")

    # -- time -------------------------------------------------------------------------------------

    def pass_time(self) -> None:
        """Move what time moves, at once, and write it; what cannot be written is written again."""
        now_s = self._clock.now_s()
        if now_s < self._due_s and not self._unwritten:
            return
        for kept in self.list_revisions():
            stepped = step(kept.course, Passes(), now_s)
            if not isinstance(stepped, Refusal) and stepped[0] != kept.course:
                changed = self._with_superseded(replace(kept, course=stepped[0]), stepped[1])
                self._unwritten.update(one.bundle.revision for one in changed)
                self._hold(changed)
        if self._unwritten and not self._busy:
            self._flush()

    def _flush(self) -> None:
        numbers, self._unwritten = self._unwritten, set()
        self._busy = True

        def over(commit: Commit[Terms]) -> None:
            self._busy = False
            if not commit.done:
                self._unwritten |= numbers

        changed = tuple(self._of[number] for number in sorted(numbers))
        self._commits.submit(Transaction(guidelines=changed), "the guidelines' course", over)


def _read(text: str) -> Bundle | Refusal:
    try:
        return read_bundle(text)
    except BundleError as error:
        return Refusal(error.code, str(error), {"clause": f"G-{error.clause}"} if error.clause else {})
