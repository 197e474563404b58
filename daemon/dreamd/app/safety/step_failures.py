"""Bugs in a step of the daemon: sleepers are set to zero first, then reported, and the daemon goes on.

The daemon does not end, for the other sleepers' ticks, the severs and the resending of commands need this
process. It sets zero, for after a bug no grant can be vouched for. So each step of house-keeping, each
message from a pod and each watcher runs in `attempt`. A bug in the tick of one Dreamscape concerns that one
alone; every other bug concerns all. A concerned Dreamscape is granted nothing for HOLD_S, so that a bug of
every tick is one long zero and no flicker. Where even a zero cannot be published the daemon ends, and each
pod is alone by its own tether.

Attempts nest: a watcher may fail within a tick. The outermost one reports, so that nothing is granted
afterwards in the same turn.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from dreamd.app.events.journal import Journal
from dreamd.core.limits import FAILURE_HOLD_S
from dreamwire.buggify import buggify

TELL_EVERY_S: Final = 10.0
"""A step that fails again within this is counted and not reported again."""
PENDING_MAX: Final = 64

STEPS: Final = (
    *("tick", "pass", "archive", "orders", "locks", "wake-orders", "ledger", "clinic", "meters"),
    *("presence", "status", "event", "clock", "frames", "malformed", "link"),
    *("watcher", "log", "aside", "lag", "readiness", "service-manager", "mqtt", "drive"),
)
"""Every step, as events and metrics name it."""

Value = TypeVar("Value")


class InjectedError(Exception):
    """A bug that a simulation puts into a step."""


class CannotZeroError(Exception):
    """After a bug not even a zero could be published; the daemon has to end."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A bug in a step. of: the Dreamscape it concerns alone; empty: it concerns all."""

    step: str
    error: Exception
    of: str = ""


class Hushed(Protocol):
    """A Dreamscape, as far as a failure concerns it."""

    def hush(self) -> None:
        """Publish zeros now."""
        ...


class StepFailures:
    """Runs steps, and keeps a bug in one of them from costing the others anything but a zero."""

    def __init__(self, now_s: Callable[[], float], count: Callable[[str], None]) -> None:
        """Begin without a failure; `count` is called with the step of each."""
        self._now_s = now_s
        self._count = count
        self._journal: Journal | None = None
        self._everyone: Callable[[], Collection[tuple[str, Hushed]]] = tuple
        self._told: Callable[[Failure], None] = lambda _failure: None
        self._depth = 0
        self._pending: list[Failure] = []
        self._told_s: dict[str, float] = {}
        self._until_s: dict[str, float] = {}
        self._fatal = ""

    def concern(self, everyone: Callable[[], Collection[tuple[str, Hushed]]], journal: Journal) -> None:
        """Set the Dreamscapes that a failure may concern, by name, and the journal for it."""
        self._everyone, self._journal = everyone, journal

    def on_failure(self, told: Callable[[Failure], None]) -> None:
        """Call `told` with each failure that is reported at all (the log has the traceback)."""
        self._told = told

    def attempt(self, step: str, act: Callable[[], Value], of: str = "") -> Value | None:
        """Run `act`; where it raises, set the Dreamscapes it concerns to zero and return None."""
        self._depth += 1  # as `together` does, without a generator: each tick makes some forty attempts
        try:
            value = act()
            if buggify("step-raises"):
                raise InjectedError(step)  # noqa: TRY301 -- as if `act` had raised it at its end
            return value  # noqa: TRY300
        except Exception as error:  # noqa: BLE001 -- no error may end another Dreamscape's tick
            self.note(step, error, of)
            return None
        finally:
            self._turn_over()

    def start_step(self, step: str, act: Callable[[], Value], of: str = "") -> Value | None:
        """Run the first part of a step, of which `attempt` runs the rest; where it raises, as `attempt`.

        Call it within `together`, so that its failure is reported when the turn is over.
        """
        try:
            return act()
        except Exception as error:  # noqa: BLE001 -- as in `attempt`
            self.note(step, error, of)
            return None

    def report(self, step: str, error: Exception) -> None:
        """Count and report a bug that cost no sleeper anything: the step was done again in another way."""
        self._counted(step)
        self._tell(Failure(step, error), "it was done again, apart, and nobody is at zero for it")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Several attempts of one turn: their failures are reported at the end of the turn."""
        self._depth += 1
        try:
            yield
        finally:
            self._turn_over()

    def _turn_over(self) -> None:
        self._depth -= 1
        if self._pending and not self._depth:
            self._settle()

    def check(self) -> None:
        """Raise CannotZeroError where after an earlier failure no zero could be published."""
        if self._fatal:
            raise CannotZeroError(f"after a bug no zero could be published to {self._fatal}")

    def fail(self, step: str, error: Exception) -> None:
        """A step that does not run in `attempt` has failed; it concerns all."""
        with self.together():
            self.note(step, error)

    def note(self, step: str, error: Exception, of: str = "") -> None:
        """Keep a failure; it is reported at the end of the next attempt, at the latest with the next tick."""
        if len(self._pending) < PENDING_MAX:
            self._pending.append(Failure(step, error, of))

    def holds(self, name: str) -> bool:
        """Whether this Dreamscape is granted nothing, because a step has failed a moment ago."""
        if not self._until_s:
            return False
        now_s = self._now_s()
        self._until_s = {of: until_s for of, until_s in self._until_s.items() if now_s < until_s}
        return name in self._until_s or "" in self._until_s

    def _settle(self) -> None:
        failures, self._pending = self._pending, []
        until_s = self._now_s() + FAILURE_HOLD_S
        self._until_s |= {failure.of: until_s for failure in failures}
        self._hush({failure.of for failure in failures})
        for failure in failures:
            self._counted(failure.step)
            self._tell(failure)

    def _counted(self, step: str) -> None:
        with suppress(Exception):  # the meters themselves may be what fails
            self._count(step)

    def _hush(self, concerned: Collection[str]) -> None:
        unheard: list[str] = []
        for name, one in self._everyone():
            if "" in concerned or name in concerned:
                try:
                    one.hush()
                except Exception as error:  # noqa: BLE001 -- the others are set to zero all the same
                    unheard.append(f"{name} ({error!r})")
        self._fatal = self._fatal or ", ".join(unheard)

    def _tell(self, failure: Failure, outcome: str = "") -> None:
        now_s = self._now_s()
        if now_s - self._told_s.get(failure.step, -TELL_EVERY_S) < TELL_EVERY_S:
            return
        self._told_s[failure.step] = now_s
        outcome = outcome or f"{failure.of or 'everyone'} is at zero for now"
        sentence = f"a bug in the step {failure.step} ({type(failure.error).__name__}): {outcome}"
        try:
            self._told(failure)
            if self._journal is not None:
                self._journal.append(now_s, "step-failed", sentence, dreamscape=failure.of, cause="daemon")
        except Exception:  # noqa: BLE001 -- the log itself is what fails; the count tells it
            self._counted("log")
