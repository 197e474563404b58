"""The daemons of one house that a client knows, and the one that it asks now.

Theory of operation. A house has one owner, which answers, and daemons that wait. A daemon that waits names
the owner's address. The client asks there, and remembers it for as long as the connection lives. The owner
names the daemons that wait, in the metadata behind each answer (STANDBYS). Where the owner is not reached any
more, the client asks one that it was given, or one of those. `HouseChannel` is the channel of the daemon that
is asked now, so the stubs of the services know of no daemon at all.

Rules
- A credential is shown over TLS alone, to a server of the same authority, wherever an address leads.
- The channels of the given addresses live as long as the client; of the learnt ones the newest LEARNT_MAX do.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Final, Self

import grpc
import grpc.aio

from dreamapi.text import unfit

STANDBYS: Final = "dreamd-standbys"
"""The key of metadata behind an answer: HOST:PORT of each daemon that waits for the house, with commas."""
LEARNT_MAX: Final = 4
"""Channels to addresses that daemons named."""
_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:(?![0-9]+(,|$))")
"""A target of gRPC's own, such as `ipv4:10.0.0.1:50051,10.0.0.2:50051`; its commas are gRPC's."""


def addresses(target: str) -> tuple[str, ...]:
    """The addresses of `HOST:PORT,HOST:PORT`; a target with a scheme of gRPC's is one."""
    if _SCHEME.match(target):
        return (target,)
    return tuple(one for one in (part.strip() for part in target.split(",")) if one) or (target,)


def is_address(text: str) -> bool:
    """Whether a text is HOST:PORT of a daemon that others reach."""
    found = _ADDRESS.fullmatch(text)
    return found is not None and not unfit(text) and 0 < int(found[2]) < 1 << 16


class Daemons:
    """The addresses and their channels. target: the address that is asked now."""

    def __init__(self, given: Sequence[str], opening: Callable[[str], grpc.aio.Channel]) -> None:
        """given: addresses to begin with, one at least. opening: makes the channel to an address."""
        self.given = tuple(given)
        self.target = self.given[0]
        self.standbys: tuple[str, ...] = ()
        self._home = self.target
        self._opening = opening
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._named_by: dict[str, str] = {}

    def opened(self, address: str) -> grpc.aio.Channel:
        """Return the channel to an address, made at its first use."""
        if address not in self._channels:
            self._channels[address] = self._opening(address)
        return self._channels[address]

    def told(self, address: str) -> str:
        """The address with the daemon that named it, for a sentence."""
        by = self._named_by.get(address)
        return f"{address}, the owner of the house by {by}" if by is not None else address

    @property
    def several(self) -> bool:
        """Whether more than one daemon of the house is known."""
        return len(self.given) > 1 or bool(self.standbys or self._named_by)

    def note_standbys(self, metadata: Iterable[tuple[str, str | bytes]]) -> None:
        """Remember the daemons that wait, by the metadata behind an answer; without any, those of before."""
        told = next((value for key, value in metadata if key == STANDBYS), "")
        named = told.split(",") if isinstance(told, str) and told else ()
        self.standbys = tuple(one for one in named if is_address(one))[:LEARNT_MAX] or self.standbys

    async def move(self, asked: str, address: str) -> None:
        """Ask at `address` from now on, which the daemon at `asked` named."""
        self.target = address
        if address in self.given:
            return
        self._named_by.pop(address, None)
        self._named_by[address] = asked
        while len(self._named_by) > LEARNT_MAX:
            oldest = next(iter(self._named_by))
            del self._named_by[oldest]
            if (gone := self._channels.pop(oldest, None)) is not None:
                await gone.close()

    def turn_from(self, asked: str) -> None:
        """Ask elsewhere from now on, where `asked` is asked still: where the client began, or at the next.

        Of the addresses given, then of those that waited when the owner answered last.
        """
        if asked != self.target:
            return
        round_ = tuple(dict.fromkeys((*self.given, *self.standbys)))
        if asked in round_:
            self._home = round_[(round_.index(asked) + 1) % len(round_)]
        self.target = self._home

    async def close(self) -> None:
        """Close every channel; safe to call twice."""
        while self._channels:
            _, channel = self._channels.popitem()
            await channel.close()


class HouseChannel(grpc.aio.Channel):
    """The channel to the daemon that is asked now; each call finds it anew."""

    def __init__(self, daemons: Daemons) -> None:
        self._daemons = daemons

    @property
    def _now(self) -> grpc.aio.Channel:
        return self._daemons.opened(self._daemons.target)

    async def __aenter__(self) -> Self:
        """Nothing: each channel is made at its first use."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every channel."""
        await self._daemons.close()

    async def close(self, grace: float | None = None) -> None:  # noqa: ARG002 - calls under way are cancelled
        """Close every channel."""
        await self._daemons.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: FBT001, FBT002 - gRPC's
        """The state of the channel to the daemon that is asked now."""
        return self._now.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Return once that state is another one."""
        await self._now.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Return once that daemon is reached."""
        await self._now.channel_ready()

    def unary_unary(self, *method: Any, **forms: Any) -> Any:  # noqa: ANN401 - as the generated stubs call it
        """Return the callable of a method, which calls the daemon that is asked then."""
        return _Method(self._daemons, "unary_unary", method, forms)

    def unary_stream(self, *method: Any, **forms: Any) -> Any:  # noqa: ANN401
        """Likewise, for an answer in parts."""
        return _Method(self._daemons, "unary_stream", method, forms)

    def stream_unary(self, *method: Any, **forms: Any) -> Any:  # noqa: ANN401
        """Likewise, for requests in parts."""
        return _Method(self._daemons, "stream_unary", method, forms)

    def stream_stream(self, *method: Any, **forms: Any) -> Any:  # noqa: ANN401
        """Likewise, for both in parts."""
        return _Method(self._daemons, "stream_stream", method, forms)


class _Method:
    """A method of whichever daemon is asked."""

    def __init__(self, daemons: Daemons, kind: str, method: tuple[Any, ...], forms: dict[str, Any]) -> None:
        self._daemons, self._kind, self._method, self._forms = daemons, kind, method, forms
        self._of: grpc.aio.Channel | None = None
        self._bound: Any = None

    def __call__(self, request: Any, **options: Any) -> Any:  # noqa: ANN401 - stubs are untyped
        """Call it."""
        now = self._daemons.opened(self._daemons.target)
        if now is not self._of:
            self._of, self._bound = now, getattr(now, self._kind)(*self._method, **self._forms)
        return self._bound(request, **options)
