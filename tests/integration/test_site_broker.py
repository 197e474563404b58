"""The broker of a site: rights by delivery, accounts that follow the credentials, and the canary."""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import replace

import aiomqtt
import pytest

from dreamd.adapters.keys import Seal
from dreamd.adapters.mqtt import rights_keeper
from dreamd.adapters.mqtt.anonymous_trial import AnonymousTrial
from dreamd.app.dreamscapes.seating.cohort_keys import CohortKeys
from dreamd.app.fleet.commands import CommandQueue
from dreamd.core.access.broker_accounts import CANARY, CONTROL, DAEMON, KEEPER, role_of
from dreamd.core.dreamscapes.roster import Slot
from dreamwire import topics
from dreamwire.codec import COLLECTIVE, COMMAND, decode_broadcast, decode_command
from dreamwire.cohort_key import CohortKey, decrypt
from dreamwire.connection import PromptClient
from dreamwire.messages import Assign, Collective, Command, EncryptedCollective
from dreamwire.signing import SigningKey, unseal
from fakes import words
from integration.house import until
from mosquitto import MOSQUITTO
from site_broker import Owner, SiteWard
from wire.specimens import ASSIGN

BEDS = ("bed-1", "bed-2")
OF_ALL = (topics.collective("nap", 0), topics.WAKE, topics.DAEMON_PRESENCE)
MARK = b"the end"
SIGNING = SigningKey.generate()


@pytest.fixture(scope="module")
def site_ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteWard]:
    """A site's broker with its first accounts."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (make system-packages)")
    one = SiteWard(tmp_path_factory.mktemp("site"))
    yield one
    one.broker.kill()


class CarriedLink:
    """The sealing half of the daemon's link, and a clock; its messages are carried by the test."""

    def __init__(self) -> None:
        self.carried: list[tuple[str, bytes]] = []
        self._seal = Seal(SIGNING)

    def now_s(self) -> float:
        return 0.0

    def publish(self, collective: Collective, key: CohortKey | None = None) -> None:
        assert key is not None
        topic = topics.collective(collective.dreamscape, collective.cohort)
        self.carried.append((topic, self._seal(key.encrypt(collective))))

    def draw_key(self, number: int) -> CohortKey:
        return CohortKey.draw(number)

    def command(self, command: Command) -> None:
        self.carried.append((topics.pod_topic(command.pod, "command"), self._seal(command)))


async def _let_in(ward: SiteWard, owner: Owner, *beds: str) -> None:
    """Give these beds an account with their name as password."""
    async with ward.keeping(owner) as keeper:
        for bed in beds:
            owner.of_beds[bed] = f"c-{bed}"
            keeper.let_in(bed, f"c-{bed}", f"pass-{bed}")
        for bed in beds:
            await keeper.settled(bed, 3.0)


def _hears(who: str, says: str, topic: str) -> bool:
    """The matrix: whether `who` hears `topic` as `says` says it."""
    parts = topic.split("/")
    bed, leaf = (parts[3], parts[4]) if parts[2] == "pods" else (parts[-1], parts[2])
    if topic == topics.CANARY:
        return says == KEEPER and who == CANARY
    if topic in OF_ALL:
        return says == DAEMON and (who in BEDS or (who == DAEMON and leaf != "collective"))
    if topic == topics.DAEMON_LEDGER:
        return says == who == DAEMON
    if leaf in ("command", "clock") and (leaf == "command" or parts[2] == "clock"):
        return says == DAEMON and who == bed
    return says == bed and (who == DAEMON or (who == bed and leaf == "presence"))


async def test_every_topic_is_delivered_to_those_who_may_hear_it_and_to_no_other(site_ward: SiteWard) -> None:
    """Two beds, the daemon and the canary say every topic, and listen to every topic and to `#`.

    Heard is exactly what the matrix allows. A bed that gives the broker's plugin an order changes nothing.
    """
    await _let_in(site_ward, Owner(), *BEDS)
    every = [topics.pod_topic(bed, leaf) for bed in BEDS for leaf in sorted(topics.LEAVES)]
    every += [topics.clock_answer(bed) for bed in BEDS]
    every += [topics.frames("nap", 0, bed) for bed in BEDS]
    every += [*OF_ALL, topics.DAEMON_LEDGER, topics.CANARY]
    wide = ("#", "dreamd/v1/#", "dreamd/v1/pods/+/+", "$share/all/dreamd/v1/#", "$CONTROL/#")
    listening = (*every, *topics.POD_REPORTS, topics.FRAMES, "dreamd/v1/collective/+/+", *wide)
    order = b'{"commands":[{"command":"deleteClient","username":"bed-2"}]}'
    async with (
        site_ward.speaking("bed-1", "pass-bed-1", *listening) as bed_1,
        site_ward.speaking("bed-2", "pass-bed-2", *listening) as bed_2,
        site_ward.speaking(DAEMON, "", *listening) as daemon,
        site_ward.speaking(CANARY, "", *listening) as canary,
        site_ward.speaking(KEEPER) as keeper,
    ):
        ends = {"bed-1": bed_1, "bed-2": bed_2, DAEMON: daemon, CANARY: canary}
        for name, (client, _) in ends.items():
            for topic in every:
                await client.publish(topic, name.encode(), 1)
            await client.publish(CONTROL, order, 1)
        await keeper[0].publish(topics.CANARY, KEEPER.encode(), 1)
        await keeper[0].publish(topics.CANARY, MARK, 1)
        await daemon[0].publish(topics.DAEMON_PRESENCE, MARK, 1)
        for _, heard in ends.values():
            await until(lambda heard=heard: any(one.payload == MARK for one in heard))
    found = {
        (who, bytes(one.payload).decode(), one.topic.value)
        for who, (_, heard) in ends.items()
        for one in heard
        if one.payload != MARK
    }
    expected = {
        (who, says, topic)
        for who in ends
        for says in (*ends, KEEPER)
        for topic in every
        if _hears(who, says, topic)
    }
    assert found == expected


def _read(heard: list[aiomqtt.Message]) -> set[tuple[str, int]]:
    """Dreamscape and tick of each broadcast that the keys in these messages decrypt, tried one by all."""
    commands = [one for one in heard if one.topic.value.endswith("/command")]
    orders = [decode_command(unseal(SIGNING.public, COMMAND, bytes(one.payload))) for one in commands]
    secrets = {order.what.key for order in orders if isinstance(order.what, Assign)}
    read = set()
    for one in heard:
        if "/collective/" in one.topic.value:
            told = decode_broadcast(unseal(SIGNING.public, COLLECTIVE, bytes(one.payload)))
            assert isinstance(told, EncryptedCollective)
            if any(decrypt(told, secret) for secret in secrets):
                read.add((told.dreamscape, told.tick))
    return read


async def test_a_bed_reads_the_broadcasts_of_its_cohort_alone_and_none_after_it_left(
    site_ward: SiteWard,
) -> None:
    """Three beds listen to all that their accounts may hear: each hears every broadcast of both Dreamscapes.

    By the keys that reach them bed-1 and bed-3 read `nap`, and bed-2 reads `noon` alone. After bed-3 has left
    it reads none of the later ones, and bed-1 reads them all. Keys and messages come from the daemon's parts.
    """
    beds = {"bed-1": "nap", "bed-2": "noon", "bed-3": "nap"}
    await _let_in(site_ward, Owner(), *beds)
    link = CarriedLink()
    orders = CommandQueue(link, 0)
    keys = {name: CohortKeys(link, orders, link) for name in ("nap", "noon")}
    for number, (bed, name) in enumerate(beds.items(), 1):
        key = keys[name].key_of(0)
        what = replace(ASSIGN, dreamscape=name, cohort=0, slot=number, assignment=number)
        what = replace(what, key=key.secret, key_number=key.number)
        keys[name].given(bed, what)
        orders.send(bed, 1, what, 0.0)
    for tick in (1, 2, 3):
        if tick == 2:
            keys["nap"].taken_back(Slot(0, 3, 3, 3, "bed-3"))
        for name, one in keys.items():
            one.publish([words.collective(tick, name)], granting=True)
    everything = ("dreamd/v1/collective/+/+", *(topics.pod_topic(bed, "command") for bed in beds))
    async with (
        site_ward.speaking("bed-1", "pass-bed-1", *everything) as (_, first),
        site_ward.speaking("bed-2", "pass-bed-2", *everything) as (_, second),
        site_ward.speaking("bed-3", "pass-bed-3", *everything) as (_, third),
        site_ward.speaking(DAEMON) as (daemon, _),
    ):
        for topic, payload in link.carried:
            await daemon.publish(topic, payload, 1)
        boxes = (first, second, third)
        await until(lambda: all(sum("/collective/" in one.topic.value for one in box) == 6 for box in boxes))
        read = [_read(box) for box in boxes]
    all_of_nap, all_of_noon = ({(name, tick) for tick in (1, 2, 3)} for name in ("nap", "noon"))
    assert read == [all_of_nap, all_of_noon, {("nap", 1)}]


async def test_changes_are_paced_while_anybody_dreams_and_a_removal_goes_first(site_ward: SiteWard) -> None:
    """While anybody dreams one change leaves a second; a revoked bed is dropped within 2 s and refused after.

    A bed with a seat keeps its password, for the change would drop it; the change follows its seat.
    """
    owner = Owner()
    async with site_ward.keeping(owner) as keeper:
        await until(lambda: keeper.trouble == "" and keeper.idle)
        owner.dreams = True
        keeper.let_in("bed-7", "c1", "first")
        await keeper.settled("bed-7", 2.0)
        owner.of_beds["bed-7"] = "c1"
        owner.seats.add("bed-7")
        async with site_ward.speaking("bed-7", "first", topics.WAKE) as (client, _):
            keeper.let_in("bed-7", "c2", "second")
            for number in range(3):
                keeper.let_in(f"other-{number}", "o", "o")
            owner.of_beds.clear()
            began_s = time.monotonic()
            keeper.put_out("bed-7")
            async with asyncio.timeout(5.0):
                await client.lost()
            took_s = time.monotonic() - began_s
        assert took_s <= 2.0
        with pytest.raises(aiomqtt.MqttError, match="does not accept user bed-7"):
            await PromptClient(site_ward.access("bed-7", "first"), print).__aenter__()
        await keeper.settled("other-0", 3.0)
        assert time.monotonic() - began_s >= 0.8 * rights_keeper.PACE_S
        assert keeper._queue.waits("other-1")
        owner.dreams = False
        await keeper.settled("other-2", 3.0)
        keeper.let_in("bed-8", "c1", "first")
        await keeper.settled("bed-8", 2.0)
        owner.seats.add("bed-8")
        async with site_ward.speaking("bed-8", "first") as (client, _):
            keeper.let_in("bed-8", "c2", "second")
            await keeper.settled("bed-8", 0.3)
            assert not client._disconnected.done()
            owner.seats.clear()
            async with asyncio.timeout(3.0):
                await client.lost()
        async with site_ward.speaking("bed-8", "second"):
            pass


async def test_a_paused_bed_is_dropped_and_comes_back_with_its_password(site_ward: SiteWard) -> None:
    """Suspended: dropped within 2 s while all dream, refused after; its pause ended: in again, heard again.

    A restarted keeper finds a paused bed with an account and suspends it. An expired bed's account goes.
    """
    owner = Owner()
    async with site_ward.keeping(owner) as keeper:
        await until(lambda: keeper.trouble == "" and keeper.idle)
        for bed in ("bed-4", "bed-5"):
            owner.of_beds[bed] = "c1"
            keeper.let_in(bed, "c1", "first")
            await keeper.settled(bed, 2.0)
        owner.dreams = True
        async with site_ward.speaking("bed-4", "first", topics.WAKE) as (client, _):
            owner.pauses.add("bed-4")
            keeper.suspend("bed-4")
            async with asyncio.timeout(2.0 + rights_keeper.PACE_S):
                await client.lost()
        with pytest.raises(aiomqtt.MqttError, match="does not accept user bed-4"):
            await PromptClient(site_ward.access("bed-4", "first"), print).__aenter__()
        owner.dreams = False
        owner.pauses.clear()
        keeper.readmit("bed-4", frozenset({"c1"}))
        await keeper.settled("bed-4", 2.0)
        own = topics.pod_topic("bed-4", "presence")
        async with site_ward.speaking("bed-4", "first", own) as (client, heard):
            await client.publish(own, MARK, 1)
            await until(lambda: any(one.payload == MARK for one in heard))
    owner.pauses.add("bed-4")
    async with site_ward.keeping(owner) as keeper:
        await until(lambda: keeper.trouble == "" and keeper.idle)
        with pytest.raises(aiomqtt.MqttError, match="does not accept user bed-4"):
            await PromptClient(site_ward.access("bed-4", "first"), print).__aenter__()
        keeper.lapse("bed-5")
        await keeper.settled("bed-5", 2.0)
        with pytest.raises(aiomqtt.MqttError, match="does not accept user bed-5"):
            await PromptClient(site_ward.access("bed-5", "first"), print).__aenter__()


async def test_drift_is_told_and_mended_when_the_broker_is_back(site_ward: SiteWard) -> None:
    """A stranger, a wider role, a group, a spare role and an open default are told and gone.

    A bed without an account, and one with another password, are told with the command that helps. Broker and
    ledger disagree about the first: it is the trouble until it has enrolled anew, or is revoked.
    """
    owner = Owner()
    await _let_in(site_ward, owner, "bed-1", "bed-2", "bed-3")
    everything = {"acltype": "publishClientSend", "topic": "#", "allow": True}
    answers = await site_ward.tell(
        {"command": "createClient", "username": "stranger", "password": "x"},
        {"command": "modifyRole", "rolename": role_of("bed-1"), "acls": [everything]},
        {"command": "createGroup", "groupname": "all"},
        {"command": "createRole", "rolename": "wide", "acls": [everything]},
        {"command": "addClientRole", "username": DAEMON, "rolename": "wide"},
        {"command": "setDefaultACLAccess", "acls": [{"acltype": "publishClientReceive", "allow": True}]},
        {"command": "deleteClient", "username": "bed-3"},
        {"command": "disableClient", "username": "bed-2"},
    )
    assert not [one for one in answers if "error" in one]
    owner.of_beds["bed-2"] = "newer"
    owner.told.clear()
    async with site_ward.keeping(owner) as keeper:
        await until(lambda: "bed-3 has no account" in keeper.trouble)
        told = dict(owner.told)
        assert set(told) == {"stranger", "bed-1", "bed-2", "bed-3", "all", "wide", DAEMON, "default"}
        assert "dreamd enrol bed-3" in told["bed-3"]
        await until(lambda: keeper.idle)
        assert "stranger" not in keeper.trouble
    owner.told.clear()
    async with site_ward.keeping(owner) as keeper:
        await until(lambda: len(owner.told) == 2)
        assert keeper.trouble.startswith("bed-3 has no account at the broker: its agent shows")
        keeper.let_in("bed-3", "c-bed-3", "pass-bed-3")
        await until(lambda: keeper.trouble == "")
    assert {name for name, _ in owner.told} == {"bed-2", "bed-3"}
    with pytest.raises(aiomqtt.MqttError, match="does not accept"):
        await PromptClient(site_ward.access("stranger", "x"), print).__aenter__()


@pytest.mark.parametrize(
    ("opening", "says"),
    [
        (
            {"command": "setDefaultACLAccess", "acls": [{"acltype": "publishClientSend", "allow": True}]},
            "lets canary speak as dreamd/v1/pods/canary-bed/status",
        ),
        (
            {
                "command": "addRoleACL",
                "rolename": CANARY,
                "acltype": "publishClientSend",
                "topic": "dreamd/v1/frames/#",
                "allow": True,
            },
            "lets canary speak as dreamd/v1/frames/canary/0/canary-bed",
        ),
        (
            {"command": "addClientRole", "username": CANARY, "rolename": KEEPER},
            "lets canary hear dreamd/v1/pods/canary-bed/command",
        ),
        ({"command": "disableClient", "username": CANARY}, "cannot be tried (the account canary"),
    ],
)
async def test_the_canary_finds_an_open_broker_until_it_is_mended(
    site_ward: SiteWard, opening: dict[str, object], says: str
) -> None:
    """Each opening is a trouble in words from the first trial on, and gone with the next after the mend."""
    owner = Owner()
    assert "error" not in (await site_ward.tell(opening))[0]
    async with site_ward.keeping(owner, again_s=0.1) as keeper:
        assert keeper.trouble == rights_keeper.UNTRIED
        await until(lambda: keeper.trouble != rights_keeper.UNTRIED)
        assert says in keeper.trouble
        await until(lambda: keeper.trouble == "")
    assert owner.opened[-1] == ()


async def test_a_broker_that_comes_back_without_its_rules_is_found(site_ward: SiteWard) -> None:
    """Restarted without its plugin it lets a client without a password in; with it, the trouble ends.

    The trial of a broker that is kept by hand finds the same.
    """
    kept = site_ward.conf.read_text()
    owner = Owner()
    nobody = replace(site_ward.access(CANARY), user="", password="")
    trial = AnonymousTrial(nobody, owner, certified=False)
    async with site_ward.keeping(owner, again_s=0.1) as keeper:
        await until(lambda: keeper.trouble == "")
        await trial.try_stranger()
        assert trial.trouble == ""
        bare = re.sub(r"(?m)^(plugin|use_username).*\n", "", kept)
        site_ward.conf.write_text(bare.replace("allow_anonymous false", "allow_anonymous true"))
        await asyncio.to_thread(site_ward.broker.restart)
        await until(lambda: "without a password" in keeper.trouble, 20.0)
        await trial.try_stranger()
        assert "set allow_anonymous false" in trial.trouble
        site_ward.conf.write_text(kept)
        await asyncio.to_thread(site_ward.broker.restart)
        await until(lambda: keeper.trouble == "", 20.0)
    assert owner.opened[-1] == ()
