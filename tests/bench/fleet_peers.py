"""Other clients in a fleet's own run: `python tests/bench/fleet_peers.py KIND PORT SECONDS`.

Each subscribes to the frames of the fleet and does nothing with them. It prints the messages that it has received
and its processor time a message, in microseconds. KIND: `bare` (the protocol by hand), `mqtt5` (that codec),
`aiomqtt`, or `gmqtt`, which runs in an environment of its own (`command`).
"""

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path

KINDS = ("bare", "mqtt5", "gmqtt", "aiomqtt")
GMQTT = """
import asyncio, sys, time
from gmqtt import Client
port, seconds = int(sys.argv[1]), float(sys.argv[2])
async def main():
    count = 0
    def heard(client, topic, payload, qos, properties):
        nonlocal count
        count += 1
        return 0
    client = Client("gmqtt-fleet")
    client.on_message = heard
    await client.connect("127.0.0.1", port)
    client.subscribe("dreamd/v1/frames/+/+/+")
    await asyncio.sleep(0.5)
    began, before = time.process_time(), count
    await asyncio.sleep(seconds)
    print(count - before, (time.process_time() - began) * 1e6 / max(count - before, 1), flush=True)
asyncio.run(main())
"""


def peer(kind: str, port: int, seconds: float) -> tuple[int, float] | None:
    """Messages, and microseconds of processor time a message; None where the client cannot be had."""
    given = [str(port), str(seconds)]
    command = [sys.executable, __file__, kind, *given]
    if kind == "gmqtt":
        uv = Path(sys.executable).parent / "uv"
        if shutil.which(uv) is None:
            return None
        command = [
            str(uv),
            "run",
            "--quiet",
            "--no-project",
            "--with",
            "gmqtt",
            "python",
            "-c",
            GMQTT,
            *given,
        ]
    told = subprocess.run(command, capture_output=True, text=True)
    if told.returncode:
        return None
    count, us = told.stdout.split()
    return int(count), float(us)


async def _heard(kind: str, port: int, seconds: float) -> tuple[int, float]:
    from bench.intake import Bare
    from dreamwire import topics
    from dreamwire.broker_access import Access, Address
    from dreamwire.connection import PromptClient

    count = 0

    def add(more: int) -> None:
        nonlocal count
        count += more

    async def taken() -> tuple[int, float]:
        await asyncio.sleep(0.5)
        began, before = time.process_time(), count
        await asyncio.sleep(seconds)
        return count - before, (time.process_time() - began) * 1e6 / max(count - before, 1)

    if kind == "aiomqtt":
        access = Access(Address("127.0.0.1", port))
        async with PromptClient(access, lambda _: add(1), clean_session=True) as client:
            await client.hear([(topics.FRAMES, 0)])
            return await taken()
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: Bare(add, kind == "mqtt5"), "127.0.0.1", port)
    return await taken()


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1])]
    print(*asyncio.run(_heard(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))))
