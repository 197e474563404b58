"""The watch over one kind of harm: blind until its rate is known, then an e-detector, and its alarm.

The declared rate is the limit of the clause `watch_rate` where a revision of the guidelines states a basis
for it. A questionnaire answers low on healthy mornings too, so no clause declares the rate of low check-ins.
Without a declared rate the house's own counts: the upper 90 % Poisson limit of the first nights that make
SLEEPER_NIGHTS_LEAST sleeper-nights. No night is judged by a rate that it has made.

Rules
- Of low check-ins a sleeper-night is a morning with an answer: one without tells nothing of them.
- The own rate is made once. Nights that come later do not change it, so a slow rise is not learned away.
- Another rate: a lower one goes on with the evidence, which is then too small, never too large. A higher one
  begins from zero evidence.
- An alarm stands until a clinician and an advocate, two people, have lifted it. Then the evidence is zero.
- A night is judged once, in the order of the nights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite, nan
from typing import Final

from dreamd.core.access.caller import Role
from dreamd.core.refusals import Code, Refusal
from dreamd.core.surveillance.e_detector import NIGHTS_LEAST, SLEEPER_NIGHTS_LEAST, Evidence, Night, observe
from dreamd.core.surveillance.kinds import KINDS, TOLD, HarmKind
from dreamd.core.surveillance.rates import poisson_upper

RATE_LEAST: Final = 1e-9
"""Stands for a declared rate of 0, of which no likelihood can be made."""
THRESHOLD: Final = NIGHTS_LEAST * len(KINDS)
LIFTERS: Final = (Role.CLINICIAN, Role.ADVOCATE)


@dataclass(frozen=True, slots=True)
class NightCount:
    """The counts of one Dreamscape in one night; they name no person.

    sleepers: how many were merged or harmed in it. cases: people by kind of harm; a kind without one is left
    out. answers: how many answered the morning after.
    """

    night: int
    dreamscape: str
    sleepers: int
    cases: Mapping[HarmKind, int] = field(default_factory=dict)
    answers: int = 0

    def exposed(self, kind: HarmKind) -> int:
        """How many could have a case of this kind: of low check-ins those that answered."""
        return self.answers if kind is HarmKind.CHECK_IN else self.sleepers


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that stands.

    since_s: unix time. value, rate: those of its night. agreed: the person that agrees to lift it, by role.
    """

    since_s: float
    value: float
    rate: float
    agreed: Mapping[Role, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watch:
    """The watch over one kind.

    night: the newest that was taken in; 0: none. gathered, cases: sleeper-nights and people of which the own
    rate is made. rate: by which the newest night was judged; 0: blind. nights: judged since the evidence was
    zero.
    """

    kind: HarmKind
    night: int = 0
    gathered: int = 0
    cases: int = 0
    rate: float = 0.0
    evidence: Evidence = Evidence()  # noqa: RUF009 - a frozen value
    nights: int = 0
    alarm: Alarm | None = None

    @property
    def own_rate(self) -> float:
        """Cases a sleeper-night by the house's own nights; NaN: too few of them."""
        enough = self.gathered >= SLEEPER_NIGHTS_LEAST
        return poisson_upper(self.cases) / self.gathered if enough else nan

    def above(self, limit: float) -> bool:
        """Whether the own rate is above the limit of the clause, which low check-ins do not have."""
        return self.kind is not HarmKind.CHECK_IN and self.own_rate > limit

    def declares(self, declared: float) -> bool:
        """Whether a rate that the guidelines declare counts for this kind; NaN: they declare none."""
        return isfinite(declared) and self.kind is not HarmKind.CHECK_IN

    def next_rate(self, declared: float) -> float:
        """The rate by which the next night is judged; NaN: blind. declared: with a basis, NaN: none is."""
        return max(declared, RATE_LEAST) if self.declares(declared) else self.own_rate


def after_night(
    watch: Watch, night: int, counts: Sequence[NightCount], declared: float, at_s: float
) -> Watch:
    """Return the watch after this night with its Dreamscapes; the same one where the night was taken in.

    declared: cases a sleeper-night that the guidelines declare with a basis; NaN: they do not.
    """
    if not night > watch.night:
        return watch
    rate, lived = watch.next_rate(declared), [count for count in counts if count.exposed(watch.kind) > 0]
    after = replace(watch, night=night)
    if not watch.gathered >= SLEEPER_NIGHTS_LEAST:
        people = sum(count.cases.get(watch.kind, 0) for count in lived)
        gathered = watch.gathered + sum(count.exposed(watch.kind) for count in lived)
        after = replace(after, gathered=gathered, cases=watch.cases + people)
    if not isfinite(rate):
        return replace(after, rate=0.0, evidence=Evidence(), nights=0)
    raised = rate > watch.rate > 0.0
    evidence = observe(
        Evidence() if raised else watch.evidence,
        [Night(float(count.exposed(watch.kind)), count.cases.get(watch.kind, 0) > 0) for count in lived],
        rate,
    )
    nights = (0 if raised else watch.nights) + bool(lived)
    alarm = watch.alarm
    if alarm is None and evidence.alarms(len(KINDS)):
        alarm = Alarm(at_s, evidence.value, rate)
    return replace(after, rate=rate, evidence=evidence, nights=nights, alarm=alarm)


def lifted(watch: Watch, person: str, role: Role) -> Watch | Refusal:
    """Return the watch after this person has agreed to lift its alarm, in this role.

    The alarm stands until one clinician and one advocate, two people, have agreed.
    """
    if watch.alarm is None:
        return Refusal(Code.WRONG_STATE, f"no alarm of {TOLD[watch.kind]} stands")
    if role not in LIFTERS:
        return Refusal(Code.WRONG_ROLE, "an alarm is lifted by a clinician and an advocate")
    other = next(one for one in LIFTERS if one is not role)
    if watch.alarm.agreed.get(other) == person:
        sentence = f"{person} has agreed to lift it as {other.value}; it takes two people"
        return Refusal(Code.SAME_PERSON, sentence)
    if other in watch.alarm.agreed:
        return replace(watch, alarm=None, evidence=Evidence(), nights=0)
    return replace(watch, alarm=replace(watch.alarm, agreed={role: person}))
