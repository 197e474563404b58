"""The caller's view of consents: grant, read, withdraw, receipts."""

from collections.abc import Iterable, Mapping
from contextlib import aclosing
from datetime import datetime

import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking, freeing, refused
from dreamapi.text import fit
from dreamapi.v1 import consents_pb2 as consents
from dreamapi.v1.consents_pb2_grpc import ConsentsStub
from dreamapi.v1.severing_pb2 import SeverOutcome

PAGE: int = 500
PART: str = "consent"
ERASES_WITHIN_S: float = 60.0
"""Deadline of an erasure: files are searched for the name."""
Scope = consents.ConsentGrant.Scope
Modality = consents.ConsentGrant.Modality
Method = consents.ConsentGrant.Method
SCOPES = {names.word(Scope, number): number for number in Scope.values() if number}
"""The scopes by their words: merge, intimate, perform, record, research."""
MODALITIES = {names.word(Modality, number): number for number in Modality.values() if number}
"""The modalities by their words: sound, light, touch."""


def consent_grant(
    *,
    scopes: Iterable[str] = (),
    modalities: Iterable[str] = (),
    ceiling: float = 0.0,
    artist_share: float = 0.0,
    hours: str = "",
    zone: str = "",
    until: datetime | None = None,
    duo: Iterable[str] = (),
    notice_sha256: str = "",
    language: str = "en",
    adult: bool = False,
    revision: int = 0,
    simulated: bool = False,
) -> consents.ConsentGrant:
    """A grant; nothing is implied, and what is left out is not granted.

    scopes: of merge, intimate, perform, record, research. modalities: of sound, light, touch. ceiling:
    coupling, 0..0.15; artist_share: 0..0.5. hours: such as 22:00/07:00, by the wall clock of zone. until:
    its end, with a time zone; absent: this night. duo: GA4GH codes for research. notice_sha256: of the
    notice that the sleeper has read, in language. revision: the one it must be; 0: the next. simulated: of
    a simulated sleeper, on a machine without a site.

    Raises:
        InvalidArgument: a text is not fit, a word is none of these, or `until` has no time zone.
    """
    if until is not None and until.tzinfo is None:
        raise refused("grant.expire_time", "a time without a time zone", "one with its zone")
    expire_time = None if until is None else Timestamp()
    if until is not None and expire_time is not None:
        expire_time.FromDatetime(until)
    return asking(
        consents.ConsentGrant,
        "grant.",
        revision=revision,
        scopes=_numbered(SCOPES, scopes, "scopes"),
        modalities=_numbered(MODALITIES, modalities, "modalities"),
        ceiling=ceiling,
        artist_share=artist_share,
        hours=hours,
        zone=zone,
        expire_time=expire_time,
        duo=list(duo),
        notice_sha256=notice_sha256,
        language=language,
        method=Method.METHOD_SIMULATED if simulated else Method.METHOD_TOKEN,
        adult=adult,
    )


def _numbered(of: Mapping[str, int], words: Iterable[str], field: str) -> list[int]:
    """The numbers of these words."""
    given = list(words)
    wrong = next((word for word in given if word not in of), None)
    if wrong is not None:
        raise refused(f"grant.{field}", f"{fit(wrong, 40)!r}", f"some of {', '.join(of)}")
    return [of[word] for word in given]


class Consents:
    """The consents of sleepers. sleeper: a pseudonym, `sleepers/{sleeper}`, or the name of the consent."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = ConsentsStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def grant(
        self, sleeper: str, grant: consents.ConsentGrant, *, request_id: str = ""
    ) -> consents.Consent:
        """Give the next revision of one's own consent.

        Raises:
            NotYours: the caller is not the sleeper.
            ConsentStale: the grant's revision is not the next one.
            GuidelineRefused: the grant does not say that the sleeper is an adult.
        """
        request = asking(
            consents.GrantConsentRequest,
            name=names.of_sleeper(sleeper, PART),
            grant=grant,
            request_id=request_id or new_request_id(),
        )
        return await self._line.ask(self._stub.GrantConsent, request, consents.Consent)

    async def consent_of(self, sleeper: str, *, reason: str = "") -> consents.Consent:
        """The consent of one sleeper. reason: of an advocate, the sleeper's request."""
        request = asking(consents.GetConsentRequest, name=names.of_sleeper(sleeper, PART), reason=reason)
        return await self._line.ask(self._stub.GetConsent, request, consents.Consent)

    async def withdraw(self, sleeper: str, *, reason: str = "", issuer: str = "") -> SeverOutcome:
        """End a consent and set the sleeper to zero, now. May be sent again; needs nothing."""
        request = freeing(
            consents.WithdrawConsentRequest,
            name=names.of_sleeper(sleeper, PART),
            reason=reason,
            issuer=issuer,
            request_id=new_request_id(),
        )
        return await self._line.free(self._stub.WithdrawConsent, request, SeverOutcome)

    async def list_grants(self, sleeper: str, *, reason: str = "") -> list[consents.ConsentGrant]:
        """Every grant of one sleeper, newest first. reason: of an advocate, the sleeper's request."""
        found: list[consents.ConsentGrant] = []
        request = asking(
            consents.ListGrantsRequest, name=names.of_sleeper(sleeper, PART), reason=reason, page_size=PAGE
        )
        while True:
            page = await self._line.ask(self._stub.ListGrants, request, consents.ListGrantsResponse)
            found += page.grants
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def receipt(self, sleeper: str, revision: int = 0, *, reason: str = "") -> consents.Receipt:
        """The signed receipt of a grant, and its FHIR resource. revision: 0, the newest.

        Raises:
            ConsentMissing: nothing was granted.
        """
        request = asking(
            consents.GetReceiptRequest,
            name=names.of_sleeper(sleeper, PART),
            reason=reason,
            revision=revision,
        )
        return await self._line.ask(self._stub.GetReceipt, request, consents.Receipt)

    async def export(self, sleeper: str = names.OWN) -> dict[str, bytes]:
        """Everything that the house keeps about the caller: the files by their paths, such as sleeper.json.

        An export that is interrupted is not resumed.
        """
        request = asking(consents.ExportSleeperRequest, name=names.sleeper(sleeper))
        answers = self._line.follow(
            self._stub.ExportSleeper, lambda: request, consents.ExportSleeperResponse, patience_s=0.0
        )
        files: dict[str, bytearray] = {}
        async with aclosing(answers):
            async for piece in answers:
                files.setdefault(piece.path, bytearray()).extend(piece.content)
        return {path: bytes(content) for path, content in files.items()}

    async def erase(self, sleeper: str) -> consents.Erasure:
        """Erase everything about the caller for good; it may take half a minute.

        Raises:
            RetainedByLaw: a clause retains it until a date.
        """
        request = asking(
            consents.EraseSleeperRequest, name=names.sleeper(sleeper), request_id=new_request_id()
        )
        return await self._line.ask(self._stub.EraseSleeper, request, consents.Erasure, ERASES_WITHIN_S)
