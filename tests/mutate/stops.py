"""How sessions and daemons end: the way home, the planned stop, what a restart remembers."""

from typing import Final

from mutate.mutation import Mutation

_APP: Final = "daemon/dreamd/app/"
_HOMECOMING, _CONDUCTOR = f"{_APP}homecoming.py", f"{_APP}conductor.py"
_TESTS_HOMECOMING: Final = "tests/app/test_homecoming.py"

STOPS: Final = (
    Mutation(
        "home.not-orphaned",
        "a pod on its way home that still fades loses its slot as an orphan",
        _CONDUCTOR,
        "elif self.homecoming.under_way:",
        "elif self.homecoming.under_way and status.applied == 0.0:",
        (_TESTS_HOMECOMING,),
    ),
    Mutation(
        "home.zero-confirmed",
        "a pod that still renders is home",
        _HOMECOMING,
        "if status.applied == 0.0 and status.assignment == 0:",
        "if status.assignment == 0:",
        (_TESTS_HOMECOMING,),
    ),
    Mutation(
        "home.earlier-daemon",
        "a pod that an earlier daemon assigned is not waited for",
        _HOMECOMING,
        "and (seat.slot is not None or seat.returning)",
        "and seat.slot is not None",
        (_TESTS_HOMECOMING,),
    ),
    Mutation(
        "home.woken-again",
        "a pod that was to wake when the daemon died is released instead",
        _HOMECOMING,
        "if self._session.sever_cause == Cause.WAKE.value:",
        "if False:",
        (_TESTS_HOMECOMING,),
    ),
    Mutation(
        "stop.no-quorum",
        "a planned stop over a long line loses the quorum",
        _CONDUCTOR,
        "and not verdict.blind and not going_home:",
        "and not verdict.blind:",
        (_TESTS_HOMECOMING,),
    ),
    Mutation(
        "stop.no-trips",
        "a pod that was ordered to leave is tripped for being silent",
        f"{_APP}judging.py",
        "heard = not self.blind and not going_home",
        "heard = not self.blind",
        (_TESTS_HOMECOMING,),
    ),
)
