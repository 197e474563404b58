"""Request ids: the same write sent twice is done once, and answered alike.

Only answers are kept, never refusals: a no may turn into a yes. What severs, releases or checks out
does not come here at all: done twice it does no harm, and an answer from memory would leave somebody
merged. Bounded in number, bytes and age; the oldest falls out, and its retry is simply done again.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, TypeVar

from google.protobuf.message import Message

from dreamd.adapters.grpc import inputs
from dreamd.adapters.grpc.errors import Declined
from dreamd.core.refusals import Code, Refusal

KEEP_S: Final = 600.0
ENTRIES_MAX: Final = 4096
BYTES_MAX: Final = 16 << 20


class Write(Protocol):
    """A request with an id."""

    request_id: str

    def SerializeToString(self, *, deterministic: bool = False) -> bytes:  # noqa: N802 - protobuf's name
        """As every protobuf message."""
        ...


class _Kept(NamedTuple):
    digest: bytes
    answer: Message
    size: int
    at_s: float


Answer = TypeVar("Answer", bound=Message)


class Replays:
    """Answers given, by method and request id; `now_s` is any clock that does not go back."""

    def __init__(
        self, now_s: Callable[[], float], *, entries_max: int = ENTRIES_MAX, bytes_max: int = BYTES_MAX
    ) -> None:
        self._now_s = now_s
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._kept: OrderedDict[tuple[type, str], _Kept] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        """Answers kept now."""
        return len(self._kept)

    def once(self, request: Write, kind: type[Answer], act: Callable[[], Answer]) -> Answer:
        """Do `act`, or repeat the answer it gave for this request id.

        Raises:
            Declined: REQUEST_ID_REUSED where the id came with another request; or what `act` raises.
        """
        wanted = inputs.request_id(request.request_id)
        if not wanted:
            return act()
        key = (type(request), wanted)
        digest = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
        self._forget(self._now_s() - KEEP_S)
        if (kept := self._kept.get(key)) is not None:
            if kept.digest != digest:
                sentence = f"request_id {wanted} came with a different request before"
                raise Declined(Refusal(Code.REQUEST_ID_REUSED, sentence, {"request_id": wanted}))
            assert isinstance(kept.answer, kind)
            return kept.answer
        answer = act()
        self._keep(key, _Kept(digest, answer, answer.ByteSize(), self._now_s()))
        return answer

    def _keep(self, key: tuple[type, str], kept: _Kept) -> None:
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
