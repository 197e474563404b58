"""The connection: `async with dreamapi.connect("127.0.0.1:50051") as api`.

Entering it reaches the daemon or raises Unreachable at once, rather than at the first call. A stream runs
ahead of its reader by its flow-control window, which gRPC by default lets grow to megabytes: minutes of a
stale collective. The window is small and fixed here (measured: 4 ticks of eight seats), so that the daemon
skips ticks for a slow reader; larger answers are not slowed down by it.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Final, Self

import grpc
import grpc.aio

from dreamapi.access import Access
from dreamapi.audit import Audit
from dreamapi.breakers import Breakers
from dreamapi.call_policy import DEADLINE_S, Line
from dreamapi.clinic import Clinic
from dreamapi.consents import Consents
from dreamapi.credentials import (
    CredentialError,
    CredentialFile,
    HeldCredential,
    channel_credentials,
    load_credential,
)
from dreamapi.daemons import Daemons, HouseChannel, addresses
from dreamapi.dreamscapes import Dreamscapes
from dreamapi.errors import Unreachable
from dreamapi.exchange import Exchange
from dreamapi.guidelines import Guidelines
from dreamapi.invitations import Invitations
from dreamapi.letters import Exposure, Letters
from dreamapi.moratoria import Moratoria
from dreamapi.pieces import Pieces
from dreamapi.pods import Pods
from dreamapi.renewal import Renewal, Renewing
from dreamapi.reports import Reports
from dreamapi.requests import refused
from dreamapi.severs import Houses, Severs
from dreamapi.text import unfit
from dreamapi.wake_orders import WakeOrders

CONNECT_S: Final = 5.0

OPTIONS: Final = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 2_000),  # time of one attempt: a handshake on a busy machine
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.max_receive_message_length", 8 << 20),
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 4 << 10),
)


class Api:
    """A connection: `pods`, `dreamscapes`, `breakers`, `wake`, `severs`, `houses`, `access`, `audit`.

    Of people: `consents`, `exposure`, `guidelines`, `invitations`, `letters`.
    """

    def __init__(
        self,
        line: Line,
        *,
        connect_s: float,
        held: HeldCredential | None = None,
    ) -> None:
        self._held = held
        self._renewal: asyncio.Task[None] | None = None
        self._connect_s = connect_s
        self._line = line

    async def __aenter__(self) -> Self:
        """Reach the daemon, or the first that answers of several; raises Unreachable."""
        self._channel = HouseChannel(self._line.daemons)
        try:
            await self._reach_one()
        except BaseException:
            await self._channel.close()
            raise
        self.pods = Pods(self._channel, self._line)
        self.dreamscapes = Dreamscapes(self._channel, self._line)
        self.breakers = Breakers(self._channel, self._line)
        self.wake = WakeOrders(self._channel, self._line)
        self.severs = Severs(self._channel, self._line)
        self.houses = Houses(self._channel, self._line)
        self.access = Access(self._channel, self._line)
        self.audit = Audit(self._channel, self._line)
        self.consents = Consents(self._channel, self._line)
        self.guidelines = Guidelines(self._channel, self._line)
        self.invitations = Invitations(self._channel, self._line)
        self.moratoria = Moratoria(self._channel, self._line)
        self.reports = Reports(self._channel, self._line)
        self.pieces = Pieces(self._channel, self._line)
        self.clinic = Clinic(self._channel, self._line)
        self.exchange = Exchange(self._channel, self._line)
        self.exposure = Exposure(self._channel, self._line)
        self.letters = Letters(self._channel, self._line)
        if self._held is not None and self._held.path is not None:
            self._renewing = Renewing(self.access, self._held, self._line.rng)
            keeping = self._renewing.keep_renewed()
            self._renewal = asyncio.create_task(keeping, name="dreamapi renewal")  # noqa: TID251 -- ended below
        return self

    async def renew(self) -> Renewal:
        """Look how long the credential has left, and renew it in its file where that is due.

        A connection that lives longer than five seconds does so by itself.

        Raises:
            CredentialError: the connection has no credential file, or it cannot be written.
            ApiError: the daemon refuses or is not reached.
        """
        if self._renewal is None:
            raise CredentialError("this connection has no credential file; connect(..., credential=FILE)")
        return await self._renewing.look()

    async def _reach_one(self) -> None:
        daemons = self._line.daemons
        for given in daemons.given:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._connect_s):
                    if await self._reached():
                        return
            daemons.turn_from(given)
        raise Unreachable(
            f"nothing answers at {' or '.join(daemons.given)}; start the daemon (dreamd serve) or name its "
            "address"
        )

    async def _reached(self) -> bool:
        """Whether the daemon that is asked now answers; returns once that is known."""
        state = self._channel.get_state(try_to_connect=True)
        while state is not grpc.ChannelConnectivity.READY:
            if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
                return False
            await self._channel.wait_for_state_change(state)
            state = self._channel.get_state(try_to_connect=True)
        return True

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection; calls under way are cancelled, but a renewal is let end."""
        if self._renewal is not None:
            await self._renewing.finished()
            self._renewal.cancel()
            await asyncio.wait([self._renewal])
        await self._channel.close()


@dataclass(frozen=True, slots=True)
class Server:
    """A server and the credential that it is shown.

    target: host:port, or several daemons of one house with commas. credential: its file, or the contents of
    one; None: none.
    """

    target: str
    credential: Path | CredentialFile | None = None


def connect(
    target: str | Server = "127.0.0.1:50051",
    *,
    deadline_s: float = DEADLINE_S,
    connect_s: float = CONNECT_S,
    rng: Random | None = None,
    to_screen: bool = False,
    user_agent: str = "dreamapi",
    credential: Path | CredentialFile | None = None,
    authority: str = "",
) -> Api:
    """A connection to the daemon at `host:port`, or a Server, to be entered with `async with`.

    A daemon that does not own its house leads to its owner, which is remembered. Several daemons of one house
    may be named, with commas between: the first that answers is asked, and the next where it is lost.

    deadline_s: of each call that is not a watch; connect_s: of reaching the daemon at all; to_screen: escape
    the text of answers, because a terminal would obey control characters in foreign text; user_agent: the
    name of the calling program, one ASCII word; credential: the file that `dreamd redeem` has made, or its
    contents, with which the connection is over TLS. A file is renewed at half of the credential's life,
    while the connection lives. authority: PEM, for a connection over TLS without a credential.

    Raises:
        InvalidArgument: the address is no text that a resolver could take.
        CredentialError: the file cannot be used.
        Unreachable: on entering, if the daemon does not answer.
    """
    if isinstance(target, Server):
        credential, target = target.credential, target.target
    if wrong := unfit(target):
        raise refused("target", wrong)
    tls, held = None, None
    if credential is not None:
        if isinstance(credential, CredentialFile):
            held = HeldCredential(credential)
        else:
            held = HeldCredential(load_credential(credential), credential)
        tls = channel_credentials(held.kept.authority, held)
    elif authority:
        tls = channel_credentials(authority)
    daemons = Daemons(addresses(target), partial(_channel_to, tls, user_agent))
    line = Line(daemons, rng or Random(), deadline_s, to_screen)  # noqa: S311 - jitter
    return Api(line, connect_s=connect_s, held=held)


def _channel_to(tls: grpc.ChannelCredentials | None, user_agent: str, address: str) -> grpc.aio.Channel:
    options = (*OPTIONS, ("grpc.primary_user_agent", user_agent))
    if tls is None:
        return grpc.aio.insecure_channel(address, options=options)
    return grpc.aio.secure_channel(address, tls, options=options)
