"""The caller's view of moratoria: call, second, lift, list."""

from datetime import datetime

import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking, refused
from dreamapi.v1 import moratoria_pb2 as moratoria
from dreamapi.v1 import rules_pb2
from dreamapi.v1.moratoria_pb2_grpc import MoratoriaStub

PAGE: int = 500
ROLES = {
    "": rules_pb2.ROLE_UNSPECIFIED,
    "clinician": rules_pb2.ROLE_CLINICIAN,
    "advocate": rules_pb2.ROLE_ADVOCATE,
}
"""The roles in which a moratorium is lifted; empty: the role that the person has."""


class Moratoria:
    """Moratoria, by id. by: the person, where callers have no credentials."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = MoratoriaStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def call_moratorium(
        self,
        site: str = "",
        *,
        reason: str,
        ends: datetime | None = None,
        begins: datetime | None = None,
        by: str = "",
        request_id: str = "",
    ) -> moratoria.CallMoratoriumResponse:
        """Let no sleeper of a site merge; empty: of the fleet. Everyone there is at zero in the call.

        Args:
            site: bare or `sites/{site}`.
            reason: in words.
            ends: at most 14 days after the beginning; None: 24 hours after it.
            begins: within the next 14 days; None: now.
            by: the person.
            request_id: of a call that is sent again.

        Raises:
            QuorumLacking: the person's last call of this scope has no second.
        """
        scope = moratoria.Moratorium.SCOPE_SITE if site else moratoria.Moratorium.SCOPE_FLEET
        request = asking(
            moratoria.CallMoratoriumRequest,
            scope=scope,
            target=names.site(site),
            begin_time=_stamp(begins, "begin_time"),
            end_time=_stamp(ends, "end_time"),
            reason=reason,
            by=by,
            request_id=request_id or new_request_id(),
        )
        return await self._line.ask(self._stub.CallMoratorium, request, moratoria.CallMoratoriumResponse)

    async def second_moratorium(self, name: str) -> moratoria.Moratorium:
        """Second the call of another person.

        Raises:
            SamePerson: it is the caller's own.
        """
        request = asking(
            moratoria.SecondMoratoriumRequest, name=names.moratorium(name), request_id=new_request_id()
        )
        return await self._line.ask(self._stub.SecondMoratorium, request, moratoria.Moratorium)

    async def lift_moratorium(
        self, name: str, *, reason: str, role: str = "", by: str = ""
    ) -> moratoria.Moratorium:
        """Ask for its end. It ends once a clinician and an advocate have, two people. role: of ROLES."""
        if role not in ROLES:
            raise refused("role", role, "clinician, advocate or nothing")
        request = asking(
            moratoria.LiftMoratoriumRequest,
            name=names.moratorium(name),
            reason=reason,
            role=ROLES[role],
            by=by,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.LiftMoratorium, request, moratoria.Moratorium)

    async def list_moratoria(self, *, acting: bool = False) -> list[moratoria.Moratorium]:
        """Newest first; with `acting` only those that act now."""
        found: list[moratoria.Moratorium] = []
        request = asking(moratoria.ListMoratoriaRequest, acting=acting, page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListMoratoria, request, moratoria.ListMoratoriaResponse)
            found += page.moratoria
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token


def _stamp(at: datetime | None, field: str) -> Timestamp | None:
    if at is None:
        return None
    if at.tzinfo is None:
        raise refused(field, "a time without a time zone", "one with its zone")
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
