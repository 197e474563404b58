"""The Consents service: grants of sleepers, their withdrawal and receipts, the export and the erasure.

A withdrawal is given in the first synchronous stretch of its handler, before anything is awaited: a caller
that hangs up afterwards changes nothing. Without access control a caller may act as any sleeper.
"""
# ruff: noqa: N802 - methods are named by the proto

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Final

from dreamapi import names
from dreamapi.v1 import consents_pb2 as consents
from dreamapi.v1 import severing_pb2 as severing
from dreamapi.v1.consents_pb2_grpc import ConsentsServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import bad_input, granted
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.interceptor import Context, admitted_of
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import confirmed, kept, settled
from dreamd.adapters.grpc.servicers import responses
from dreamd.adapters.grpc.servicers.people.grants import REVISION_MOST, grant_of, told_consent, told_grant
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.app.api.people.erasures_protocol import ErasuresApi
from dreamd.app.api.people.protocols import ConsentsApi
from dreamd.core.access.caller import Caller, Role
from dreamd.core.consent.course import Consent
from dreamd.core.consent.grant import Grant
from dreamd.core.refusals import Figure

PART: Final = "consent"
"""The last part of the name of a consent."""
PIECE_BYTES: Final = 1 << 20
"""Bytes of a file in one message."""


def acting(context: Context, name: str = "") -> Caller:
    """The caller of a command that is the sleeper's own.

    Without access control every caller of the machine may act as the sleeper that the request names.
    """
    caller = caller_of(context, name)
    return caller if admitted_of(context) is not None else replace(caller, role=Role.SLEEPER)


def sleeper_of(name: str, context: Context, part: str = PART) -> str:
    """The sleeper of `sleepers/{sleeper}/{part}`; of `sleepers/-` the caller."""
    admitted = admitted_of(context)
    return request_fields.of_sleeper(name, part, admitted.own_sleeper if admitted is not None else "")


class Consents(ConsentsServicer):
    """Serves dreamapi.v1.Consents."""

    def __init__(self, book: ConsentsApi, erasures: ErasuresApi, replays: IdempotencyCache) -> None:
        self._book = book
        self._erasures = erasures
        self._replays = replays

    async def GrantConsent(self, request: consents.GrantConsentRequest, context: Context) -> consents.Consent:
        """Give the next revision of one's own consent."""
        sleeper = sleeper_of(request.name, context)
        grant = grant_of(sleeper, request.grant, simulated=admitted_of(context) is None)
        return await self._replays.bound(
            principal_of(context),
            request,
            consents.Consent,
            lambda: self._book.grant(acting(context), grant),
            lambda consent: self._told(sleeper, consent),
        )

    async def GetConsent(self, request: consents.GetConsentRequest, context: Context) -> consents.Consent:
        """The consent of one sleeper."""
        sleeper = sleeper_of(request.name, context)
        return self._told(sleeper, granted(self._book.consent_of(acting(context), sleeper)))

    def _told(self, sleeper: str, consent: Consent) -> consents.Consent:
        return told_consent(sleeper, consent, self._book.until_s(sleeper))

    async def WithdrawConsent(
        self, request: consents.WithdrawConsentRequest, context: Context
    ) -> severing.SeverOutcome:
        """End a consent and set the sleeper to zero, now."""
        sleeper = sleeper_of(request.name, context)
        issuer = request_fields.reason(request.issuer)
        ticket = self._book.withdraw(acting(context, issuer), sleeper)
        return responses.outcome(await confirmed(ticket, context))

    async def ListGrants(
        self, request: consents.ListGrantsRequest, context: Context
    ) -> consents.ListGrantsResponse:
        """Every grant of one sleeper, newest first."""
        sleeper = sleeper_of(request.name, context)
        grants: tuple[Grant, ...] = await kept(self._book.list_revisions(acting(context), sleeper))

        def listed(after: str) -> Iterator[Grant]:
            below = int(after) if after else REVISION_MOST
            return (one for one in reversed(grants) if one.revision < below)

        shown, token = page(
            listed, lambda one: str(one.revision), told_grant, request.page_size, request.page_token
        )
        return consents.ListGrantsResponse(grants=shown, next_page_token=token)

    async def GetReceipt(self, request: consents.GetReceiptRequest, context: Context) -> consents.Receipt:
        """The signed receipt of a grant, and the same for clinics."""
        sleeper = sleeper_of(request.name, context)
        if not 0 <= request.revision <= REVISION_MOST:
            raise bad_input("revision", "a revision of this sleeper, or 0", Figure(request.revision))
        caller = acting(context)
        document = await kept(self._book.receipt(caller, sleeper, request.revision))
        fhir = await kept(self._book.fhir(caller, sleeper, request.revision))
        newest = granted(self._book.consent_of(caller, sleeper)).revision
        return consents.Receipt(
            name=names.of_sleeper(sleeper, PART),
            revision=request.revision or newest,
            document=document.encode(),
            fhir=json.dumps(fhir, ensure_ascii=False, sort_keys=True).encode(),
        )

    async def ExportSleeper(
        self, request: consents.ExportSleeperRequest, context: Context
    ) -> AsyncIterator[consents.ExportSleeperResponse]:
        """Everything about the caller, file by file in pieces."""
        sleeper = sleeper_of(request.name, context, "")
        parts = await settled(granted(self._erasures.export(acting(context), sleeper)))
        for part in parts.parts:
            for begin in range(0, max(len(part.content), 1), PIECE_BYTES):
                yield consents.ExportSleeperResponse(
                    path=part.name,
                    media_type=part.media_type,
                    content=part.content[begin : begin + PIECE_BYTES],
                    last=begin + PIECE_BYTES >= len(part.content),
                )

    async def EraseSleeper(self, request: consents.EraseSleeperRequest, context: Context) -> consents.Erasure:
        """Erase everything about the caller."""
        sleeper = sleeper_of(request.name, context, "")
        erased = await settled(granted(self._erasures.erase(acting(context), sleeper)))
        return consents.Erasure(erase_time=moment(erased.at_s), named_files=erased.named)
