"""Messages of a pod and of the daemon, valid in every field, to be changed with dataclasses.replace."""

import numpy as np

from dreamwire.messages import (
    Calibration,
    CalibrationSource,
    ClockState,
    Collective,
    Command,
    Device,
    Frame,
    PodEvent,
    PodEventKind,
    Presence,
    Release,
    Status,
    Versions,
)
from dreamwire.schema import SCHEMAS

SCHEMA = SCHEMAS["bands6x2"]
SIZE = SCHEMA.size


def presence(pod: str = "bed-1") -> Presence:
    """A simulated pod, online."""
    device = Device("simulated", "sleeper", ("Fp1", "O1"), 256.0)
    return Presence(pod, 1, True, "north", device, "bands6x2", Versions("0.1.0", 1))


def status(pod: str = "bed-1") -> Status:
    """Idle and well."""
    nothing = np.zeros(0, dtype=np.float32)
    return Status(
        pod=pod,
        incarnation=1,
        assignment=0,
        channels=(),
        quality=1.0,
        quality_cause="",
        calibration=Calibration(
            done=False, source=CalibrationSource.SIMULATED, clean_s=0.0, template_db=nothing, scale_db=nothing
        ),
        clock=ClockState(synced=True, offset_us=0, uncertainty_us=200, round_trip_us=400),
        applied=0.0,
        latched="",
        severed=None,
        outcomes=(),
        load_cpu=0.01,
        load_rss_kib=60_000,
        refused_broadcasts=0,
        recording_ended=False,
    )


def event(pod: str = "bed-1") -> PodEvent:
    """Severed: railed."""
    return PodEvent(bytes(16), pod, 1, PodEventKind.SEVERED, cause="railed")


def frame(seq: int = 1) -> Frame:
    """A hop of a calm sleeper."""
    return Frame(
        assignment=7,
        seq=seq,
        instant=7_040_000_000,
        offset_error_us=0,
        uncertainty_us=200,
        schema=SCHEMA.code,
        features=np.zeros(SIZE, dtype=np.float32),
        phasors=np.full((2, len(SCHEMA.phase_bands), 2), np.nan, dtype=np.float32),
        quality=1.0,
        applied=0.0,
        fading=False,
        latched="",
        heard_term=0,
        heard_tick=0,
        severed=None,
        own_z=1.0,
    )


def collective(tick: int = 1, dreamscape: str = "night") -> Collective:
    """A tick of eight sleepers' slots, everyone alone."""
    centre = np.zeros(SIZE, dtype=np.float32)
    return Collective(
        dreamscape=dreamscape,
        cohort=0,
        tick=tick,
        instant=7_040_000_000 + tick,
        term=1_760_000_000_000,
        min_reader=1,
        r=centre,
        m=centre,
        sum=centre,
        weight=1.0,
        coupling=np.zeros(8, dtype=np.uint8),
        answered=np.zeros(8, dtype=np.uint16),
    )


def release(counter: int, pod: str = "bed-1") -> Command:
    """A release command."""
    return Command(pod, counter, 1, 1_760_000_030_000, Release("operator"))
