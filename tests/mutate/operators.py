"""Notices to operators: the service manager, the terminal, the log (DESIGN 11, 13)."""

from typing import Final

from mutate.mutation import Mutation

_NOTIFY, _TESTS_NOTIFY = "proto/dreamwire/sd_notify.py", "tests/wire/test_sd_notify.py"

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
        "edge/dreamedge/app/pod_supervisor.py",
        "ok = now_s - min(self._pulsed_s.values()) <= _PULSED_WITHIN_S",
        "ok = True",
        ("tests/edge/test_pod_supervisor.py",),
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

_TOP: Final = "daemon/dreamd/top/"
_TESTS_WATCHED: Final = "tests/top/test_state.py"
_TESTS_UNHEARD: Final = "tests/top/test_unheard.py"
_TESTS_WORDS: Final = "tests/top/test_sentences.py"

_TERMINAL: Final = (
    Mutation(
        "up.dreams-on",
        "a bed that has not been heard for 1.5 s dreams on in the account",
        "daemon/dreamd/up/screen_model.py",
        "dreaming = sum(at_ns - row.heard_ns <= SILENT_NS for row in merged)",
        "dreaming = len(merged)",
        ("tests/up/test_screen.py::test_only_beds_that_are_heard_dream_on",),
    ),
    Mutation(
        "top.grave-first",
        "calm events push a lost broker off the screen",
        f"{_TOP}event_groups.py",
        "return sorted(range(len(lines)), key=lambda at: (not first[at], -at))",
        "return sorted(range(len(lines)), key=lambda at: -at)",
        ("tests/top/test_event_groups.py",),
    ),
    Mutation(
        "top.silence",
        "a picture is live however old",
        "daemon/dreamd/top/state.py",
        "if not age_s <= SILENT_S:",
        "if False:",
        (_TESTS_WATCHED,),
    ),
    Mutation(
        "top.ticks-stopped",
        "a daemon that answers and does not tick is live",
        "daemon/dreamd/top/state.py",
        "return Link.LIVE if ticks or not dreaming else Link.STILL",
        "return Link.LIVE",
        (_TESTS_WATCHED,),
    ),
    Mutation(
        "top.more-than-granted",
        "over-rendering is never seen",
        "daemon/dreamd/top/state.py",
        "ok = seat.applied <= max(granted for _, granted in grants) + ROUNDING",
        "ok = not seat.applied > max(granted for _, granted in grants) + ROUNDING",
        (_TESTS_WATCHED,),
    ),
    Mutation(
        "top.old-ticks",
        "the crowd of a tick long ago is shown as that of now",
        "daemon/dreamd/top/state.py",
        "if tick is None or not scene.tick_age_s <= SILENT_S:",
        "if tick is None:",
        (_TESTS_WATCHED,),
    ),
    Mutation(
        "top.safe-is-heard",
        "a lost picture is called safe",
        "daemon/dreamd/top/sentences.py",
        "if scene.link is not Link.LIVE or not scene.dreamscape:",
        "if not scene.dreamscape:",
        (_TESTS_WORDS,),
    ),
    Mutation(
        "top.no-stale-row",
        "rows of a lost picture keep their bars and numbers",
        f"{_TOP}screen.py",
        "    if scene.link is not Link.LIVE:\n",
        "    if False:\n",
        ("tests/top/test_screen.py",),
    ),
    Mutation(
        "top.null",
        "what is not known is zero to a script",
        f"{_TOP}report.py",
        "return round(value, digits) if math.isfinite(value) else None",
        "return round(value, digits) if math.isfinite(value) else 0.0",
        ("tests/top/test_report.py",),
    ),
    Mutation(
        "top.asks-first",
        "two keys sever without showing the scope",
        "daemon/dreamd/top/order_prompt.py",
        'return None, asking if key == "y" else None',
        "return None, asking",
        ("tests/top/test_order_prompt.py",),
    ),
    Mutation(
        "top.unheard-safe",
        "beds that are not heard are safe",
        "daemon/dreamd/top/sentences.py",
        "return None if scene.unheard else True",
        "return True",
        (_TESTS_UNHEARD,),
    ),
    Mutation(
        "top.unheard-old",
        "what was told long ago is believed as long as ticks come",
        "daemon/dreamd/top/view_model.py",
        'age_s = seat.heard_age.ToMilliseconds() / 1e3 + since_s if seat.HasField("heard_age") else math.nan',
        'age_s = seat.heard_age.ToMilliseconds() / 1e3 if seat.HasField("heard_age") else math.nan',
        (_TESTS_UNHEARD,),
    ),
)

_LOGS, _TESTS_LOGS = "daemon/dreamd/adapters/logs.py", "tests/daemon/test_logs.py"

_LOG: Final = (
    Mutation(
        "log.values-in-tracebacks",
        "a traceback prints the local variables of every frame",
        _LOGS,
        "structlog.dev.plain_traceback(told, error)",
        "structlog.dev.rich_traceback(told, error)",
        (_TESTS_LOGS,),
    ),
    Mutation(
        "log.bounded",
        "lines wait without end for a reader that stalls",
        _LOGS,
        "if len(self._lines) >= LINES:",
        "if False:",
        (_TESTS_LOGS,),
    ),
    Mutation(
        "log.nobodys-data",
        "the evidence of a trip tells a person's features",
        "daemon/dreamd/app/dreamscapes/drivers/pod_inputs.py",
        'f"number {frame.seq} of instant {frame.instant}"',
        'f"{frame.features[0]:.5f}"',
        ("tests/integration/test_logs_process.py",),
    ),
)

OPERATORS: Final = (*_SERVICE_MANAGER, *_TERMINAL, *_LOG)
