"""The engine that joins the parts of one Dreamscape that is larger than a machine.

Each house keeps its own sleepers: intake, breakers, exposure, broadcasts. Once a tick it sends its sums
(`fusion.reduction.Part`, about 2 kB) and hears the sums of all. Nothing that can be led back to one sleeper
passes through: no frame, no name of a pod, no coupling. Safety depends on none of it: an answer that does not
come is a tick without a grant, and the sleepers are alone by their own leases.
"""

from collections.abc import Callable
from typing import Protocol

from dreamd.fusion.reduction import Part

Heard = Callable[[str, Part], None]
"""Called with the name of a Dreamscape and an answer."""


class CohortEngine(Protocol):
    """Joins parts of Dreamscapes; one for each house.

    An answer MUST hold the sums of the houses that it names, each once and whole, at one centre. All houses
    of one tick MUST hear the same answer, or none. A part that is late MUST be in no answer, and its house
    MUST hear the newest one. A house that is gone MUST delay one tick at most.
    """

    def submit(self, dreamscape: str, part: Part) -> None:
        """MUST return at once, whatever the engine does: a part that it cannot take is lost, not queued."""
        ...

    def listen(self, heard: Heard) -> None:
        """MUST call `heard` with each answer, on any thread; it is set before the first `submit`."""
        ...

    @property
    def trouble(self) -> str:
        """Why no part is joined now, one sentence; MUST be empty while answers come. Safe on any thread."""
        ...

    def close(self) -> None:
        """MUST end every thread and process of its own within two seconds; no answer is heard after it."""
        ...


class NoEngine:
    """Joins nothing: a house whose Dreamscapes are all its own."""

    trouble = ""

    def submit(self, dreamscape: str, part: Part) -> None:
        """Lose the part."""

    def listen(self, heard: Heard) -> None:
        """Nothing is heard."""

    def close(self) -> None:
        """Nothing is open."""
