"""A real agent behind a gateway whose frames a real broker denies in silence."""

import getpass
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.small_daemon import SmallDaemon
from fakes.waiting import awaited
from integration.conftest import Start, running_broker
from mosquitto import Broker

POD, GATEWAY = "bed-1", "ward-a"
HEARD_AGAIN_S = 6.0
"""Three and a half seconds, and the breaths of a loaded machine."""


class StrictBroker:
    """A broker that denies a gateway's frames while `denies` was called last."""

    def __init__(self, broker: Broker, rules: Path) -> None:
        self.broker, self.rules = broker, rules

    def deny(self) -> None:
        """Drop the gateway's frames from now on, without a word to it."""
        self.rules.write_text(f"topic deny dreamd/v1/frames/+/+/{GATEWAY}\ntopic readwrite #\n")
        os.kill(self.broker.pid, signal.SIGHUP)


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[StrictBroker]:
    """A broker with rules, which allow everything so far."""
    with running_broker(tmp_path) as broker:
        rules = tmp_path / "rules"
        rules.write_text("topic readwrite #\n")
        reader = f"user {getpass.getuser()}"  # else one that was root could not read the folder
        broker.conf.write_text(f"{broker.conf.read_text()}\nacl_file {rules}\n{reader}\n")
        broker.restart()
        yield StrictBroker(broker, rules)


async def test_a_bed_behind_a_silently_denied_gateway_is_heard_again(
    strict: StrictBroker, start: Start, tmp_path: Path
) -> None:
    """Frames that are denied in silence by the gateway come on the own connection, and the bed merges."""
    async with SmallDaemon(strict.broker.port, POD) as daemon:
        await daemon.appear()
        journal = tmp_path / "journal"
        words = (
            *("run", "--pod", f"{POD}=sim-light", "--broker", strict.broker.url, "--gateway", GATEWAY),
            *("--daemon-key", daemon.key.public.hex, "--state-dir", str(tmp_path), "--journal", str(journal)),
        )
        start("dreamedge", *words)
        await awaited(lambda: bool(daemon.statuses) and daemon.statuses[-1].clock.synced, "session clock")
        await daemon.assign()
        await awaited(lambda: daemon.senders[-4:] == [GATEWAY] * 4, "frames by the gateway")
        await awaited(lambda: daemon.frames[-1].applied > 0.0, "it is merged")
        strict.deny()
        await awaited(lambda: daemon.senders[-1] == POD, "frames by itself", HEARD_AGAIN_S)
        heard = len(daemon.frames)
        await awaited(lambda: len(daemon.frames) >= heard + 4, "and they go on")
        assert set(daemon.senders[heard:]) == {POD}
        await awaited(lambda: daemon.frames[-1].applied > 0.0, "it is merged again")
        assert '"kind": "gateway-unheard"' in journal.read_text()
