"""The broker for a machine that has none: amqtt in a process of its own.

Started as `python -m dreamd.up.processes.amqtt_broker`.

Pure Python, MQTT 3.1.1 only, about 5,000 messages a second: enough for a demonstration of some 200
pods, not for a night (see deploy/ for mosquitto). Bound to loopback. It shares nothing with the
daemon, so that killing it is what killing a broker is.
"""

import argparse
import asyncio
import logging
import signal
import warnings

warnings.simplefilter("ignore", DeprecationWarning)  # amqtt's own plugins raise them at import

from amqtt.broker import Broker  # type: ignore[import-untyped]  # noqa: E402 -- warnings are silenced first


def configuration(port: int) -> dict[str, object]:
    """Settings for amqtt: one loopback listener, anyone may connect, no $SYS topics."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


async def serve(port: int) -> None:
    """Broker until SIGTERM or SIGINT."""
    broker = Broker(configuration(port))
    leave = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave.set)
    await broker.start()
    await leave.wait()
    await broker.shutdown()


def main() -> None:
    """Read the port and serve."""
    parser = argparse.ArgumentParser(prog="python -m dreamd.up.processes.amqtt_broker")
    parser.add_argument("--port", type=int, default=1883)
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    logging.getLogger("transitions").setLevel(logging.ERROR)
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
