"""How a part of the application runs a step that is not its own: a watcher, a listener, a link."""

from collections.abc import Callable

Attempt = Callable[[str, Callable[[], object]], object]
"""Run a step by name. `StepFailures.attempt` keeps a bug in it from ending the step that runs it."""


def plainly(_step: str, act: Callable[[], object]) -> object:
    """Run the step and let it raise, where failures are not kept."""
    return act()
