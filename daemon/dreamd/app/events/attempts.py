"""How a part of the application is told to run what is not its own: a watcher, a listener, a link."""

from collections.abc import Callable

Attempt = Callable[[str, Callable[[], object]], object]
"""Run a step by name. `failures.Failures.attempt` keeps a bug in it from ending the step that runs it."""


def plainly(_step: str, act: Callable[[], object]) -> object:
    """Run the step and let it raise, where no one keeps failures."""
    return act()
