"""The status of a pod: once a second, and at once after a decision."""

from dreamedge.core.clock import SessionClock
from dreamedge.core.frame_way import FrameWay
from dreamedge.core.identity import Identity
from dreamedge.core.merging.command_filter import CommandFilter
from dreamedge.core.merging.effects import SendStatus
from dreamedge.core.merging.event_reporter import EventReporter
from dreamedge.core.merging.merge_controller import MergeController
from dreamedge.core.signal.features import Hop
from dreamwire.messages import Calibration, Status


class StatusReporter:
    """Makes the status of one pod from its parts. load: of the process, share of a core and KiB."""

    def __init__(
        self,
        identity: Identity,
        clock: SessionClock,
        merge: MergeController,
        orders: CommandFilter,
        account: EventReporter,
        way: FrameWay,
    ) -> None:
        self._identity = identity
        self._clock = clock
        self._merge = merge
        self._orders = orders
        self._account, self._way = account, way
        self.load = (0.0, 0)

    def status(
        self,
        hop: Hop | None,
        felt: tuple[float, str],
        calibration: Calibration,
        now_ns: int,
        *,
        leaving: bool,
    ) -> SendStatus:
        """Return the status as of `now_ns`. felt: the quality of the hop and its cause."""
        assign = self._merge.assigned
        quality, cause = (0.0, "silence") if self._merge.guard.silent(now_ns) else felt
        return SendStatus(
            Status(
                pod=self._identity.pod,
                incarnation=self._identity.incarnation,
                assignment=assign.assignment if assign else 0,
                channels=hop.channels if hop else (),
                quality=quality,
                quality_cause=cause,
                calibration=calibration,
                clock=self._clock.state(now_ns),
                applied=self._merge.applied(now_ns),
                latched=self._merge.latched,
                severed=self._merge.severed,
                outcomes=self._orders.outcomes,
                load_cpu=self.load[0],
                load_rss_kib=self.load[1],
                refused_broadcasts=self._account.refused_broadcasts,
                recording_ended=leaving,
                at_us=now_ns // 1000,
                renderer=self._identity.renderer,
                renderer_fault=self._merge.guard.unrendered,
                unheard_gateway=self._way.unheard,
            )
        )
