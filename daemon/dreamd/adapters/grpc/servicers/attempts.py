"""Attempts of callers without a credential: each host has a rate of its own."""

from collections.abc import Callable
from typing import Final

from dreamd.adapters.grpc.calls.errors import Declined
from dreamd.core.access.rates import REDEEMED, Bucket
from dreamd.core.refusals import Code, Refusal

SOURCES_MAX: Final = 4096
"""Hosts whose attempts are counted; beyond it the one that came first goes."""


class Attempts:
    """Counts the attempts of one kind. what: it, in words: "redeem {} codes a second"."""

    def __init__(self, now_s: Callable[[], float], what: str) -> None:
        self._now_s = now_s
        self._what = what
        self._left: dict[str, Bucket] = {}

    def take_attempt(self, source: str) -> None:
        """Take one attempt of this host; raises Declined where there is none."""
        now_s = self._now_s()
        bucket = self._left.pop(source, None) or Bucket.full(REDEEMED, now_s)
        self._left[source] = bucket
        if len(self._left) > SOURCES_MAX:
            del self._left[next(iter(self._left))]
        wait_s = bucket.take_call(now_s)
        if wait_s:
            sentence = f"a host may {self._what.format(f'{REDEEMED.each_s:g}')}"
            raise Declined(Refusal(Code.RATE_EXCEEDED, sentence, {"retry_s": f"{wait_s:.3f}"}))
