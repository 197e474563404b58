"""The five ways in which a sleeper of a crowd withdraws, for a test and a bench."""

import asyncio
import contextlib
import io
from collections.abc import Awaitable, Callable

import dreamapi
from dreamd.main import main
from dreamd.settings import FREE_SOCKET
from integration.crowd import Crowd
from integration.fleet import Fleet

Way = Callable[[str], Awaitable[None]]


def own_socket(fleet: Fleet) -> dreamapi.Api:
    """The ways out of this machine, without a credential."""
    return dreamapi.connect(f"unix:{fleet.state / FREE_SOCKET}")


def ways_out(crowd: Crowd, api: dreamapi.Api, own: dreamapi.Api) -> dict[str, Way]:
    """The five ways, by name; each takes a pod."""

    async def button(pod: str) -> None:
        crowd.press(pod, "withdraw")

    async def command_line(pod: str) -> None:
        words = ["me", "withdraw", "--sleeper", f"sleeper-{pod}"]
        with contextlib.redirect_stdout(io.StringIO()):
            status = await asyncio.to_thread(main, [*words, "--server", f"127.0.0.1:{crowd.fleet.grpc_port}"])
        assert not status, f"dreamd me withdraw has answered {status}"

    async def call(pod: str) -> None:
        await api.consents.withdraw(f"sleeper-{pod}")

    async def advocate(pod: str) -> None:
        await api.consents.withdraw(f"sleeper-{pod}", reason="asked to", issuer="an advocate")

    async def request(pod: str) -> None:
        await own.consents.withdraw(f"sleeper-{pod}", reason="asked to")

    return {
        "button": button,
        "me withdraw": command_line,
        "API": call,
        "advocate": advocate,
        "on request": request,
    }
