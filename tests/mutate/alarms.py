"""The alarms of a night: measured, written at the right level, and in words that quote no person."""

from typing import Final

from mutate.mutation import Mutation

_TELEMETRY: Final = "daemon/dreamd/app/telemetry.py"
_STATISTICS: Final = "daemon/dreamd/app/fleet/statistics.py"
_GAUGES: Final = "daemon/dreamd/adapters/metrics/gauges.py"
_DISK: Final = "daemon/dreamd/adapters/metrics/disk_space.py"
_LOG: Final = "daemon/dreamd/adapters/log_events.py"
_TESTS_TELEMETRY: Final = ("tests/app/test_telemetry.py",)
_TESTS_METRICS: Final = ("tests/daemon/test_metrics.py",)
_TESTS_DISK: Final = ("tests/daemon/test_disk_space.py",)
_TESTS_SENTENCES: Final = ("tests/app/test_log_sentences.py",)
_TESTS_ALERTS: Final = (
    "tests/house/test_boards.py::test_an_inhibition_is_between_alerts_that_exist_and_no_ticket_hides_a_page",
)

ALARMS: Final[tuple[Mutation, ...]] = (
    Mutation(
        "alarms.everyone-alone",
        "a Dreamscape with only unreachable sleepers counts as empty",
        _GAUGES,
        "held = of.alone + of.severed + of.unreachable",
        "held = of.alone + of.severed",
        _TESTS_METRICS,
    ),
    Mutation(
        "alarms.worst-of-the-rest",
        "a healthy Dreamscape hides one that is alone",
        _GAUGES,
        '("dreamd_alone_while_dreaming", lambda of: float(_everyone_alone(of)), max),',
        '("dreamd_alone_while_dreaming", lambda of: float(_everyone_alone(of)), min),',
        _TESTS_METRICS,
    ),
    Mutation(
        "alarms.dreaming",
        "a severed Dreamscape counts as dreaming",
        _TELEMETRY,
        "dreamscape.state is DreamscapeState.DREAMING, _overdue_s",
        "dreamscape.state is not DreamscapeState.GATHERING, _overdue_s",
        _TESTS_TELEMETRY,
    ),
    Mutation(
        "alarms.start-overdue",
        "a late start is seen only before the gathering",
        _TELEMETRY,
        "in (DreamscapeState.PLANNED, DreamscapeState.GATHERING)",
        "in (DreamscapeState.PLANNED,)",
        _TESTS_TELEMETRY,
    ),
    Mutation(
        "alarms.bed-offline",
        "a bed that is offline with a sleeper in it is in use",
        _STATISTICS,
        "in_use = in_use and presence.online",
        "in_use = in_use or presence.online",
        _TESTS_TELEMETRY,
    ),
    Mutation(
        "alarms.bed-silent",
        "a bed that is silent with a sleeper in it is in use",
        _STATISTICS,
        "in_use=used and heard",
        "in_use=used",
        _TESTS_TELEMETRY,
    ),
    Mutation(
        "alarms.wake-order-age",
        "the age of the oldest wake order outlives the order",
        "daemon/dreamd/app/safety/wake_orders.py",
        '        """Take an order in, in place of the one of its id."""\n        self._oldest_s = None',
        '        """Take an order in, in place of the one of its id."""',
        _TESTS_TELEMETRY,
    ),
    Mutation(
        "alarms.write-failure",
        "a failed write is counted only where it is reported",
        "daemon/dreamd/app/durability/commits.py",
        "        self._meters.ledger_failed()\n",
        "",
        _TESTS_TELEMETRY,
    ),
    Mutation(
        "alarms.disk-old",
        "the space of a disk that hangs is believed for ever",
        _DISK,
        "ok = self._now_s() - self._at_s <= KNOWN_FOR_S",
        "ok = True",
        _TESTS_DISK,
    ),
    Mutation(
        "alarms.disk-threads",
        "each scrape of a disk that hangs begins another measurement",
        _DISK,
        "due = not self._running and now_s",
        "due = now_s",
        _TESTS_DISK,
    ),
    Mutation(
        "alarms.quoted",
        "the log quotes the reason of a sever",
        _LOG,
        '    "state": "{dreamscape} is {cause}: {reason}",\n',
        "",
        _TESTS_SENTENCES,
    ),
    Mutation(
        "alarms.unquoted-reason",
        "the log's part of a state has the operator's words",
        "daemon/dreamd/app/dreamscapes/dreamscape.py",
        'cause.partition(": ")[0]',
        "cause",
        _TESTS_SENTENCES,
    ),
    Mutation(
        "alarms.ticket-hides-page",
        "a ticket inhibits a page",
        "deploy/grafana/boards/alerting/alertmanager.py",
        'Inhibition("LedgerNotWritable", ("LedgerSlow", "LedgerWriteFailures"))',
        'Inhibition("LedgerNotWritable", ("LedgerSlow", "EveryoneAlone"))',
        _TESTS_ALERTS,
    ),
)
