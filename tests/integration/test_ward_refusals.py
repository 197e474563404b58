"""Refusals by a ward's broker, and of the broker by our ends: one sentence each, and retries."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace

import aiomqtt
import pytest

from dreamwire import topics
from dreamwire.broker_access import Access, Address, Papers, open_access
from dreamwire.connection import PromptClient
from integration.conftest import Start
from integration.house import running, until
from ward import HOST, USERS, Authority, Ward, agent_command


def _wrong_password(ward: Ward, user: str) -> Access:
    return replace(ward.access(user), password="not it")


def _no_password(ward: Ward, user: str) -> Access:
    return replace(ward.access(user), user="", password="")


def _wrong_ca(ward: Ward, user: str) -> Access:
    other = Authority("Another CA").save(ward.folder / "other.crt")
    return open_access(Address(HOST, ward.port, tls=True), replace(ward.papers(user), ca=str(other)), user)


def _wrong_host(ward: Ward, user: str) -> Access:
    return replace(ward.access(user), address=Address("127.0.0.1", ward.port, tls=True))


def _wrong_user(ward: Ward, user: str) -> Access:
    return ward.access("bed-3")


def _no_tls(ward: Ward, user: str) -> Access:
    return Access(Address(HOST, ward.port))


MISTAKES = [
    (_wrong_password, "does not accept user dreamd with this password"),
    (_no_password, "does not accept anyone without a password"),
    (_wrong_ca, "not from a CA we trust"),
    (_wrong_host, "its certificate is not for 127.0.0.1"),
    (_wrong_user, "do not let user bed-3 speak as dreamd/v1/daemon/presence"),
    (_no_tls, "does it want TLS (mqtts://) on port"),
]


@pytest.mark.parametrize(("mistake", "says"), MISTAKES)
async def test_the_daemon_says_why_it_is_not_let_in_and_tries_on(
    ward: Ward, mistake: Callable[[Ward, str], Access], says: str
) -> None:
    """The daemon logs one sentence per reason, however often it retries, and never an exception."""
    async with running(mistake(ward, "dreamd")) as house:
        await until(lambda: house.said)
        await asyncio.sleep(1.0)
        assert says in house.link.trouble
    assert len(house.said) == 1
    assert says in house.said[0]
    assert "trying again" in house.said[0]


@pytest.mark.parametrize("ward", [{"expired": True}], indirect=True)
async def test_an_expired_certificate_is_reported(ward: Ward) -> None:
    """An expired certificate is refused with a sentence, and nothing is sent."""
    async with running(ward.access("dreamd")) as house:
        await until(lambda: house.said)
        assert "its certificate has expired; renew it" in house.said[0]
    assert house.inbound.links == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"--broker-password-file": "dreamd.password"}, "does not accept user bed-1 with this password"),
        ({"--broker-ca": "other.crt"}, "not from a CA we trust"),
        ({"--broker": "127.0.0.1"}, "its certificate is not for 127.0.0.1"),
        (
            {"--broker-user": "bed-2", "--broker-password-file": "bed-2.password"},
            "do not let user bed-2 speak as dreamd/v1/pods/bed-1/presence",
        ),
    ],
)
async def test_a_pod_says_why_it_is_not_let_in_and_tries_on(
    ward: Ward, start: Start, change: dict[str, str], says: str
) -> None:
    """The agent prints one line, however often it retries; SIGTERM ends it with status 0, no traceback."""
    Authority("Another CA").save(ward.folder / "other.crt")
    for user in USERS:
        ward.password_file(user)
    command = agent_command(ward, "00" * 32)
    given = dict(zip(command[2::2], command[3::2], strict=True))
    for flag, value in change.items():
        given[flag] = f"mqtts://{value}:{ward.port}" if flag == "--broker" else str(ward.folder / value)
        given[flag] = value if flag == "--broker-user" else given[flag]
    agent = start("dreamedge", "run", *(text for item in given.items() for text in item))
    said = ward.folder / "said"
    await until(lambda: "cannot connect to the broker" in said.read_text())
    await asyncio.sleep(1.0)
    agent.send_signal(signal.SIGTERM)
    await until(lambda: agent.poll() is not None)
    lines = said.read_text().splitlines()
    assert agent.returncode == 0, lines
    assert [says in line for line in lines if "cannot connect to the broker" in line] == [True], lines
    assert not [line for line in lines if "Traceback" in line or "failed to" in line], lines


async def test_a_new_reason_is_reported(ward: Ward, start: Start) -> None:
    """A new reason is reported: first no broker, then a wrong password."""
    command = [*agent_command(ward, "00" * 32)]
    command[-1] = str(ward.password_file("bed-2"))
    said = ward.folder / "said"
    ward.broker.kill()
    agent = start(*command)
    await until(lambda: "Connection refused" in said.read_text())
    ward.broker.start()
    await until(lambda: "with this password" in said.read_text())
    agent.send_signal(signal.SIGTERM)
    await until(lambda: agent.poll() is not None)
    assert said.read_text().count("Connection refused") == 1
    assert said.read_text().count("with this password") == 1


@pytest.mark.parametrize("ward", [{"require_certificates": True}], indirect=True)
async def test_certificates_may_stand_for_passwords(ward: Ward) -> None:
    """With the two lines uncommented a client's user is its certificate's name; without one it is refused."""
    ward.authority.issue(ward.folder, "bed-1", "bed-1")
    cert, key = str(ward.folder / "bed-1.crt"), str(ward.folder / "bed-1.key")
    papers = Papers("--broker", ca=str(ward.ca), cert=cert, key=key)
    address = Address(HOST, ward.port, tls=True)
    async with PromptClient(open_access(address, papers, "bed-1"), lambda _: None) as client:
        await client.announce(topics.pod_topic("bed-1", "presence"), b"x")
        client.timeout = 0.5
        with pytest.raises(aiomqtt.MqttError, match="do not let us speak"):
            await client.announce(topics.pod_topic("bed-2", "presence"), b"x")
    bare = PromptClient(open_access(address, replace(papers, cert="", key=""), "bed-1"), lambda _: None)
    with pytest.raises(aiomqtt.MqttError, match="want a certificate of ours"):
        await bare.__aenter__()


async def test_a_connection_lost_meanwhile_is_not_laid_to_the_rules(ward: Ward) -> None:
    """A connection lost during the presence check is reported at once, as a loss and not as a refusal."""
    async with PromptClient(ward.access("bed-3"), lambda _: None) as client, asyncio.timeout(8.0):
        asyncio.get_running_loop().call_later(0.3, ward.broker.kill)
        with pytest.raises(aiomqtt.MqttError, match="the connection was lost"):
            await client.announce(topics.pod_topic("bed-1", "presence"), b"x")
