"""The caller's view of Dreamscapes: bare ids or full names in, the API's messages out."""

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Sequence
from contextlib import aclosing

import grpc.aio
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking, freeing, refused
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1.dreamscapes_pb2_grpc import DreamscapesStub
from dreamapi.v1.severing_pb2 import SeverOutcome

PAGE: int = 100
KINDS = {"shared": dreams.DREAMSCAPE_KIND_SHARED, "anchor": dreams.DREAMSCAPE_KIND_ANCHOR}
"""The kinds of Dreamscapes by their name."""


def plan(
    *,
    seats_min: int = 0,
    seats_max: int = 0,
    pods: Iterable[str] = (),
    site: str = "",
    late_joining: bool = True,
    intimate: bool = False,
    ceiling: float | None = None,
    ramp_s: float | None = None,
    artist_share: float = 0.0,
    record: bool = False,
    schema: str = "",
    kind: str = "",
) -> dreams.Plan:
    """A plan; an omitted value takes the daemon's default. ceiling: coupling 0..1; artist_share: 0..0.5.

    record: keep a recording where the daemon runs; each sleeper seated has granted record. schema: the
    features that are merged, bands6x2 or bands5x2 (without gamma, for devices below 100 Hz). kind: shared, or
    anchor, a session of one pod whose sleeper is drawn to their own template.
    """
    return asking(
        dreams.Plan,
        "plan.",
        seats_min=seats_min,
        seats_max=seats_max,
        pods=[names.pod(pod) for pod in pods],
        site=site,
        late_joining=late_joining,
        intimate=intimate,
        ceiling=ceiling,
        ramp=None if ramp_s is None else _span(ramp_s),
        artist_share=artist_share,
        record=record,
        schema=schema,
        kind=_kind(kind),
    )


def _kind(name: str) -> dreams.DreamscapeKind | None:
    if not name:
        return None
    if name not in KINDS:
        raise refused("plan.kind", f"is {name!r}", " or ".join(KINDS))
    return KINDS[name]


def _span(seconds: float) -> Duration:
    span = Duration()
    span.FromNanoseconds(round(seconds * 1e9))
    return span


def _moment(at_s: float) -> Timestamp | None:
    """Unix seconds as a Timestamp; None for 0."""
    if not at_s:
        return None
    moment = Timestamp()
    moment.FromNanoseconds(round(at_s * 1e9))
    return moment


def _ignored(_cursor: int) -> None:
    """Take no note of a cursor."""


class Dreamscapes:
    """The group sessions."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = DreamscapesStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def create(
        self, name: str, plan: dreams.Plan, *, validate_only: bool = False, request_id: str = ""
    ) -> dreams.Dreamscape:
        """Create a Dreamscape, or only validate the plan."""
        request = asking(
            dreams.CreateDreamscapeRequest,
            dreamscape_id=names.bare(name),
            plan=plan,
            validate_only=validate_only,
            request_id=request_id or new_request_id(),
        )
        return await self._line.ask(self._stub.CreateDreamscape, request, dreams.Dreamscape)

    async def update(
        self,
        name: str,
        plan: dreams.Plan,
        fields: Iterable[str],
        *,
        etag: str = "",
        validate_only: bool = False,
        request_id: str = "",
    ) -> dreams.Dreamscape:
        """Change these fields of the plan (such as "seats_min") before the start.

        plan: holds the new values; a field that is named and absent takes the daemon's default.

        Raises:
            WrongState: the Dreamscape has started.
            StaleEtag: it has changed since `etag` was read.
        """
        request = dreams.UpdateDreamscapeRequest(
            dreamscape=dreams.Dreamscape(name=names.dreamscape(name), plan=plan, etag=etag),
            update_mask=FieldMask(paths=[f"plan.{field}" for field in fields]),
            validate_only=validate_only,
            request_id=request_id or new_request_id(),
        )
        return await self._line.ask(self._stub.UpdateDreamscape, request, dreams.Dreamscape)

    async def get(self, name: str) -> dreams.Dreamscape:
        """One Dreamscape with its seats."""
        request = asking(dreams.GetDreamscapeRequest, name=names.dreamscape(name))
        return await self._line.ask(self._stub.GetDreamscape, request, dreams.Dreamscape)

    async def list(self) -> list[dreams.Dreamscape]:
        """Every Dreamscape, newest first, without seats."""
        found: list[dreams.Dreamscape] = []
        request = asking(dreams.ListDreamscapesRequest, page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListDreamscapes, request, dreams.ListDreamscapesResponse)
            found += page.dreamscapes
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def start(self, name: str, *, etag: str = "", request_id: str = "") -> dreams.Dreamscape:
        """Begin to dream."""
        request = asking(
            dreams.StartDreamscapeRequest,
            name=names.dreamscape(name),
            etag=etag,
            request_id=request_id or new_request_id(),
        )
        return await self._line.ask(self._stub.StartDreamscape, request, dreams.Dreamscape)

    async def resume(self, name: str, *, etag: str = "", request_id: str = "") -> dreams.Dreamscape:
        """Dream on after a sever."""
        request = asking(
            dreams.ResumeDreamscapeRequest,
            name=names.dreamscape(name),
            etag=etag,
            request_id=request_id or new_request_id(),
        )
        return await self._line.ask(self._stub.ResumeDreamscape, request, dreams.Dreamscape)

    async def sever(self, name: str, *, reason: str = "") -> SeverOutcome:
        """Set every pod to zero now; the sleepers sleep on."""
        request = freeing(
            dreams.SeverDreamscapeRequest,
            name=names.dreamscape(name),
            reason=reason,
            request_id=new_request_id(),
        )
        return await self._line.free(self._stub.SeverDreamscape, request, SeverOutcome)

    async def wake(self, name: str, *, issuer: str, reason: str) -> SeverOutcome:
        """Sever, then wake every sleeper."""
        request = freeing(
            dreams.WakeDreamscapeRequest,
            name=names.dreamscape(name),
            issuer=issuer,
            reason=reason,
            request_id=new_request_id(),
        )
        return await self._line.free(self._stub.WakeDreamscape, request, SeverOutcome)

    async def end(self, name: str, *, reason: str = "") -> SeverOutcome:
        """Release each pod, then close the Dreamscape for good."""
        request = freeing(
            dreams.EndDreamscapeRequest,
            name=names.dreamscape(name),
            reason=reason,
            request_id=new_request_id(),
        )
        return await self._line.free(self._stub.EndDreamscape, request, SeverOutcome)

    async def explain_admission(self, name: str, pod: str) -> tuple[dreams.Check, ...]:
        """Every admission check of one pod, in order."""
        request = asking(dreams.ExplainAdmissionRequest, name=names.dreamscape(name), pod=names.pod(pod))
        answer = await self._line.ask(self._stub.ExplainAdmission, request, dreams.ExplainAdmissionResponse)
        return tuple(answer.checks)

    async def watch_collective(
        self, name: str, *, omit_seats: bool = False
    ) -> AsyncGenerator[dreams.Collective, None]:
        """The newest tick each time one is asked for; ends with the Dreamscape, resumes by itself.

        `skipped` counts the ticks not seen, those during a broken connection included.
        """
        request = asking(dreams.WatchCollectiveRequest, name=names.dreamscape(name), omit_seats=omit_seats)
        last: int | None = None
        ticks = self._line.follow(self._stub.WatchCollective, lambda: request, dreams.Collective)
        async with aclosing(ticks):
            async for tick in ticks:
                if last is not None:
                    tick.skipped = max(tick.skipped, tick.tick - last - 1)
                last = tick.tick
                yield tick

    async def lead(
        self,
        name: str,
        vectors: AsyncIterable[tuple[Sequence[float], float]],
        *,
        title: str = "",
        artist: str = "",
        score_sha256: str = "",
    ) -> dreams.LeadDreamscapeResponse:
        """Lead a Dreamscape live, from the first of `vectors` until they end; never restarts by itself.

        Each item is D numbers on the shared scale and their share of the blend. Send several a second: each
        counts for one second. A refused vector ends the lead. The answer names the piece that was led.

        title, artist: in the piece and in letters of sleepers; score_sha256: of the score's file.

        Raises:
            NobodyLeads: the plan has no artist share.
            LeadTaken: another artist leads already.
            LeaderSevered: the artist is a sleeper as well, and was severed.
            Refused: of reason INVALID_ARGUMENT, a vector or share that is out of range.
        """

        async def requests() -> AsyncGenerator[dreams.LeadDreamscapeRequest, None]:
            words = {"title": title, "artist": artist, "score_sha256": score_sha256}
            async for vector, share in vectors:
                yield asking(
                    dreams.LeadDreamscapeRequest,
                    name=names.dreamscape(name),
                    vector=vector,
                    share=share,
                    **words,
                )
                words = {}

        return await self._line.gather(self._stub.LeadDreamscape, requests(), dreams.LeadDreamscapeResponse)

    async def write_marker(
        self, name: str, text: str, *, source: str = "", acted_s: float = 0.0, request_id: str = ""
    ) -> dreams.Event:
        """Write a marker of the experiment into the journal, as an event of the kind `marker`.

        acted_s: when it happened by the session clock, Unix seconds; 0: not given.

        Raises:
            TooManyMarkers: the Dreamscape takes 50 a second, and 200 at once.
            WrongState: it has ended.
        """
        request = asking(
            dreams.WriteMarkerRequest,
            name=names.dreamscape(name),
            text=text,
            source=source,
            marker_time=_moment(acted_s),
            request_id=request_id or new_request_id(),
        )
        return await self._line.ask(self._stub.WriteMarker, request, dreams.Event)

    async def watch_events(
        self,
        *,
        after: int | None = None,
        dreamscape: str = "",
        reached: Callable[[int], object] = _ignored,
    ) -> AsyncGenerator[dreams.Event, None]:
        """The journal after a cursor (None: from now on), lossless: resumes after the last cursor.

        reached: called with the cursor to go on from, at once and after each batch of events.

        Raises:
            CursorTooOld: events after the cursor are no longer kept.
            CursorAhead: no event has this cursor yet.
        """
        request = asking(dreams.WatchEventsRequest, after=after, dreamscape=names.dreamscape(dreamscape))
        answers = self._line.follow(self._stub.WatchEvents, lambda: request, dreams.WatchEventsResponse)
        async with aclosing(answers):
            async for answer in answers:
                for event in answer.events:
                    yield event
                request.after = answer.cursor
                reached(answer.cursor)
