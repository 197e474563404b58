"""A daemon that does not own its house, asked from JavaScript with the usual retry policy."""

import asyncio
import json
from pathlib import Path
from typing import Any

from dreamd.adapters.grpc.elsewhere_server import serve_elsewhere
from dreamd.adapters.grpc.server import serve_grpc
from dreamd.core.refusals import Code, Refusal
from fakes.coordination import FakeCoordination
from foreign.node import ROOT, needs_node, node

FAILED_PRECONDITION, UNAVAILABLE = 9, 14
ATTEMPTS = 5
"""Of the retry policy."""


@needs_node
async def test_a_client_in_another_language_reads_where_the_owner_is() -> None:
    """It asks a standby once for each call and reads the address; a house without an owner is asked again."""
    asked: list[Code] = []
    owner = await serve_grpc(FakeCoordination(), "127.0.0.1", 0)
    led = Refusal(Code.OWNER_ELSEWHERE, "another owns it", {"address": f"127.0.0.1:{owner.port}"})
    unowned = Refusal(Code.HOUSE_UNOWNED, "no daemon owns it for the moment")
    try:
        told = await asked_from_javascript(led, asked)
        assert asked == [Code.OWNER_ELSEWHERE] * 2
        for call in ("list", "watch"):
            assert (told[call]["code"], told[call]["reason"]) == (FAILED_PRECONDITION, "OWNER_ELSEWHERE")
        assert told["owner"] == {"pods": 3}
        asked.clear()
        told = await asked_from_javascript(unowned, asked)
        assert (told["list"]["code"], told["list"]["reason"]) == (UNAVAILABLE, "HOUSE_UNOWNED")
        assert len(asked) == 2 * ATTEMPTS
    finally:
        await owner.stop(0.0)


async def asked_from_javascript(no: Refusal, asked: list[Code]) -> dict[str, Any]:
    """Return the output of the script for a daemon that answers so; `asked` gets each call that it saw."""

    def refusal() -> Refusal:
        asked.append(no.code)
        return no

    server = await serve_elsewhere("127.0.0.1", 0, refusal)
    try:
        script = Path(__file__).with_name("elsewhere.js")
        ran = await asyncio.to_thread(node, script, f"127.0.0.1:{server.port}", str(ROOT / "proto"))
        assert ran.returncode == 0, ran.stderr
        found: dict[str, Any] = json.loads(ran.stdout)
        return found
    finally:
        await server.end_serving()
