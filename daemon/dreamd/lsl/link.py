"""The connection to the daemon: one, kept for ever, with the session clock measured on it.

Work is done while the connection stands. Where anything of it breaks, all of it is closed and begun anew
after AGAIN_S. Questions each second measure the clock and show an outage within ANSWER_S, also where no tick
or event is due.

A machine that is busy answers late, and a late answer bounds the clock loosely. So questions are repeated,
within limits, until the clock is known to CLOSE_S: a new connection begins with a burst of them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import dreamapi
from dreamapi import names
from dreamd.lsl.failures import CannotRun
from dreamd.lsl.report import Report
from dreamd.lsl.session_time import Probe, SessionTime

CLOSE_S: Final = 0.5e-3
"""No question is repeated once the uncertainty is this small."""
BURST: Final = 8
BURST_MOST: Final = 64
BURST_S: Final = 1.0
"""Questions at once whenever the connection is new: BURST, then more for at most BURST_S."""
EVERY_S: Final = 1.0
EACH_MOST: Final = 4
"""Questions each second."""
ANSWER_S: Final = 2.0
AGAIN_S: Final = 0.5
STATUS_EVERY: Final = 60
"""Questions between two lines of status."""
FINAL: Final = (dreamapi.DreamscapeUnknown, dreamapi.InvalidArgument)
"""Refusals that no waiting mends."""

Work = Callable[[dreamapi.Api], Awaitable[None]]


class Link:
    """Keeps the connection to `server`. clock: LSL's; told: called for each line of status."""

    def __init__(
        self,
        server: str | dreamapi.Server,
        clock: Callable[[], float],
        report: Report,
        told: Callable[[], None],
    ) -> None:
        self._server = server
        self._clock = clock
        self._report = report
        self._told = told
        self.session = SessionTime()
        self._stood = False
        self.lost = False
        """Whether the connection has broken and is not back yet."""

    async def kept(self, work: Work, on_lost: Callable[[], None]) -> None:
        """Do the work on a connection, again on a new one where it breaks; return when the work is done.

        on_lost: called once for each outage. Before the first connection stands, a failure is raised.

        Raises:
            ApiError: nothing answers at the beginning, or a refusal that no waiting mends.
            CannotRun: the work says so.
        """
        own = asyncio.current_task()
        while True:
            failure: BaseException | None = None
            try:
                async with self._connect() as api:
                    await self._measure(api, BURST, BURST_MOST)
                    self._stood = True
                    await self._while_asking(api, work)
                    return
            except* (dreamapi.ApiError, CannotRun) as broken:
                failure = _first(broken)
            # A call that ends in the moment of a cancellation reports it as a broken call.
            if own is not None and own.cancelling():
                raise asyncio.CancelledError
            assert failure is not None, "work that ends without a failure is done"
            if not self._stood or isinstance(failure, (CannotRun, *FINAL)):
                raise failure
            if not self.lost:
                self.lost = True
                self._report.print_fact("link-lost", reason=str(failure))
                on_lost()
            self.session.forget()
            await asyncio.sleep(AGAIN_S)

    @property
    def clock_ms(self) -> float:
        """How far a stamp can be off, ms; NaN: not known."""
        return round(self.session.uncertainty_s * 1e3, 3)

    def restored(self) -> bool:
        """Whether an outage has just ended; the next call says no."""
        was, self.lost = self.lost, False
        if was:
            self._report.print_fact("link-restored", reason="")
        return was

    def _connect(self) -> dreamapi.Api:
        return dreamapi.connect(self._server, deadline_s=ANSWER_S, connect_s=ANSWER_S)

    async def _while_asking(self, api: dreamapi.Api, work: Work) -> None:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(self._ask_for_ever(api), name="clock")
            await work(api)
            asking.cancel()

    async def _ask_for_ever(self, api: dreamapi.Api) -> None:
        asked = 0
        while True:
            await asyncio.sleep(EVERY_S)
            await self._measure(api, 1, EACH_MOST)
            asked += 1
            if asked % STATUS_EVERY == 0:
                self._told()

    async def _measure(self, api: dreamapi.Api, least: int, most: int) -> None:
        """Ask `least` times, then on until the clock is close: at most `most` times, or BURST_S."""
        began_s = self._clock()
        for asked in range(most):
            close = self.session.uncertainty_s <= CLOSE_S or self._clock() - began_s > BURST_S
            if asked >= least and close:
                break
            await self._ask(api)
        if not self.session.known:
            raise dreamapi.Unreachable(f"{self._server} takes longer than a second for an answer")

    async def _ask(self, api: dreamapi.Api) -> None:
        sent_s = self._clock()
        house = await api.houses.get()
        received_s = self._clock()
        if not house.HasField("session_time"):
            raise CannotRun(
                f"the daemon at {self._server} does not state its session clock, so no stamp can be "
                "made; install this version of dreamd there too"
            )
        stated = house.session_time
        self.session.heard(Probe(sent_s, stated.seconds + stated.nanos / 1e9, received_s))


def _first(broken: BaseException) -> BaseException:
    """The first failure of a group."""
    while isinstance(broken, BaseExceptionGroup):
        broken = broken.exceptions[0]
    return broken


async def chosen(api: dreamapi.Api, name: str) -> dreamapi.Dreamscape:
    """The Dreamscape of this name; with an empty one the only one that has not ended.

    Raises:
        CannotRun: there is none or several, or it has ended.
        DreamscapeUnknown: none has this name.
    """
    if not name:
        living = [one for one in await api.dreamscapes.list() if one.state != dreamapi.Dreamscape.STATE_ENDED]
        if len(living) != 1:
            found = ", ".join(names.bare(one.name) for one in living)
            raise CannotRun(
                f"there are several Dreamscapes ({found}); name one of them"
                if living
                else "there is no Dreamscape; plan one first: dreamd dreamscapes create NAME --min 3 --max 8"
            )
        name = living[0].name
    found_one = await api.dreamscapes.get(name)
    if found_one.state == dreamapi.Dreamscape.STATE_ENDED:
        raise CannotRun(f"{names.bare(found_one.name)} has ended; name one that has not")
    return found_one
