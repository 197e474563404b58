"""The Audit service: the audit log in parts, as it is hashed."""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import AsyncIterator
from typing import Final

from dreamapi.v1 import audit_pb2 as audit
from dreamapi.v1.audit_pb2_grpc import AuditServicer
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.streams import kept, settled
from dreamd.app.api.audit import PART
from dreamd.app.api.protocols import AuditApi
from dreamd.core.audit.records import record_of
from dreamd.core.limits import CURSOR_MOST

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
