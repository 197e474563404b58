"""The links to several brokers as one, and the accounts at each of them."""

import asyncio
import random
from typing import Final

import pytest

from dreamd.adapters.mqtt.link import Broker, MqttLink
from dreamd.adapters.mqtt.several import BrokerLinks, BrokerMeter
from dreamd.adapters.mqtt.several_rights import OwnerAt, SeveralRights
from dreamd.ports.broker_rights import NoBrokerRights
from dreamwire import codec
from dreamwire.broker_access import Access, Address
from dreamwire.messages import Collective, Command, Release, Versions
from dreamwire.signing import SigningKey, seal
from fakes.inbound import KeepingLinkMeters
from fakes.stage import HandClock
from fakes.words import collective

KEY: Final = SigningKey.from_seed(bytes(range(32)))
URLS: Final = ("mqtt://a:1883", "mqtt://b:1883")


class Links:
    """Links to two brokers that are away, so that all that is sent waits in their outboxes."""

    def __init__(self) -> None:
        self.sealed = 0
        self.each = [self._link(host) for host in ("a", "b")]
        self.links = BrokerLinks(self.each)

    def _seal(self, message: codec.DaemonSays) -> bytes:
        self.sealed += 1
        kind = codec.COLLECTIVE if isinstance(message, Collective) else codec.COMMAND
        return seal(KEY, kind, codec.encode(message))

    def _link(self, host: str) -> MqttLink:
        return MqttLink(
            Broker(Access(Address(host, 1883)), "d-1", Versions("0", 1)),
            seal=self._seal,
            opener=KEY.public,
            clock=HandClock(),
            meters=KeepingLinkMeters(),
            rng=random.Random(1),
            say=lambda _sentence: None,
        )

    @property
    def waiting(self) -> list[int]:
        """How many parcels wait for each broker."""
        return [len(link._outbox) for link in self.each]


@pytest.mark.parametrize(("place", "waiting"), [(0, [1, 0]), (1, [0, 1]), (None, [1, 1])])
def test_an_order_goes_to_the_broker_of_its_pod(place: int | None, waiting: list[int]) -> None:
    """A release goes to the broker at which the pod spoke last; of an unknown pod to each."""
    two = Links()
    two.links.place_of = {"bed-1": place}.get
    two.links.command(Command("bed-1", 1, 1000, 0, Release("home")))
    assert two.waiting == waiting


def test_a_broadcast_is_sealed_once_and_goes_to_each_broker() -> None:
    """A broadcast is signed once, and waits for each broker in the same bytes."""
    two = Links()
    two.links.publish(collective())
    first, second = (link._outbox.first() for link in two.each)
    assert two.sealed == 1
    assert first is not None
    assert first == second


def test_the_links_are_in_trouble_where_no_broker_is_reached() -> None:
    """One broker that is away is a note; both are the trouble that readiness tells."""
    two = Links()
    assert all(link.trouble in two.links.trouble for link in two.each)
    two.each[0]._trouble = ""
    assert two.links.trouble == ""
    assert two.links.notes() == (two.each[1].trouble,)
    assert [two.links.reached(number) for number in (0, 1)] == [True, False]


def test_the_metric_of_the_broker_is_of_all_brokers() -> None:
    """The gauge is 1 while each broker is reached."""
    meters, reached = KeepingLinkMeters(), set[int]()
    first, second = (BrokerMeter(meters, reached, number, 2) for number in (0, 1))
    first.link(up=True)
    second.link(up=True)
    first.link(up=False)
    assert meters.links == [False, True, False]


class Keeper(NoBrokerRights):
    """The keeper of one broker's accounts, by hand."""

    def __init__(self, trouble: str = "") -> None:
        self.trouble = trouble
        self.calls: list[tuple[str, ...]] = []

    async def keep_rights(self) -> None:
        """Do nothing, for ever."""
        await asyncio.Event().wait()

    async def settled(self, bed: str, within_s: float) -> None:
        """Keep the call."""
        self.calls.append(("settled", bed, str(within_s)))

    def let_in(self, bed: str, credential: str, password: str) -> None:
        """Keep the call."""
        self.calls.append(("let_in", bed, credential, password))

    def put_out(self, bed: str) -> None:
        """Keep the call."""
        self.calls.append(("put_out", bed))

    def suspend(self, bed: str) -> None:
        """Keep the call."""
        self.calls.append(("suspend", bed))


async def test_each_broker_has_the_accounts_and_a_dead_one_delays_no_answer() -> None:
    """A bed has its account at each broker; only a broker that is reached is waited for."""
    keepers = Keeper(), Keeper()
    rights = SeveralRights(keepers, URLS, lambda number: number == 0)
    rights.let_in("bed-1", "c-1", "secret")
    rights.suspend("bed-1")
    rights.put_out("bed-1")
    await rights.settled("bed-1", 1.0)
    every = [("let_in", "bed-1", "c-1", "secret"), ("suspend", "bed-1"), ("put_out", "bed-1")]
    assert keepers[0].calls == [*every, ("settled", "bed-1", "1.0")]
    assert keepers[1].calls == every


@pytest.mark.parametrize(
    ("reached", "told"),
    [({0}, ""), ({0, 1}, "it is open (at mqtt://b:1883)"), (set(), "it is open (at mqtt://b:1883)")],
    ids=["away", "reached", "none-reached"],
)
def test_an_open_broker_that_is_reached_forbids_what_binds_a_sleeper(reached: set[int], told: str) -> None:
    """The trouble of a broker counts while it is reached, or while none is."""
    rights = SeveralRights((Keeper(), Keeper("it is open")), URLS, reached.__contains__)
    assert rights.trouble == told


class Owner:
    """The application, as the keepers ask it: it keeps what it is told."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.open_to: list[list[str]] = []

    def beds(self) -> dict[str, frozenset[str]]:
        """No bed."""
        return {}

    def paused(self) -> frozenset[str]:
        """No bed."""
        return frozenset()

    def dreaming(self) -> bool:
        """No Dreamscape dreams."""
        return False

    def seated(self, bed: str) -> bool:
        """Only bed-1 is."""
        return bed == "bed-1"

    def drifted(self, found: list[tuple[str, str]]) -> None:
        """Keep."""
        self.found += found

    def tried(self, open_to: list[str]) -> None:
        """Keep."""
        self.open_to.append(list(open_to))


def test_what_is_found_at_a_broker_names_it_and_hides_no_other() -> None:
    """A broker that keeps its rules does not end the report of another that is open."""
    owner, open_to = Owner(), dict[str, tuple[str, ...]]()
    first, second = (OwnerAt(owner, url, open_to) for url in URLS)  # type: ignore[arg-type]
    second.tried(("it is open",))
    first.tried(())
    second.drifted([("bed-2", "bed-2 has no account")])
    assert owner.open_to == [["it is open (at mqtt://b:1883)"]] * 2
    assert owner.found == [("bed-2", "bed-2 has no account (at mqtt://b:1883)")]
    assert first.seated("bed-1")
