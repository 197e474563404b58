"""The Guidelines service: revisions proposed, opened, commented, ratified, taken back, compared, run."""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeVar

from dreamapi.v1 import guidelines_pb2 as guidelines
from dreamapi.v1 import rules_pb2
from dreamapi.v1.guidelines_pb2_grpc import GuidelinesServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import bad_input, granted
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache, Write
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import kept
from dreamd.adapters.grpc.servicers.people.revisions import (
    told_comment,
    told_difference,
    told_dry_run,
    told_revision,
)
from dreamd.app.api.people.guidelines import NIGHTS_MOST
from dreamd.app.api.people.guidelines_protocol import GuidelinesApi
from dreamd.core.access.caller import Role
from dreamd.core.guidelines.diff import only_tightens
from dreamd.core.refusals import Code, Figure, Refusal
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.guidelines import Comment, KeptRevision

NIGHTS: Final = 30
"""Nights of a dry run, unless the request names others."""
ROLES: Final = {rules_pb2.ROLE_CLINICIAN: Role.CLINICIAN, rules_pb2.ROLE_ADVOCATE: Role.ADVOCATE}
DOCUMENT: Final = {"field": "document", "expected": "a revision in TOML"}
DIGITS_MOST: Final = 20
"""Digits of a page's place."""

T = TypeVar("T")
Answer = KeptRevision | Refusal | Deferred[KeptRevision]


class Guidelines(GuidelinesServicer):
    """Serves dreamapi.v1.Guidelines."""

    def __init__(self, revisions: GuidelinesApi, replays: IdempotencyCache) -> None:
        self._revisions = revisions
        self._replays = replays

    async def ProposeRevision(
        self, request: guidelines.ProposeRevisionRequest, context: Context
    ) -> guidelines.Revision:
        """Propose the next revision."""
        text = _text(request.document)
        begins_s = request_fields.moment(request.begin_time, "begin_time")
        caller = caller_of(context, request_fields.reason(request.by))
        return await self._changed(request, context, self._revisions.propose, caller, text, begins_s)

    async def OpenRevision(
        self, request: guidelines.OpenRevisionRequest, context: Context
    ) -> guidelines.Revision:
        """Open a draft for comments."""
        number = request_fields.guideline(request.name)
        caller = caller_of(context, request_fields.reason(request.by))
        return await self._changed(request, context, self._revisions.open_revision, caller, number)

    async def CommentOnRevision(
        self, request: guidelines.CommentOnRevisionRequest, context: Context
    ) -> guidelines.Comment:
        """Comment on a revision that is open."""
        number = request_fields.guideline(request.name)
        caller = caller_of(context, request_fields.reason(request.by))

        def ask() -> Comment | Refusal | Deferred[Comment]:
            return _named(self._revisions.comment(caller, number, request.text))

        return await self._replays.bound(
            principal_of(context), request, guidelines.Comment, ask, told_comment
        )

    async def RatifyRevision(
        self, request: guidelines.RatifyRevisionRequest, context: Context
    ) -> guidelines.Revision:
        """Ratify in one role."""
        number, role = request_fields.guideline(request.name), ROLES.get(request.role)
        if role is None and request.role != rules_pb2.ROLE_UNSPECIFIED:
            raise bad_input("role", "ROLE_CLINICIAN, ROLE_ADVOCATE or none", Figure(request.role))
        caller = caller_of(context)
        return await self._changed(request, context, self._revisions.ratify, caller, number, role)

    async def WithdrawRevision(
        self, request: guidelines.WithdrawRevisionRequest, context: Context
    ) -> guidelines.Revision:
        """Take a revision back."""
        number = request_fields.guideline(request.name)
        caller = caller_of(context, request_fields.reason(request.by))
        return await self._changed(request, context, self._revisions.withdraw_revision, caller, number)

    async def _changed(
        self, request: Write, context: Context, change: Callable[..., Answer], *given: object
    ) -> guidelines.Revision:
        """Change a revision, once for each request id."""
        return await self._replays.bound(
            principal_of(context),
            request,
            guidelines.Revision,
            lambda: _named(change(*given), "name" if hasattr(request, "name") else "document"),
            lambda one: self._told(one, clauses=True),
        )

    async def GetRevision(
        self, request: guidelines.GetRevisionRequest, _context: Context
    ) -> guidelines.Revision:
        """One revision with its clauses."""
        number = request_fields.guideline(request.name, holds=True)
        return self._told(granted(_named(self._revisions.get_revision(number))), clauses=True)

    def _told(self, one: KeptRevision, *, clauses: bool) -> guidelines.Revision:
        return told_revision(one, self._revisions.in_force.bundle.revision, clauses=clauses)

    async def ListRevisions(
        self, request: guidelines.ListRevisionsRequest, _context: Context
    ) -> guidelines.ListRevisionsResponse:
        """Every revision, by number."""

        def listed(after: str) -> Iterator[KeptRevision]:
            return iter(self._revisions.list_revisions(_behind(after)))

        shown, token = page(
            listed,
            lambda one: str(one.bundle.revision),
            lambda one: self._told(one, clauses=False),
            request.page_size,
            request.page_token,
        )
        return guidelines.ListRevisionsResponse(revisions=shown, next_page_token=token)

    async def ListComments(
        self, request: guidelines.ListCommentsRequest, _context: Context
    ) -> guidelines.ListCommentsResponse:
        """The comments on a revision, in order."""
        number = request_fields.guideline(request.name)
        said = granted(_named(self._revisions.list_comments(number)))

        def listed(after: str) -> Iterator[Comment]:
            return (one for one in said if one.n > _behind(after))

        shown, token = page(
            listed, lambda one: str(one.n), told_comment, request.page_size, request.page_token
        )
        return guidelines.ListCommentsResponse(comments=shown, next_page_token=token)

    async def DiffRevisions(
        self, request: guidelines.DiffRevisionsRequest, _context: Context
    ) -> guidelines.DiffRevisionsResponse:
        """The clauses in which two revisions differ."""
        old, new = (
            granted(
                _named(self._revisions.get_revision(request_fields.guideline(name, field, holds=True)), field)
            )
            for name, field in ((request.old, "old"), (request.new, "new"))
        )
        differences = granted(self._revisions.diff(old.bundle.revision, new.bundle.revision))
        return guidelines.DiffRevisionsResponse(
            differences=map(told_difference, differences), only_tightens=only_tightens(old.bundle, new.bundle)
        )

    async def DryRunRevision(
        self, request: guidelines.DryRunRevisionRequest, _context: Context
    ) -> guidelines.DryRun:
        """Run a revision over kept admissions."""
        nights = request.nights or NIGHTS
        if not 1 <= nights <= NIGHTS_MOST:
            raise bad_input("nights", f"1 to {NIGHTS_MOST}, or 0 for {NIGHTS}", Figure(request.nights))
        if bool(request.name) is bool(request.document):
            raise bad_input("name", "a revision, or none with a document", request.name)
        if request.name:
            run = _named(self._revisions.dry_run(request_fields.guideline(request.name), nights))
        else:
            run = _named(self._revisions.dry_run_text(_text(request.document), nights), "document")
        return told_dry_run(await kept(run))


def _text(document: bytes) -> str:
    try:
        return document.decode()
    except UnicodeDecodeError as error:
        raise bad_input("document", "a revision in TOML, UTF-8", Figure(f"byte {error.start}")) from None


def _behind(place: str) -> int:
    """The number of a page's place."""
    if place and not (place.isascii() and place.isdecimal() and len(place) <= DIGITS_MOST):
        raise ValueError(place)
    return int(place or 0)


def _named(answer: T, field: str = "name") -> T | Refusal:
    """The answer; a refusal of a number, or of a document, names the request's field in which that stands."""
    if not isinstance(answer, Refusal) or answer.code is not Code.INVALID_ARGUMENT:
        return answer
    told = answer.metadata
    if told.get("field") == "revision":
        sentence = answer.sentence.replace("revision:", f"{field}:", 1)
        return replace(answer, sentence=sentence, metadata={**told, "field": field})
    return answer if "field" in told else replace(answer, metadata=told | DOCUMENT)
