"""Recovery of a daemon's intake after five seconds without its core, at four fifths of its load.

The real link, the real codec and a real mosquitto; a second process sends the frames of PODS pods. The
application's work per frame is a busy wait that makes up the wanted share of a core. Fresh means that every
pod's newest frame is at most half a second old.
"""

import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamd.adapters.clock import BoottimeClock
from dreamd.adapters.keys import Seal
from dreamd.adapters.mqtt.intake import Intake
from dreamd.adapters.mqtt.link import Broker, MqttLink
from dreamwire import codec, topics
from dreamwire.broker_access import Access, Address
from dreamwire.messages import Frame, Versions
from dreamwire.signing import SigningKey
from dreamwire.topics import FramesTopic
from fakes import words
from fakes.inbound import KeepingInbound, KeepingLinkMeters
from mosquitto import SHIPPED, free_port
from mosquitto import Broker as RealBroker

PODS = 400
SHARE = 0.8
FROZEN_S = 5.0
FRESH_S = 0.5

Row = Callable[[str, str, str], None]


class Ages(KeepingInbound):
    """Records the age and the sender of each frame."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[float, str]] = []
        self.work_s = 0.0

    def on_frames(self, topic: FramesTopic, frames: tuple[Frame, ...]) -> None:
        """Work, then record age and sender."""
        until_s = time.process_time() + self.work_s
        while time.process_time() < until_s:
            pass
        self.heard.append((time.time() - frames[-1].instant / 4, topic.sender))


def send(port: int, pods: int) -> None:
    """Send the frames of this many pods four times a second, until the process is ended."""
    import paho.mqtt.client as mqtt

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    seq = 0
    while True:
        seq += 1
        instant = int(time.time() * 4)
        payload = codec.encode((replace(words.frame(seq), instant=instant),))
        for pod in range(pods):
            client.publish(topics.frames("night", 0, f"bed-{pod}"), payload)
        time.sleep(max(0.0, (instant + 1) / 4 - time.time()))


def overload(row: Row) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        port = free_port()
        conf = Path(name) / "mosquitto.conf"
        conf.write_text(SHIPPED.read_text().replace("listener 1883 ", f"listener {port} "))
        broker = RealBroker(conf, port)
        broker.start()
        try:
            idle, _ = asyncio.run(_measure(port, 0.0, freeze=False))
            work_s = (SHARE - idle) / (4 * PODS)
            share, fresh_s = asyncio.run(_measure(port, work_s, freeze=True))
        finally:
            broker.kill()
    title = f"intake of {PODS} pods, {100 * share:.0f} % of a core, frozen {FROZEN_S:.0f} s"
    row(f"{title}: fresh after", f"{fresh_s:.2f} s", "<= 2 s")


async def _measure(port: int, work_s: float, *, freeze: bool) -> tuple[float, float]:
    """Return the share of a core, and the seconds from resuming until every pod is fresh."""
    clock, ages = BoottimeClock(), Ages()
    ages.work_s = work_s
    access = Access(Address("127.0.0.1", port))
    link = MqttLink(
        Broker(access, "bench", Versions("0", 1)),
        seal=Seal(SigningKey.generate()),
        clock=clock,
        meters=KeepingLinkMeters(),
        rng=random.Random(1),
        say=lambda _: None,
    )
    intake = Intake(ages, clock, KeepingLinkMeters())
    sender = subprocess.Popen([sys.executable, __file__, str(port), str(PODS)])
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(link.run(intake), name="link")
            await asyncio.sleep(3.0)
            used_s, began_s = time.process_time(), time.monotonic()
            await asyncio.sleep(5.0)
            share = (time.process_time() - used_s) / (time.monotonic() - began_s)
            fresh_s = await _fresh(ages) if freeze else 0.0
            await link.close()
    finally:
        sender.kill()
        sender.wait()
    return share, fresh_s


async def _fresh(ages: Ages) -> float:
    time.sleep(FROZEN_S)  # noqa: ASYNC251 -- the loop is to have no turn
    ages.heard.clear()
    began_s = time.monotonic()
    while time.monotonic() - began_s < 60.0:
        await asyncio.sleep(0.01)
        lately = {sender for age_s, sender in ages.heard if age_s <= FRESH_S}
        if len(lately) >= PODS:
            break
    return time.monotonic() - began_s


if __name__ == "__main__":
    send(int(sys.argv[1]), int(sys.argv[2]))
