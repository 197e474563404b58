"""The Moratoria service: called in the first stretch of its handler, seconded, lifted, listed.

The request id of a call goes to the application, not to `replays`: an answer from memory would leave a
sleeper merged.
"""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import Iterator
from typing import Final

from dreamapi import names
from dreamapi.v1 import moratoria_pb2 as moratoria
from dreamapi.v1 import rules_pb2
from dreamapi.v1.moratoria_pb2_grpc import MoratoriaServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import bad_input, granted
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import confirmed
from dreamd.adapters.grpc.servicers import responses
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.app.api.awareness.moratoria import place_of_moratorium
from dreamd.app.api.awareness.moratoria_protocol import MoratoriaApi
from dreamd.core.access.caller import Role
from dreamd.core.moratoria.course import Moratorium, MoratoriumScope, MoratoriumState, Signature
from dreamd.core.refusals import Figure, Refusal
from dreamd.ports.deferred import Deferred

_Told = moratoria.Moratorium
SCOPES: Final = {_Told.SCOPE_SITE: MoratoriumScope.SITE, _Told.SCOPE_FLEET: MoratoriumScope.FLEET}
ROLES: Final = {rules_pb2.ROLE_CLINICIAN: Role.CLINICIAN, rules_pb2.ROLE_ADVOCATE: Role.ADVOCATE}


class Moratoria(MoratoriaServicer):
    """Serves dreamapi.v1.Moratoria."""

    def __init__(self, commands: MoratoriaApi, replays: IdempotencyCache) -> None:
        self._commands = commands
        self._replays = replays

    async def CallMoratorium(
        self, request: moratoria.CallMoratoriumRequest, context: Context
    ) -> moratoria.CallMoratoriumResponse:
        """No sleeper in this scope merges, from now on or from its beginning."""
        scope, site = _reach(request)
        called = granted(
            self._commands.call_moratorium(
                caller_of(context, request_fields.reason(request.by)),
                *(scope, site),
                request_fields.moment(request.begin_time, "begin_time"),
                request_fields.moment(request.end_time, "end_time"),
                request_fields.reason(request.reason),
                request_fields.request_id(request.request_id),
            )
        )
        return moratoria.CallMoratoriumResponse(
            moratorium=self._told(called.moratorium),
            outcome=responses.outcome(await confirmed(called.ticket, context)),
        )

    async def SecondMoratorium(
        self, request: moratoria.SecondMoratoriumRequest, context: Context
    ) -> moratoria.Moratorium:
        """Second the call of another person."""
        request_fields.request_id(request.request_id)
        name = request_fields.moratorium_id(request.name)
        return self._told(granted(self._commands.second_moratorium(caller_of(context), name)))

    async def LiftMoratorium(
        self, request: moratoria.LiftMoratoriumRequest, context: Context
    ) -> moratoria.Moratorium:
        """Ask for its end, in one role."""
        name, role = request_fields.moratorium_id(request.name), ROLES.get(request.role)
        if role is None and request.role != rules_pb2.ROLE_UNSPECIFIED:
            raise bad_input("role", "ROLE_CLINICIAN, ROLE_ADVOCATE or none", Figure(request.role))
        caller = caller_of(context, request_fields.reason(request.by))
        reason = request_fields.reason(request.reason)

        def ask() -> Moratorium | Refusal | Deferred[Moratorium]:
            return self._commands.lift_moratorium(caller, name, reason, role)

        return await self._replays.bound(
            principal_of(context), request, moratoria.Moratorium, ask, self._told
        )

    async def ListMoratoria(
        self,
        request: moratoria.ListMoratoriaRequest,
        context: Context,  # noqa: ARG002 -- a moratorium is every reader's
    ) -> moratoria.ListMoratoriaResponse:
        """Newest first, in pages."""

        def listed(after: str) -> Iterator[Moratorium]:
            return self._commands.list_moratoria(after, acting=request.acting)

        shown, token = page(listed, place_of_moratorium, self._told, request.page_size, request.page_token)
        return moratoria.ListMoratoriaResponse(moratoria=shown, next_page_token=token)

    def _told(self, one: Moratorium) -> moratoria.Moratorium:
        told = moratoria.Moratorium(
            name=names.moratorium(one.id),
            scope=_Told.SCOPE_SITE if one.scope is MoratoriumScope.SITE else _Told.SCOPE_FLEET,
            target=names.site(one.site),
            state=_STATES[one.state],
            acts=self._commands.acts_now(one),
            reason=one.reason,
            by=one.by,
            clause=one.clause,
            people_only=one.people_only,
            create_time=moment(one.called_s),
            begin_time=moment(one.begins_s),
            end_time=moment(one.ends_s),
            expire_time=moment(one.until_s),
            sleepers=len(one.sleepers),
            sleepers_needed=self._commands.seconds_needed(one),
            second_time=moment(one.seconded_s),
            close_time=moment(one.closed_s),
            close_reason=one.closed_reason,
        )
        told.seconds.extend(map(_signature, one.seconds))
        told.lifts.extend(map(_signature, one.lifting))
        return told


_STATES: Final = {
    MoratoriumState.CALLED: _Told.STATE_CALLED,
    MoratoriumState.STANDING: _Told.STATE_STANDING,
    MoratoriumState.LAPSED: _Told.STATE_LAPSED,
    MoratoriumState.LIFTED: _Told.STATE_LIFTED,
    MoratoriumState.ENDED: _Told.STATE_ENDED,
}
_ROLES: Final = {role: number for number, role in ROLES.items()}


def _reach(request: moratoria.CallMoratoriumRequest) -> tuple[MoratoriumScope, str]:
    scope = SCOPES.get(request.scope)
    if scope is None:
        raise bad_input("scope", "SCOPE_SITE or SCOPE_FLEET", "none of them")
    if scope is MoratoriumScope.SITE:
        return scope, request_fields.site_id(request.target)
    if request.target:
        raise bad_input("target", "nothing: the fleet has no name", request.target)
    return scope, ""


def _signature(one: Signature) -> moratoria.Moratorium.Signature:
    return _Told.Signature(
        by=one.person,
        role=_ROLES.get(one.role, rules_pb2.ROLE_UNSPECIFIED),
        create_time=moment(one.at_s),
    )
