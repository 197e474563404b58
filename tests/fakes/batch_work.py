"""Work for batches: functions of a module, so that workers can import them."""

import os
from dataclasses import asdict
from pathlib import Path


def squared(number: int) -> int:
    """The square of a number."""
    return number * number


def dies_once(place: str) -> str:
    """The first worker that gets this job dies of it."""
    path = Path(place)
    if not path.exists():
        path.touch()
        os._exit(3)
    return place


def dies(_: int) -> int:
    """Each worker dies of it."""
    os._exit(3)


def fails(number: int) -> int:
    """It is no work for a two."""
    if number == 2:
        raise ValueError("two is not wanted")
    return number


def night(seed: int) -> dict[str, object]:
    """The account of a short simulated night."""
    from dreamd.simulation.scenario import run_scenario  # noqa: PLC0415 -- for this work alone

    return asdict(run_scenario(seed, 4, 20.0))
