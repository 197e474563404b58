"""The gateway of a ward's agent: the frames of its beds in one message a hop, over a connection of its own.

The beds of one process measure the same hop within milliseconds. Each gives its frame to the gateway, which
sends those of one cohort together GATHER_S after the first. So a broker and a daemon handle one message in
place of sixty-four. All else of a bed (presence, status, events, orders, broadcasts) stays on its own
connection, with its own account and its own will.

Rules. A bed names its gateway in its own presence; the daemon takes its frames from no other sender. The
gateway takes a frame only while it is connected, else the bed sends it itself: a gateway that is gone costs
its beds nothing. One that is connected and not heard is left by its beds (`core/frame_way.py`). A frame waits
for no other bed. Frames that the socket does not take are dropped and counted: the next hop's are worth more.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import aiomqtt

from dreamedge.core.broker_passwords import BrokerPasswords
from dreamwire import topics
from dreamwire.broker_access import Access
from dreamwire.codec import encode_frames
from dreamwire.connection import LoginRefusedError, PromptClient
from dreamwire.messages import Frame

GATHER_S: Final = 0.02
TOGETHER: Final = 96
"""Frames of one message: 17 kB, and less than the wire's 64 where each names the longest stored zero."""
KEEPALIVE_S: Final = 5
_ANSWER_WITHIN_S: Final = 5.0
_FIRST_DELAY_S: Final = 0.2
_LONGEST_DELAY_S: Final = 10.0
_STABLE_S: Final = 5.0


class Gateway:
    """Sends frames for several beds.

    dropped: frames that the socket did not take. why: why it is not connected; empty while it is.
    at_home: it has no sleeper, so its credential may be renewed at any time. note: writes a line to the
    journal.
    """

    at_home = True

    def __init__(
        self,
        name: str,
        access: Access,
        rng: random.Random,
        say: Callable[[str], None] = lambda _: None,
        *,
        note: Callable[[str, dict[str, float | int | str]], None] = lambda _kind, _values: None,
        passwords: BrokerPasswords | None = None,
    ) -> None:
        """Prepare; `stay_connected` connects.

        Args:
            name: its account at the broker, which may publish frames under this name.
            access: the broker, and the account's credentials.
            rng: jitter of the reconnects.
            say: called with a sentence as it is connected and as it is not, once for each reason.
            note: see the class.
            passwords: of an enrolled gateway, whose credential is renewed; None: the one in `access`.
        """
        self.note, self._passwords = note, passwords
        self.name, self._access, self._rng, self._say = name, access, rng, say
        self._said = ""
        self._client: PromptClient | None = None
        self._waiting: dict[tuple[str, int], list[Frame]] = {}
        self._due: dict[tuple[str, int], asyncio.TimerHandle] = {}
        self.dropped = 0
        self.why = "not connected yet"

    def take_frame(self, dreamscape: str, cohort: int, frame: Frame) -> bool:
        """Take a frame to send it soon; False: not connected, and the bed sends it itself."""
        if self._client is None:
            return False
        place = dreamscape, cohort
        waiting = self._waiting.setdefault(place, [])
        waiting.append(frame)
        if len(waiting) >= TOGETHER:
            self._send(place)
        elif place not in self._due:
            self._due[place] = asyncio.get_running_loop().call_later(GATHER_S, self._send, place)
        return True

    def _send(self, place: tuple[str, int]) -> None:
        timer = self._due.pop(place, None)
        if timer is not None:
            timer.cancel()
        frames = self._waiting.pop(place, [])
        if not frames:
            return
        payload = encode_frames(frames, plain=True)
        if self._client is None or not self._client.send(topics.frames(*place, self.name), payload):
            self.dropped += len(frames)

    async def stay_connected(self) -> None:
        """Connect, and reconnect with full jitter, until cancelled."""
        loop, attempt = asyncio.get_running_loop(), 0
        while True:
            began_s, other = loop.time(), False
            try:
                async with self._open() as client:
                    if self._passwords is not None:
                        self._passwords.accepted()
                    self._client, self.why = client, ""
                    self._tell("connected to the broker")
                    self.why = await client.lost()
            except aiomqtt.MqttError as error:
                self.why = str(error)
                refused = isinstance(error, LoginRefusedError)
                other = refused and self._passwords is not None and self._passwords.rejected()
            finally:
                self._client = None
                self._forget()
                self._tell(f"not connected ({self.why}); its beds send their own frames")
            if other:
                continue  # the broker may know the newer password already, or not yet
            attempt = 0 if loop.time() - began_s >= _STABLE_S else attempt + 1
            most_s = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2.0 ** min(attempt, 10))
            await asyncio.sleep(self._rng.uniform(_FIRST_DELAY_S, max(most_s, 2 * _FIRST_DELAY_S)))

    def _tell(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            self._say(f"gateway {self.name}: {sentence}")

    def _open(self) -> PromptClient:
        access, passwords = self._access, self._passwords
        if passwords is not None:
            access = replace(access, user=access.user or self.name, password=passwords.now)
        return PromptClient(
            access,
            lambda _message: None,
            identifier=f"dreamedge-{self.name}",
            clean_session=True,
            keepalive=KEEPALIVE_S,
            timeout=_ANSWER_WITHIN_S,
        )

    def _forget(self) -> None:
        """Drop what waits: it was taken for a connection that is gone."""
        for timer in self._due.values():
            with contextlib.suppress(RuntimeError):
                timer.cancel()
        self.dropped += sum(map(len, self._waiting.values()))
        self._due.clear()
        self._waiting.clear()
