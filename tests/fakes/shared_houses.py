"""Two houses of one Dreamscape in virtual time: their stages, joined by a reducer on the tests' own clock."""

from collections.abc import Callable
from functools import partial

from dreamd.core.limits import HOP_S, HOUSES_ANSWER_S, TICK_CLOSES_AFTER_S
from dreamd.fusion.reduction import Part, Reduction
from dreamd.ports.cohort_engine import Heard
from dreamwire.messages import Collective
from fakes.stage import Stage

NAME = "night"
WITHIN_S = 0.02


class InlineEngine:
    """ports.cohort_engine without a thread: answers wait for the test. cut: parts are lost."""

    trouble = ""

    def __init__(self, reductions: dict[type, Reduction], now_s: Callable[[], float]) -> None:
        self._reductions, self._now_s = reductions, now_s
        self.answers: list[tuple[str, Part]] = []
        self.sent: list[Part] = []
        self.cut = False

    def submit(self, dreamscape: str, part: Part) -> None:
        """Add the part to the tick."""
        self.sent.append(part)
        if not self.cut:
            reduction = self._reductions.setdefault(type(part.sums), Reduction("root", WITHIN_S))
            reduction.add_part(part, self._now_s(), partial(self._reply, dreamscape))

    def listen(self, heard: Heard) -> None:
        """The test passes answers on."""

    def close(self) -> None:
        """Nothing is open."""

    def _reply(self, dreamscape: str, answer: Part | None) -> None:
        if answer is not None:
            self.answers.append((dreamscape, answer))


class Houses:
    """Houses of these many pods that share NAME. between: called after the sums have left, for each house."""

    def __init__(self, *pods: int) -> None:
        self.stages = [Stage(number) for number in pods]
        self.reductions: dict[type, Reduction] = {}
        self.engines = [InlineEngine(self.reductions, self._now_s) for _ in pods]
        for number, (stage, engine) in enumerate(zip(self.stages, self.engines, strict=True)):
            stage.app.shared.join(engine, f"house-{number}", frozenset([NAME]))
        self.between: Callable[[], object] = lambda: None

    def _now_s(self) -> float:
        return self.stages[0].clock.at_s

    def dream(self) -> None:
        """Every house starts its part, and the ticks go on until all is granted."""
        for stage in self.stages:
            stage.hop = self.hop  # type: ignore[method-assign] -- the houses' ticks pass together
            stage.appear()
            stage.dream()
        self.hop(60)

    def hop(self, count: int = 1) -> None:
        """Let ticks pass in all houses at once: frames, sums, answers, messages."""
        for _ in range(count):
            instant = int((self._now_s() - TICK_CLOSES_AFTER_S) / HOP_S + 1e-6) + 1
            due_s = instant * HOP_S + TICK_CLOSES_AFTER_S
            for stage in self.stages:
                stage.clock.at_s = instant * HOP_S + 0.02
                for pod in stage.pods:
                    if instant % 4 == 0 and pod.sends:
                        pod.status()
                    pod.frame(instant)
            self._at(due_s)
            self.between()
            self._at(due_s + WITHIN_S)
            for reduction in self.reductions.values():
                reduction.close_due(due_s + WITHIN_S + 1e-6)
            self.pass_answers()
            self._at(due_s + HOUSES_ANSWER_S + 1e-6)

    def _at(self, now_s: float) -> None:
        for stage in self.stages:
            stage.clock.at_s = now_s
            stage.app.run_due()
            if stage.failures:
                raise stage.failures[0].error

    def pass_answers(self) -> None:
        """Pass on what the engines have heard."""
        for stage, engine in zip(self.stages, self.engines, strict=True):
            answers, engine.answers = engine.answers, []
            for dreamscape, answer in answers:
                stage.app.shared.pass_answer(dreamscape, answer)

    def newest(self) -> list[Collective]:
        """Each house's newest message."""
        return [stage.link.collectives[-1] for stage in self.stages]

    def granted(self) -> list[int]:
        """How many slots each house's newest message couples."""
        return [int((message.coupling > 0).sum()) for message in self.newest()]
