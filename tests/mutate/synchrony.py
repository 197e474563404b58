"""Synchrony over all pairs: its safeguards (DESIGN 7.5)."""

from typing import Final

from mutate.mutation import Mutation

_PHASES, _TESTS_PHASES = "daemon/dreamd/fusion/phase_window.py", "tests/fusion/test_phase_window.py"
_SYNCHRONY, _TESTS_SYNCHRONY = "daemon/dreamd/fusion/synchrony.py", "tests/fusion/test_synchrony.py"
_TESTS_CHORUS: Final = "tests/fusion/test_synchrony_tracker.py"

SYNCHRONY: Final = (
    Mutation(
        "phases.leaver",
        "a pod that left stays in the sums for a window",
        _PHASES,
        "            self._forget(np.flatnonzero(gone))\n",
        "            pass\n",
        (_TESTS_PHASES, _TESTS_CHORUS),
    ),
    Mutation(
        "phases.late",
        "a late frame's phase stands at the wrong instant",
        _PHASES,
        "fresh = included & (columns.instant == instant)",
        "fresh = included.copy()",
        (_TESTS_PHASES,),
    ),
    Mutation(
        "phases.excluded",
        "a pod without weight counts for synchrony",
        _PHASES,
        "fresh = included & (columns.instant == instant)",
        "fresh = columns.instant == instant",
        (_TESTS_PHASES, _TESTS_CHORUS),
    ),
    Mutation(
        "phases.skipped",
        "after skipped ticks old phases pass for new ones",
        _PHASES,
        "return range(instant - min(skipped, _HOPS), instant)",
        "return range(0)",
        (_TESTS_PHASES,),
    ),
    Mutation(
        "phases.band",
        "in a band beyond the clocks' precision old phases count as new",
        _PHASES,
        "both = np.where(counts[:, :, np.newaxis] > 0.0, then[:, np.newaxis] - gaps, 0.0)",
        "both = then[:, np.newaxis] - gaps",
        (_TESTS_PHASES,),
    ),
    Mutation(
        "phases.unit",
        "a strong signal counts more than a weak one",
        _PHASES,
        "        parts /= np.sqrt(size)[:, :, np.newaxis]\n",
        "",
        (_TESTS_PHASES,),
    ),
    Mutation(
        "phases.infinite",
        "an infinite phasor is a phase",
        _PHASES,
        "here = (size > 0.0) & (size < np.inf) & fresh",
        "here = (size > 0.0) & fresh",
        (_TESTS_PHASES,),
    ),
    Mutation(
        "synchrony.lag",
        "one signal seen twice is agreement",
        _SYNCHRONY,
        "(apart >= lag).astype(np.float64)",
        "(apart >= 1).astype(np.float64)",
        (_TESTS_SYNCHRONY,),
    ),
    Mutation(
        "synchrony.oneself",
        "everyone agrees with themselves",
        _SYNCHRONY,
        'np.einsum("btu,btu->b", apart, size - sums.k)',
        'np.einsum("btu,btu->b", apart, size)',
        (_TESTS_SYNCHRONY,),
    ),
    Mutation(
        "synchrony.too-little",
        "two with few common instants have a PPC",
        _SYNCHRONY,
        "told = (below > 0.0) & (4 * np.count_nonzero(here > 0.0, axis=1) >= instants)",
        "told = below > 0.0",
        (f"{_TESTS_SYNCHRONY}::test_two_with_few_common_instants_have_no_ppc",),
    ),
    Mutation(
        "synchrony.autocorrelation",
        "every instant counts as independent, so chance looks like more",
        _SYNCHRONY,
        "square = np.maximum(length * length - n, 0.0) / (n * (n - 1.0))",
        "square = np.zeros(n.shape)",
        (_TESTS_SYNCHRONY,),
    ),
    Mutation(
        "synchrony.shifts-bounded",
        "shifts of ten thousand sleepers hold up the daemon",
        _SYNCHRONY,
        "if n > SURROGATE_SLEEPERS or not shifts > 1:",
        "if not shifts > 1:",
        (f"{_TESTS_SYNCHRONY}::test_shifts_are_bounded",),
    ),
    Mutation(
        "synchrony.shifts-due",
        "the shifts are done anew every tick",
        "daemon/dreamd/fusion/synchrony_tracker.py",
        "return not (young or lately) and bool(np.isfinite(self.synchrony.z).any())",
        "return not young and bool(np.isfinite(self.synchrony.z).any())",
        ("tests/app/test_synchrony.py",),
    ),
    Mutation(
        "aside.one",
        "work piles up beside the daemon",
        "daemon/dreamd/adapters/worker_thread.py",
        "return not self._busy",
        "return True",
        ("tests/daemon/test_worker_thread.py",),
    ),
)
