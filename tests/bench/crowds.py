"""A broker, a daemon and very many light pods for the length of one measurement."""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))

from integration.crowd import Crowd
from integration.fleet import Fleet
from mosquitto import SHIPPED, Broker, free_port

T = TypeVar("T")


def measured(count: int, measure: Callable[[Crowd], Awaitable[T]]) -> T:
    """Return what `measure` finds at a crowd of so many pods, on a broker with the shipped configuration."""

    async def run() -> T:
        return await measure(Crowd(fleet, count))

    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        conf = folder / "mosquitto.conf"
        conf.write_text(SHIPPED.read_text().replace("listener 1883 ", f"listener {port} "))
        broker = Broker(conf, port)
        broker.start()
        fleet = Fleet(folder, broker)
        try:
            return asyncio.run(run())
        finally:
            fleet.close()
            broker.kill()
