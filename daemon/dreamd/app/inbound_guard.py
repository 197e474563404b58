"""The guard before the inbound router: each message is a step of its own, and a bug in one costs no other."""

from functools import partial

from dreamd.app.inbound import InboundRouter
from dreamd.app.safety.step_failures import StepFailures
from dreamwire.frame_columns import FrameBlock
from dreamwire.messages import ClockProbe, Frame, PodEvent, Presence, Status, WakeOrder
from dreamwire.topics import FramesTopic


class InboundGuard:
    """Passes each message to the router, and sets every sleeper to zero where that raises."""

    def __init__(self, router: InboundRouter, failures: StepFailures, broker: int = 0) -> None:
        """broker: the number of the broker whose messages come here."""
        self._router = router
        self._attempt = failures.attempt
        self._broker = broker

    def on_presence(self, presence: Presence) -> None:
        """A pod is there, or gone."""
        self._attempt("presence", partial(self._router.on_presence, presence, self._broker))

    def on_status(self, status: Status) -> None:
        """A pod's report on itself."""
        self._attempt("status", partial(self._router.on_status, status, self._broker))

    def on_event(self, event: PodEvent) -> None:
        """An event at a pod."""
        self._attempt("event", partial(self._router.on_event, event))

    def on_clock_probe(self, pod: str, probe: ClockProbe, received_s: float) -> None:
        """A clock probe, with the session time at which it came."""
        self._attempt("clock", partial(self._router.on_clock_probe, pod, probe, received_s))

    def on_frames(self, topic: FramesTopic, frames: tuple[Frame, ...]) -> None:
        """Frames of one sender for one cohort."""
        self._attempt("frames", partial(self._router.on_frames, topic, frames))

    def on_frame_block(self, block: FrameBlock) -> None:
        """Frames of many senders that arrived together."""
        self._attempt("frames", partial(self._router.on_frame_block, block))

    def on_behind(self, dropped: int) -> None:
        """Frames were dropped unread."""
        self._attempt("frames", partial(self._router.on_behind, dropped))

    def on_malformed(self, sender: str, kind: str, reason: str) -> None:
        """A payload that could not be read."""
        self._attempt("malformed", partial(self._router.on_malformed, sender, kind, reason))

    def on_link(self, *, up: bool) -> None:
        """The broker has been reached or lost."""
        self._attempt("link", partial(self._router.on_link, up=up, broker=self._broker))

    def on_count(self, writes: int) -> None:
        """The broker's retained count of the ledger's writes."""
        self._attempt("link", partial(self._router.on_count, writes))

    def on_wake_place(self, found: WakeOrder | None) -> None:
        """The content of the retained place of wake orders."""
        self._attempt("link", partial(self._router.on_wake_place, found))
