"""The button and the light beside a bed: keys, lines and lamps, each behind its own driver."""

import asyncio
import os
import pty
import struct
import threading
import time
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gpiod
import pytest
from gpiod.line import Bias, Clock, Direction
from gpiod.line import Value as Level

from dreamedge.adapters.bedside import open_button, open_light
from dreamedge.adapters.bedside.button_reader import ButtonReader
from dreamedge.adapters.bedside.button_specs import button_keys
from dreamedge.adapters.bedside.evdev import EVENT, KEY_CODES, EvdevKeys
from dreamedge.adapters.bedside.gpio_lines import GpioKeys, GpioOutputs, Place
from dreamedge.adapters.bedside.kept_light import KeptLight
from dreamedge.adapters.bedside.lamp_keeper import LampKeeper
from dreamedge.adapters.bedside.lamps import BLINK_NS, GpioLamp, open_lamp
from dreamedge.adapters.bedside.presses import HOLD_NS, REPEAT_NS, Edge, Presses, tapped
from dreamedge.adapters.bedside.serial_port import SerialKeys, SerialLamp
from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.implants.simulated.implant import SimulatedImplant
from dreamedge.app.pod_runner import PodRunner
from dreamedge.ports.button import ButtonError, ButtonEvent, ButtonLost, ButtonReturned, Pressed
from dreamedge.ports.light import LightError, LightState
from dreamedge.setting_values import SettingsError
from dreamedge.settings import load
from fakes.bed import Alone, bed_alone

S = 1_000_000_000
MS = 1_000_000
WITHIN_S = 30.0


def _down(at_ns: int, key: str = "1", action: str = "withdraw") -> Edge:
    return Edge(key, action, down=True, at_ns=at_ns)


def _up(at_ns: int, key: str = "1", action: str = "withdraw") -> Edge:
    return Edge(key, action, down=False, at_ns=at_ns)


def _acts(pressed: Sequence[Pressed]) -> list[tuple[str, int]]:
    return [(one.action, one.at_ns) for one in pressed]


def test_a_press_acts_when_the_key_goes_down() -> None:
    """The action comes with the key's fall and its stamp; the release adds nothing."""
    presses = Presses(holds=True)
    assert _acts(presses.take([_down(5 * S)], 5 * S + MS)) == [("withdraw", 5 * S)]
    assert presses.take([_up(6 * S)], 6 * S) == []
    assert presses.take([], 60 * S) == []


@pytest.mark.parametrize("held_ns", [HOLD_NS - 1, HOLD_NS])
def test_a_withdraw_key_held_for_three_seconds_wakes_once(held_ns: int) -> None:
    """A moment less is a withdraw alone; at three seconds it wakes, and only once however long it is held."""
    presses = Presses(holds=True)
    presses.take([_down(S)], S)
    assert presses.due_ns() == S + HOLD_NS
    woken = presses.take([], S + held_ns)
    assert _acts(woken) == ([("wake", S + HOLD_NS)] if held_ns == HOLD_NS else [])
    again = presses.take([], 50 * S)
    assert len(woken) + len(again) == 1


def test_a_held_key_that_is_told_not_to_wake_only_withdraws() -> None:
    """`hold=none`, and a key with another action, wake nothing by being held."""
    presses = Presses(holds=False)
    presses.take([_down(S)], S)
    assert presses.take([], 20 * S) == []
    waking = Presses(holds=True)
    assert _acts(waking.take([_down(S, action="wake")], S)) == [("wake", S)]
    assert waking.take([], 20 * S) == []


def test_a_lost_device_holds_no_key() -> None:
    """A key that was down when its device was lost does not wake later."""
    presses = Presses(holds=True)
    presses.take([_down(S)], S)
    presses.forget()
    assert presses.take([], 20 * S) == []


def test_a_stuttering_key_is_passed_on_four_times_a_second_and_its_last_press_is_not_lost() -> None:
    """A thousand presses in a second are five; a single repeat comes when its turn does, never not at all."""
    presses = Presses(holds=False)
    passed = [
        press
        for step in range(1000)
        for press in presses.take(tapped("k", "withdraw", S + step * MS), S + step * MS)
    ]
    assert 4 <= len(passed) <= 5
    calm = Presses(holds=False)
    calm.take(tapped("k", "withdraw", S), S)
    assert calm.take(tapped("k", "withdraw", S + 10 * MS), S + 10 * MS) == []
    assert calm.due_ns() == S + REPEAT_NS
    assert _acts(calm.take([], S + REPEAT_NS)) == [("withdraw", S + 10 * MS)]


def test_a_stamp_from_the_future_counts_as_now() -> None:
    """A device's clock cannot make a press later than its arrival."""
    assert _acts(Presses(holds=True).take([_down(9 * S)], S)) == [("withdraw", S)]


# evdev


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[tuple[Path, Callable[[bytes], None]]]:
    """A FIFO that carries input events, and its writer; its reader opens first."""
    path = tmp_path / "event0"
    os.mkfifo(path)
    ends: list[int] = []

    def write(data: bytes) -> None:
        if not ends:
            ends.append(os.open(path, os.O_WRONLY))
        os.write(ends[0], data)

    yield path, write
    for end in ends:
        os.close(end)


def event(kind: int, code: int, value: int) -> bytes:
    """One `struct input_event`."""
    return EVENT.pack(12, 34, kind, code, value)


def test_the_structure_is_the_kernels() -> None:
    """24 bytes on a 64-bit machine, without padding between the fields, as in linux/input.h."""
    assert EVENT.size == (24 if struct.calcsize("P") == 8 else 16)
    assert event(1, 28, 1)[-8:] == struct.pack("=HHi", 1, 28, 1)
    assert (KEY_CODES["KEY_ENTER"], KEY_CODES["KEY_A"], KEY_CODES["KEY_SPACE"]) == (28, 30, 57)
    assert (KEY_CODES["KEY_WAKEUP"], KEY_CODES["KEY_POWER"], KEY_CODES["KEY_KPENTER"]) == (143, 116, 96)
    assert (KEY_CODES["KEY_VOLUMEUP"], KEY_CODES["KEY_F10"], KEY_CODES["BTN_0"]) == (115, 68, 256)


def test_any_key_withdraws_unless_it_is_given_another_action(
    fifo: tuple[Path, Callable[[bytes], None]],
) -> None:
    """A mapped key has its action, `none` has none, any other withdraws; repeats and moves are no press."""
    path, write = fifo
    keys = EvdevKeys(str(path), {143: "wake", 30: ""}, lambda: 7 * S)
    keys.connect()
    write(event(1, 143, 1) + event(0, 0, 0) + event(1, 28, 1) + event(1, 28, 2) + event(1, 28, 0))
    write(event(1, 30, 1) + event(2, 0, 5))
    found = [(edge.action, edge.down, edge.at_ns) for edge in keys.edges(1.0)]
    assert found == [
        ("wake", True, 7 * S),
        ("withdraw", True, 7 * S),
        ("withdraw", False, 7 * S),
        ("", True, 7 * S),
    ]
    keys.close()


def test_an_event_that_arrives_in_two_pieces_is_one(fifo: tuple[Path, Callable[[bytes], None]]) -> None:
    """Half a structure waits for its other half."""
    path, write = fifo
    keys = EvdevKeys(str(path), {}, lambda: S)
    keys.connect()
    whole = event(1, 57, 1)
    write(whole[:9])
    assert keys.edges(1.0) == []
    write(whole[9:])
    assert [edge.key for edge in keys.edges(1.0)] == ["57"]
    keys.close()


def test_events_that_the_kernel_dropped_withdraw(fifo: tuple[Path, Callable[[bytes], None]]) -> None:
    """SYN_DROPPED may hide a press, so it counts as one, and is not held."""
    path, write = fifo
    keys = EvdevKeys(str(path), {}, lambda: S)
    keys.connect()
    write(event(0, 3, 0))
    assert [(edge.action, edge.down) for edge in keys.edges(1.0)] == [("withdraw", True), ("withdraw", False)]
    keys.close()


def test_a_file_or_a_terminal_is_no_input_device(tmp_path: Path) -> None:
    """Each is refused with its reason and the command that lists the devices."""
    (tmp_path / "notes").touch()
    ours, theirs = pty.openpty()
    for path in (str(tmp_path / "notes"), os.ttyname(theirs)):
        with pytest.raises(
            ButtonError, match=r"bed-1: .* \(it is not an input device\); .*dreamedge devices"
        ):
            open_button(f"evdev:{path}", "bed-1")
    with pytest.raises(ButtonError, match="No such file or directory"):
        open_button(f"evdev:{tmp_path}/none", "bed-1")
    os.close(ours)
    os.close(theirs)


# gpio


class FakeLines:
    """Requested lines, in memory."""

    def __init__(self, level: Level = Level.INACTIVE) -> None:
        self.level = level
        self.queue: list[Any] = []
        self.set: list[dict[int | str, Level]] = []
        self.gone = self.released = False

    def wait_edge_events(self, timeout: float) -> bool:
        if self.gone:
            raise OSError(19, "No such device")
        return bool(self.queue)

    def read_edge_events(self) -> Sequence[Any]:
        queue, self.queue = self.queue, []
        return queue

    def get_value(self, line: int | str) -> Level:
        return self.level

    def set_values(self, values: Mapping[int | str, Level]) -> None:
        if self.gone:
            raise OSError(19, "No such device")
        self.set.append(dict(values))

    def release(self) -> None:
        self.released = True

    def edge(self, *, rising: bool, at_ns: int) -> None:
        """Queue an edge as gpiod reports it."""
        kinds = gpiod.EdgeEvent.Type
        kind = kinds.RISING_EDGE if rising else kinds.FALLING_EDGE
        self.queue.append(SimpleNamespace(event_type=kind, timestamp_ns=at_ns))


class FakeChip:
    """Hands out its lines, and keeps how they were asked for."""

    def __init__(self, level: Level = Level.INACTIVE) -> None:
        self.lines = FakeLines(level)
        self.asked: list[tuple[Place, gpiod.LineSettings]] = []

    def request(self, place: Place, settings: gpiod.LineSettings) -> FakeLines:
        """Keep and answer."""
        self.asked.append((place, settings))
        return self.lines


def test_a_gpio_button_is_an_input_with_a_pull_up_and_kernel_stamps() -> None:
    """The settings are gpiod's own; a press is the logical rising edge, its stamp moved to CLOCK_BOOTTIME."""
    chip = FakeChip()
    keys = GpioKeys(Place("/dev/gpiochip0", (17,), active_low=True), boottime_ns, chip.request)
    keys.connect()
    ((place, settings),) = chip.asked
    assert (place.lines, settings.active_low, settings.direction) == ((17,), True, Direction.INPUT)
    assert (settings.bias, settings.event_clock) == (Bias.PULL_UP, Clock.MONOTONIC)
    assert settings.debounce_period.total_seconds() == 0.005
    before_ns = boottime_ns()
    chip.lines.edge(rising=True, at_ns=time.monotonic_ns())
    chip.lines.edge(rising=False, at_ns=time.monotonic_ns())
    down, up = keys.edges(0.0)
    assert (down.action, down.down, up.down) == ("withdraw", True, False)
    assert before_ns - MS <= down.at_ns <= boottime_ns() + MS
    keys.close()
    assert chip.lines.released


def test_a_line_that_is_active_when_it_is_opened_withdraws() -> None:
    """A broken wire of a button that opens when pressed: a press at once, and it is not held."""
    chip = FakeChip(Level.ACTIVE)
    keys = GpioKeys(Place("/dev/gpiochip0", ("bed-1",), active_low=False), lambda: S, chip.request)
    keys.connect()
    assert [(edge.action, edge.down) for edge in keys.edges(0.0)] == [("withdraw", True), ("withdraw", False)]
    assert keys.edges(0.0) == []


def test_one_line_is_steady_off_or_blinking() -> None:
    """Coupled is steady, alone is off, latched blinks once a second; an unchanged line is not set again."""
    chip = FakeChip()
    lamp = GpioLamp(GpioOutputs(Place("/dev/gpiochip0", (27,), active_low=False), chip.request), 1)
    on, off = {27: Level.ACTIVE}, {27: Level.INACTIVE}
    for state, at_ns in (("coupled", 0), ("coupled", S), ("alone", S)):
        lamp.light(state, at_ns)
    assert chip.lines.set == [on, off]
    for half in range(4):
        lamp.light("latched", 10 * S + half * BLINK_NS)
    assert chip.lines.set[2:] == [on, off, on, off]
    assert chip.asked[0][1].output_value is Level.INACTIVE


def test_three_lines_have_one_state_each() -> None:
    """Exactly the line of the state is active."""
    chip = FakeChip()
    lamp = GpioLamp(GpioOutputs(Place("/dev/gpiochip0", (1, 2, 3), active_low=False), chip.request), 3)
    for state in ("coupled", "alone", "latched"):
        lamp.light(state, 0)
    active = [[line for line, level in told.items() if level is Level.ACTIVE] for told in chip.lines.set]
    assert active == [[1], [2], [3]]


def test_a_missing_chip_is_refused_by_the_real_library() -> None:
    """Libgpiod's own error becomes a sentence, for a button and for a light."""
    with pytest.raises(
        ButtonError, match=r"gpio:gpiochip99/3 cannot be opened \(No such file or directory\)"
    ):
        open_button("gpio:gpiochip99/3", "bed-1")
    with pytest.raises(OSError, match="No such file"):
        open_lamp("gpio:gpiochip99/3")


# serial


@pytest.fixture
def port() -> Iterator[tuple[int, str]]:
    """A pty: the microcontroller's end and the port's name."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def _words(keys: SerialKeys, least: int = 1) -> list[str]:
    found: list[str] = []
    began = time.monotonic()
    while len(found) < least and time.monotonic() - began < WITHIN_S:
        found += [edge.action for edge in keys.edges(0.1) if edge.down]
    return found


def test_every_line_but_wake_and_alive_withdraws(port: tuple[int, str]) -> None:
    """Words in any case, with any end of line; an unknown one is a press, an empty one is not."""
    ours, path = port
    keys = SerialKeys(path, 9600, boottime_ns)
    keys.connect()
    os.write(ours, b"alive\r\n\r\nWake\r\npress\nwithdraw\r")
    assert _words(keys, 3) == ["wake", "withdraw", "withdraw"]
    os.write(ours, b"\x01")
    assert _words(keys) == ["withdraw"]
    keys.close()


def test_two_buttons_cannot_share_a_port_and_a_light_may(port: tuple[int, str]) -> None:
    """The second button is refused; a lamp at the same port writes."""
    ours, path = port
    keys = SerialKeys(path, 9600, boottime_ns)
    keys.connect()
    with pytest.raises(ButtonError, match="cannot be opened"):
        open_button(f"serial:{path}", "bed-2")
    lamp = SerialLamp(path, 9600)
    lamp.light("coupled", S)
    lamp.light("coupled", S + 100 * MS)
    lamp.light("coupled", S + 250 * MS)
    lamp.light("alone", S + 260 * MS)
    told = b""
    while len(told) < 22:  # a terminal may give each line by itself
        told += os.read(ours, 100)
    assert told == b"coupled\ncoupled\nalone\n"
    lamp.close()
    keys.close()


# The reader's thread


class FakeKeys:
    """A driver that the test feeds; it can be unplugged, or have a bug."""

    def __init__(self) -> None:
        self.unplugged: Exception | None = None
        self.fed = threading.Event()
        self.queue: list[Edge] = []
        self.opened = 0

    def connect(self) -> None:
        if self.unplugged is not None:
            raise self.unplugged
        self.opened += 1

    def edges(self, within_s: float) -> list[Edge]:
        self.fed.wait(min(within_s, 0.01))
        if self.unplugged is not None:
            raise self.unplugged
        queue, self.queue = self.queue, []
        return queue

    def close(self) -> None:
        pass


def _next(button: ButtonReader) -> ButtonEvent:
    """The next event, through the loop as a bed gets it."""

    async def wait() -> ButtonEvent:
        async with asyncio.timeout(WITHIN_S):
            await button.stirred()
        (found,) = button.events()
        return found

    return asyncio.run(wait())


def test_a_press_wakes_the_loop_and_a_burst_is_one_event() -> None:
    """A press returns from `stirred`; unread presses of one action are joined, so the queue has no length."""
    keys = FakeKeys()
    button = ButtonReader("fake:", "bed-1", keys, holds=False)
    keys.queue = [_down(S)]
    assert _next(button) == Pressed("withdraw", S)
    for number in range(3):
        keys.queue = [_down(S, key=str(number))]
        while keys.queue:
            time.sleep(0.005)
    time.sleep(0.3)
    assert len(button.events()) == 1
    button.close()


@pytest.mark.parametrize("error", [OSError(19, "No such device"), ValueError("a bug")])
def test_a_lost_device_is_reported_and_read_again_when_it_returns(error: Exception) -> None:
    """The loss has its reason, a driver's bug is a loss as well, and the next press arrives."""
    keys = FakeKeys()
    button = ButtonReader("fake:", "bed-1", keys, holds=False)
    keys.unplugged = error
    lost = _next(button)
    assert isinstance(lost, ButtonLost)
    assert lost.why in ("No such device", "ValueError: a bug")
    keys.unplugged = None
    assert _next(button) == ButtonReturned()
    keys.queue = [_down(S)]
    assert _next(button) == Pressed("withdraw", S)
    button.close()


# Specs


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("usb:/dev/x", "is not evdev:PATH, gpio:CHIP/LINE or serial:PORT"),
        ("evdev:", "is not evdev:PATH"),
        ("evdev:/dev/input/event3,KEY_MOON=wake", "KEY_MOON is no key"),
        ("evdev:/dev/input/event3,KEY_ENTER=sleep", "write withdraw, wake or none"),
        ("evdev:/dev/input/event3,28=wake,28=none", "gives 28 twice"),
        ("evdev:/dev/input/event3,hold=5", "neither hold=wake nor hold=none"),
        ("gpio:gpiochip0", "is not gpio:CHIP/LINE"),
        ("gpio:gpiochip0/17,active=up", "active=low or active=high"),
        ("serial:/dev/ttyACM0,baud=fast", r"is not serial:PORT\[,baud=N\]"),
    ],
)
def test_a_button_that_cannot_be_meant_is_refused_in_a_sentence(spec: str, sentence: str) -> None:
    """The sentence has the spec and what is expected."""
    with pytest.raises(ButtonError, match=sentence):
        button_keys(spec)


@pytest.mark.parametrize(
    "spec", ["lamp:1", "gpio:gpiochip0/1,2", "gpio:gpiochip0/1,1,1,2", "serial:", "gpio:x/"]
)
def test_a_light_that_cannot_be_meant_is_refused_in_a_sentence(spec: str) -> None:
    """Two lines, an unknown kind or no place are none of the two lights."""
    with pytest.raises(LightError, match=r"--light .* is not gpio:CHIP/LINE or"):
        open_lamp(spec)


def test_each_pod_has_its_own_button_and_light() -> None:
    """`{pod}` is the pod's name, `POD=SPEC` is one pod's; a pod without one has none."""
    pods = {"pods": "bed-1,bed-2"}
    shared = load({**pods, "button": ["evdev:/dev/input/{pod},KEY_A=wake"]}, {}, None).pods
    assert [pod.button for pod in shared] == [f"evdev:/dev/input/bed-{n},KEY_A=wake" for n in (1, 2)]
    own = load({**pods, "button": ["bed-2=evdev:/dev/e,28=none"], "light": ["bed-1=gpio:c/1"]}, {}, None).pods
    assert [(pod.button, pod.light) for pod in own] == [("", "gpio:c/1"), ("evdev:/dev/e,28=none", "")]
    by_environment = load({"pod": ["bed-7"]}, {"DREAMEDGE_LIGHT": "serial:/dev/{pod}"}, None).pods
    assert by_environment[0].light == "serial:/dev/bed-7"


@pytest.mark.parametrize("setting", ["button", "light"])
def test_several_pods_cannot_share_one(setting: str) -> None:
    """One device for two pods is refused, however it is given; a pod that is not run is named."""
    pods = {"pods": "bed-1,bed-2"}
    for given in (["gpio:c/1"], ["bed-1=gpio:c/1", "bed-2=gpio:c/1,active=high"]):
        with pytest.raises(SettingsError, match=rf"several pods cannot share one {setting} .*\{{pod\}}"):
            load({**pods, setting: given}, {}, None)
    with pytest.raises(SettingsError, match="names pod 'bed-9', which is not run here"):
        load({**pods, setting: ["bed-9=gpio:c/1"]}, {}, None)


# The keeper of the light


class FakeLamp:
    """Keeps what it was told to show; it can be unplugged."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.gone = self.closed = False

    def light(self, state: str, now_ns: int) -> None:
        if self.gone:
            raise OSError(5, "Input/output error")
        self.shown.append(str(state))

    def close(self) -> None:
        self.closed = True


def test_the_light_shows_alone_when_it_is_told_nothing() -> None:
    """Before the first word, half a second after the last, and after a byte that is no state."""
    lamp = FakeLamp()
    keeper = LampKeeper(lamp, lambda: lamp, lambda _: None)
    keeper.refresh(0)
    keeper.take_word(b"lac", S)
    keeper.refresh(S + 499 * MS)
    keeper.refresh(S + 500 * MS)
    keeper.take_word(b"?", 2 * S)
    keeper.refresh(2 * S)
    keeper.take_word(b"l", 3 * S)
    keeper.refresh(3 * S)
    keeper.finish(3 * S + MS)
    assert lamp.shown == ["alone", "coupled", "alone", "alone", "latched", "alone"]
    assert lamp.closed


def test_a_lost_lamp_is_told_and_opened_again() -> None:
    """One report of the loss, a try a second, and the state of the moment when it returns."""
    lamp, told, tries = FakeLamp(), list[str](), [0]

    def reopen() -> FakeLamp:
        tries[0] += 1
        if lamp.gone:
            raise OSError(2, "No such file")
        return lamp

    keeper = LampKeeper(lamp, reopen, told.append)
    lamp.gone = True
    for step in range(30):
        keeper.take_word(b"c", S + step * 100 * MS)
        keeper.refresh(S + step * 100 * MS)
    assert (told, tries) == (["lost Input/output error"], [2])
    lamp.gone = False
    keeper.take_word(b"l", 5 * S)
    keeper.refresh(5 * S)
    assert told[1:] == ["back"]
    assert lamp.shown == ["latched"]


def test_the_lights_process_shows_the_state_and_alone_at_the_end(port: tuple[int, str]) -> None:
    """The real process writes to a serial lamp what it is told, and alone once it is told nothing more."""
    ours, path = port
    light = open_light(f"serial:{path}", "bed-1")
    lines: list[str] = []

    def until(state: str) -> None:
        began = time.monotonic()
        while lines[-1:] != [state]:
            assert time.monotonic() - began < WITHIN_S, lines
            lines.extend(os.read(ours, 4096).decode().split())

    for state in (LightState.COUPLED, LightState.LATCHED):
        light.show(state)
        until(state)
    until("alone")
    light.show(LightState.COUPLED)
    until("coupled")
    light.close()
    light.close()
    until("alone")


def test_a_light_whose_process_is_killed_is_told_and_driven_again(port: tuple[int, str]) -> None:
    """One report of the loss, one of the return, and the lamp shows the state again."""
    ours, path = port
    light = KeptLight(f"serial:{path}", "bed-1")
    light._keeper.kill()
    light._keeper.wait()
    told: list[str] = []
    began = time.monotonic()
    while told[-1:] != [""]:
        assert time.monotonic() - began < WITHIN_S, told
        light.show(LightState.COUPLED)
        told += light.troubles()
        time.sleep(0.01)
    assert told == ["its process ended with status -9", ""]
    lines: list[str] = []
    while "coupled" not in lines:
        light.show(LightState.COUPLED)
        lines += os.read(ours, 4096).decode().split()
    light.close()


def test_a_light_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    """The process's own sentence reaches the command line, with the pod's name."""
    with pytest.raises(
        LightError, match=r"bed-1: the light serial:.*/none cannot be opened \(.*No such file"
    ):
        open_light(f"serial:{tmp_path}/none", "bed-1")


# At a bed


class FakeButton:
    """A button whose events the test sets."""

    def __init__(self) -> None:
        self.waiting: list[ButtonEvent] = []
        self.stir = asyncio.Event()
        self.closed = False

    async def stirred(self) -> None:
        await self.stir.wait()
        self.stir.clear()

    def events(self) -> tuple[ButtonEvent, ...]:
        waiting, self.waiting = self.waiting, []
        return tuple(waiting)

    def close(self) -> None:
        self.closed = True


class FakeLight:
    """Keeps the states it was shown."""

    def __init__(self) -> None:
        self.shown: list[LightState] = []
        self.waiting: tuple[str, ...] = ()
        self.closed = False

    def show(self, state: LightState) -> None:
        self.shown.append(state)

    def troubles(self) -> tuple[str, ...]:
        waiting, self.waiting = self.waiting, ()
        return waiting

    def close(self) -> None:
        self.closed = True


class Gives:
    """A renderer that gives what the test says, whatever it is asked for."""

    failed = ""

    def __init__(self) -> None:
        self.share = 0.0

    def render(self, cue: object, now_ns: int) -> None:
        pass

    def share_at(self, now_ns: int) -> float:
        return self.share

    def close(self) -> None:
        pass


async def _turns() -> None:
    """Let other tasks run."""
    for _ in range(5):
        await asyncio.sleep(0)


def _bed(**parts: Any) -> tuple[PodRunner, Alone, list[int]]:  # noqa: ANN401 - the parts' own types
    now = [10 * S]
    bed, said = bed_alone(SimulatedImplant(3), None, lambda: now[0], **parts)
    return bed, said, now


async def test_a_press_latches_with_the_stamp_of_the_press() -> None:
    """The event's evidence is the press, its zero is the moment of the act; a loss and a return are noted."""
    button = FakeButton()
    bed, said, _ = _bed(button=button)
    async with asyncio.TaskGroup() as group:
        heeding = group.create_task(bed.heed_button(), name="button")
        button.waiting = [Pressed("withdraw", 10 * S - 30 * MS), ButtonLost("No such device")]
        button.stir.set()
        await _turns()
        button.waiting = [ButtonReturned()]
        button.stir.set()
        await _turns()
        heeding.cancel()
    (latched,) = said.events
    assert (latched.cause, latched.evidence_ns, latched.zero_ns) == ("withdraw", 10 * S - 30 * MS, 10 * S)
    kinds = [kind for kind, _ in said.notes]
    assert kinds == ["latched", "pressed", "button-lost", "button-returned"]
    bed.close()
    assert button.closed


def test_keys_pressed_in_turn_are_two_reports_and_no_more() -> None:
    """Withdraw, wake, withdraw, wake: the daemon hears of each once; the sleeper is woken each time."""
    bed, said, _ = _bed()
    for _ in range(4):
        bed.press("withdraw")
        bed.press("wake")
    assert [event.cause for event in said.events] == ["withdraw", "wake"]
    assert [kind for kind, _ in said.notes].count("wake") == 4
    bed.close()


def test_the_light_follows_what_the_renderer_gives() -> None:
    """Coupled while there is any share, also against a latch; a share that is no number is not alone."""
    light, renderer = FakeLight(), Gives()
    bed, _, now = _bed(light=light, renderer=renderer)

    def shown(share: float) -> LightState:
        renderer.share = share
        now[0] += 50 * MS
        bed.pulse(now[0])
        return light.shown[-1]

    assert [shown(share) for share in (0.0, 1e-9, 0.15, float("nan"), 0.0)] == [
        *(LightState.ALONE, LightState.COUPLED, LightState.COUPLED, LightState.COUPLED, LightState.ALONE)
    ]
    bed.press("withdraw")
    assert light.shown[-1] is LightState.LATCHED
    assert shown(0.1) is LightState.COUPLED
    assert shown(0.0) is LightState.LATCHED
    bed.close()
    assert light.closed


def test_a_lost_light_is_noted_and_its_return(tmp_path: Path) -> None:
    """Each trouble is one line of the journal."""
    light = FakeLight()
    bed, said, _ = _bed(light=light)
    light.waiting = ("Input/output error", "")
    bed.look_after(0.0, 0)
    bed.look_after(0.0, 0)
    told = [(kind, values.get("why")) for kind, values in said.notes if kind.startswith("light")]
    assert told == [("light-lost", "Input/output error"), ("light-returned", None)]
    bed.close()
