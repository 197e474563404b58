"""Any message a well-behaved peer could send, drawn by hypothesis."""

from math import inf

import numpy as np
from hypothesis import strategies as st

from dreamwire.messages import (
    Ack,
    Assign,
    Calibration,
    CalibrationSource,
    ChannelState,
    ClockProbe,
    ClockState,
    Collective,
    Command,
    CommandOutcome,
    DaemonPresence,
    Device,
    EncryptedCollective,
    Frame,
    Modality,
    Moratorium,
    PodEvent,
    PodEventKind,
    Presence,
    Recalibrate,
    Release,
    Status,
    StoredSever,
    Versions,
    WakeOrder,
    WakePod,
    WakeScope,
)
from dreamwire.schema import BANDS6X2
from dreamwire.text import fit

u32 = st.integers(0, 2**32 - 1)
u64 = st.integers(0, 2**64 - 1)
i32 = st.integers(-(2**31), 2**31 - 1)
i64 = st.integers(-(2**63), 2**63 - 1)
shares = st.floats(0.0, 1.0, width=32)
positive = st.floats(0.0, 1e9, width=32)
texts = st.text(max_size=12).map(fit)
names = st.from_regex(r"[a-z0-9]([a-z0-9_.-]{0,8}[a-z0-9])?", fullmatch=True)
names_or_empty = st.just("") | names
subjects = st.just("") | st.from_regex(r"[A-Za-z0-9_-]{16,32}", fullmatch=True)
ids = st.binary(min_size=16, max_size=16)


def bits(*shape: int) -> st.SearchStrategy[np.ndarray]:
    """Draw float32 arrays of any bit patterns at all, NaN and infinities among them."""
    size = 4 * int(np.prod(shape))
    return st.binary(min_size=size, max_size=size).map(
        lambda data: np.frombuffer(data, dtype=np.float32).reshape(shape)
    )


def finite(low: float, high: float) -> st.SearchStrategy[np.ndarray]:
    """Draw float32[12], each value within low..high."""
    values = st.floats(low, high, width=32)
    return st.lists(values, min_size=12, max_size=12).map(lambda v: np.asarray(v, dtype=np.float32))


severs = st.none() | st.builds(StoredSever, names_or_empty, u64, u64, texts)
versions = st.builds(Versions, texts, u32)

presences = st.builds(
    Presence,
    names,
    u64,
    st.booleans(),
    names_or_empty,
    st.builds(Device, texts, texts, st.lists(texts, max_size=4).map(tuple), positive),
    names_or_empty,
    versions,
)

calibrations = st.one_of(
    st.builds(
        Calibration,
        st.just(True),
        st.sampled_from(CalibrationSource),
        positive,
        finite(-100, 100),
        finite(0.5, 50),
        st.floats(0.0, 100.0, width=32),
    ),
    st.builds(
        lambda source, clean_s: Calibration(
            False, source, clean_s, np.zeros(0, np.float32), np.zeros(0, np.float32)
        ),
        st.sampled_from(CalibrationSource),
        positive,
    ),
)

statuses = st.builds(
    Status,
    names,
    u64,
    u64,
    st.lists(st.builds(ChannelState, texts, shares, texts), max_size=4).map(tuple),
    shares,
    texts,
    calibrations,
    st.builds(ClockState, st.booleans(), i64, u32, u32),
    shares,
    texts,
    severs,
    st.lists(st.builds(CommandOutcome, u64, texts), max_size=16).map(tuple),
    positive,
    u32,
    u32,
    st.booleans(),
    u64,
)

events = st.builds(
    PodEvent,
    ids,
    names,
    u64,
    st.sampled_from(PodEventKind),
    texts,
    names_or_empty,
    u64,
    i64,
    i64,
    i64,
    i64,
    i64,
    u64,
    u64,
    texts,
    u64,
    subjects,
)

probes = st.builds(ClockProbe, st.integers(1, 2**64 - 1), i64, i64, i64)

frames = st.builds(
    Frame,
    u64,
    u32,
    i64,
    i32,
    u32,
    st.just(BANDS6X2.code),
    bits(12),
    bits(2, 5, 2),
    shares,
    shares,
    st.booleans(),
    texts,
    u64,
    u64,
    severs,
    st.floats(width=32),
)

frame_lists = st.lists(frames, min_size=1, max_size=3).map(tuple)


@st.composite
def collectives(draw: st.DrawFn) -> Collective:
    """Draw a Collective of 0 to 256 slots, its numbers of any bit pattern."""
    slots = draw(st.integers(0, 256))
    return Collective(
        dreamscape=draw(names),
        cohort=draw(u32),
        tick=draw(u64),
        instant=draw(i64),
        term=draw(u64),
        min_reader=draw(u32),
        r=draw(bits(12)),
        m=draw(bits(12)),
        sum=draw(bits(12)),
        weight=draw(st.floats(width=32)),
        coupling=np.frombuffer(draw(st.binary(min_size=slots, max_size=slots)), dtype=np.uint8),
        answered=np.frombuffer(draw(st.binary(min_size=2 * slots, max_size=2 * slots)), dtype=np.uint16),
        artist=draw(bits(12) | bits(0)),
        share=draw(st.floats(width=32)),
        phase_means=draw(bits(5, 2) | bits(0, 2)),
    )


encrypted = st.builds(
    EncryptedCollective,
    names,
    u32,
    u64,
    i64,
    u64,
    u32,
    st.integers(1, 2**32 - 1),
    st.integers(1, 2**64 - 1),
    st.binary(min_size=1, max_size=2000),
)

assigns = st.builds(
    Assign,
    names,
    u32,
    st.integers(0, 255),
    st.integers(1, 2**64 - 1),
    u64,
    u64,
    shares,
    shares,
    positive,
    st.just("bands6x2"),
    finite(-100, 100),
    finite(0.5, 50),
    positive,
    positive | st.just(inf),
    positive | st.just(inf),
    st.binary(min_size=32, max_size=32) | st.just(b""),
    u32,
    u64,
    subjects,
    st.none() | st.frozensets(st.sampled_from(Modality)),
    st.booleans(),
)

orders = st.one_of(
    assigns,
    st.builds(Release, texts, u64, u64),
    st.builds(WakePod, texts, texts),
    st.builds(Recalibrate, texts),
    st.builds(Ack, st.lists(ids, max_size=5).map(tuple)),
)

commands = st.builds(Command, names, u64, u64, i64, orders)
short = texts.map(lambda text: fit(text, 200))
moratoria = st.builds(
    Moratorium,
    texts,
    st.just(WakeScope.SITE),
    names,
    *(short, short, i64, i64, i64, i64, st.booleans(), st.booleans(), texts),
) | st.builds(
    Moratorium,
    texts,
    st.just(WakeScope.FLEET),
    st.just(""),
    *(short, short, i64, i64, i64, i64, st.booleans(), st.booleans(), texts),
)
wake_orders = st.builds(
    WakeOrder,
    texts.filter(bool),
    u64,
    st.sampled_from(WakeScope),
    names_or_empty,
    texts,
    texts,
    i64,
    st.booleans(),
    st.lists(moratoria, max_size=3).map(tuple),
    u64,
)
daemon_presences = st.builds(DaemonPresence, texts.filter(bool), st.booleans(), versions, i64, u64, texts)

MESSAGES = {
    "presence": presences,
    "status": statuses,
    "event": events,
    "clock_probe": probes,
    "frames": frame_lists,
    "collective": collectives(),
    "broadcast_encrypted": collectives() | encrypted,
    "command": commands,
    "wake_order": wake_orders,
    "daemon_presence": daemon_presences,
}
"""By decoder."""
