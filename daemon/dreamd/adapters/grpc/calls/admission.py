"""Admits calls: credential, effect, rate and role before the request is read, its scope after.

The credential stands in the metadata, as `authorization: Bearer dreamd_{id}_{secret}`. An id that is not
known and a wrong secret are refused alike. A way out has no rate.

Calls that run under a credential are kept by its principal. `end_calls` cancels them, so that the watches
of a revoked principal end at once, with CREDENTIAL_REVOKED.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Final

from google.protobuf.message import Message

from dreamd.adapters.grpc.calls.errors import Declined, bad_input
from dreamd.adapters.grpc.calls.method_rules import HEALTH, target_of
from dreamd.core.access.admission import Admitted, Whereabouts, admit, in_scope, on_request
from dreamd.core.access.principals import Credential, Kind, Principal, parse_token, token_of
from dreamd.core.access.rates import RATES, Bucket
from dreamd.core.access.rules import Effect, Rule
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.principals import Principals

AUTHORIZATION: Final = "authorization"
SCHEME: Final = "bearer "
STREAMS_EACH: Final = 8
"""Watches and leads that one principal holds at once."""
BUCKETS_MAX: Final = 20_000
"""Buckets of rates in memory: two for each of ten thousand principals. Beyond it the oldest go."""
_NO_HOLDER: Final = (
    "no principal has the credential that the call carries: it is of another house, or its holder was erased"
)

Metadata = Iterable[tuple[str, str | bytes]] | None


class Admission:
    """Judges callers.

    rules: by path, of every served method but the health checks. now_s: the session clock.
    """

    def __init__(
        self,
        rules: dict[str, Rule],
        principals: Principals,
        where: Whereabouts,
        now_s: Callable[[], float],
        used: Callable[[Principal, Credential, str], None] = lambda _principal, _credential, _token: None,
        unsafe: Callable[[], str] = str,
    ) -> None:
        """used: called with a credential and its text at its first use in this process, and a bed's at each.

        unsafe: why no sleeper may be bound now; empty: one may.
        """
        self._rules = rules
        self._principals = principals
        self.where = where
        self._now_s = now_s
        self._tell_used = used
        self._unsafe = unsafe
        self._used: set[str] = set()
        self._buckets: dict[tuple[str, Effect], Bucket] = {}
        self._running: dict[str, dict[asyncio.Task[object], bool]] = {}
        self._ended: dict[asyncio.Task[object], Refusal] = {}
        self._streams: Counter[str] = Counter()

    def admitted(self, path: str, metadata: Metadata) -> Admitted | None:
        """The caller of this method; None: the method is open to all.

        Raises:
            Declined: no credential, one that does not count, a role that is lacking, too many calls.
        """
        if path in HEALTH or self._rules[path].open:
            return None
        rule, now_s = self._rules[path], self._now_s()
        found = self._known(_shown(metadata))
        if isinstance(found, Refusal):
            raise Declined(found)
        principal, credential, secret = found
        admitted = admit(rule, principal, credential, now_s)
        if isinstance(admitted, Refusal):
            raise Declined(admitted)
        self._safe(rule)
        self._rated(rule, principal.name, now_s)
        if credential.id not in self._used or principal.kind is Kind.BED:
            self._used.add(credential.id)
            self._tell_used(principal, credential, token_of(credential.id, secret))
        return admitted

    def judged(self, path: str, shown: str) -> Refusal | None:
        """Why a credential may not call this method; None: it may. On any thread, and without a rate.

        shown: as the header `authorization` has it. A first use is not noted here.
        """
        found = self._known(shown)
        if isinstance(found, Refusal):
            return found
        principal, credential, _ = found
        admitted = admit(self._rules[path], principal, credential, self._now_s())
        return admitted if isinstance(admitted, Refusal) else None

    def scoped(self, path: str, admitted: Admitted | None, request: Message) -> bool:
        """Whether the caller acts on a sleeper's request, which is to be recorded.

        Raises:
            Declined: the thing that the request names is out of the caller's scope, or the sleeper's request
                is not stated.
        """
        if admitted is None:
            return False
        rule = self._rules[path]
        judged = in_scope(rule, admitted, target_of(rule, request, admitted), self.where)
        if isinstance(judged, Refusal):
            raise Declined(judged)
        asked = on_request(rule, judged)
        if asked and not str(getattr(request, "reason", "")).strip():
            raise bad_input("reason", "the sleeper's request in words: this role calls it on request", "none")
        return asked

    @contextmanager
    def running(
        self, admitted: Admitted | None, *, stream: bool = False, outlives: bool = False
    ) -> Iterator[None]:
        """Keep the calling task under its principal. stream: it is one of at most STREAMS_EACH.

        outlives: the call ends its own principal, and is not ended with it.

        Raises:
            Declined: the principal has as many streams as it may, or `end_calls` has ended the task.
        """
        task = asyncio.current_task()
        if admitted is None or task is None or outlives:
            yield
            return
        name = admitted.principal.name
        with self._one_of_few(name) if stream else nullcontext():
            yield from self._until_ended(name, task, stream=stream)

    def streams_of(self, principal: str) -> int:
        """How many watches and leads a principal holds now."""
        return self._streams[principal]

    @contextmanager
    def _one_of_few(self, name: str) -> Iterator[None]:
        if self._streams[name] >= STREAMS_EACH:
            sentence = f"{name} may hold {STREAMS_EACH} watches and leads at once"
            raise Declined(
                Refusal(Code.LANE_FULL, sentence, {"limit": str(STREAMS_EACH), "of": "this principal"})
            )
        self._streams[name] += 1
        try:
            yield
        finally:
            self._streams[name] -= 1
            if not self._streams[name]:
                del self._streams[name]

    def _until_ended(self, name: str, task: asyncio.Task[object], *, stream: bool) -> Iterator[None]:
        self._running.setdefault(name, {})[task] = stream
        try:
            yield
        except asyncio.CancelledError:
            if task not in self._ended:
                raise
            task.uncancel()
            raise Declined(self._ended[task]) from None
        finally:
            self._ended.pop(task, None)
            held = self._running.get(name, {})
            held.pop(task, None)
            if not held:
                self._running.pop(name, None)

    def end_calls(self, principal: str) -> None:
        """End every call that runs under this principal: it is revoked."""
        no = Refusal(Code.CREDENTIAL_REVOKED, f"the credential of {principal} was revoked")
        self._end(tuple(self._running.get(principal, {})), no)

    def end_streams(self, principal: str) -> None:
        """End the watches and leads of this principal: it is paused, and its ways out go on."""
        streams = (task for task, stream in self._running.get(principal, {}).items() if stream)
        self._end(tuple(streams), Refusal(Code.PRINCIPAL_PAUSED, f"{principal} is paused"))

    def _end(self, tasks: tuple[asyncio.Task[object], ...], no: Refusal) -> None:
        for task in tasks:
            self._ended[task] = no
            task.cancel()

    def _known(self, shown: str) -> Refusal | tuple[Principal, Credential, str]:
        if not shown:
            return Refusal(Code.CREDENTIAL_MISSING, "the call carries no credential")
        token = parse_token(shown[len(SCHEME) :]) if shown.lower().startswith(SCHEME) else None
        found = self._principals.find_credential(token[0]) if token is not None else None
        if token is None or found is None or not found[1].holds(token[1]):
            return Refusal(Code.CREDENTIAL_UNKNOWN, _NO_HOLDER)
        return (*found, token[1])

    def _safe(self, rule: Rule) -> None:
        why = self._unsafe() if rule.effect is Effect.BINDS else ""
        if why:
            raise Declined(Refusal(Code.BROKER_OPEN, f"no sleeper is bound now: {why}"))

    def _rated(self, rule: Rule, principal: str, now_s: float) -> None:
        rate = RATES.get(rule.effect)
        if rate is None:
            return
        key = (principal, rule.effect)
        bucket = self._buckets.pop(key, None) or Bucket.full(rate, now_s)
        self._buckets[key] = bucket
        if len(self._buckets) > BUCKETS_MAX:
            del self._buckets[next(iter(self._buckets))]
        wait_s = bucket.take_call(now_s)
        if wait_s:
            sentence = f"{principal} may make {rate.each_s:g} calls a second that {rule.effect.value[:-1]}"
            raise Declined(Refusal(Code.RATE_EXCEEDED, sentence, {"retry_s": f"{wait_s:.3f}"}))


def _shown(metadata: Metadata) -> str:
    return next((str(value) for key, value in metadata or () if key == AUTHORIZATION), "")
