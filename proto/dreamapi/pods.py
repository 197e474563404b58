"""The caller's view of pods: bare ids or full names in, the API's messages out."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import grpc.aio

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking, freeing
from dreamapi.v1 import pods_pb2 as beds
from dreamapi.v1.pods_pb2_grpc import PodsStub
from dreamapi.v1.severing_pb2 import SeverOutcome

PAGE: int = 500


class Pods:
    """The beds."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = PodsStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def list(self) -> list[beds.Pod]:
        """Every pod ever seen, by name."""
        found: list[beds.Pod] = []
        request = asking(beds.ListPodsRequest, page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListPods, request, beds.ListPodsResponse)
            found += page.pods
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def get(self, pod: str) -> beds.Pod:
        """One pod."""
        return await self._line.ask(
            self._stub.GetPod, asking(beds.GetPodRequest, name=names.pod(pod)), beds.Pod
        )

    async def watch(self) -> AsyncGenerator[beds.Pod, None]:
        """Every pod, then each that changes; resumes by itself, with every pod again."""
        answers = self._line.follow(self._stub.WatchPods, beds.WatchPodsRequest, beds.WatchPodsResponse)
        async with aclosing(answers):
            async for answer in answers:
                for pod in answer.pods:
                    yield pod

    async def check_in(self, pod: str, sleeper: str, *, etag: str = "", request_id: str = "") -> beds.Pod:
        """Bind a sleeper (a pseudonym) to a pod."""
        request = asking(
            beds.CheckInPodRequest,
            name=names.pod(pod),
            sleeper=names.sleeper(sleeper),
            etag=etag,
            request_id=request_id or new_request_id(),
        )
        return await self._line.ask(self._stub.CheckInPod, request, beds.Pod)

    async def check_out(self, pod: str) -> beds.Pod:
        """Release the pod, then unbind its sleeper."""
        request = freeing(beds.CheckOutPodRequest, name=names.pod(pod), request_id=new_request_id())
        return await self._line.free(self._stub.CheckOutPod, request, beds.Pod)

    async def release(self, pod: str, *, reason: str = "") -> SeverOutcome:
        """Set this bed alone to zero, now."""
        request = freeing(
            beds.ReleasePodRequest, name=names.pod(pod), reason=reason, request_id=new_request_id()
        )
        return await self._line.free(self._stub.ReleasePod, request, SeverOutcome)
