"""An answer with very many seats is made between the turns of the event loop."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from dreamapi.v1.dreamscapes_pb2 import GetDreamscapeRequest
from dreamd.adapters.grpc.calls.streams import ChangeSignals
from dreamd.adapters.grpc.servicers import responses
from dreamd.adapters.grpc.servicers.dreamscapes import SEATS_A_TURN, Dreamscapes
from dreamd.core.dreamscapes.views import Plan
from fakes.views import dreamscape_view

PODS = tuple(f"bed-{number}" for number in range(3 * SEATS_A_TURN + 1))


async def test_the_loop_goes_round_while_many_seats_are_read() -> None:
    """A Dreamscape of many seats is answered whole, and the loop serves other work meanwhile."""
    view = dreamscape_view(Plan("night", 3, len(PODS), pods=PODS))
    api, asked = SimpleNamespace(get=lambda _name: view), GetDreamscapeRequest(name="dreamscapes/night")
    served = Dreamscapes(cast("Any", api), cast("Any", None), cast("Any", None), ChangeSignals())
    answering = asyncio.ensure_future(served.GetDreamscape(asked, cast("Any", SimpleNamespace())))
    turns = 0
    while not answering.done():
        await asyncio.sleep(0)
        turns += 1
    assert answering.result() == responses.dreamscape(view)
    assert turns >= len(PODS) // SEATS_A_TURN
