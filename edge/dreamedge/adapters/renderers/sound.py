"""The feedback as live sound at the bed: `sound[:DEVICE]`.

`Voice` makes the samples on the output's thread. A thread of this renderer watches the output: one that ends
by itself, or that has asked for no sample for half a second, is lost. It is silent then, `failed` has the
reason, and the thread opens it again every five seconds. Nothing here waits on the agent's loop, and a device
that hangs keeps only this thread.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.renderers.pad import FADE_S
from dreamedge.adapters.renderers.portaudio import Output
from dreamedge.adapters.renderers.share_envelope import RenderedShare
from dreamedge.adapters.renderers.voice import Voice
from dreamedge.core.merging.loudness import Volume
from dreamedge.ports.renderer import Cue, RendererError

AGAIN_S: Final = 5.0
"""Seconds between two attempts to open a lost output."""
STALE_S: Final = 0.5
"""Seconds without a request for samples after which an output is lost."""
_GLANCE_S: Final = 0.1
_TAKES_WITHIN_S: Final = 3.0
_CLOSE_WITHIN_S: Final = 1.0


class SoundRenderer:
    """One bed's sound.

    Args:
        name: of the output, for sentences.
        volume: the loudest that it may be.
        open_output: opens the output; may raise RendererError.
        now_ns: CLOCK_BOOTTIME.

    Raises:
        RendererError: the output cannot be opened, or takes no sound.
    """

    def __init__(
        self,
        name: str,
        volume: Volume,
        open_output: Callable[[], Output],
        now_ns: Callable[[], int] = boottime_ns,
    ) -> None:
        self._name = f"sound output {name!r}" if name else "the default sound output"
        self._volume = volume
        self._open_output = open_output
        self._now_ns = now_ns
        self._share = RenderedShare()
        self._failed = ""
        self._closing = threading.Event()
        self._open()
        self._thread = threading.Thread(target=self._watch, name="sound", daemon=True)
        self._thread.start()

    @property
    def failed(self) -> str:
        """Why the output gives nothing, or empty."""
        return self._failed

    def render(self, cue: Cue, now_ns: int) -> None:
        """Sound like this cue from now on, for half a second."""
        self._share.cue(cue, now_ns)
        if not self._failed:  # a lost output is silent while it is opened again, too
            self._voice.follow(cue)

    def share_at(self, now_ns: int) -> float:
        """The share; 0 once the last cue is half a second old, and while the output is lost."""
        return 0.0 if self._failed else self._share.at(now_ns)

    def close(self) -> None:
        """Fade out and release the output, within a second; an output that hangs is left behind."""
        self._share.stop()
        self._voice.hush()
        self._closing.set()
        self._thread.join(_CLOSE_WITHIN_S)

    @property
    def dose(self) -> float:
        """The share of a week's dose of H.870 that has sounded since the output was opened."""
        return self._voice.dose

    def _open(self) -> None:
        """Open the output and see that it takes more than its own buffer.

        A sound server may begin late: PulseAudio's virtual outputs need up to two seconds.
        """
        self._output = output = self._open_output()
        self._voice = voice = Voice(output.rate_hz, output.latency_s, self._volume, self._now_ns)
        try:
            output.play(voice.fill, partial(self._lose, voice, "is gone"))
            taken = self._takes(voice, output.latency_s + 2 * _GLANCE_S)
        except BaseException:
            output.close()
            raise
        if not taken:
            output.close()
            raise RendererError(
                f"{self._name} took no sound within {_TAKES_WITHIN_S:g} s; see that it is switched on, not "
                "in use, or name another: dreamedge devices."
            )

    def _takes(self, voice: Voice, seconds: float) -> bool:
        """Whether the output takes more than its own buffer."""
        for _ in range(round(_TAKES_WITHIN_S / _GLANCE_S)):
            if voice.sounded_s >= seconds:
                return True
            time.sleep(_GLANCE_S)
        return voice.sounded_s >= seconds

    def _lose(self, voice: Voice, what: str) -> None:
        """Report a lost output, if it is the present one. Called on the output's thread or on this one."""
        if not self._closing.is_set() and voice is self._voice:
            self._failed = self._failed or f"{self._name} {what}"

    def _watch(self) -> None:
        stale = 0
        while not self._closing.wait(_GLANCE_S):
            fresh = self._now_ns() - self._voice.called_ns <= STALE_S * 1e9
            # Twice: a process that was stopped itself finds its own stamp old once.
            stale = 0 if fresh else stale + 1
            if stale > 1:
                self._lose(self._voice, f"has taken no sound for {STALE_S:g} s")
            if self._failed:
                self._return()
                stale = 0
        if not self._failed:
            time.sleep(FADE_S + self._output.latency_s + _GLANCE_S / 2)
        self._output.close()

    def _return(self) -> None:
        """Release the lost output; open it again until that succeeds or the renderer closes."""
        self._output.close()
        while not self._closing.wait(AGAIN_S):
            with contextlib.suppress(RendererError):
                self._open()
                self._failed = ""
                return
