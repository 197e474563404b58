"""What operators are told: the service manager, the terminal, the log (DESIGN 11, 13)."""

from typing import Final

from mutate.mutation import Mutation

_NOTIFY, _TESTS_NOTIFY = "proto/dreamwire/notify.py", "tests/wire/test_notify.py"

_SERVICE_MANAGER: Final = (
    Mutation(
        "watchdog.tick-done",
        "a tick loop that goes round without getting on feeds the watchdog",
        "daemon/dreamd/app/supervisor.py",
        "if now_s >= due_s and due.next_due_s() > due_s:",
        "if True:",
        ("tests/daemon/test_supervisor.py",),
    ),
    Mutation(
        "watchdog.every-bed",
        "one bed that pulses feeds the watchdog for another that stands still",
        "edge/dreamedge/app/ward.py",
        "ok = now_ns - min(self._pulsed_ns.values()) <= _PULSED_WITHIN_NS",
        "ok = True",
        ("tests/edge/test_ward.py",),
    ),
    Mutation(
        "notify.one-line",
        "the words of a broker can say READY",
        _NOTIFY,
        'line.replace("\\n", " ") for line in lines',
        "line for line in lines",
        (_TESTS_NOTIFY,),
    ),
    Mutation(
        "notify.another-process",
        "a watchdog kept over another process is beaten to",
        _NOTIFY,
        "if meant and limit_us.isdecimal()",
        "if limit_us.isdecimal()",
        (_TESTS_NOTIFY,),
    ),
)

OPERATORS: Final = (*_SERVICE_MANAGER,)
