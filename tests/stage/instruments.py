"""A stage's two ports for a patch that runs in another program, which is told things and answers."""

import os
import select
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dreamd.stage.osc import Value, decoded, encoded

PATCHES = Path(__file__).resolve().parents[2] / "deploy/stage"
KEPT = "/kept/"
"""The beginning of the addresses at which a patch tells back what it holds, for the tests alone."""
Heard = tuple[str, tuple[Value, ...]]

TOLD: tuple[Heard, ...] = (
    ("/dreamd/audience", (7, 8)),
    ("/dreamd/centre", tuple(at / 8.0 for at in range(12))),
    *(
        (f"/dreamd/band/{band}", (at / 4.0, -at / 4.0))
        for at, band in enumerate(("delta", "theta", "alpha"), 1)
    ),
    *(
        (f"/dreamd/band/{band}", (at / 4.0, -at / 4.0))
        for at, band in enumerate(("sigma", "beta", "gamma"), 4)
    ),
    *((f"/dreamd/synchrony/{band}", (0.25, 1.5)) for band in ("delta", "theta", "alpha", "sigma", "beta")),
    ("/dreamd/dispersion", (0.75,)),
    ("/dreamd/lead/applied", (0.125,)),
    ("/dreamd/lead/applied/vector", tuple(at / 16.0 for at in range(12))),
    ("/dreamd/you/identity", (0.875,)),
    ("/dreamd/you/share", (0.375,)),
    ("/dreamd/refused", ("LEAD_TAKEN", "somebody leads this Dreamscape already")),
)
"""One message to each address but state, beat and severed; every number is exact as a float."""


class Desk:
    """A stage's ports on this machine.

    port: where the patch is told. heard_port: where it answers. kept: what the patch told back at addresses
    that begin with KEPT.
    """

    def __init__(self) -> None:
        self._ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ears.bind(("127.0.0.1", 0))
        self.heard_port = int(self._ears.getsockname()[1])
        self._mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = free_port()
        self.kept: dict[str, tuple[Value, ...]] = {}

    def tell(self, address: str, *values: Value) -> None:
        """Send one message to the patch; ints as `i`, floats as `f`, texts as `s`."""
        self._mouth.sendto(encoded(address, values), ("127.0.0.1", self.port))

    def hear(self, within_s: float) -> Heard | None:
        """Return the next message of the patch; None: none comes in time."""
        ready, _, _ = select.select([self._ears], [], [], within_s)
        if not ready:
            return None
        (message,) = decoded(self._ears.recv(2048))
        assert message.fault is None, message
        heard = message.address, message.values
        if heard[0].startswith(KEPT):
            self.kept[heard[0].removeprefix(KEPT)] = heard[1]
        return heard

    def hear_until(self, address: str, within_s: float = 5.0) -> list[Heard]:
        """Return the messages up to the first to this address, or up to this time."""
        until, heard = time.monotonic() + within_s, list[Heard]()
        while (left_s := until - time.monotonic()) > 0.0:
            message = self.hear(left_s)
            if message is not None:
                heard.append(message)
                if message[0] == address:
                    break
        return heard

    def close(self) -> None:
        """Close both ports."""
        self._ears.close()
        self._mouth.close()


def free_port() -> int:
    """Return a UDP port that no program holds now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass(frozen=True)
class Conversation:
    """The messages of a patch that is told of a short night.

    asked: before anything was told. led: to the beats 10, 20, 30, to a silence, and to beat 31. severed: to a
    sever and a beat after it. kept: what it told back at the end. printed: its output.
    """

    asked: list[Heard]
    led: list[Heard]
    severed: list[Heard]
    kept: dict[str, tuple[Value, ...]]
    printed: str


def converse(command: list[str], desk: Desk, folder: Path, settings: dict[str, str]) -> Conversation:
    """Tell a patch of a short night, and return what it said.

    It is started, asks for a share and sends the cue `ready`. It tells each change of `live` back at once and
    the rest by the end, and ends by itself once the state is `ended`.
    """
    environment = os.environ | {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)} | settings
    led = list[Heard]()
    with (folder / "printed").open("w+") as printed:
        patch = subprocess.Popen(command, cwd=folder, env=environment, stdout=printed, stderr=printed)
        try:
            asked = desk.hear_until("/dreamd/cue", 30.0)
            desk.tell("/dreamd/beat", 9)
            desk.tell("/dreamd/state", "dreaming")
            for address, values in TOLD:
                desk.tell(address, *values)
            led += desk.hear_until(f"{KEPT}live")
            for beat in (10, 20, 30):
                desk.tell("/dreamd/beat", beat)
                led += desk.hear_until("/dreamd/lead")
            led += desk.hear_until(f"{KEPT}live")
            desk.tell("/dreamd/beat", 31)
            led += desk.hear_until("/dreamd/lead")
            desk.tell("/dreamd/severed", "railed")
            desk.tell("/dreamd/state", "severed")
            severed = desk.hear_until(f"{KEPT}live")
            desk.tell("/dreamd/beat", 32)
            desk.tell("/dreamd/state", "ended")
            with suppress(subprocess.TimeoutExpired):
                patch.wait(10.0)
            while (message := desk.hear(0.0)) is not None:
                severed.append(message)
        finally:
            if patch.poll() is None:
                patch.kill()
                patch.wait(10.0)
            printed.seek(0)
            said = printed.read()
    return Conversation(asked, led, severed, dict(desk.kept), said)
