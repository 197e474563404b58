"""Leading live over gRPC: vectors in, one answer at the end, refusals by name."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence

import grpc.aio
import pytest

import dreamapi
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1.dreamscapes_pb2_grpc import DreamscapesStub
from dreamd.core.dreamscapes.views import DreamscapeState
from fakes.coordination import FakeCoordination
from fakes.waiting import until

Word = tuple[Sequence[float], float]
VECTOR = [0.25] * 12


async def words(*said: Word) -> AsyncIterator[Word]:
    """These items, one after the other."""
    for word in said:
        yield word


@pytest.fixture
def night(application: FakeCoordination) -> FakeCoordination:
    """A Dreamscape with an artist share of .3."""
    application.add("n", DreamscapeState.DREAMING)
    return application


async def test_vectors_are_taken_until_they_end(api: dreamapi.Api, night: FakeCoordination) -> None:
    """The answer states the number of vectors; afterwards the Dreamscape has no lead."""
    answer = await api.dreamscapes.lead("n", words((VECTOR, 0.1), (VECTOR, 0.3)))
    assert answer.taken == 2
    assert night.artists.newest()[1] == 0.0
    assert (await api.dreamscapes.lead("n", words())).taken == 0


async def test_a_lead_lasts_as_long_as_its_stream(api: dreamapi.Api, night: FakeCoordination) -> None:
    """The vector stands while the stream is open; the lead ends when the caller disconnects."""
    hold = asyncio.Event()

    async def held() -> AsyncIterator[Word]:
        yield VECTOR, 0.2
        await hold.wait()

    lead = asyncio.ensure_future(api.dreamscapes.lead("n", held()))
    await until(lambda: night.artists.newest()[1] == 0.2)
    with pytest.raises(dreamapi.LeadTaken):
        await api.dreamscapes.lead("n", words((VECTOR, 0.1)))
    lead.cancel()
    await until(lambda: night.artists.newest()[1] == 0.0)
    assert (await api.dreamscapes.lead("n", words((VECTOR, 0.1)))).taken == 1


@pytest.mark.parametrize(
    "word", [([math.nan] * 12, 0.1), ([1.0] * 11, 0.1), (VECTOR, 0.6), (VECTOR, math.nan)]
)
async def test_what_cannot_be_is_refused(api: dreamapi.Api, night: FakeCoordination, word: Word) -> None:
    """A vector out of range is INVALID_ARGUMENT with the field, and ends the lead."""
    with pytest.raises(dreamapi.InvalidArgument) as refused:
        await api.dreamscapes.lead("n", words((VECTOR, 0.1), word))
    assert refused.value.metadata["field"] in {"vector", "share"}
    assert night.artists.newest()[1] == 0.0


async def test_the_first_message_names_the_dreamscape(
    channel: grpc.aio.Channel, night: FakeCoordination
) -> None:
    """The first message must name the Dreamscape; later ones may omit it but not name another."""
    stub = DreamscapesStub(channel)

    async def ask(*requested: str) -> dreams.LeadDreamscapeResponse:
        requests = [dreams.LeadDreamscapeRequest(name=name, vector=VECTOR, share=0.1) for name in requested]
        return await stub.LeadDreamscape(iter(requests))

    assert (await ask("dreamscapes/n", "", "dreamscapes/n")).taken == 3
    for requested in ((), ("",), ("dreamscapes/n", "dreamscapes/m")):
        if not requested:
            assert (await ask()).taken == 0
            continue
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask(*requested)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_plans_carry_the_artists_share(api: dreamapi.Api, application: FakeCoordination) -> None:
    """A plan has the artist share as requested; if absent, it cannot be led."""
    made = await api.dreamscapes.create("m", dreamapi.plan(seats_min=3, seats_max=8, artist_share=0.4))
    assert made.plan.artist_share == 0.4
    plain = await api.dreamscapes.create("o", dreamapi.plan(seats_min=3, seats_max=8))
    assert plain.plan.artist_share == 0.0
