"""The MQTT client of both ends: a program's end waits for no broker and no name server."""

import asyncio
import threading

import pytest

from dreamwire.broker_access import Access, Address
from dreamwire.connection import PromptClient
from dreamwire.detached_thread import aside
from fakes.loop import run_virtual

HANGS_S = 5.0
NOWHERE = Access(Address("127.0.0.1", 1, tls=False), None, "", "")


class Hanging(PromptClient):
    """A client that hangs in connecting, as with a name server that does not answer."""

    let_go: threading.Event
    ended = False

    def _client_connect(self) -> None:
        self.let_go.wait(HANGS_S)
        Hanging.ended = True
        raise OSError("the process ended meanwhile")


def client(kind: type[PromptClient] = PromptClient) -> PromptClient:
    """A client without a user."""
    return kind(NOWHERE, lambda _: None, identifier="x", timeout=5.0)


def test_the_end_of_a_program_does_not_wait_for_a_connection_that_hangs() -> None:
    """A cancelled client ends at once; neither the loop nor its end waits for the thread."""
    Hanging.let_go = threading.Event()

    async def main() -> float:
        async def connect() -> None:
            async with client(Hanging):
                raise AssertionError("connected to nothing")

        task = asyncio.create_task(connect(), name="connect")
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) < 1.0
    assert not Hanging.ended
    Hanging.let_go.set()


def test_a_cancellation_that_comes_with_the_answer_is_not_swallowed() -> None:
    """A cancellation that comes with the answer is kept, unlike in Python 3.11's `wait_for`."""

    async def main() -> bool:
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(client()._wait_for(answer, None), name="wait")
        await asyncio.sleep(0)
        answer.set_result(1)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert run_virtual(main())


def test_work_aside_returns_raises_and_outlives_a_wait_that_is_cancelled() -> None:
    """A result or an error arrives at the awaiting call; a late result does no harm."""
    hold = threading.Event()

    async def main() -> None:
        assert await aside(lambda: 7, "seven") == 7
        with pytest.raises(ZeroDivisionError):
            await aside(lambda: 1 // 0, "nothing")
        task = asyncio.create_task(aside(hold.wait, "held"), name="held")
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(main())
    hold.set()
