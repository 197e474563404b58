"""One Dreamscape on stage: the connection to the daemon, and what passes over it both ways.

Rules
- Where the daemon is lost the state is told as `lost`, nothing is interpolated, and the connection is begun
  anew until it stands. An order to sever or wake waits for it.
- It ends with the Dreamscape.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

import dreamapi
from dreamapi import names
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.stage.addresses import NotTaken, Reader, Row, WayOut, rows_of, rows_of_seat
from dreamd.stage.choice import chosen, first_failure, own_sleeper, schema_of
from dreamd.stage.failures import CannotRun
from dreamd.stage.inbox import Inbox
from dreamd.stage.lead_line import LeadLine
from dreamd.stage.leading import Credits, Leader
from dreamd.stage.live_input import LiveInput
from dreamd.stage.outbox import Outbox
from dreamd.stage.report import Report
from dreamd.stage.udp import IN_PORT, OUT_PORT, OscPorts
from dreamwire.schema import Schema

AGAIN_S: Final = 0.5
ANSWER_S: Final = 2.0
POLL_S: Final = 1.0
"""The daemon is asked so often; a lost one shows within ANSWER_S."""
OWN_EVERY: Final = 4
"""The own seat is read at each such question: likeness and dose move slowly."""
SAID_AGAIN_S: Final = 10.0
SAID_MOST: Final = 32
"""A sentence is printed anew after so long; of the others so many are remembered."""
STATUS_EVERY: Final = 60
"""Polls between two lines of status."""
FINAL: Final = (dreamapi.DreamscapeUnknown, dreamapi.InvalidArgument)
"""Refusals that no waiting mends."""
SEVERED: Final = "LEADER_SEVERED"
SOURCE: Final = "stage"
"""The source of the markers."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a stage is run.

    smooth_hz: 0: a row a tick. share: until one comes by OSC. title, artist: of the piece.
    """

    in_port: int = IN_PORT
    out_port: int = OUT_PORT
    is_flat: bool = False
    smooth_hz: float = 0.0
    share: float = 0.0
    title: str = ""
    artist: str = ""


class StageSession:
    """Carries one Dreamscape between the daemon and OSC.

    leader_of: makes the leader from the live input; by default the live input leads alone.
    """

    def __init__(
        self,
        server: str | dreamapi.Server,
        dreamscape: str,
        *,
        clock: Callable[[], float],
        report: Report,
        options: Options = Options(),
        leader_of: Callable[[LiveInput], Leader] = lambda live: live,
    ) -> None:
        self._server = server
        self._wanted = dreamscape
        self._clock = clock
        self._report = report
        self._options = options
        self._leader_of = leader_of
        self._name = ""
        self._orders, self._given, self._poll = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._state, self._seat_state = "", dreams.Seat.STATE_UNSPECIFIED
        self._own: dreams.Seat | None = None
        self._lost = False
        self._told: set[str] = set()
        self._said: dict[str, float] = {}
        self._warned: WayOut | None = None
        self.ticks = 0

    async def run_until_ended(self) -> None:
        """Carry until the Dreamscape has ended, or the leader is over.

        Raises:
            ApiError: no daemon answers at the beginning, or it does not know the Dreamscape.
            CannotRun: a port is taken, or the Dreamscape is not one to be led.
        """
        async with self._connect() as api:
            found = await chosen(api, self._wanted)
        schema = schema_of(found)
        self._name, most = names.bare(found.name), found.plan.artist_share
        if not 0.0 <= self._options.share <= most:
            raise CannotRun(
                f"--share {self._options.share:g} is not within 0 and {most:g}, the artist share of "
                f"{self._name}'s plan"
            )
        words = Credits(self._options.title, self._options.artist)
        live = LiveInput(schema.size, self._options.share, words)
        self._line = LeadLine(self._leader_of(live), self._clock, self._report, self._tell_refused)
        self._reader = Reader(schema, most)
        self._inbox = Inbox(self._reader, live, self._clock, self._changed, self._refuse)
        self._ports = await OscPorts.bound(
            self._options.in_port, self._options.out_port, self._inbox.hear_datagram
        )
        self._outbox = Outbox(self._ports.send, self._options.is_flat, self._options.smooth_hz)
        self._report.print_fact(
            "opened",
            dreamscape=self._name,
            in_port=self._ports.in_port,
            out_port=self._options.out_port,
            features=schema.size,
            most=most,
        )
        try:
            await self._carry(schema)
            if not self._line.is_over:
                self._show_state("ended")
        finally:
            self._ports.close()
        reason = "the score is over" if self._line.is_over else f"{self._name} has ended"
        self._report.print_fact("ended", reason=reason, counts=self.counts)

    @property
    def in_port(self) -> int:
        """The UDP port that is listened at."""
        return self._ports.in_port

    @property
    def share_most(self) -> float:
        """The largest share of the plan."""
        return self._reader.share_most

    @property
    def counts(self) -> dict[str, int]:
        """Return how many of each kind have passed so far."""
        passed = {"ticks": self.ticks, "datagrams sent": self._ports.sent}
        troubles = {"without a listener": self._ports.unheard, "dropped": self._ports.dropped}
        passed |= {what: count for what, count in troubles.items() if count}
        return passed | {code.lower(): count for code, count in sorted(self._inbox.counts.items())}

    # -- the connection ---------------------------------------------------------------------------

    def _connect(self) -> dreamapi.Api:
        return dreamapi.connect(self._server, deadline_s=ANSWER_S, connect_s=ANSWER_S)

    async def _carry(self, schema: Schema) -> None:
        """Do the work on a connection, again on a new one where it breaks."""
        own = asyncio.current_task()
        while True:
            failure: BaseException | None = None
            try:
                async with self._connect() as api:
                    await self._work(api, schema)
                    return
            except* (dreamapi.ApiError, CannotRun) as broken:
                failure = first_failure(broken)
            # A call that ends in the moment of a cancellation reports it as a broken call.
            if own is not None and own.cancelling():
                raise asyncio.CancelledError
            assert failure is not None, "work that ends without a failure is done"
            if isinstance(failure, (CannotRun, *FINAL)):
                raise failure
            if not self._lost:
                self._lost = True
                self._report.print_fact("link-lost", reason=str(failure))
            self._outbox.start_over()
            self._show_state("lost")
            self._inbox.expire()
            if self._line.is_over:
                return
            await asyncio.sleep(AGAIN_S)

    async def _work(self, api: dreamapi.Api, schema: Schema) -> None:
        """Return once the Dreamscape has ended, or the leader is over."""
        sleeper = await own_sleeper(api)
        works = {
            "state": self._watch_state(api, sleeper),
            "ticks": self._watch_ticks(api, schema),
            "events": self._watch_events(api),
            "lead": self._line.lead(api, self._name),
            "cues": self._write_cues(api),
            "orders": self._let_out(api),
        }
        if self._options.smooth_hz:
            works["smooth"] = self._smooth()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work, name=f"stage-{name}") for name, work in works.items()]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await self._give_the_rest()
            for task in tasks:
                task.cancel()

    # -- out --------------------------------------------------------------------------------------

    async def _watch_ticks(self, api: dreamapi.Api, schema: Schema) -> None:
        async with aclosing(api.dreamscapes.watch_collective(self._name, omit_seats=True)) as ticks:
            async for tick in ticks:
                self.ticks += 1
                self._line.note_tick(tick.grid_time.seconds + tick.grid_time.nanos / 1e9)
                for cue in self._line.due_cues():
                    self._inbox.take_cue(cue)
                self._say_hidden(tick)
                own = rows_of_seat(self._own) if self._own is not None else ()
                rows: tuple[Row, ...] = (*rows_of(tick, schema), *own)
                self._outbox.tell_tick(rows, self._clock())
                self._outbox.tell_state(self._state)

    async def _smooth(self) -> None:
        while True:
            await asyncio.sleep(1.0 / self._options.smooth_hz)
            self._outbox.tell_between(self._clock())

    async def _watch_events(self, api: dreamapi.Api) -> None:
        """Read the state at once where the journal tells of a change."""
        async with aclosing(api.dreamscapes.watch_events(dreamscape=self._name)) as events:
            async for event in events:
                if event.kind in ("state", "plan-changed"):
                    self._poll.set()

    async def _watch_state(self, api: dreamapi.Api, sleeper: str) -> None:
        """Read the state where it changes, and the own seat; return once the Dreamscape has ended.

        A caller that sees seats gets all of them with each reading, so nothing is read without need.
        """
        polls = 0
        while True:
            if not polls or self._poll.is_set() or (sleeper and polls % OWN_EVERY == 0):
                self._poll.clear()
                found = await api.dreamscapes.get(self._name)
                self._see(found, sleeper)
                if found.state == dreams.Dreamscape.STATE_ENDED:
                    return
            else:
                await api.houses.get()
            self._show_state(self._state)
            self._say_unheard()
            polls += 1
            if polls % STATUS_EVERY == 0:
                self._report.print_fact("status", counts=self.counts)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._poll.wait()

    def _see(self, found: dreamapi.Dreamscape, sleeper: str) -> None:
        """Tell the state and the own seat as they are now."""
        if self._lost:
            self._lost = False
            self._report.print_fact("link-restored", reason="")
        self._heed(found.plan)
        state = names.word(dreams.Dreamscape.State, found.state)
        if state in ("severed", "waking") and state != self._state:
            self._outbox.tell_severed(found.state_cause)
        self._state = state
        self._see_own(next((one for one in found.seats if sleeper and one.sleeper == sleeper), None))

    def _heed(self, plan: dreamapi.Plan) -> None:
        """Take over a plan that was changed before the start."""
        if plan.schema != self._reader.schema.name:
            raise CannotRun(f"{self._name} merges {plan.schema} now; start the stage again")
        self._reader.share_most = plan.artist_share
        if not plan.artist_share:
            way = f"dreamd dreamscapes update {self._name} --artist-share 0.3, before its start"
            self._say_once(
                "unled", f"{self._name} can be heard and not led: its plan has no artist share; {way}"
            )

    def _show_state(self, state: str) -> None:
        self._state = state
        self._outbox.tell_state(state)

    def _see_own(self, seat: dreams.Seat | None) -> None:
        was, self._own = self._seat_state, seat
        self._seat_state = seat.state if seat is not None else dreams.Seat.STATE_UNSPECIFIED
        if seat is not None and self._seat_state == dreams.Seat.STATE_SEVERED != was:
            self._outbox.tell_severed(f"you: {seat.cause}")

    # -- in ---------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._line.note_input()
        self._orders.set()
        order = self._inbox.order
        if self._lost and order is not None and order is not self._warned:
            self._warned = order
            way = "sever another way (the console, dreamd sever)"
            self._inbox.refuse(NotTaken("UNREACHABLE", f"the daemon is lost, so the order waits; {way}"))

    def _tell_refused(self, no: NotTaken) -> None:
        self._outbox.tell_refused(no)
        if no.code == SEVERED:
            self._poll.set()

    def _refuse(self, no: NotTaken) -> None:
        self._tell_refused(no)
        now_s = self._clock()
        if now_s - self._said.get(no.sentence, float("-inf")) < SAID_AGAIN_S:
            return
        self._said[no.sentence] = now_s
        if len(self._said) > SAID_MOST:
            del self._said[next(iter(self._said))]
        self._report.print_fact("refused", code=no.code, reason=no.sentence)

    async def _write_cues(self, api: dreamapi.Api) -> None:
        await self._serve(lambda: self._write_waiting(api))

    async def _write_waiting(self, api: dreamapi.Api) -> None:
        while self._inbox.cues:
            text = self._inbox.cues[0].text
            try:
                await api.dreamscapes.write_marker(self._name, text, source=SOURCE)
                self._report.print_fact("cue", text=text)
            except dreamapi.Refused as no:
                self._refuse(NotTaken(no.reason, str(no)))
            self._inbox.cues.popleft()

    async def _let_out(self, api: dreamapi.Api) -> None:
        await self._serve(lambda: self._give_order(api))

    async def _give_order(self, api: dreamapi.Api) -> None:
        while (order := self._inbox.order) is not None:
            try:
                if order.wake:
                    await api.dreamscapes.wake(self._name, issuer=SOURCE, reason=f"{SOURCE}: /dreamd/wake")
                else:
                    await api.dreamscapes.sever(self._name, reason=f"{SOURCE}: /dreamd/sever")
                self._report.print_fact("wake" if order.wake else "sever", reason="by OSC")
            except dreamapi.Refused as no:
                self._refuse(NotTaken(no.reason, str(no)))
            self._inbox.end_order(order)
            self._poll.set()

    async def _serve(self, waiting: Callable[[], Awaitable[None]]) -> None:
        """Serve what waits, and again whenever something has come."""
        while True:
            await waiting()
            if not self._inbox.waits:
                self._given.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._orders.wait()
            self._orders.clear()

    async def _give_the_rest(self) -> None:
        """Where a score is over, wait until its cues and an order have been given, at most ANSWER_S."""
        if self._line.is_over and self._inbox.waits:
            self._given.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    await self._given.wait()

    # -- said once --------------------------------------------------------------------------------

    def _say_hidden(self, tick: dreams.Collective) -> None:
        if tick.centre_hidden and tick.included:
            self._say_once("hidden", "the centre is hidden: fewer than five are in it, or it is intimate")

    def _say_unheard(self) -> None:
        if self._ports.unheard:
            port = self._options.out_port
            self._say_once(
                "unheard", f"no program listens at 127.0.0.1:{port}; start yours, or name its port: --out"
            )

    def _say_once(self, fact: str, reason: str) -> None:
        if fact not in self._told:
            self._told.add(fact)
            self._report.print_fact(fact, reason=reason)
