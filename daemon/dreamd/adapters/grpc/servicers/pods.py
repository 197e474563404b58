"""The Pods service: each method checks its input, asks the application, translates the answer."""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import AsyncIterator
from contextlib import closing

from dreamapi.v1 import pods_pb2 as beds
from dreamapi.v1 import severing_pb2 as severing
from dreamapi.v1.pods_pb2_grpc import PodsServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import granted
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.interceptor import Context, sight_of
from dreamd.adapters.grpc.calls.pagination import page, parts
from dreamd.adapters.grpc.calls.streams import ChangeSignals, confirmed, kept
from dreamd.adapters.grpc.servicers import responses
from dreamd.app.api.protocols import PodsApi
from dreamd.core.limits import PODS_IN_A_MESSAGE


class Pods(PodsServicer):
    """Serves dreamapi.v1.Pods."""

    def __init__(self, pods: PodsApi, replays: IdempotencyCache, bells: ChangeSignals) -> None:
        self._pods = pods
        self._replays = replays
        self._bells = bells

    async def ListPods(self, request: beds.ListPodsRequest, context: Context) -> beds.ListPodsResponse:
        """Every pod of the caller's scope that is known, in pages."""
        shows = sight_of(context).shows_pod
        shown, token = page(
            lambda after: filter(shows, self._pods.list(after)),
            lambda view: view.pod,
            responses.pod,
            request.page_size,
            request.page_token,
        )
        return beds.ListPodsResponse(pods=shown, next_page_token=token)

    async def GetPod(self, request: beds.GetPodRequest, _context: Context) -> beds.Pod:
        """One pod."""
        return responses.pod(granted(self._pods.get(request_fields.pod_id(request.name))))

    async def WatchPods(
        self, _request: beds.WatchPodsRequest, context: Context
    ) -> AsyncIterator[beds.WatchPodsResponse]:
        """All pods, then those that change, conflated: nothing is taken while a write is waiting."""
        shows = sight_of(context).shows_pod
        with (
            self._bells.bell() as bell,
            closing(granted(self._pods.watch(bell.ring))) as watch,
        ):
            while True:
                views = watch.take()
                for part in parts(filter(shows, views), responses.pod, PODS_IN_A_MESSAGE):
                    yield beds.WatchPodsResponse(pods=part)
                if not views:
                    await bell.heard()

    async def CheckInPod(self, request: beds.CheckInPodRequest, context: Context) -> beds.Pod:
        """Bind a sleeper to a pod."""
        pod, sleeper = request_fields.pod_id(request.name), request_fields.sleeper_id(request.sleeper)
        return await self._replays.bound(
            principal_of(context),
            request,
            beds.Pod,
            lambda: self._pods.check_in(caller_of(context), pod, sleeper, request.etag),
            responses.pod,
        )

    async def CheckOutPod(self, request: beds.CheckOutPodRequest, context: Context) -> beds.Pod:
        """Release the pod, then unbind its sleeper."""
        out = await kept(self._pods.check_out(caller_of(context), request_fields.pod_id(request.name)))
        return responses.pod(out)

    async def ReleasePod(self, request: beds.ReleasePodRequest, context: Context) -> severing.SeverOutcome:
        """This bed alone, now."""
        pod = request_fields.pod_id(request.name)
        ticket = granted(self._pods.release(caller_of(context), pod, request_fields.reason(request.reason)))
        return responses.outcome(await confirmed(ticket, context))
