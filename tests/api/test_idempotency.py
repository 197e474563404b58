"""Request ids: a write is done once and answered alike; ways out are always carried out again."""

import asyncio

import grpc.aio
import pytest

import dreamapi
from dreamapi.v1.dreamscapes_pb2 import CreateDreamscapeRequest, SeverDreamscapeRequest
from dreamapi.v1.dreamscapes_pb2_grpc import DreamscapesStub
from dreamapi.v1.pods_pb2 import CheckInPodRequest, Pod
from dreamd.adapters.grpc.calls.errors import Declined
from dreamd.adapters.grpc.calls.idempotency import KEEP_S, IdempotencyCache
from dreamd.core.dreamscapes.views import DreamscapeState, PodView
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from fakes.coordination import FakeCoordination
from fakes.views import pod_view


async def test_the_same_write_twice_is_done_once(application: FakeCoordination, api: dreamapi.Api) -> None:
    """The same write with the same id returns the first answer and is done once."""
    plan = dreamapi.plan(seats_min=1, seats_max=2)
    first = await api.dreamscapes.create("n", plan, request_id="r1")
    assert await api.dreamscapes.create("n", plan, request_id="r1") == first
    assert len(application.calls) == 1


async def test_an_id_used_for_something_else_is_refused(api: dreamapi.Api) -> None:
    """Two different requests with one id are refused as the caller's mistake."""
    await api.pods.check_in("bed-1", "ada", request_id="r1")
    with pytest.raises(dreamapi.RequestIdReused):
        await api.pods.check_in("bed-1", "grace", request_id="r1")


async def test_a_refusal_is_not_remembered(application: FakeCoordination, api: dreamapi.Api) -> None:
    """A refusal is not remembered, as it may pass."""
    application.refuse("check_in", Refusal(Code.POD_OFFLINE, "pod bed-1 is offline"))
    with pytest.raises(dreamapi.PodOffline):
        await api.pods.check_in("bed-1", "ada", request_id="r1")
    assert (await api.pods.check_in("bed-1", "ada", request_id="r1")).sleeper == "sleepers/ada"


async def test_leaving_is_always_done_again(application: FakeCoordination, channel: grpc.aio.Channel) -> None:
    """A sever with an old, odd or reused request id severs all the same."""
    application.add("n", DreamscapeState.DREAMING)
    for reason in ("one", "one", "two"):
        for request_id in ("r1", "with spaces " * 20):
            request = SeverDreamscapeRequest(name="dreamscapes/n", reason=reason, request_id=request_id)
            await DreamscapesStub(channel).SeverDreamscape(request)
    assert sum(call[0] == "sever" for call in application.calls) == 6


async def test_an_id_that_is_none_is_refused(api: dreamapi.Api) -> None:
    """A request id that is not short and printable is refused."""
    with pytest.raises(dreamapi.InvalidArgument, match="request_id: expected at most 64"):
        await api.pods.check_in("bed-1", "ada", request_id="a b")


class Counted:
    """A write that counts its calls."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Pod:
        self.times += 1
        return Pod(name=f"pods/{self.times}")


def test_answers_are_kept_ten_minutes() -> None:
    """An answer is repeated for ten minutes; afterwards the write is done again."""
    now_s = [0.0]
    replays, act = IdempotencyCache(lambda: now_s[0]), Counted()
    request = CheckInPodRequest(name="pods/bed-1", request_id="r1")
    for now_s[0] in (0.0, KEEP_S, KEEP_S + 0.1):
        answer = replays.once("anna", request, Pod, act)
    assert (act.times, answer.name, len(replays)) == (2, "pods/2", 1)


@pytest.mark.parametrize("bounds", [{"entries_max": 3}, {"bytes_max": 3 * len("xx pods/1")}])
def test_remembered_answers_are_bounded(bounds: dict[str, int]) -> None:
    """Remembered answers are bounded in number and bytes; the oldest is dropped."""
    replays, act = IdempotencyCache(lambda: 0.0, **bounds), Counted()
    for number in range(9):
        replays.once("anna", CheckInPodRequest(request_id=f"r{number}"), Pod, act)
    assert len(replays) <= 3
    replays.once("anna", CheckInPodRequest(request_id="r8"), Pod, act)
    assert act.times == 9
    replays.once("anna", CheckInPodRequest(request_id="r0"), Pod, act)
    assert act.times == 10


def test_ids_of_different_methods_do_not_meet() -> None:
    """One id may be used for different methods, such as a check-in and a creation."""
    replays, act = IdempotencyCache(lambda: 0.0), Counted()
    replays.once("anna", CheckInPodRequest(request_id="r"), Pod, act)
    replays.once("anna", CreateDreamscapeRequest(request_id="r"), Pod, act)
    assert act.times == 2
    with pytest.raises(Declined):
        replays.once("anna", CheckInPodRequest(name="pods/other", request_id="r"), Pod, act)


def test_ids_of_different_principals_do_not_meet() -> None:
    """One id of two principals is two writes, whether alike or not; each gets its own answer again."""
    replays, act = IdempotencyCache(lambda: 0.0), Counted()
    request, other = CheckInPodRequest(name="pods/1", request_id="r"), CheckInPodRequest(request_id="r")
    asked = (("anna", request), ("ben", request), ("", other), ("anna", request), ("ben", request))
    answers = [replays.once(by, one, Pod, act).name for by, one in asked]
    assert answers == ["pods/1", "pods/2", "pods/3", "pods/1", "pods/2"]


async def test_a_call_waits_for_the_ledger_and_its_copy_for_the_same_answer(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """Two calls with one id are one write.

    Both wait for the ledger and get its answer, which is remembered.
    """
    later: Deferred[PodView] = Deferred()
    application.refuse("check_in", later)  # type: ignore[arg-type] -- an answer that waits
    async with asyncio.TaskGroup() as calls:
        both = [calls.create_task(api.pods.check_in("bed-1", "ada", request_id="r1")) for _ in range(2)]
        while not application.calls:  # noqa: ASYNC110 - the server runs in this loop
            await asyncio.sleep(0)
        assert not any(call.done() for call in both)
        later.settle(pod_view("bed-1", sleeper="ada"))
    assert {call.result().sleeper for call in both} == {"sleepers/ada"}
    assert (await api.pods.check_in("bed-1", "ada", request_id="r1")).sleeper == "sleepers/ada"
    assert len(application.calls) == 1


async def test_a_ledger_that_is_too_slow_is_a_refusal_that_is_not_remembered(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """A slow ledger gives LEDGER_UNAVAILABLE, which is not remembered: a later call with the id is done."""
    later: Deferred[PodView] = Deferred()
    later.settle(Refusal(Code.LEDGER_UNAVAILABLE, "the ledger has not kept the check-in within 3 s"))
    application.refuse("check_in", later)  # type: ignore[arg-type] -- an answer that waits
    with pytest.raises(dreamapi.LedgerUnavailable):
        await api.pods.check_in("bed-1", "ada", request_id="r1")
    assert (await api.pods.check_in("bed-1", "ada", request_id="r1")).sleeper == "sleepers/ada"


async def test_a_disconnected_caller_changes_nothing(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """A write goes on although its caller hangs up; a second call with the id gets its result."""
    later: Deferred[PodView] = Deferred()
    application.refuse("check_in", later)  # type: ignore[arg-type] -- an answer that waits
    first = asyncio.ensure_future(api.pods.check_in("bed-1", "ada", request_id="r1"))
    while not application.calls:  # noqa: ASYNC110 - the server runs in this loop
        await asyncio.sleep(0)
    first.cancel()
    later.settle(pod_view("bed-1", sleeper="ada"))
    assert (await api.pods.check_in("bed-1", "ada", request_id="r1")).sleeper == "sleepers/ada"
    assert len(application.calls) == 1
