"""Odd text in every way out through every interface: each acts, and every reader is still served.

A real application with real encoders beneath it, behind the real gRPC server and the real console. Four
interfaces: the Python client, raw gRPC, the console's POST, the command line. The text of a way out is such
as no encoder accepts; the test checks the pods' grants.
"""

import asyncio
import http.client
import json
import threading
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, TypeVar

import grpc.aio
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import dreamapi
from dreamapi.v1 import breakers_pb2, consents_pb2, dreamscapes_pb2, pods_pb2, wake_pb2
from dreamd.app.events.journal import SENTENCE_MAX
from dreamd.core.consent.course import ConsentState
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.main import main
from dreamwire import codec
from dreamwire.text import unfit
from fakes.callers import OPERATOR
from fakes.console_house import LocalConsole
from fakes.people import granted
from fakes.stage import Stage

T = TypeVar("T")
EACH_DOOR = ("client", "raw", "console", "command line")
DOORS = st.sampled_from(EACH_DOOR)
ODD = st.one_of(
    st.text(st.characters() | st.characters(categories=["Cs"]), max_size=30),
    st.binary(max_size=30).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    st.sampled_from(
        ["", "caf\udce9", "\ud800", "a\x00b", "\x1b[2J\x07", "\u202etxt", "x\r\ny", "x" * (2 << 20)]
    ),
)
"""Lone surrogates, control characters, overrides of direction, NUL, 2 MiB, bytes of a Latin-1 terminal."""


def raw_of(odd: str) -> bytes:
    """The text's bytes, valid or not."""
    return odd.encode("utf-8", "surrogatepass")


def field(number: int, data: bytes) -> bytes:
    """One field of bytes, as protobuf writes it."""
    written, left = bytearray([number << 3 | 2]), len(data)
    while left > 127:
        written.append(left & 127 | 128)
        left >>= 7
    return bytes([*written, left]) + data


class House:
    """The application with its servers, on a thread of its own; its hops pass as fast as they can."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.stage = self.do(self._stage)
        self._pumping = True
        self.loop.call_soon_threadsafe(self._pump)
        self.console = self.ask(LocalConsole.begin(self.stage.app, self.stage.clock.now_s))
        self.address = f"127.0.0.1:{self.console.api.port}"

    @staticmethod
    def _stage() -> Stage:
        stage = Stage(pods=4)
        stage.link.carry = codec.encode
        obey = stage.link.deliver
        stage.link.deliver = lambda command: obey(codec.decode_command(codec.encode(command)))
        stage.appear()
        return stage

    def _pump(self) -> None:
        self.stage.hop()
        if self._pumping:
            self.loop.call_later(0.002, self._pump)

    def do(self, act: Callable[[], T]) -> T:
        """Do something on the application's thread."""

        async def done() -> T:
            return act()

        return self.ask(done())

    def ask(self, asked: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine on the application's thread."""
        return asyncio.run_coroutine_threadsafe(asked, self.loop).result(30.0)

    def close(self) -> None:
        """Stop everything."""
        self._pumping = False
        self.ask(self.console.end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def client(self, act: Callable[[dreamapi.Api], Coroutine[Any, Any, T]]) -> T:
        """One call by the Python client."""
        async with dreamapi.connect(self.address, rng=Random(1)) as api:
            return await act(api)

    async def raw(self, path: str, body: bytes) -> None:
        """One call with a body that no stub would write."""
        async with grpc.aio.insecure_channel(self.address) as channel:
            await channel.unary_unary(f"/dreamapi.v1.{path}")(body, timeout=20)

    def post(self, path: str, told: dict[str, str]) -> None:
        """One POST of the console's page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.console.port, timeout=20.0)
        headers = {
            "X-Dreamd-Console": "1",
            "Origin": self.console.url,
            "Content-Type": "application/json",
        }
        connection.request("POST", f"/console/{path}", json.dumps(told).encode(), headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        connection.close()

    def command(self, *words: str) -> None:
        """One command line."""
        assert main([*words, "--server", self.address]) == 0


class WaysOut(RuleBasedStateMachine):
    """A Dreamscape in DREAMING, and a way out through some interface with odd text."""

    @initialize()
    def begin(self) -> None:
        self.house = House()
        self.number = 0
        self.name = ""
        self._dream()

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.house.close()

    def _dream(self) -> None:
        """A Dreamscape of all pods, until it grants."""
        app, stage = self.house.stage.app, self.house.stage
        if self.name:
            self.house.do(lambda: app.dreamscapes.end(OPERATOR, self.name, "over"))
            self._until(lambda: self._state() is DreamscapeState.ENDED)
        for number, pod in enumerate(stage.pods, 1):
            pod.latched = ""
            self.house.do(pod.status)
            self.house.do(lambda number=number: granted(app, f"sleeper-{number}"))  # type: ignore[misc]
            self.house.do(
                lambda pod=pod, number=number: app.pods.check_in(OPERATOR, pod.name, f"sleeper-{number}")
            )  # type: ignore[misc]
        self.number += 1
        self.name = f"d{self.number}"
        plan = Plan(self.name, seats_min=3, seats_max=4, ramp_s=10.0)
        assert not hasattr(self.house.do(lambda: app.dreamscapes.create(OPERATOR, plan)), "code")
        self._until(lambda: not hasattr(app.dreamscapes.start(OPERATOR, self.name), "code"))
        self._until(self._granted)

    def _until(self, true: Callable[[], object]) -> None:
        for _ in range(3000):
            if self.house.do(true):
                return
        raise AssertionError("it did not come true")

    def _state(self) -> DreamscapeState:
        return self.house.stage.app.dreamscapes.get(self.name).state

    def _granted(self) -> int:
        """The number of pods with a grant in the newest broadcast."""
        found = [one for one in self.house.stage.link.collectives if one.dreamscape == self.name]
        return int((found[-1].coupling > 0).sum()) if found else 0

    def _nobody_granted(self) -> None:
        assert self.house.do(self._granted) == 0
        self._dream()

    @rule(door=DOORS, odd=ODD)
    def sever(self, door: str, odd: str) -> None:
        self._all_go("sever", "SeverDreamscape", door, odd)

    @rule(door=DOORS, odd=ODD)
    def wake(self, door: str, odd: str) -> None:
        self._all_go("wake", "WakeDreamscape", door, odd)

    @rule(door=DOORS.filter(lambda door: door != "console"), odd=ODD)
    def end(self, door: str, odd: str) -> None:
        self._all_go("end", "EndDreamscape", door, odd)

    def _all_go(self, verb: str, method: str, door: str, odd: str) -> None:
        name, issued = self.name, {"issuer": odd} if verb == "wake" else {}
        match door:
            case "client":
                call: dict[str, str] = {"reason": odd, **issued}
                self.house.ask(self.house.client(lambda api: getattr(api.dreamscapes, verb)(name, **call)))
            case "raw":
                kind = getattr(dreamscapes_pb2, f"{method}Request")
                body = kind(name=f"dreamscapes/{name}").SerializeToString()
                self.house.ask(self.house.raw(f"Dreamscapes/{method}", body + self._words(kind, odd)))
            case "console":
                self.house.post(verb, {"name": name, "reason": odd, "issuer": odd})
            case _:
                flags = [f"--issuer={odd}"] if issued else []
                self.house.command("dreamscapes", verb, name, f"--reason={odd}", *flags)
        self._nobody_granted()

    @staticmethod
    def _words(kind: Any, odd: str) -> bytes:  # noqa: ANN401 - a generated class
        """Every text of a request but the name, as raw bytes."""
        texts = ("reason", "issuer", "by", "lifted_by", "request_id")
        numbers = [one.number for one in kind.DESCRIPTOR.fields if one.name in texts]
        return b"".join(field(number, raw_of(odd)) for number in numbers)

    @rule(door=DOORS, odd=ODD)
    def release(self, door: str, odd: str) -> None:
        house = self.house
        match door:
            case "client":
                house.ask(house.client(lambda api: api.pods.release("bed-1", reason=odd)))
            case "raw":
                body = pods_pb2.ReleasePodRequest(name="pods/bed-1").SerializeToString()
                house.ask(house.raw("Pods/ReleasePod", body + self._words(pods_pb2.ReleasePodRequest, odd)))
            case "console":
                house.post("release", {"name": "bed-1", "reason": odd})
            case _:
                house.command("pods", "release", "bed-1", f"--reason={odd}")
        assert house.stage.pods[0].assign is None
        self._dream()

    @rule(door=DOORS, odd=ODD)
    def withdraw(self, door: str, odd: str) -> None:
        house, sleeper = self.house, "sleeper-1"
        match door:
            case "client":
                house.ask(house.client(lambda api: api.consents.withdraw(sleeper, reason=odd, issuer=odd)))
            case "raw":
                kind = consents_pb2.WithdrawConsentRequest
                body = kind(name=f"sleepers/{sleeper}/consent").SerializeToString()
                house.ask(house.raw("Consents/WithdrawConsent", body + self._words(kind, odd)))
            case "console":
                house.post("withdraw-consent", {"name": sleeper, "reason": odd, "issuer": odd})
            case _:
                house.command("me", "withdraw", f"--sleeper={sleeper}", f"--reason={odd}", f"--issuer={odd}")
        stage = house.stage
        assert stage.pods[0].assign is None
        assert house.do(lambda: stage.app.consents.until_s(sleeper)) == 0.0
        self._until(lambda: stage.ledger.consents()[sleeper].state is ConsentState.WITHDRAWN)
        self._dream()

    @rule(door=DOORS.filter(lambda door: door != "console"), odd=ODD)
    def trip(self, door: str, odd: str) -> None:
        house, name = self.house, f"dreamscapes/{self.name}"
        match door:
            case "client":
                house.ask(house.client(lambda api: api.breakers.trip(name, by=odd, reason=odd)))
            case "raw":
                kind = breakers_pb2.TripBreakerRequest
                body = kind(name=f"breakers/{name}").SerializeToString()
                house.ask(house.raw("Breakers/TripBreaker", body + self._words(kind, odd)))
            case _:
                house.command("breakers", "trip", name, f"--by={odd}", f"--reason={odd}")
        self._nobody_granted()

    @rule(door=DOORS.filter(lambda door: door != "console"), odd=ODD)
    def order(self, door: str, odd: str) -> None:
        house = self.house
        match door:
            case "client":
                fleet = dreamapi.WakeOrder.SCOPE_FLEET
                house.ask(
                    house.client(
                        lambda api: api.wake.order(
                            fleet, issuer=odd, reason=odd, request_id=f"{odd[:20]}{self.number}"
                        )
                    )
                )
            case "raw":
                kind = wake_pb2.OrderWakeRequest
                body = kind(scope=wake_pb2.WakeOrder.SCOPE_FLEET).SerializeToString()
                house.ask(house.raw("WakeOrders/OrderWake", body + self._words(kind, odd)))
            case _:
                house.command("wake", "order", "fleet", f"--issuer={odd}", f"--reason={odd}")
        assert house.do(self._granted) == 0
        for one in house.ask(house.client(lambda api: api.wake.list(standing=True))):
            house.ask(
                house.client(
                    lambda api, one=one: api.wake.lift(one.name, by=f"nurse {odd}", reason=f"over {odd}")
                )
            )  # type: ignore[misc]
        self._dream()

    @invariant()
    def every_reader_is_served(self) -> None:
        """Get, list and the whole journal, whatever was written into it."""

        async def read(api: dreamapi.Api) -> None:
            assert (await api.dreamscapes.get(self.name)).name
            assert await api.dreamscapes.list()
            assert len(await api.pods.list()) == 4
            await api.breakers.list()
            await api.wake.list()
            newest = self.house.stage.app.journal.newest
            async for event in api.dreamscapes.watch_events(after=int(1_800_000_000 * 1e6) - 1):
                assert not unfit(event.sentence, SENTENCE_MAX)
                if event.cursor >= newest:
                    return

        self.house.ask(self.house.client(read))
        assert not self.house.stage.failures


def test_a_withdrawal_with_odd_text_acts_through_each_door() -> None:
    """By client, raw call, console and command line: the bed is let go, and the ledger has it."""
    night = WaysOut()
    night.begin()
    try:
        for door, odd in zip(EACH_DOOR, ("\ud800", "a\x00b", "\x1b[2J\x07", "x" * (2 << 20)), strict=True):
            night.withdraw(door=door, odd=odd)
        night.every_reader_is_served()
    finally:
        night.teardown()


TestWaysOut = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")(WaysOut.TestCase)
TestWaysOut.settings = settings(
    max_examples=2,
    stateful_step_count=8,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
