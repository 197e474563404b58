"""The MQTT broker of a run: the choice, its start, and the check that it answers.

`auto` takes mosquitto where it is installed (120,000 messages a second on one core) and amqtt, which comes
with the `up` extra, where it is not. An address is a broker of another owner: it is used, never started or
stopped. A broker is ready when it answers a CONNECT, not when its port is open.
"""

import asyncio
import getpass
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dreamd.up.plan import CannotRun, Plan

ANSWER_WITHIN_S: Final = 2.0
READY_WITHIN_S: Final = 15.0
POLL_S: Final = 0.05

CONNECT: Final = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x05\x00\x05dream"
"""MQTT 3.1.1 CONNECT: clean session, keepalive 5 s, client id `dream`."""
CONNACK: Final = 0x20
DISCONNECT: Final = b"\xe0\x00"

SHIPPED: Final = (
    Path(__file__).parents[4] / "deploy" / "mosquitto.conf",
    Path(__file__).with_name("mosquitto.conf"),
)
"""Our mosquitto configuration: in a checkout, and in an installed wheel."""
SHIPPED_LISTENER: Final = "listener 1883 127.0.0.1\n"


def mosquitto_binary() -> str | None:
    """The path of mosquitto; Debian keeps it in /usr/sbin, which is not on every PATH."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/sbin")


def choose(broker: str) -> str:
    """`mosquitto` or `amqtt` for what was asked; raises CannotRun where it is not installed."""
    binary, embedded = mosquitto_binary(), importlib.util.find_spec("amqtt")
    if broker == "mosquitto" and binary is None:
        raise CannotRun(
            "mosquitto is not installed; install it (apt-get install mosquitto), or leave --broker out"
        )
    if broker == "amqtt" and embedded is None:
        raise CannotRun("amqtt is not installed; pip install 'dreamd[up]', or use --broker mosquitto")
    if binary is None and embedded is None:
        raise CannotRun(
            "there is no MQTT broker here: install mosquitto (apt-get install mosquitto), "
            "pip install 'dreamd[up]', or name a running one with --broker mqtt://HOST:PORT"
        )
    if broker != "auto":
        return broker
    return "mosquitto" if binary is not None and _configuration() is not None else "amqtt"


def command(kind: str, port: int, room: Path) -> tuple[str, ...]:
    """The command line of our own broker; mosquitto's configuration is written into `room`."""
    if kind == "amqtt":
        return (sys.executable, "-m", "dreamd.up.processes.amqtt_broker", "--port", str(port))
    binary = mosquitto_binary()
    assert binary is not None, "choose() has found it"
    # Started by root, mosquitto would become another user: unable to read the room, and not tied to us.
    user = f"\nuser {getpass.getuser()}\n" if os.geteuid() == 0 else ""
    conf = room / "mosquitto.conf"
    conf.write_text(_shipped().replace(SHIPPED_LISTENER, f"listener {port} 127.0.0.1\n") + user)
    return (binary, "-c", str(conf))


def _configuration() -> Path | None:
    return next((path for path in SHIPPED if path.is_file()), None)


def _shipped() -> str:
    found = _configuration()
    if found is None:
        raise CannotRun("this installation lacks mosquitto.conf; use --broker amqtt, or install it anew")
    return found.read_text(encoding="utf-8")


async def answers(url: str) -> bool:
    """Whether a broker answers a CONNECT at `url` (any answer counts, a refusal too)."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 1883)
            try:
                writer.write(CONNECT)
                answer = await reader.readexactly(4)
                writer.write(DISCONNECT)
                await writer.drain()
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
    return answer[0] == CONNACK


async def require(plan: Plan) -> None:
    """Raise CannotRun unless a broker of another owner answers."""
    if not await answers(plan.mqtt_url):
        raise CannotRun(
            f"no MQTT broker answers at {plan.mqtt_url}; start it, correct --broker, "
            "or leave --broker out and one is started for you"
        )
