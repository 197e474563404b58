"""The devices beside a bed: the sleeper's button and the light."""

from typing import Final

from mutate.mutation import Mutation

_ROOM: Final = "edge/dreamedge/adapters/bedside/"
_TESTS: Final = ("tests/edge/test_bedside.py",)

BEDSIDE: Final = (
    Mutation(
        "button.unknown-key-withdraws",
        "a key without an action of its own does nothing",
        f"{_ROOM}evdev.py",
        "self._actions.get(code, WITHDRAW)",
        'self._actions.get(code, "")',
        _TESTS,
    ),
    Mutation(
        "button.dropped-withdraws",
        "a press among events that the kernel dropped is lost",
        f"{_ROOM}evdev.py",
        "if kind == EV_SYN and code == SYN_DROPPED:",
        "if False:",
        _TESTS,
    ),
    Mutation(
        "button.unknown-line-withdraws",
        "a line that a microcontroller misspells is no press",
        f"{_ROOM}serial_port.py",
        "WAKE if word == WAKE else WITHDRAW",
        'WAKE if word == WAKE else word if word == WITHDRAW else ""',
        _TESTS,
    ),
    Mutation(
        "button.broken-wire-withdraws",
        "a line that is active when it is opened is not noticed",
        f"{_ROOM}gpio_lines.py",
        "held = self._lines.get_value(line) is Level.ACTIVE",
        "held = False",
        _TESTS,
    ),
    Mutation(
        "button.repeat-not-lost",
        "a press that follows another within a quarter of a second is lost",
        f"{_ROOM}presses.py",
        "return [Pressed(action, self._waiting.pop(action)) for action in ready]",
        """passed = [Pressed(action, self._waiting.pop(action)) for action in ready]
        self._waiting.clear()
        return passed""",
        _TESTS,
    ),
    Mutation(
        "button.lost-device-holds-nothing",
        "a key that was down when its device was lost wakes the sleeper later",
        f"{_ROOM}presses.py",
        "self._held.clear()",
        "pass",
        _TESTS,
    ),
    Mutation(
        "button.loss-is-retried",
        "a driver's failure ends the reading for ever",
        f"{_ROOM}button_reader.py",
        "self._closing.wait(RETRY_S)",
        "return",
        _TESTS,
    ),
    Mutation(
        "button.stamp-of-the-press",
        "the evidence of a press is the moment it was handled",
        "edge/dreamedge/app/pod_runner.py",
        "min(pressed_ns, now_ns)",
        "0",
        _TESTS,
    ),
    Mutation(
        "light.silent-is-alone",
        "the light keeps its state when the agent hangs",
        f"{_ROOM}lamp_keeper.py",
        "now_ns - self._heard_ns < _SILENT_NS",
        "True",
        _TESTS,
    ),
    Mutation(
        "light.ended-is-alone",
        "the light keeps its state when the agent ends",
        f"{_ROOM}lamp_keeper.py",
        "self._show(LightState.ALONE, now_ns)",
        "pass",
        _TESTS,
    ),
    Mutation(
        "light.shows-the-renderer",
        "the light shows the decision, not what the renderer gives",
        "edge/dreamedge/app/pod_runner.py",
        "self._parts.light.show(resting if alone else LightState.COUPLED)",
        "self._parts.light.show(resting)",
        _TESTS,
    ),
    Mutation(
        "recorder.marks-outlive-blocks",
        "a mark is dropped with the blocks of its minute",
        "edge/dreamedge/adapters/recorder/__init__.py",
        """                case Block():
                    self._write_marks(lambda _, at_ns: at_ns < item.last_ns)
""",
        """                case Block():
                    self._marks.clear()
""",
        ("tests/edge/test_recorder.py",),
    ),
    Mutation(
        "recorder.original",
        "a recording above 1,000 Hz is the decimated signal",
        "edge/dreamedge/app/pod_runner.py",
        "record_block(block.original or block)",
        "record_block(block)",
        ("tests/edge/test_recorded_rates.py",),
    ),
    Mutation(
        "recorder.original-live",
        "the rows that the decimator holds are not recorded",
        "edge/dreamedge/adapters/implants/devices/live.py",
        "return Block(uv, last_ns, contact, original) if len(uv) or original else None",
        "return Block(uv, last_ns, contact)",
        ("tests/edge/test_recorded_rates.py",),
    ),
    Mutation(
        "recorder.weight",
        "a slow disk fills the memory with a fast device's samples",
        "edge/dreamedge/adapters/background_writer.py",
        "and self._weighs + weight <= self._weight_limit",
        "",
        ("tests/edge/test_recorded_rates.py",),
    ),
    Mutation(
        "synthetic.scaled",
        "the generator's millivolts reach the bed as they are",
        "edge/dreamedge/adapters/implants/devices/brainflow.py",
        "data[self._rows, begin:end].T * self._scale",
        "data[self._rows, begin:end].T",
        ("tests/edge/test_brainflow.py",),
    ),
    Mutation(
        "identify.clearest-alone",
        "of two devices that jump alike, one is named",
        "edge/dreamedge/adapters/implants/devices/identify.py",
        "all(jumps[best] >= _CLEARER * other for other in others)",
        "True",
        ("tests/edge/test_identify.py",),
    ),
    Mutation(
        "button.not-shared",
        "several beds share one button",
        "edge/dreamedge/settings.py",
        """    if shared:
        raise""",
        """    if False:
        raise""",
        _TESTS,
    ),
)
