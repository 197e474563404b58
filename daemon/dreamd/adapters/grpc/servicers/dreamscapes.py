"""The Dreamscapes service: each method checks its input, asks the application, translates the answer.

A sever is given in the first synchronous stretch of its handler, before anything is awaited: a caller that
hangs up afterwards changes nothing.
"""
# ruff: noqa: N802 - methods are named by the proto

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from typing import Final

from dreamapi import names
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1 import severing_pb2 as severing
from dreamapi.v1.dreamscapes_pb2_grpc import DreamscapesServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import granted
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.interceptor import Context, sight_of
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import ChangeSignals, confirmed, kept
from dreamd.adapters.grpc.servicers import plans, responses
from dreamd.adapters.grpc.servicers.shared_ticks import Ticks
from dreamd.app.api.protocols import DreamscapesApi, HouseApi
from dreamd.app.api.tickets import SeverTicket
from dreamd.app.stage.stimulus_markers import Marker
from dreamd.core.dreamscapes.views import DreamscapeView
from dreamd.core.limits import EVENTS_IN_A_MESSAGE
from dreamd.core.listing import place_of_dreamscape
from dreamd.core.pieces.piece import Credits
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred

SEATS_A_TURN: Final = 400
"""Seats of one turn of the event loop in an answer: a hundredth of a second."""


class Dreamscapes(DreamscapesServicer):
    """Serves dreamapi.v1.Dreamscapes."""

    def __init__(
        self, dreamscapes: DreamscapesApi, house: HouseApi, replays: IdempotencyCache, bells: ChangeSignals
    ) -> None:
        self._dreamscapes = dreamscapes
        self._house = house
        self._replays = replays
        self._bells = bells
        self._ticks = Ticks(bells.budget)

    async def CreateDreamscape(
        self, request: dreams.CreateDreamscapeRequest, context: Context
    ) -> dreams.Dreamscape:
        """Create in PLANNED, or only check whether that is possible."""
        plan = plans.created(request)
        if request.validate_only:
            checked = await kept(self._dreamscapes.create(caller_of(context), plan, validate_only=True))
            return responses.dreamscape(checked)
        return await self._replays.bound(
            principal_of(context),
            request,
            dreams.Dreamscape,
            lambda: self._dreamscapes.create(caller_of(context), plan),
            responses.dreamscape,
        )

    async def UpdateDreamscape(
        self, request: dreams.UpdateDreamscapeRequest, context: Context
    ) -> dreams.Dreamscape:
        """Change the plan before the start, or only check whether that is possible."""
        name = request_fields.dreamscape_id(request.dreamscape.name, "dreamscape.name")

        def update() -> DreamscapeView | Refusal | Deferred[DreamscapeView]:
            plan = plans.changed(request, granted(self._dreamscapes.get(name)).plan)
            answer = self._dreamscapes.update(
                caller_of(context), plan, request.dreamscape.etag, validate_only=request.validate_only
            )
            return answer if isinstance(answer, Deferred) else plans.moved(answer)

        if request.validate_only:
            return responses.dreamscape(await kept(update()))
        return await self._replays.bound(
            principal_of(context), request, dreams.Dreamscape, update, responses.dreamscape
        )

    async def GetDreamscape(
        self, request: dreams.GetDreamscapeRequest, context: Context
    ) -> dreams.Dreamscape:
        """One Dreamscape with the seats that the caller sees, each as it is when it is read."""
        name = request_fields.dreamscape_id(request.name)
        found, sight = granted(self._dreamscapes.get(name)), sight_of(context)
        answer = responses.dreamscape(found, with_seats=False)
        for at in range(0, len(found.seats), SEATS_A_TURN):
            if at:
                await asyncio.sleep(0)  # ten thousand seats delay neither a tick nor a sever
            for one in found.seats[at : at + SEATS_A_TURN]:
                if sight.seats or sight.shows_own(one.sleeper):
                    answer.seats.append(responses.seat(found.plan.dreamscape, one))
        return answer

    async def ListDreamscapes(
        self, request: dreams.ListDreamscapesRequest, context: Context
    ) -> dreams.ListDreamscapesResponse:
        """Newest first, without seats, in pages; those of the caller's scope."""
        shows = sight_of(context).shows_dreamscape
        shown, token = page(
            lambda after: (one for one in self._dreamscapes.list(after) if shows(one.plan.dreamscape)),
            place_of_dreamscape,
            partial(responses.dreamscape, with_seats=False),
            request.page_size,
            request.page_token,
        )
        return dreams.ListDreamscapesResponse(dreamscapes=shown, next_page_token=token)

    async def StartDreamscape(
        self, request: dreams.StartDreamscapeRequest, context: Context
    ) -> dreams.Dreamscape:
        """Begin to dream."""
        name = request_fields.dreamscape_id(request.name)
        return await self._replays.bound(
            principal_of(context),
            request,
            dreams.Dreamscape,
            lambda: self._dreamscapes.start(caller_of(context), name, request.etag),
            responses.dreamscape,
        )

    async def ResumeDreamscape(
        self, request: dreams.ResumeDreamscapeRequest, context: Context
    ) -> dreams.Dreamscape:
        """Dream on after a sever."""
        name = request_fields.dreamscape_id(request.name)
        return self._replays.once(
            principal_of(context),
            request,
            dreams.Dreamscape,
            lambda: responses.dreamscape(
                granted(self._dreamscapes.resume(caller_of(context), name, request.etag))
            ),
        )

    async def SeverDreamscape(
        self, request: dreams.SeverDreamscapeRequest, context: Context
    ) -> severing.SeverOutcome:
        """Everyone to zero now."""
        name, reason = request_fields.dreamscape_id(request.name), request_fields.reason(request.reason)
        return await _settled(self._dreamscapes.sever(caller_of(context), name, reason), context)

    async def WakeDreamscape(
        self, request: dreams.WakeDreamscapeRequest, context: Context
    ) -> severing.SeverOutcome:
        """Sever, then wake everyone."""
        name, reason = request_fields.dreamscape_id(request.name), request_fields.reason(request.reason)
        return await _settled(
            self._dreamscapes.wake(caller_of(context, request_fields.reason(request.issuer)), name, reason),
            context,
        )

    async def EndDreamscape(
        self, request: dreams.EndDreamscapeRequest, context: Context
    ) -> severing.SeverOutcome:
        """End the session once every pod has confirmed zero."""
        name, reason = request_fields.dreamscape_id(request.name), request_fields.reason(request.reason)
        return await _settled(self._dreamscapes.end(caller_of(context), name, reason), context)

    async def ExplainAdmission(
        self, request: dreams.ExplainAdmissionRequest, _context: Context
    ) -> dreams.ExplainAdmissionResponse:
        """Every admission check, in order."""
        name, pod = request_fields.dreamscape_id(request.name), request_fields.pod_id(request.pod, "pod")
        checks = granted(self._dreamscapes.explain(name, pod))
        return dreams.ExplainAdmissionResponse(checks=[responses.check(one) for one in checks])

    async def WatchCollective(
        self, request: dreams.WatchCollectiveRequest, context: Context
    ) -> AsyncIterator[bytes]:
        """The newest tick each time the caller is ready for one; ends with the Dreamscape."""
        name = request_fields.dreamscape_id(request.name)
        with_seats = sight_of(context).seats and not request.omit_seats
        with (
            self._bells.bell() as bell,
            closing(granted(self._dreamscapes.watch(name, bell.ring))) as watch,
            self._ticks.shared(name, with_seats=with_seats) as tick,
        ):
            while True:
                view = watch.take()
                if view is not None:
                    yield await tick.encoded(view)
                elif watch.ended:
                    return
                else:
                    await bell.heard()

    async def LeadDreamscape(
        self, requests: AsyncIterator[dreams.LeadDreamscapeRequest], context: Context
    ) -> dreams.LeadDreamscapeResponse:
        """Take the artist's vectors until the stream ends; the first message names the Dreamscape."""
        taken = 0
        first = await anext(aiter(requests), None)
        if first is None:
            return dreams.LeadDreamscapeResponse()
        name = request_fields.dreamscape_id(first.name)
        words = Credits(first.title, first.artist, first.score_sha256)
        with closing(granted(self._dreamscapes.lead(caller_of(context), name, words))) as lead:
            granted(lead.offer(first.vector, first.share))
            taken += 1
            async for request in requests:
                request_fields.same_dreamscape(request.name, name)
                granted(lead.offer(request.vector, request.share))
                taken += 1
        piece = names.piece(lead.piece) if lead.piece else ""
        return dreams.LeadDreamscapeResponse(taken=taken, piece=piece)

    async def WriteMarker(self, request: dreams.WriteMarkerRequest, context: Context) -> dreams.Event:
        """Write a marker of the experiment into the journal."""
        name = request_fields.dreamscape_id(request.name)
        acted_s = request_fields.moment(request.marker_time, "marker_time")
        marker = Marker(request.text, request.source, acted_s)
        return self._replays.once(
            principal_of(context),
            request,
            dreams.Event,
            lambda: responses.event(
                granted(self._dreamscapes.write_marker(caller_of(context), name, marker))
            ),
        )

    async def WatchEvents(
        self, request: dreams.WatchEventsRequest, context: Context
    ) -> AsyncIterator[dreams.WatchEventsResponse]:
        """The journal after a cursor; the first answer comes at once, with the cursor of the beginning."""
        after = request_fields.cursor(request.after) if request.HasField("after") else None
        name = request_fields.dreamscape_id(request.dreamscape, "dreamscape") if request.dreamscape else ""
        shows = sight_of(context).shows_event
        with (
            self._bells.bell() as bell,
            closing(granted(self._house.watch_events(after, name, bell.ring))) as watch,
        ):
            yield dreams.WatchEventsResponse(cursor=watch.cursor)
            while True:
                events = granted(watch.take(EVENTS_IN_A_MESSAGE))
                if events:
                    said = [responses.event(fact) for fact in events if shows(fact)]
                    yield dreams.WatchEventsResponse(events=said, cursor=watch.cursor)
                else:
                    await bell.heard()


async def _settled(answer: SeverTicket | Refusal, context: Context) -> severing.SeverOutcome:
    return responses.outcome(await confirmed(granted(answer), context))
