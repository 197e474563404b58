"""A bed without the calls of Linux: its clock over a suspend, its lock, its unknown boot."""

from typing import Final

from mutate.mutation import Mutation

_WATCH: Final = "edge/dreamedge/adapters/suspend_watch.py"
_SYSTEM: Final = "proto/dreamwire/operating_system.py"
_TESTS: Final = ("tests/edge/test_operating_system.py",)

OTHER_SYSTEMS: Final = (
    Mutation(
        "suspend.forward",
        "a lease outlives a suspend in which the clock stood still",
        _WATCH,
        "least_ns - most_before_ns > APART_NS or ",
        "",
        _TESTS,
    ),
    Mutation(
        "suspend.back",
        "a wall clock that is set back hides a suspend",
        _WATCH,
        " or least_before_ns - most_ns > APART_NS",
        "",
        _TESTS,
    ),
    Mutation(
        "suspend.lapse",
        "a lease outlives a suspend during which the wall clock was set back",
        _WATCH,
        "max(most_ns - least_before_ns, LAPSE_NS)",
        "max(most_ns - least_before_ns, 0)",
        _TESTS,
    ),
    Mutation(
        "suspend.held-up",
        "a thread that waits between two clocks makes its sleeper alone",
        _WATCH,
        "wall_ns - after_ns, wall_ns - before_ns, after_ns",
        "wall_ns - before_ns, wall_ns - before_ns, after_ns",
        _TESTS,
    ),
    Mutation(
        "system.lock",
        "two agents run one bed where there is no flock",
        _SYSTEM,
        "        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)\n",
        "        pass\n",
        _TESTS,
    ),
    Mutation(
        "system.boot",
        "a credential's plan of a boot before counts where no boot has an id",
        "edge/dreamedge/core/renewal_schedule.py",
        'if boot == self.boot != "" else None',
        "if boot == self.boot else None",
        _TESTS,
    ),
)
