"""Many small Dreamscapes in one pass: each keeps its own scale, its own failures and its own way out."""

from typing import Final

from mutate.mutation import Mutation

_TICKS, _TESTS_TICKS = (
    "daemon/dreamd/app/dreamscapes/drivers/pooled_ticks.py",
    "tests/app/test_pooled_ticks.py",
)
_FUSION, _TESTS_FUSION = "daemon/dreamd/fusion/pooled/pooled_fusion.py", "tests/fusion/test_pooled_fusion.py"
_RINGS = "daemon/dreamd/fusion/small_groups/phase_rings.py"

POOLED: Final = (
    Mutation(
        "pooled.severed-waits",
        "a Dreamscape severed in its opening waits for the pass",
        _TICKS,
        "if turn is not None and state is DreamscapeState.SEVERED and was is not state:",
        "if turn is None:",
        (_TESTS_TICKS,),
    ),
    Mutation(
        "pooled.pass-raises",
        "a bug in the pass sets all to zero",
        _TICKS,
        'self._failures.report("pass", error)',
        'self._failures.note("pass", error)',
        (_TESTS_TICKS,),
    ),
    Mutation(
        "pooled.no-fallback",
        "after a bug in the pass nobody is fused",
        _TICKS,
        "turn.fused = cohorts.fuse(instant)",
        "cohorts.drop_fused()",
        (_TESTS_TICKS,),
    ),
    Mutation(
        "pooled.another-owner",
        "a Dreamscape of another owner is in a pass",
        _TICKS,
        "return isinstance(self.opened, OpenTick) and self.opened.fuses",
        "return isinstance(self.opened, OpenTick)",
        (_TESTS_TICKS,),
    ),
    Mutation(
        "pooled.own-failure",
        "a bug of one Dreamscape concerns all",
        _TICKS,
        'self._failures.start_step("tick", partial(self._open, name, runtime, instant, missed), of=name)',
        'self._failures.start_step("tick", partial(self._open, name, runtime, instant, missed))',
        (_TESTS_TICKS,),
    ),
    Mutation(
        "pooled.scale",
        "one Dreamscape's scale is used for all",
        _FUSION,
        "mu = np.stack([fusion.mu for fusion in self._fusions])[self._rows.of]",
        "mu = self._fusions[0].mu",
        (_TESTS_FUSION,),
    ),
    Mutation(
        "pooled.outlier-distance",
        "one Dreamscape's median judges all",
        _FUSION,
        "limits = np.array([fusion.outlier_distance() for fusion in self._fusions])[self._rows.of]",
        "limits = self._fusions[0].outlier_distance()",
        (_TESTS_FUSION,),
    ),
    Mutation(
        "pooled.excluded",
        "an excluded row has weight",
        _FUSION,
        "w = np.where(included, blend.weights_at(distance), np.float32(0.0)).astype(np.float64)",
        "w = blend.weights_at(distance).astype(np.float64)",
        (_TESTS_FUSION,),
    ),
    Mutation(
        "pooled.forgets",
        "a sleeper who has left stays in the synchrony of a pass",
        _RINGS,
        "if gone.any():",
        "if not len(gone):",
        (_TESTS_FUSION,),
    ),
    Mutation(
        "pooled.gaps",
        "after skipped ticks old phases pass for new ones in a pass",
        _RINGS,
        "for hop in gaps_since(self.last, instant):",
        "for hop in range(0):",
        (_TESTS_FUSION,),
    ),
)
