"""Request ids: the same write sent twice is done once, and answered alike.

A request id is its principal's own: no principal gets the answer to another's request.

Only answers are kept, never refusals: a refused request may succeed later. Calls that sever, release or check
out are not kept at all: repeating them does no harm, and an answer from memory would leave a sleeper merged.
The cache is bounded in number, bytes and age. The oldest entry is dropped; its retry is simply done again.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from google.protobuf.message import Message

from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.errors import Declined, granted
from dreamd.adapters.grpc.calls.streams import kept, settled
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred

KEEP_S: Final = 600.0
ENTRIES_MAX: Final = 4096
BYTES_MAX: Final = 16 << 20


class Write(Protocol):
    """A request with an id."""

    request_id: str

    def SerializeToString(self, *, deterministic: bool = False) -> bytes:  # noqa: N802 - protobuf's name
        """As every protobuf message."""
        ...


class _Key(NamedTuple):
    principal: str
    kind: type
    request_id: str


class _Kept(NamedTuple):
    digest: bytes
    answer: Message
    size: int
    at_s: float


class _UnderWay(NamedTuple):
    digest: bytes
    later: Deferred[Any]
    tell: Callable[[Any], Message]


Answer = TypeVar("Answer", bound=Message)
Value = TypeVar("Value")


class IdempotencyCache:
    """Answers given, by principal, method and request id; `now_s` is any clock that does not go back."""

    def __init__(
        self, now_s: Callable[[], float], *, entries_max: int = ENTRIES_MAX, bytes_max: int = BYTES_MAX
    ) -> None:
        self._now_s = now_s
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._bytes = 0
        self._under_way: dict[_Key, _UnderWay] = {}

    def __len__(self) -> int:
        """The number of answers kept."""
        return len(self._kept)

    def once(self, principal: str, request: Write, kind: type[Answer], act: Callable[[], Answer]) -> Answer:
        """Do `act`, or repeat the answer it gave for this request id of this principal.

        Raises:
            Declined: REQUEST_ID_REUSED where the id came with another request; or what `act` raises.
        """
        named = self._named(principal, request)
        if named is None:
            return act()
        known = self._known(*named, kind)
        if known is not None:
            return known
        answer = act()
        self._keep(named[0], _Kept(named[1], answer, answer.ByteSize(), self._now_s()))
        return answer

    async def bound(
        self,
        principal: str,
        request: Write,
        kind: type[Answer],
        ask: Callable[[], Value | Refusal | Deferred[Value]],
        tell: Callable[[Value], Answer],
    ) -> Answer:
        """Make a request that waits for the ledger once for each request id, and return its answer.

        A second call under one id waits for the first one's answer. A caller that hangs up changes nothing.

        Raises:
            Declined: REQUEST_ID_REUSED, as `once` does; or the refusal that was the answer.
        """
        named = self._named(principal, request)
        if named is None:
            return tell(await kept(ask()))
        self._harvest()
        known = self._known(*named, kind)
        if known is not None:
            return known
        key, digest = named
        under_way = self._under_way.get(key)
        if under_way is not None:
            self._same(key.request_id, under_way.digest, digest)
            later: Deferred[Value] = under_way.later
        else:
            asked = ask()
            if not isinstance(asked, Deferred):
                answer = tell(granted(asked))
                self._keep(key, _Kept(digest, answer, answer.ByteSize(), self._now_s()))
                return answer
            later = asked
            self._under_way[key] = _UnderWay(digest, later, tell)
        value = await settled(later)
        self._harvest()
        return tell(value)

    def _harvest(self) -> None:
        """Keep the answers that have arrived meanwhile; refusals are not kept."""
        for key, one in [(key, one) for key, one in self._under_way.items() if one.later.settled]:
            del self._under_way[key]
            value = one.later.answer()
            if not isinstance(value, Refusal):
                answer = one.tell(value)
                self._keep(key, _Kept(one.digest, answer, answer.ByteSize(), self._now_s()))

    def _named(self, principal: str, request: Write) -> tuple[_Key, bytes] | None:
        """Return (key, digest) of a request with an id; None: it has none."""
        wanted = request_fields.request_id(request.request_id)
        if not wanted:
            return None
        digest = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
        return _Key(principal, type(request), wanted), digest

    def _known(self, key: _Key, digest: bytes, kind: type[Answer]) -> Answer | None:
        self._forget(self._now_s() - KEEP_S)
        known = self._kept.get(key)
        if known is None:
            return None
        self._same(key.request_id, known.digest, digest)
        assert isinstance(known.answer, kind)
        return known.answer

    @staticmethod
    def _same(wanted: str, digest: bytes, other: bytes) -> None:
        if digest != other:
            sentence = f"request_id {wanted} came with a different request before"
            raise Declined(Refusal(Code.REQUEST_ID_REUSED, sentence, {"request_id": wanted}))

    def _keep(self, key: _Key, kept: _Kept) -> None:
        self._kept[key] = kept
        self._bytes += kept.size
        while len(self._kept) > self._entries_max or self._bytes > self._bytes_max:
            self._drop_oldest()

    def _forget(self, before_s: float) -> None:
        while self._kept and not next(iter(self._kept.values())).at_s >= before_s:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, oldest = self._kept.popitem(last=False)
        self._bytes -= oldest.size
