"""The API of one daemon as its callers reach it: a place in a lane, then admission, then the command.

The parts are the ones that serve the network: the lanes, the rules of the .proto files, and the admission
over the application's principals. `skew_s` is what the clock of the admission is wrong by.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from google.protobuf.message import Message

from dreamd.adapters.grpc.calls.admission import AUTHORIZATION, Admission
from dreamd.adapters.grpc.calls.errors import Declined
from dreamd.adapters.grpc.calls.lanes import Lane, Lanes, lane_of
from dreamd.adapters.grpc.calls.method_rules import rules_of_api
from dreamd.app.application import Application
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.refusals import Refusal
from dreamd.simulation.machines.call_loop import CallLoop

T = TypeVar("T")

PEER: Final = "ipv4:10.0.0.7:4242"
RULES: Final = rules_of_api()
PATHS: Final = {rule.method: path for path, rule in RULES.items()}
READS_AT_ONCE: Final = 110
"""More reads than a principal may make at once."""


def metadata_of(token: str) -> tuple[tuple[str, str], ...]:
    """The metadata of a call with this credential; empty: without one."""
    return ((AUTHORIZATION, f"Bearer {token}"),) if token else ()


class Watch:
    """A call that is held open. refusal: why it has ended; None while it is open."""

    def __init__(self) -> None:
        self.refusal: Refusal | None = None
        self.open = True


class FrontDesk:
    """The API of one daemon."""

    def __init__(
        self, app: Application, now_s: Callable[[], float], unsafe: Callable[[], str] = lambda: ""
    ) -> None:
        """unsafe: why no sleeper may be bound now; empty: one may."""
        self.skew_s = 0.0
        self.lanes = Lanes()
        self.admission = Admission(
            RULES,
            app.principals,
            app.whereabouts,
            lambda: now_s() + self.skew_s,
            app.enrolment.used,
            unsafe=unsafe,
        )
        self._loop = CallLoop()  # type: ignore[abstract]  # no more of it is used
        app.enrolment.ended.append(self._end_calls)
        app.enrolment.paused.append(self._end_streams)

    def call(self, token: str, request: Message, method: str, act: Callable[[Caller], T]) -> T | Refusal:
        """Make a call; return the command's answer, or the refusal before it."""
        path = PATHS[method]
        try:
            with self.lanes.place(lane_of(path), PEER):
                admitted = self.admission.admitted(path, metadata_of(token))
                self.admission.scoped(path, admitted, request)
                name = admitted.principal.name if admitted is not None else ""
                role = admitted.grants[0].role if admitted is not None else Role.OPERATOR
                return act(Caller(name, role, Channel.GRPC))
        except Declined as no:
            return no.refusal

    def exhaust(self, token: str, request: Message) -> Refusal | None:
        """Make reads until one is refused for their rate; return that refusal."""
        for _ in range(READS_AT_ONCE):
            answer = self.call(token, request, "GetHouse", lambda _caller: None)
            if isinstance(answer, Refusal):
                return answer
        return None

    def hold_watch(self, token: str) -> Watch:
        """Hold a watch of the events open, until its principal's calls are ended."""
        watch, path = Watch(), PATHS["WatchEvents"]

        async def follow() -> None:
            try:
                with self.lanes.place(Lane.WATCH, PEER):
                    admitted = self.admission.admitted(path, metadata_of(token))
                    with self.admission.running(admitted, stream=True):
                        await self._loop.create_future()
            except Declined as no:
                watch.refusal = no.refusal
            finally:
                watch.open = False

        self._loop.hold(follow(), "watch")
        return watch

    def _end_calls(self, principal: str) -> None:
        self.admission.end_calls(principal)
        self._loop.run_ready()

    def _end_streams(self, principal: str) -> None:
        self.admission.end_streams(principal)
        self._loop.run_ready()
