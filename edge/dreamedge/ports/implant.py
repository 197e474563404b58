"""The implant: the source of samples and, for a simulated sleeper, the receiver of feedback."""

from typing import Protocol, runtime_checkable

from dreamedge.core.merging.cue import Felt
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.recording_facts import Note
from dreamwire.messages import CalibrationSource, Device

__all__ = ["Decimating", "Felt", "Implant", "ImplantError"]


class Implant(Protocol):
    """A neuro-interface, read by polling so that time stays an argument."""

    @property
    def montage(self) -> Montage:
        """MUST be constant for the life of the implant."""
        ...

    @property
    def device(self) -> Device:
        """MUST name the channels of `montage`."""
        ...

    @property
    def source(self) -> CalibrationSource:
        """MUST be LIVE if a person lies in the bed, else REPLAY or SIMULATED."""
        ...

    @property
    def notes(self) -> tuple[Note, ...]:
        """MUST be the findings so far that keep nothing from playing; a finding once told stays."""
        ...

    def enrolment(self) -> Block | None:
        """MUST return earlier samples to calibrate from, or None if calibration has to be live."""
        ...

    def read(self, now_ns: int) -> Block | None:
        """MUST return at once with all samples captured since the last read, or None.

        `now_ns` never goes back. The first call starts the implant's time.
        """
        ...

    def feel(self, felt: Felt, now_ns: int) -> None:
        """MUST accept the sleeper's feedback; only a simulated sleeper reacts to it."""
        ...

    @property
    def ended(self) -> bool:
        """MUST be True once no sample will come again by plan (a recording is over)."""
        ...

    @property
    def onset_ns(self) -> int:
        """MUST be the stamp at which an injected malfunction began, 0 if none did or none is known."""
        ...

    def close(self) -> None:
        """MUST release the device; MUST be safe to call twice."""
        ...


@runtime_checkable
class Decimating(Protocol):
    """An implant that decimates a device above 1,000 Hz."""

    def keep_original(self) -> Montage:
        """MUST let each later block carry its stretch as delivered; the montage of these samples.

        An implant that need not decimate returns its own montage, and its blocks carry nothing more. A block
        may then have no rows of its own.
        """
        ...


class ImplantError(Exception):
    """An implant cannot be opened; the text is one sentence for a person: subject, reason, remedy.

    cause: the cause in one word, as in an inspection: `rate`, `unit`, ...; `refused` where none fits.
    """

    def __init__(self, sentence: str, cause: str = "refused") -> None:
        super().__init__(sentence)
        self.cause = cause
