"""The Audit service: the audit log in parts, as it is hashed, and the texts that are kept apart of it."""
# ruff: noqa: N802 - methods are named by the proto

import re
from collections.abc import AsyncIterator
from typing import Final

from dreamapi import names
from dreamapi.v1 import audit_pb2 as audit
from dreamapi.v1.audit_pb2_grpc import AuditServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.adapters.grpc.calls.interceptor import Context, sight_of
from dreamd.adapters.grpc.calls.streams import kept, settled
from dreamd.app.api.audit import PART, TextView
from dreamd.app.api.audit_protocol import AuditApi
from dreamd.core.audit.records import record_of
from dreamd.core.limits import CURSOR_MOST

_COLLECTION: Final = "auditRecords"
_NAMES: Final = ("after", "newest")


class Audit(AuditServicer):
    """Serves dreamapi.v1.Audit."""

    def __init__(self, log: AuditApi) -> None:
        self._log = log

    async def ExportAudit(
        self, request: audit.ExportAuditRequest, _context: Context
    ) -> AsyncIterator[audit.ExportAuditResponse]:
        """The records behind one, up to the newest at the time of the call."""
        for name in _NAMES:
            if not 0 <= getattr(request, name) <= CURSOR_MOST:
                raise bad_input(name, f"0 to {CURSOR_MOST}", getattr(request, name))
        await settled(self._log.sign_now())
        after = request.after
        if request.newest:
            after = max(after, self._log.records - request.newest)
        while True:
            part = await kept(self._log.part(after))
            yield audit.ExportAuditResponse(records=part.lines, checkpoints=part.notes)
            if len(part.lines) < PART:
                return
            after = record_of(part.lines[-1]).n

    async def GetAuditText(self, request: audit.GetAuditTextRequest, context: Context) -> audit.AuditText:
        """The reason of an act, and the sleeper that it named."""
        view = await kept(self._log.text(_number(request.name)))
        return _told(view, read=sight_of(context).names)

    async def EraseAuditText(self, request: audit.EraseAuditTextRequest, context: Context) -> audit.AuditText:
        """Erase them; the record stays."""
        request_fields.reason(request.reason)
        view = await kept(self._log.erase(caller_of(context), _number(request.name)))
        return _told(view, read=sight_of(context).names)


def _number(name: str) -> int:
    """The number of `auditRecords/{number}`."""
    digits = names.id_in(_COLLECTION, name) or ""
    if not (digits.isascii() and digits.isdecimal()) or not 1 <= int(digits) <= CURSOR_MOST:
        raise bad_input("name", f"{_COLLECTION}/{{number}}, of `dreamd audit list`", name)
    return int(digits)


def _told(view: TextView, *, read: bool) -> audit.AuditText:
    """The message. read: whether the caller reads names; else those of this record are covered."""
    reason, sleepers = view.reason, view.sleeper.split()
    if not read:
        for one in sleepers:
            reason = re.sub(rf"(?<![\w.-]){re.escape(one)}(?![\w-])", "~", reason)
    told = " ".join(f"sleepers/{one}" for one in sleepers)
    return audit.AuditText(name=f"{_COLLECTION}/{view.n}", reason=reason, sleeper=told, erased=view.erased)
