"""The light at the bed: shows whether the sleeper is coupled, alone or latched."""

from enum import StrEnum
from typing import Protocol


class LightState(StrEnum):
    """The states that a light shows."""

    COUPLED = "coupled"
    ALONE = "alone"
    LATCHED = "latched"


class Light(Protocol):
    """A lamp. It MUST show alone by itself once it is not told otherwise for LIGHT_SILENT_S."""

    def show(self, state: LightState) -> None:
        """MUST return at once."""
        ...

    def troubles(self) -> tuple[str, ...]:
        """MUST return at once with each reason for a loss since the last call, and '' for a return."""
        ...

    def close(self) -> None:
        """MUST show alone and release the lamp; MUST be safe to call twice."""
        ...


LIGHT_SILENT_S = 0.5
"""Seconds without a word from the agent after which the light shows alone."""


class LightError(Exception):
    """A light cannot be opened; the text is one sentence for a person: subject, reason, remedy."""
