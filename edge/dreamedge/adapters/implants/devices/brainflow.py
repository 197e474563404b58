"""BrainFlow's boards: `brainflow:BOARD[,key=value...]`, by the board's name (`cyton`, `muse_2`) or number.

The keys are BrainFlow's own parameters: `serial_port`, `mac_address`, `ip_address`, `ip_port`,
`serial_number`, `timeout`, `file`, `master_board`, `other_info` and the like, and `preset`. Channels, names
and rate come from the board. `--montage` overrides the electrode names (`-` for an unconnected channel) and
is required for a board that gives its channels no names.

Rules
- BrainFlow delivers EEG in uV. Its stamps are the host's Unix time at arrival. Every take converts them to
  CLOCK_BOOTTIME, so setting the wall clock does no harm.
- A package counter that skips is a loss. A counter that falls has wrapped around.
- Full scale is the maker's documented value; without documentation it is unknown.
- The synthetic board is simulated and a played file is a recording: neither is labelled live. The synthetic
  board's sine waves reach 1.3 mV; for a demonstration they are scaled to a tenth, and its model says so.
- A board that stopped stays silent until the agent is restarted: opening a board holds BrainFlow's lock for
  seconds and thereby blocks every other board of the process.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from brainflow.board_shim import BoardIds, BoardShim, BrainFlowInputParams, BrainFlowPresets
from brainflow.exit_codes import BrainFlowError

from dreamedge.adapters.clock import wall_ns
from dreamedge.adapters.implants.caps import electrodes_of
from dreamedge.adapters.implants.devices.live import BUFFER_S, Batch, Doubles, LiveImplant, Opened
from dreamedge.adapters.implants.files.replay import RATE_LIMITS_HZ
from dreamedge.adapters.implants.ten_twenty import electrode
from dreamedge.core.signal.blocks import Montage
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import CalibrationSource, Device

_PLUS_S: Final = 30.0
"""Opening may take this long beyond the board's own `timeout`: a radio is searched three times."""
_FULL_SCALE_UV: Final = {
    # OpenBCI: 4.5 V at a gain of 24; 1.2 V at a gain of 51 and 1.5.
    BoardIds.CYTON_BOARD: 187_500.0,
    BoardIds.CYTON_DAISY_BOARD: 187_500.0,
    BoardIds.GANGLION_BOARD: 15_686.0,
    BoardIds.GANGLION_NATIVE_BOARD: 15_686.0,
}
_NOBODY: Final = {
    BoardIds.SYNTHETIC_BOARD: CalibrationSource.SIMULATED,
    BoardIds.PLAYBACK_FILE_BOARD: CalibrationSource.REPLAY,
}
SYNTHETIC_SCALE: Final = 0.1
"""Brings the synthetic board's waves, 30 uV to 1.3 mV from peak to peak, into the amplitudes of EEG."""
_PORT_HINT: Final = (
    " (a board on a serial port or dongle: serial_port=/dev/ttyUSB0, on Windows COM3; "
    "`dreamedge devices` lists the ports)"
)
_PROXIES: Final = (BoardIds.PLAYBACK_FILE_BOARD, BoardIds.STREAMING_BOARD)
"""Boards that stand for another one, their `master_board`."""


class Board(Protocol):
    """The part of BrainFlow's BoardShim in use. Every call MAY block and may raise BrainFlowError."""

    def prepare_session(self) -> None:
        """Connect."""
        ...

    def start_stream(self, num_samples: int) -> None:
        """Start, with a ring buffer of `num_samples`."""
        ...

    def get_board_data(self, *, preset: int) -> Doubles:
        """All samples since the last call, float64[rows, n]."""
        ...

    def release_session(self) -> None:
        """Release the board."""
        ...


@dataclass(frozen=True, slots=True)
class Spec:
    """A board as requested."""

    board: BoardIds
    preset: BrainFlowPresets = BrainFlowPresets.DEFAULT_PRESET
    master: BoardIds = BoardIds.NO_BOARD
    parameters: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def described(self) -> BoardIds:
        """The board that delivers the samples."""
        return self.master if self.board in _PROXIES else self.board

    @property
    def title(self) -> str:
        """The spec as a person writes it."""
        return f"brainflow:{_title(self.board)}"


class _Shim(BoardShim):  # type: ignore[misc] # BrainFlow ships no types
    """BrainFlow's board without its destructor, which would release every other user of the same board."""

    def __del__(self) -> None:
        """Do nothing: `BoardFeed.close` releases the board."""


class BrainflowImplant(LiveImplant):
    """One BrainFlow board."""

    def __init__(self, text: str, *, montage: tuple[str, ...] = ()) -> None:
        """Open the board named after `brainflow:`; `montage` names the electrodes in the board's order.

        Raises:
            ImplantError: the board does not exist or cannot be opened.
        """
        spec = parse(text)
        BoardShim.disable_board_logger()
        within_s = float(spec.parameters.get("timeout", 0)) + _PLUS_S
        given = BrainFlowInputParams()
        for name, value in spec.parameters.items():
            setattr(given, name, value)
        given.master_board = spec.master
        description = describe(spec)
        feed = BoardFeed(spec, description, _Shim(spec.board, given), montage, unix_offset_ns)
        super().__init__(feed, spec.title, within_s, "check that it is on, in reach and not in use")


class BoardFeed:
    """A board as a driver. `offset_ns` returns CLOCK_BOOTTIME minus Unix time, now."""

    def __init__(
        self,
        spec: Spec,
        description: Mapping[str, Any],
        board: Board,
        montage: tuple[str, ...],
        offset_ns: Callable[[], int],
    ) -> None:
        self._spec = spec
        self._description = description
        self._board = board
        self._offset_ns = offset_ns
        self._rate_hz = rate_hz(spec, description)
        self._names, self._rows = channels(spec, description, montage)
        self._stamp_row = int(description["timestamp_channel"])
        self._counter_row = int(description.get("package_num_channel", -1))
        self._counter = Counter()
        self._ours = False
        self._scale = SYNTHETIC_SCALE if spec.board is BoardIds.SYNTHETIC_BOARD else 1.0

    def open(self) -> Opened:
        """Connect and start; may take seconds."""
        spec = self._spec
        try:
            self._board.prepare_session()
            self._ours = True
            self._board.start_stream(round(BUFFER_S * self._rate_hz))
        except BrainFlowError as error:
            told = ", ".join(f"{name}={value}" for name, value in spec.parameters.items()) or "no parameters"
            port = "" if "serial_port" in spec.parameters else _PORT_HINT
            raise ImplantError(
                f"{spec.title} cannot be opened with {told} ({error}); "
                f"check that it is on, in reach, not in use, and that its parameters are right{port}."
            ) from error
        return Opened(
            Montage(self._names, self._rate_hz, full_scale_uv(spec)),
            Device("brainflow", self._model(), self._names, self._rate_hz),
            _NOBODY.get(spec.board, CalibrationSource.LIVE),
        )

    def _model(self) -> str:
        """The board's name by its maker; of the synthetic board also what was done to it."""
        name = str(self._description.get("name", self._spec.title))
        return name if self._scale == 1.0 else f"{name} (simulated, x {self._scale:g})"

    def take(self) -> list[Batch]:
        """The samples since the last call, split where the package counter skips."""
        try:
            data = self._board.get_board_data(preset=self._spec.preset)
        except BrainFlowError:
            return []
        if data.shape[1] == 0:
            return []
        offset_ns = self._offset_ns()
        numbers = data[self._counter_row] if self._counter_row >= 0 else np.zeros(data.shape[1])
        losses = self._counter.losses(numbers)
        batches = []
        for begin, end in zip([0, *losses], [*losses, data.shape[1]], strict=True):
            if begin < end:
                last_ns = int(data[self._stamp_row, end - 1] * 1e9) + offset_ns
                batches.append(
                    Batch(data[self._rows, begin:end].T * self._scale, last_ns, lost=begin in losses)
                )
        return batches

    def close(self) -> None:
        """Stop and disconnect if this feed connected; ignore a board that is already gone."""
        if not self._ours:
            return
        try:
            self._board.release_session()
        except BrainFlowError:
            return


class Counter:
    """A board's package counter: its usual step, and where it skips."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._step = np.inf

    def losses(self, numbers: Doubles) -> list[int]:
        """Indices of the samples that follow a loss; `numbers` float64[n], n >= 1."""
        steps = np.diff(numbers, prepend=numbers[0] if self._last is None else self._last)
        self._last = float(numbers[-1])
        # Several samples may share a package, and some boards count by twos; at its maximum the counter
        # restarts.
        self._step = min(self._step, float(steps[steps > 0].min(initial=np.inf)))
        return [int(n) for n in np.flatnonzero(steps > self._step)]


def parse(text: str) -> Spec:
    """Parse the text after `brainflow:`.

    Raises:
        ImplantError: a board or a parameter does not exist; the text lists the valid ones.
    """
    name, *pairs = [part.strip() for part in text.split(",")]
    board = _board_id(name)
    known = {key: value for key, value in vars(BrainFlowInputParams()).items() if key != "master_board"}
    preset, master = BrainFlowPresets.DEFAULT_PRESET, BoardIds.NO_BOARD
    parameters: dict[str, str | int] = {}
    for pair in pairs:
        key, _, value = (part.strip() for part in pair.partition("="))
        if key == "preset":
            preset = _preset(value)
        elif key == "master_board":
            master = _board_id(value)
        elif key in known:
            parameters[key] = _whole(key, value) if isinstance(known[key], int) else value
        else:
            listed = ", ".join((*known, "master_board", "preset"))
            raise ImplantError(f"brainflow:{name} has no parameter {key!r}; there are {listed}.")
    if board in _PROXIES and master is BoardIds.NO_BOARD:
        raise ImplantError(
            f"brainflow:{name} speaks for another board; name it, for instance master_board=cyton."
        )
    return Spec(board, preset, master, parameters)


def describe(spec: Spec) -> dict[str, Any]:
    """BrainFlow's description of the board.

    Raises:
        ImplantError: BrainFlow has no description for this preset.
    """
    try:
        return dict(BoardShim.get_board_descr(spec.described, spec.preset))
    except BrainFlowError as error:
        raise ImplantError(
            f"{spec.title} has no preset={_preset_title(spec.preset)} ({error}); leave preset out."
        ) from error


def channels(
    spec: Spec, description: Mapping[str, Any], montage: tuple[str, ...]
) -> tuple[tuple[str, ...], list[int]]:
    """The electrodes and their rows in the board's data.

    Raises:
        ImplantError: the board has no EEG, or its channels have no electrode names.
    """
    rows = [int(row) for row in description.get("eeg_channels", ())]
    if not rows:
        with_preset = f" with preset={_preset_title(spec.preset)}" if spec.preset else ""
        raise ImplantError(
            f"{spec.title} measures no EEG{with_preset}; choose what does, for instance cyton or muse_2."
        )
    own = [name for name in str(description.get("eeg_names", "")).split(",") if name]
    montage = electrodes_of(montage, own or [""] * len(rows), spec.title) if montage else montage
    if montage and len(montage) != len(rows):
        raise ImplantError(
            f"{spec.title} has {len(rows)} EEG channels and the montage names {len(montage)}; "
            "name each of them once, - where none is connected."
        )
    labels = montage or own
    found: dict[str, int] = {}
    for label, row in zip(labels, rows, strict=False):
        name = electrode(label)
        if name is not None:
            found.setdefault(name, row)
    if not found:
        said = f"are called {', '.join(labels)}" if labels else "have no places"
        raise ImplantError(
            f"the {len(rows)} EEG channels of {spec.title} {said}; name their electrodes in order with "
            "--montage, for instance --montage Fp1,Fp2,O1,O2 (- where none is connected)."
        )
    return tuple(found), list(found.values())


def rate_hz(spec: Spec, description: Mapping[str, Any]) -> float:
    """The board's sampling rate.

    Raises:
        ImplantError: the front end cannot use the rate.
    """
    rate = float(description["sampling_rate"])
    low, high = RATE_LIMITS_HZ
    if not low <= rate <= high:
        raise ImplantError(
            f"{spec.title} samples at {rate:g} Hz; choose a board between {low:g} and {high:g} Hz, "
            "or send it through LSL at such a rate."
        )
    return rate


def full_scale_uv(spec: Spec) -> float:
    """The board's documented positive limit in uV, 0 without documentation."""
    return _FULL_SCALE_UV.get(spec.described, 0.0)


def unix_offset_ns() -> int:
    """CLOCK_BOOTTIME minus Unix time, now, ns."""
    return -wall_ns(0)


def _title(board: BoardIds) -> str:
    return str(board.name.lower().removesuffix("_board"))


def _eeg_boards() -> list[str]:
    """The boards that measure EEG, by the names used in a spec."""
    found = []
    for board in BoardIds:
        try:
            has_eeg = board in _PROXIES or BoardShim.get_board_descr(board).get("eeg_channels")
        except BrainFlowError:
            continue
        if has_eeg:
            found.append(_title(board))
    return found


def _board_id(text: str) -> BoardIds:
    by_name = {_title(board): board for board in BoardIds if board is not BoardIds.NO_BOARD}
    wanted = text.lower().removesuffix("_board")
    by_number = {str(int(board)): board for board in by_name.values()}
    if wanted not in by_name | by_number:
        raise ImplantError(
            f"brainflow:{text} is not a board; write its number or one of {', '.join(_eeg_boards())}."
        )
    return (by_name | by_number)[wanted]


def _preset(text: str) -> BrainFlowPresets:
    by_name = {_preset_title(preset): preset for preset in BrainFlowPresets}
    if text not in by_name:
        raise ImplantError(f"preset={text} is none of BrainFlow's; write one of {', '.join(by_name)}.")
    return by_name[text]


def _preset_title(preset: BrainFlowPresets) -> str:
    return str(preset.name.lower().removesuffix("_preset"))


def _whole(key: str, value: str) -> int:
    if not value.isdecimal():
        raise ImplantError(f"{key}={value} is not a whole number; write for instance {key}=15.")
    return int(value)
