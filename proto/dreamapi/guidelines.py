"""The caller's view of the guidelines: propose, comment, ratify, compare, run over the past."""

from datetime import datetime

import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking, refused
from dreamapi.v1 import guidelines_pb2 as guidelines
from dreamapi.v1 import rules_pb2
from dreamapi.v1.guidelines_pb2_grpc import GuidelinesStub

PAGE: int = 500
ROLES = {
    "": rules_pb2.ROLE_UNSPECIFIED,
    "clinician": rules_pb2.ROLE_CLINICIAN,
    "advocate": rules_pb2.ROLE_ADVOCATE,
}
"""The roles in which a revision is ratified; empty: the role that the person has."""


class Guidelines:
    """The revisions of the guidelines, by number. by: the person, where callers have no credentials."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = GuidelinesStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def propose(
        self, document: str | bytes, *, begins: datetime | None = None, by: str = ""
    ) -> guidelines.Revision:
        """Propose the next revision, written in TOML. begins: it is not in force before.

        Raises:
            BeyondBound, NotCanonical: a limit passes its bounds; a text is not in Unicode's form NFC.
            InvalidArgument: the document is no revision, or not the next one; the message names the line.
        """
        if begins is not None and begins.tzinfo is None:
            raise refused("begin_time", "a time without a time zone", "one with its zone")
        begin_time = None if begins is None else Timestamp()
        if begins is not None and begin_time is not None:
            begin_time.FromDatetime(begins)
        request = asking(
            guidelines.ProposeRevisionRequest,
            begin_time=begin_time,
            by=by,
            request_id=new_request_id(),
        )
        request.document = _document(document)
        return await self._line.ask(self._stub.ProposeRevision, request, guidelines.Revision)

    async def open_revision(self, revision: int, *, by: str = "") -> guidelines.Revision:
        """Open a draft for comments; its dry run is attached. Its proposer's."""
        request = asking(
            guidelines.OpenRevisionRequest,
            name=names.guideline(revision),
            by=by,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.OpenRevision, request, guidelines.Revision)

    async def comment(self, revision: int, text: str, *, by: str = "") -> guidelines.Comment:
        """Comment on a revision that is open."""
        request = asking(
            guidelines.CommentOnRevisionRequest,
            name=names.guideline(revision),
            text=text,
            by=by,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.CommentOnRevision, request, guidelines.Comment)

    async def ratify(self, revision: int, *, role: str = "") -> guidelines.Revision:
        """Ratify, in the role clinician or advocate, where the person has both.

        Raises:
            TooEarly: it has not been open for a week, and does not only tighten.
            SamePerson, WrongRole: the person has ratified already; or has neither role.
        """
        if role not in ROLES:
            raise refused("role", repr(role), "clinician or advocate")
        request = asking(
            guidelines.RatifyRevisionRequest,
            name=names.guideline(revision),
            role=ROLES[role],
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.RatifyRevision, request, guidelines.Revision)

    async def withdraw_revision(self, revision: int, *, by: str = "") -> guidelines.Revision:
        """Take a revision back before it is in force; its proposer's."""
        request = asking(
            guidelines.WithdrawRevisionRequest,
            name=names.guideline(revision),
            by=by,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.WithdrawRevision, request, guidelines.Revision)

    async def get_revision(self, revision: int = 0) -> guidelines.Revision:
        """One revision with its clauses; 0: the one in force."""
        request = guidelines.GetRevisionRequest(name=names.guideline(revision))
        return await self._line.ask(self._stub.GetRevision, request, guidelines.Revision)

    async def list_revisions(self) -> list[guidelines.Revision]:
        """Every revision, by number, without clauses."""
        found: list[guidelines.Revision] = []
        request = guidelines.ListRevisionsRequest(page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListRevisions, request, guidelines.ListRevisionsResponse)
            found += page.revisions
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def list_comments(self, revision: int) -> list[guidelines.Comment]:
        """The comments on a revision, in order."""
        found: list[guidelines.Comment] = []
        request = guidelines.ListCommentsRequest(name=names.guideline(revision), page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListComments, request, guidelines.ListCommentsResponse)
            found += page.comments
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def diff(self, old: int, new: int) -> guidelines.DiffRevisionsResponse:
        """The clauses in which two revisions differ; 0: the one in force."""
        request = guidelines.DiffRevisionsRequest(old=names.guideline(old), new=names.guideline(new))
        return await self._line.ask(self._stub.DiffRevisions, request, guidelines.DiffRevisionsResponse)

    async def dry_run(self, revision: int | str | bytes, *, nights: int = 0) -> guidelines.DryRun:
        """Run a revision, by number or in TOML, over the admissions of the last nights (0: 30)."""
        request = guidelines.DryRunRevisionRequest(nights=nights)
        if isinstance(revision, int):
            request.name = names.guideline(revision)
        else:
            request.document = _document(revision)
        return await self._line.ask(self._stub.DryRunRevision, request, guidelines.DryRun)


def _document(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
