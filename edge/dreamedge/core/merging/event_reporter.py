"""The pod's own reports: events with their stamps, journal notes, refusals.

The stamps are taken at the pod: the duration of a zero is measured where it happened, by one monotonic clock,
not where the report arrives. A fall is reported twice, when the target goes to zero and when the rendered
share gets there. The second report repeats the first one's stamps, so that either alone is complete.

Notes of refusals are limited to one a second for each run of the same reason; the count in Status is not.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from dreamedge.core.merging.effects import Effect, Note, SendEvent
from dreamedge.core.merging.held_consents import HeldConsent, HeldConsents
from dreamwire.messages import Assign, PodEvent, PodEventKind

REFUSAL_NOTE_NS: Final = 1_000_000_000
"""Least nanoseconds between two notes of one refusal reason."""

WITHDRAW: Final = "withdraw"
"""The button by which a sleeper withdraws their consent."""

_MS: Final = 1e-6


class EventReporter:
    """Makes events and notes; keeps the fall that has not reached zero yet."""

    def __init__(
        self,
        pod: str,
        incarnation: int,
        rng: random.Random,
        unix_ms: Callable[[int], int],
        consents: HeldConsents,
    ) -> None:
        """`unix_ms` reads the session clock at a monotonic stamp, ms; 0 while it is unknown."""
        self._unix_ms = unix_ms
        self._consents = consents
        self._pod = pod
        self._incarnation = incarnation
        self._rng = rng
        self._fall: PodEvent | None = None
        self._told_onset_ns = 0
        self._onset_ns = 0
        self._refusal = ""
        self._refusal_ns = 0
        self.refused_broadcasts = 0

    def onset(self, onset_ns: int) -> None:
        """Take the onset of an injected malfunction; each is reported once."""
        self._onset_ns = onset_ns

    def merged(self, assign: Assign | None, now_ns: int, captured_ns: int) -> list[Effect]:
        """Report that the coupling rose above zero."""
        return self._tell(self._event(PodEventKind.MERGED, assign, now_ns, evidence_ns=captured_ns))

    def severed(
        self,
        assign: Assign | None,
        now_ns: int,
        cause: str,
        *,
        evidence_ns: int,
        heard: tuple[int, int],
        own: bool = False,
        detail: str = "",
    ) -> list[Effect]:
        """Report that the target went to zero.

        own: by the pod's own evidence, which an onset may explain.
        """
        fall = self._event(
            PodEventKind.SEVERED,
            assign,
            now_ns,
            cause=cause,
            evidence_ns=evidence_ns,
            zero_ns=now_ns,
            onset_ns=self._onset_before(now_ns) if own else 0,
            detail=detail,
        )
        self._fall = replace(fall, term=heard[0], tick=heard[1])
        return self._tell(self._fall)

    def alone(self, now_ns: int, alone_ns: int) -> list[Effect]:
        """Report that the rendered share reached zero; nothing to report without a fall."""
        fall, self._fall = self._fall, None
        if fall is None:
            return []
        told = replace(
            fall,
            id=self._rng.randbytes(16),
            kind=PodEventKind.ALONE,
            unix_ms=self._unix_ms(now_ns),
            alone_ns=alone_ns,
        )
        return self._tell(told)

    def malfunction(
        self, assign: Assign | None, now_ns: int, cause: str, evidence_ns: int, detail: str
    ) -> list[Effect]:
        """Report evidence against the pod while it was not merged."""
        return self._tell(
            self._event(
                PodEventKind.MALFUNCTION,
                assign,
                now_ns,
                cause=cause,
                evidence_ns=evidence_ns,
                onset_ns=self._onset_before(now_ns),
                detail=detail,
            )
        )

    def fact(
        self,
        kind: PodEventKind,
        assign: Assign | None,
        now_ns: int,
        cause: str,
        detail: str = "",
        evidence_ns: int = 0,
    ) -> list[Effect]:
        """Report LATCHED, UNLATCHED or LEFT, as of now; evidence_ns: when a button was pressed, 0: now."""
        seen_ns = evidence_ns or now_ns
        return self._tell(
            self._event(kind, assign, now_ns, cause=cause, evidence_ns=seen_ns, zero_ns=now_ns, detail=detail)
        )

    def warned(self, assign: Assign | None, now_ns: int, cause: str, detail: str) -> list[Effect]:
        """Report that a limit is near; nothing has gone to zero."""
        return self._tell(
            self._event(PodEventKind.WARNED, assign, now_ns, cause=cause, evidence_ns=now_ns, detail=detail)
        )

    def declined(self, held: HeldConsent, assign: Assign, now_ns: int, refused: str) -> list[Effect]:
        """Report that an assign was refused for the consent that the pod holds."""
        event = self._event(PodEventKind.DECLINED, assign, now_ns, cause=refused, evidence_ns=now_ns)
        return self._tell(replace(event, consent_revision=held.revision))

    def refused(self, what: str, reason: str, now_ns: int) -> list[Effect]:
        """Count and note a refused broadcast, command or wake order."""
        if what == "broadcast":
            self.refused_broadcasts += 1
        key = f"{what} {reason}"
        if key == self._refusal and now_ns - self._refusal_ns < REFUSAL_NOTE_NS:
            return []
        self._refusal, self._refusal_ns = key, now_ns
        return [Note("refused", {"what": what, "reason": reason, "count": self.refused_broadcasts})]

    def _onset_before(self, moment_ns: int) -> int:
        fresh = self._onset_ns not in (0, self._told_onset_ns) and self._onset_ns <= moment_ns
        if not fresh:
            return 0
        self._told_onset_ns = self._onset_ns
        return self._onset_ns

    def _event(
        self,
        kind: PodEventKind,
        assign: Assign | None,
        now_ns: int,
        *,
        cause: str = "",
        evidence_ns: int = 0,
        zero_ns: int = 0,
        onset_ns: int = 0,
        detail: str = "",
    ) -> PodEvent:
        withdraws = kind is PodEventKind.LATCHED and cause == WITHDRAW
        revision, subject = self._consents.behind(assign, withdraws=withdraws)
        return PodEvent(
            id=self._rng.randbytes(16),
            pod=self._pod,
            incarnation=self._incarnation,
            kind=kind,
            cause=cause,
            dreamscape=assign.dreamscape if assign else "",
            assignment=assign.assignment if assign else 0,
            unix_ms=self._unix_ms(now_ns),
            onset_ns=onset_ns,
            evidence_ns=evidence_ns,
            zero_ns=zero_ns,
            detail=detail,
            consent_revision=revision,
            consent_subject=subject,
        )

    def _tell(self, event: PodEvent) -> list[Effect]:
        return [SendEvent(event), Note(event.kind.name.lower(), _noted(event))]


def _noted(event: PodEvent) -> dict[str, float | int | str]:
    values: dict[str, float | int | str] = {
        "cause": event.cause,
        "detail": event.detail,
        "dreamscape": event.dreamscape,
        "unix_ms": event.unix_ms,
    }
    stamps = {
        "onset_ns": event.onset_ns,
        "evidence_ns": event.evidence_ns,
        "zero_ns": event.zero_ns,
        "alone_ns": event.alone_ns,
    }
    values |= {name: stamp for name, stamp in stamps.items() if stamp}
    if event.zero_ns and event.evidence_ns:
        values["evidence_to_zero_ms"] = (event.zero_ns - event.evidence_ns) * _MS
    if event.alone_ns and event.onset_ns:
        values["onset_to_alone_ms"] = (event.alone_ns - event.onset_ns) * _MS
    return values
