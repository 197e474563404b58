"""The caller's view of the audit log."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

import grpc.aio

from dreamapi import names
from dreamapi.call_policy import Line
from dreamapi.v1 import audit_pb2 as audit
from dreamapi.v1.audit_pb2_grpc import AuditStub


class Audit:
    """Read the audit log; erase a text that is kept apart of it."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = AuditStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def export(
        self, *, after: int = 0, newest: int = 0
    ) -> AsyncGenerator[audit.ExportAuditResponse, None]:
        """The records behind record `after`, or only the newest so many, in parts, with their checkpoints.

        An export that is interrupted goes on behind the newest record that came.
        """
        request = audit.ExportAuditRequest(after=after, newest=newest)
        answers = self._line.follow(self._stub.ExportAudit, lambda: request, audit.ExportAuditResponse)
        async with aclosing(answers):
            async for answer in answers:
                yield answer
                if answer.records:
                    request.after = json.loads(answer.records[-1])[1]
                    request.newest = 0

    async def text(self, number: int) -> audit.AuditText:
        """The reason of record `number`, and the sleeper that it named.

        Raises:
            AuditRecordUnknown: there is no such record.
        """
        request = audit.GetAuditTextRequest(name=names.audit_record(number))
        return await self._line.ask(self._stub.GetAuditText, request, audit.AuditText)

    async def erase(self, number: int, *, reason: str = "") -> audit.AuditText:
        """Erase them; the record and its hash stay. The erasure is a record of its own, with this reason.

        Raises:
            AuditRecordUnknown: there is no such record.
        """
        request = audit.EraseAuditTextRequest(name=names.audit_record(number), reason=reason)
        return await self._line.ask(self._stub.EraseAuditText, request, audit.AuditText)
