"""Drives the night through the public API: sleepers grant and are checked in; create, start, watch, end.

Every wait ends: a pod that is not admitted within 25 s and 1.5 s for each sleeper sleeps beside the
Dreamscape, and the screen shows the reason. The same holds, as soon as the others are admitted, for a pod
without good signal for 8 s: it may never come, and a recording goes on meanwhile. Keys arrive through a
bounded queue; each is an API call and nothing else.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Final

import dreamapi
from dreamapi import Api
from dreamapi.v1.consents_pb2 import ConsentGrant
from dreamapi.v1.dreamscapes_pb2 import Event, Seat
from dreamapi.v1.pods_pb2 import Pod
from dreamd.core.limits import CEILING, CEILING_INTIMATE, QUORUM_MIN
from dreamd.terminal.clock import now_ns
from dreamd.terminal.sleeper_row import Tone, count, plural
from dreamd.up.plan import SLEEPERS_MIN, CannotRun, Plan
from dreamd.up.processes.processes import Processes
from dreamd.up.run_state import RunState
from dreamd.up.signal_words import cannot_join
from dreamd.up.simulated_grant import simulated_grant

GATHER_WITHIN_S: Final = 25.0
GATHER_EACH_S: Final = 1.5
"""More for each sleeper: an enrolment costs half a second of a core, on a busy machine more."""
POLL_S: Final = 0.2
CROWD_S: Final = 1.0
HOME_WITHIN_S: Final = 3.0
ORDERS_MAX: Final = 16
REAL_RAMP_S: Final = 60
BY_KEY: Final = "by key in dreamd up"


def _unmoved(_event: Event) -> None:
    """Ignore a report."""


def _first_reason(outside: list[Seat]) -> str:
    """Why the first bed that is not ready is not: its name and the refusal's code, as screens write it."""
    named = next((seat for seat in outside if seat.refusal_code), None)
    if named is None:
        return ""
    return f" ({named.pod.removeprefix('pods/')}: {named.refusal_code.lower().replace('_', '-')})"


@dataclass
class SessionDriver:
    """The driver of one night; `orders` are keys pressed, the oldest is dropped when the queue is full.

    facts: receives every event of the daemon's journal. beside: other watchers of the night through the API.
    """

    plan: Plan
    chronicle: RunState
    household: Processes
    name: str = "night"
    orders: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(ORDERS_MAX))
    end: asyncio.Event = field(default_factory=asyncio.Event)
    facts: Callable[[Event], None] = _unmoved
    beside: Callable[[Api], Coroutine[None, None, None]] | None = None
    leading: bool = False
    """Whether the night goes on, so that an order by a key has something to act on."""
    _woken: bool = False

    @property
    def _grant(self) -> ConsentGrant:
        """The yes of a simulated sleeper, for this night; with a recording to its export too."""
        return simulated_grant(record=self.plan.record)

    @property
    def _patience_s(self) -> float:
        """How long pods may take to connect, and then to be admitted."""
        return GATHER_WITHIN_S + GATHER_EACH_S * len(self.plan.sleepers)

    def order(self, key: str) -> None:
        """Take a key."""
        if self.orders.full():
            self.orders.get_nowait()
        self.orders.put_nowait(key)

    def say(self, words: str, tone: Tone = Tone.CALM) -> None:
        """Show a line now."""
        self.chronicle.say(now_ns(), words, tone)

    async def lead(self) -> None:
        """Run from the first pod to the closing of the night; raises CannotRun where it cannot begin."""
        try:
            async with dreamapi.connect(f"127.0.0.1:{self.plan.grpc_port}", to_screen=True) as api:
                await self._gather(api)
                await self._begin(api)
                if not self.chronicle.began_s:
                    self.chronicle.close(now_ns())  # ended before it began: no pod was coupled
                    return
                self.leading = True
                async with asyncio.TaskGroup() as tasks:
                    told = tasks.create_task(self._tell_states(api), name="events")
                    watching = tasks.create_task(self._watch(api), name="beside")
                    crowd = tasks.create_task(self._tell_crowd(api), name="crowd")
                    await self._dream(api)
                    for task in (told, watching, crowd):
                        task.cancel()
                await self._bring_home(api)
        except dreamapi.ApiError as error:
            raise CannotRun(f"the daemon said no: {error}") from error

    async def _gather(self, api: Api) -> None:
        """Let every sleeper grant, and check them in, as the pods appear."""
        coming = {sleeper.pod: sleeper.pseudonym for sleeper in self.plan.sleepers}
        beds = len(coming)
        give_up_ns = now_ns() + int(self._patience_s * 1e9)
        while coming and not self.end.is_set():
            for pod in await api.pods.list():
                bed = pod.name.removeprefix("pods/")
                if pod.state != Pod.STATE_OFFLINE and bed in coming:
                    sleeper = coming.pop(bed)
                    await api.consents.grant(sleeper, self._grant)
                    await api.pods.check_in(bed, sleeper)
            self.chronicle.awaits(f"gathering: {beds - len(coming)} of {beds} connected")
            failed = self.household.failed_pods()
            if failed is not None:
                raise failed
            if now_ns() > give_up_ns:
                raise CannotRun(
                    f"{', '.join(sorted(coming)[:5])} did not connect within {self._patience_s:.0f} s; "
                    f"try fewer --sleepers{self.household.quicker_broker}"
                )
            await asyncio.sleep(POLL_S)
        if not coming:
            self.say(f"{plural(len(self.plan.sleepers), 'sleeper has', 'sleepers have')} checked in")

    async def _invite(self, api: Api) -> None:
        """Invite every simulated sleeper to the intimate Dreamscape, and let each accept the list."""
        sleepers = [sleeper.pseudonym for sleeper in self.plan.sleepers]
        listed = await api.invitations.invite_guests(self.name, sleepers)
        for sleeper in sleepers:
            await api.invitations.accept_invitation(sleeper, self.name, listed.revision)

    async def _begin(self, api: Api) -> None:
        beds = [sleeper.pod for sleeper in self.plan.sleepers]
        least = SLEEPERS_MIN if self.plan.intimate else QUORUM_MIN
        wish = dreamapi.plan(
            seats_min=least,
            seats_max=len(beds),
            pods=beds,
            intimate=self.plan.intimate,
            ramp_s=self.plan.ramp_s,
            record=self.plan.record,
            artist_share=self.plan.artist_share,
            schema=self.plan.schema,
        )
        if self.end.is_set():
            return
        made = await api.dreamscapes.create(self.name, wish)
        # Below five sleepers the daemon grants less than the plan says, tick by tick.
        self.chronicle.ceiling(min(made.plan.ceiling, CEILING_INTIMATE if self.plan.intimate else CEILING))
        if made.plan.intimate:
            await self._invite(api)
        outside = await self._admitted(api, len(beds), least)
        if self.end.is_set():
            return
        self.chronicle.begins(now_ns())
        for seat in outside:
            bed = seat.pod.removeprefix("pods/")
            self.chronicle.account.outside(bed, seat.refusal_code)
            why = cannot_join(bed, self.chronicle.account.cause(bed), seat.refusal)
            self.say(f"{self.chronicle.named(bed)} cannot join: {why}", Tone.GRAVE)
        await api.dreamscapes.start(self.name)
        self.say(
            f"the night begins: {count(len(beds) - len(outside))} drawn in over {self.plan.ramp_s:.0f} s "
            f"(a real night takes {REAL_RAMP_S})"
        )

    async def _admitted(self, api: Api, beds: int, least: int) -> list[Seat]:
        """Wait until all are admitted, or out of patience until `least` are; return the pods that are not."""
        give_up_ns = now_ns() + int(self._patience_s * 1e9)
        while True:
            seats = (await api.dreamscapes.get(self.name)).seats
            outside = [seat for seat in seats if seat.state == Seat.STATE_WAITING]
            admitted = len(seats) - len(outside)
            self.chronicle.awaits(f"gathering: {admitted} of {beds} calibrated{_first_reason(outside)}")
            in_vain = len(seats) == beds and all(self._in_vain(seat) for seat in outside)
            late = in_vain or now_ns() > give_up_ns
            if self.end.is_set() or admitted == beds or (late and admitted >= least):
                return outside
            if late:
                why = next((f": {seat.pod.removeprefix('pods/')}: {seat.refusal}" for seat in outside), "")
                raise CannotRun(
                    f"only {admitted} of {beds} sleepers were admitted in {self._patience_s:.0f} s{why}"
                )
            await asyncio.sleep(POLL_S)

    def _in_vain(self, seat: Seat) -> bool:
        """Whether this pod is not waited for: made to fail, and it has; or no good signal for 8 s."""
        at_ns = now_ns()
        sleeper = next(one for one in self.plan.sleepers if seat.pod == f"pods/{one.pod}")
        fails = sleeper.malfunction
        told = fails is not None and not fails.when_merged and fails.at_s <= self.chronicle.seconds(at_ns)
        return told or self.chronicle.account.hopeless(sleeper.pod, at_ns)

    async def _watch(self, api: Api) -> None:
        if self.beside is not None:
            try:
                await self.beside(api)
            except* dreamapi.ApiError as errors:
                why = errors.exceptions[0]
                self.say(f"the collective is not watched any more: {why}", Tone.GRAVE)

    async def _tell_states(self, api: Api) -> None:
        """Report when the Dreamscape itself changes: severed for want of a quorum, dreaming again."""
        while True:
            try:
                async for event in api.dreamscapes.watch_events(dreamscape=self.name):
                    self.facts(event)
                    if event.kind == "state":
                        grave = event.cause not in {"", "operator", "ended"}
                        self.say(event.sentence, Tone.GRAVE if grave else Tone.CALM)
            except (dreamapi.CursorTooOld, dreamapi.CursorAhead):
                continue  # another daemon, another journal: from now on
            except dreamapi.ApiError as error:
                self.say(f"the event stream ended: {error}", Tone.GRAVE)
                return

    async def _tell_crowd(self, api: Api) -> None:
        """Show how far above chance phases agree, once a second as the daemon reports it."""
        try:
            async for tick in api.dreamscapes.watch_collective(self.name, omit_seats=True):
                said = [(one.band, one.z) for one in tick.synchrony if one.HasField("z")]
                self.chronicle.board.agree(now_ns(), said)
                await asyncio.sleep(CROWD_S)
        except dreamapi.ApiError:
            return  # the event stream reports that it has ended, and why

    async def _dream(self, api: Api) -> None:
        """Wait until the time is up, every pod has left, or a person ends it."""
        until_ns = self.chronicle.until_ns(self.plan.duration_s)
        while not (self.end.is_set() or self._woken or self.chronicle.all_left):
            if until_ns is not None and now_ns() >= until_ns:
                return
            try:
                async with asyncio.timeout(POLL_S):
                    key = await self.orders.get()
            except TimeoutError:
                continue
            await self._obey(api, key)

    async def _obey(self, api: Api, key: str) -> None:
        try:
            match key:
                case "s":
                    self.say("sever: everyone to zero, they sleep on (r: resume)")
                    await api.dreamscapes.sever(self.name, reason=BY_KEY)
                case "r":
                    await api.dreamscapes.resume(self.name)
                    self.say("resume: everyone is drawn in again from zero")
                case "w":
                    self._woken = True
                    self.say("wake: everyone to zero, then the beds wake their sleepers", Tone.GOOD)
                    await api.dreamscapes.wake(self.name, issuer="up", reason=BY_KEY)
                case _:
                    pass
        except dreamapi.ApiError as error:
            self.say(str(error), Tone.GRAVE)

    async def _bring_home(self, api: Api) -> None:
        """End it and wait, at most three seconds, until every pod has reported that it is alone."""
        self.leading = False
        self.chronicle.close(now_ns())
        try:
            async with asyncio.timeout(HOME_WITHIN_S):
                if self.household.ready.is_set():
                    await api.dreamscapes.end(self.name, reason="the night is over")
                while not self.chronicle.account.everyone_home:  # noqa: ASYNC110 -- it is pure: no event
                    await asyncio.sleep(POLL_S / 4)
        except TimeoutError:
            self.say("not everyone has confirmed yet; the pods are stopped now", Tone.GRAVE)
        except dreamapi.ApiError as error:
            self.say(f"{error}; the pods are stopped now", Tone.GRAVE)
