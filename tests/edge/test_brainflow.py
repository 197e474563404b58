"""BrainFlow's boards behind the implant port: the real synthetic board, and a fake one for failures."""

import gc
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from brainflow.board_shim import BoardShim
from brainflow.exit_codes import BrainFlowError, BrainFlowExitCodes

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.devices.brainflow import (
    BoardFeed,
    BrainflowImplant,
    Counter,
    describe,
    parse,
)
from dreamedge.adapters.implants.devices.live import LiveImplant
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.sample_buffer import Samples
from dreamedge.ports.implant import Implant, ImplantError
from dreamwire.messages import CalibrationSource

S = 1_000_000_000
PULSE_S = 0.05
CYTON = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")


class FakeBoard:
    """A Cyton in memory, in BrainFlow's rows; it can hang, refuse, or be unplugged."""

    def __init__(self, refusal: str = "", hang: threading.Event | None = None) -> None:
        self.refusal = refusal
        self.hang = hang
        self.unplugged = False
        self.stuck: threading.Event | None = None
        self.released = threading.Event()
        self._pending: list[np.ndarray] = []
        self._lock = threading.Lock()

    def put(self, numbers: list[int], last_unix_s: float, value_uv: float = 1.0) -> None:
        """Add samples with these package numbers, the last stamped so, 4 ms apart."""
        rows = np.zeros((24, len(numbers)))
        rows[0] = numbers
        rows[1:9] = value_uv * np.arange(1, 9)[:, None]
        rows[22] = last_unix_s - 0.004 * np.arange(len(numbers))[::-1]
        with self._lock:
            self._pending.append(rows)

    def prepare_session(self) -> None:
        if self.hang is not None:
            self.hang.wait(10.0)
        if self.refusal:
            raise _error(self.refusal)

    def start_stream(self, num_samples: int) -> None:
        assert num_samples == 2500

    def get_board_data(self, *, preset: int) -> np.ndarray:
        if self.unplugged:
            raise _error("unable to get board data")
        if self.stuck is not None:
            self.stuck.wait(10.0)
        with self._lock:
            taken, self._pending = self._pending, []
        return np.concatenate([np.zeros((24, 0)), *taken], axis=1)

    def release_session(self) -> None:
        self.released.set()
        if self.unplugged:
            raise _error("unable to release streaming session")


def _error(text: str) -> Exception:
    return BrainFlowError(text, BrainFlowExitCodes.BOARD_NOT_READY_ERROR.value)


def _feed(board: FakeBoard, montage: tuple[str, ...] = (), text: str = "cyton") -> BoardFeed:
    spec = parse(text)
    return BoardFeed(spec, describe(spec), board, montage, lambda: 5 * S)


def _implant(board: FakeBoard, within_s: float = 5.0) -> LiveImplant:
    return LiveImplant(_feed(board), "brainflow:cyton", within_s, "check the dongle")


def _listen(implant: Implant, seconds: float) -> list[tuple[int, Block]]:
    """Read as a bed does: (when, block) of every read with a block."""
    begun_ns, heard = boottime_ns(), []
    while (now_ns := boottime_ns()) - begun_ns < seconds * S:
        block = implant.read(now_ns)
        if block is not None:
            heard.append((now_ns, block))
        time.sleep(PULSE_S)
    return heard


@pytest.fixture
def synthetic() -> Iterator[Implant]:
    """BrainFlow's own synthetic board."""
    implant = open_implant("brainflow:synthetic")
    yield implant
    implant.close()


def test_the_synthetic_board_is_heard(synthetic: Implant) -> None:
    """Sixteen named channels at 250 Hz, fresh, without a gap, within 0.2 % of the nominal rate."""
    assert synthetic.montage.names[:5] == ("Fz", "C3", "Cz", "C4", "Pz")
    assert (len(synthetic.montage.names), synthetic.montage.rate_hz) == (16, 250.0)
    assert synthetic.device.channels == synthetic.montage.names
    assert synthetic.source is CalibrationSource.SIMULATED
    assert synthetic.enrolment() is None
    heard = _listen(synthetic, 3.0)
    ring = Samples(16, 250.0, 0.0)
    for _, block in heard:
        ring.append(block.uv, block.last_ns)
    delivered = sum(len(block.uv) for _, block in heard)
    assert ring.count == delivered
    assert 650 <= delivered <= 780
    assert abs(ring.rate_hz / 250.0 - 1) < 0.002
    ages_ms = [(now_ns - block.last_ns) / 1e6 for now_ns, block in heard]
    assert min(ages_ms) >= 0.0
    # A loaded machine delays single reads; the stamps are fresh where the quarter of least delay is.
    assert np.quantile(ages_ms, 0.25) < 30.0
    uv = np.concatenate([block.uv for _, block in heard])
    assert np.isfinite(uv).all()
    # A tenth of the generator's 30 to 1,300 uV from peak to peak, so that a bed is seated with it.
    spans_uv = np.ptp(uv, axis=0)
    assert (spans_uv > 2.0).all()
    assert (spans_uv < 150.0).all()
    assert synthetic.device.model == "Synthetic (simulated, x 0.1)"


def test_a_read_waits_for_nothing(synthetic: Implant) -> None:
    """Half of the reads take less than 10 ms; one that waited for samples would take its pulse of 50."""
    took_s = []
    for _ in range(20):
        began_s = time.perf_counter()
        synthetic.read(boottime_ns())
        took_s.append(time.perf_counter() - began_s)
        time.sleep(PULSE_S)
    assert np.median(took_s) < 0.01


def test_a_board_taken_away_is_silence(synthetic: Implant) -> None:
    """A session released elsewhere is silence without an exception, and closing twice does no harm."""
    assert _listen(synthetic, 0.5)
    BoardShim.release_all_sessions()
    _listen(synthetic, 0.3)
    assert _listen(synthetic, 0.5) == []
    synthetic.close()
    synthetic.close()


def test_the_same_board_twice_is_refused(synthetic: Implant) -> None:
    """A board in use is refused in a sentence, and the first user goes on."""
    with pytest.raises(ImplantError, match="not in use"):
        open_implant("brainflow:synthetic")
    gc.collect()
    _listen(synthetic, 0.3)
    assert _listen(synthetic, 0.5)


def test_a_montage_chooses_among_the_channels() -> None:
    """`--montage` names the electrodes in the board's order; `-` is an unconnected one."""
    montage = ("Oz", "-", "Fz", *["-"] * 13)
    implant = BrainflowImplant("-1", montage=montage)
    try:
        assert implant.montage.names == ("Oz", "Fz")
        (_, block), *_ = _listen(implant, 0.3)
        assert block.uv.shape[1] == 2
    finally:
        implant.close()


def test_stamps_move_to_the_pods_clock() -> None:
    """A Unix stamp becomes CLOCK_BOOTTIME by the clocks' present difference; channels come as uV."""
    board = FakeBoard()
    board.put([7, 8, 9], 100.5, value_uv=2.0)
    (batch,) = _feed(board).take()
    assert (batch.last_ns, batch.lost) == (105_500_000_000, False)
    np.testing.assert_array_equal(batch.uv, np.tile(2.0 * np.arange(1, 9), (3, 1)))


def test_a_counter_that_skips_is_a_loss() -> None:
    """Samples after a skipped package are a batch of their own, marked lost, with its own stamp."""
    board, feed = FakeBoard(), None
    feed = _feed(board)
    board.put([1, 2, 3, 4], 10.0)
    assert [batch.lost for batch in feed.take()] == [False]
    board.put([5, 6, 30, 31, 32], 10.12)
    before, after = feed.take()
    assert ([len(before.uv), len(after.uv)], [before.lost, after.lost]) == ([2, 3], [False, True])
    assert after.last_ns - before.last_ns == pytest.approx(12_000_000, abs=1000)
    board.put([40], 10.2)
    assert [batch.lost for batch in feed.take()] == [True]


@pytest.mark.parametrize(
    ("numbers", "losses"),
    [
        ([253, 254, 255, 0, 1], []),
        ([198, 199, 200, 101, 102], []),
        ([4, 4, 4, 5, 5, 5, 7, 7, 7], [6]),
        ([2, 4, 6, 8, 12], [4]),
        ([1.0, 2.0, float("nan"), 3.0], []),
    ],
)
def test_counters_count_in_many_ways(numbers: list[float], losses: list[int]) -> None:
    """A counter may wrap, repeat within a package or count by twos; only a skip is a loss."""
    assert Counter().losses(np.array(numbers, dtype=np.float64)) == losses


def test_an_unplugged_board_neither_raises_nor_speaks() -> None:
    """BrainFlow's errors during the night are silence; closing releases the board all the same."""
    board = FakeBoard()
    implant = _implant(board)
    board.put([1, 2], time.time())
    assert len(_listen(implant, 0.3)) == 1
    board.unplugged = True
    assert _listen(implant, 0.3) == []
    implant.close()
    assert board.released.is_set()


def test_a_hanging_driver_blocks_no_read() -> None:
    """While BrainFlow's lock is held elsewhere every read returns at once; the samples come later."""
    board = FakeBoard()
    implant = _implant(board)
    board.stuck = threading.Event()
    board.put([1, 2], time.time())
    _listen(implant, 0.2)
    began_s = time.perf_counter()
    blocks = [implant.read(boottime_ns()) for _ in range(100)]
    assert time.perf_counter() - began_s < 2.0  # one that waits for the lock does not return
    assert blocks == [None] * 100
    board.stuck.set()
    assert len(_listen(implant, 0.3)) == 1
    implant.close()


def test_a_reader_that_was_away_gets_one_block_up_to_the_loss() -> None:
    """A late read gets one block up to a loss; the samples after it are the next block."""
    board = FakeBoard()
    implant = _implant(board)
    board.put([1, 2], time.time())
    time.sleep(0.3)
    board.put([3, 9, 10], time.time())
    time.sleep(0.3)
    blocks = [implant.read(boottime_ns()) for _ in range(3)]
    implant.close()
    assert [len(block.uv) for block in blocks if block is not None] == [3, 2]
    assert blocks[2] is None


def test_a_bug_in_a_driver_ends_its_bed() -> None:
    """A driver's bug is raised by the next read, not lost on a thread."""
    board = FakeBoard()
    implant = _implant(board)
    board._pending = [np.zeros((3, 1))]
    with pytest.raises(ValueError, match="dimensions"):
        _listen(implant, 0.5)
    implant.close()


def test_opening_is_bounded() -> None:
    """A hanging driver is refused in time, and released once it answers."""
    hang = threading.Event()
    board = FakeBoard(hang=hang)
    began_s = time.monotonic()
    with pytest.raises(ImplantError, match="does not answer within 0 s; check the dongle"):
        _implant(board, within_s=0.2)
    assert time.monotonic() - began_s < 2.0
    hang.set()
    assert board.released.wait(2.0)


def test_a_board_that_cannot_be_opened_says_what_to_check() -> None:
    """A board that cannot be opened is one sentence: BrainFlow's code, the parameters, the remedy."""
    with pytest.raises(ImplantError, match=r"BOARD_NOT_READY_ERROR.*check that .*serial_port=/dev/ttyUSB0"):
        _implant(FakeBoard(refusal="unable to prepare streaming session"))
    with pytest.raises(ImplantError, match=r"serial_port=/dev/none .*check that it is on"):
        open_implant("brainflow:cyton,serial_port=/dev/none")


def test_a_cyton_is_as_documented() -> None:
    """A Cyton has OpenBCI's electrodes, a full scale of 187.5 mV and the source LIVE."""
    implant = _implant(FakeBoard())
    implant.close()
    assert implant.montage.names == CYTON
    assert implant.montage.full_scale_uv == 187_500.0
    assert implant.source is CalibrationSource.LIVE


@pytest.mark.parametrize(
    ("text", "board", "parameters"),
    [
        ("synthetic", "SYNTHETIC_BOARD", {}),
        ("0,serial_port=/dev/ttyUSB0", "CYTON_BOARD", {"serial_port": "/dev/ttyUSB0"}),
        (
            "muse_2, mac_address=00:55:da, timeout=15",
            "MUSE_2_BOARD",
            {"mac_address": "00:55:da", "timeout": 15},
        ),
        ("CYTON_DAISY_BOARD", "CYTON_DAISY_BOARD", {}),
    ],
)
def test_boards_go_by_name_or_number(text: str, board: str, parameters: dict[str, str | int]) -> None:
    """A board is selected by name or number, with BrainFlow's own parameters, whole numbers as such."""
    spec = parse(text)
    assert (spec.board.name, dict(spec.parameters)) == (board, parameters)


def test_a_played_file_has_its_boards_channels() -> None:
    """A playback has its master's channels and rate and the source REPLAY."""
    spec = parse("playback_file,file=night.csv,master_board=muse_2")
    assert describe(spec)["sampling_rate"] == 256
    with pytest.raises(ImplantError, match="master_board=cyton"):
        parse("playback_file,file=night.csv")


@pytest.mark.parametrize(
    ("spec", "montage", "says"),
    [
        ("brainflow:gremlin", (), "number or one of .*synthetic, cyton, ganglion.*muse_2"),
        ("brainflow:", (), "is not a board"),
        ("brainflow:cyton,baud=9600", (), "there are serial_port, .*preset"),
        ("brainflow:cyton,ip_port=x", (), "not a whole number"),
        ("brainflow:cyton,preset=best", (), "default, auxiliary, ancillary"),
        ("brainflow:synthetic,preset=auxiliary", (), "measures no EEG with preset=auxiliary"),
        ("brainflow:callibri_emg", (), "measures no EEG; choose"),
        ("brainflow:ganglion", (), "have no places; name their electrodes in order with --montage"),
        ("brainflow:ganglion", ("Fz", "Oz"), "has 4 EEG channels and the montage names 2"),
        ("brainflow:aavaa_v3", (), "samples at 50 Hz"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(spec: str, montage: tuple[str, ...], says: str) -> None:
    """Invalid boards, parameters and montages are refused with the fault, the valid ones and an example."""
    with pytest.raises(ImplantError, match=says):
        open_implant(spec, options=RecordingOptions(montage=montage))
