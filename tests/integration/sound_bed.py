"""A bed's live sound without its agent: a program that gives cues to a sound output and to a WAV file.

`python sound_bed.py WAV SCENE`. It prints one JSON object a line: a word and its moment (CLOCK_BOOTTIME, ns).
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.renderers import open_renderer
from dreamedge.adapters.renderers.wav import WavRenderer
from dreamedge.core.merging.loudness import Volume
from dreamedge.ports.renderer import Cue, Renderer

PULSE_S = 0.05
VOLUME = Volume(73.0, 74.0)


def say(word: str, **values: object) -> None:
    """Print a word and its moment."""
    print(json.dumps({"word": word, "at_ns": boottime_ns(), **values}), flush=True)


def cue(pulse: int, share: float, fade_ms: float = 0.0) -> Cue:
    """A cue of a feedback that moves."""
    feedback = np.sin(np.arange(12) + pulse / 10).astype(np.float32)
    return Cue(feedback, share, fade_ms)


def give(renderers: tuple[Renderer, ...], one: Cue) -> None:
    """Give a cue to all, at one instant."""
    now_ns = boottime_ns()
    for renderer in renderers:
        renderer.render(one, now_ns)


def night(sound: Renderer, wav: Path) -> None:
    """Rise, sever, alone, rise, a last cue, silence, the end."""
    both = (sound, WavRenderer(wav))
    say("begin")
    for pulse in range(30):
        give(both, cue(pulse, min(0.15, 0.01 * pulse)))
        time.sleep(PULSE_S)
    say("sever")
    give(both, cue(30, 0.0, 50.0))
    time.sleep(PULSE_S)
    for pulse in range(31, 39):
        give(both, cue(pulse, 0.0))
        time.sleep(PULSE_S)
    for pulse in range(39, 49):
        give(both, cue(pulse, 0.15))
        time.sleep(PULSE_S)
    say("last")
    give(both, cue(49, 0.15))
    time.sleep(0.9)
    give(both, cue(50, 0.15))
    time.sleep(0.2)
    say("end")
    for renderer in both:
        renderer.close()


def loss(sound: Renderer) -> None:
    """Play until the output is lost, and again until it is back."""
    pulse = 0
    for wanted in ("renderer-failed", "renderer-back"):
        for _ in range(300):
            give((sound,), cue(pulse, 0.15))
            pulse += 1
            time.sleep(PULSE_S)
            if bool(sound.failed) is (wanted == "renderer-failed"):
                break
        say(wanted, why=sound.failed, share=sound.share_at(boottime_ns()))
    for _ in range(6):
        give((sound,), cue(pulse, 0.15))
        time.sleep(PULSE_S)
    sound.close()


def steps(sound: Renderer) -> None:
    """Twenty times: a cue after silence, with its moment, and a sever."""
    for step in range(20):
        say(f"step {step}")
        give((sound,), cue(step, 0.15))
        time.sleep(0.15 + 0.0037 * step)
        give((sound,), cue(step, 0.0, 50.0))
        time.sleep(0.3)
    sound.close()


if __name__ == "__main__":
    opened = open_renderer("sound:bed", "bed-1", VOLUME)
    say("open")
    if sys.argv[2] == "night":
        night(opened, Path(sys.argv[1]))
    elif sys.argv[2] == "steps":
        steps(opened)
    else:
        loss(opened)
    say("closed")
