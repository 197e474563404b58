"""The health of the daemon's process in words, its build, and the limits that it asks of the system.

/healthz asks for faults of the process, /readyz for what keeps it from working. Both are called on the
thread of HTTP, so nothing here changes anything. The service manager and gRPC health get the same words.
"""

import hashlib
import platform
import resource
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Final

from dreamd.adapters.metrics.gauges import BuildInfo
from dreamd.app.application import Application
from dreamd.app.supervisor import Pulse
from dreamd.ports.clock import SessionClock
from dreamd.settings import Settings
from dreamwire.schema import WIRE_REVISION

READY_PULSE_S: Final = 1.0
ALIVE_PULSE_S: Final = 3.0
DESCRIPTORS: Final = 65_536

Trouble = Callable[[], str]


class DaemonHealth:
    """Answers whether the daemon works, and why not."""

    def __init__(
        self,
        clock: SessionClock,
        pulse: Pulse,
        application: Application,
        troubles: Sequence[Trouble],
    ) -> None:
        """clock: of its own thread. pulse: of the newest tick. troubles: a sentence each, or nothing."""
        self._clock, self._pulse, self._application = clock, pulse, application
        self._troubles: tuple[Trouble, ...] = (*troubles, lambda: application.ledger_trouble)

    def wrong_alive(self) -> tuple[str, ...]:
        """Faults of the process."""
        ok = self._clock.now_s() - self._pulse.at_s <= ALIVE_PULSE_S
        return () if ok else ("the daemon is frozen: no tick",)

    def wrong_ready(self) -> tuple[str, ...]:
        """Faults that keep the daemon from working, a late tick among them."""
        ok = self._clock.now_s() - self._pulse.at_s <= READY_PULSE_S
        late = "" if ok else f"the last tick is more than {READY_PULSE_S:.0f} s ago"
        return (*self.wrong_work(), *((late,) if late else ()))

    def wrong_work(self) -> tuple[str, ...]:
        """The troubles of the broker, of its rights and of the ledger."""
        return tuple(filter(None, [trouble() for trouble in self._troubles]))

    def status(self) -> str:
        """The status in words; counts alone."""
        wrong = "; ".join(self.wrong_work())
        if wrong:
            return f"not ready: {wrong}"
        tally = self._application.registry.tally()
        if not tally.dreaming:
            return "ready; no Dreamscape dreams"
        what = "Dreamscape dreams" if tally.dreaming == 1 else "Dreamscapes dream"
        return f"ready; {tally.dreaming} {what}, {tally.merged} of {tally.assigned} sleepers merged"


def allow_descriptors() -> None:
    """Raise the limit of descriptors: idle connections must not keep a way out from opening."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def build_info(settings: Settings) -> BuildInfo:
    """Return the build, and a digest of the settings that shows a change and reveals no value."""
    digest = hashlib.sha256(repr(settings).encode()).hexdigest()[:12]
    return BuildInfo(version("dreamd"), platform.python_version(), str(WIRE_REVISION), digest)
