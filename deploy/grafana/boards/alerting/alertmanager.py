"""Alertmanager: pages and tickets have a receiver each, and what follows from an alert is inhibited by it.

Rules. An alert inhibits only alerts of the same daemon. A ticket never inhibits a page.
`DreamdCoupledAboveGranted` is inhibited only by the loss of all metrics: no other cause explains it.
"""

from dataclasses import dataclass
from typing import Final

from boards.alerting.rules import PREFIX

DAEMON: Final = ("job", "instance")
NIGHT: Final = ("job", "instance", "dreamscape")


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While `source` fires, `targets` (empty: every other alert) of the same `equal` labels are not sent."""

    source: str
    targets: tuple[str, ...]
    equal: tuple[str, ...] = DAEMON


INHIBITIONS: Final = (
    Inhibition("NothingScraped", ()),
    Inhibition(
        "BrokerLost",
        (
            *("SeversUnconfirmed", "EveryoneAlone", "SleeperUnreachable", "BedOffline"),
            *("BrokerReconnects", "FramesLate", "FramesLost", "QualityLow", "ClocksUncertain"),
        ),
    ),
    Inhibition(
        "BrokerUnreachable",
        ("BedOffline", "BrokerReconnects", "FramesLate", "FramesLost", "QualityLow", "ClocksUncertain"),
    ),
    Inhibition("EveryoneAlone", ("SleeperUnreachable",), NIGHT),
    Inhibition("SleeperUnreachable", ("BedOffline",)),
    Inhibition("TickNearLease", ("TicksSkipped", "LoopLag", "FramesLate")),
    Inhibition("LedgerNotWritable", ("LedgerSlow", "LedgerWriteFailures")),
    Inhibition("CouplingHalved", ("SynchronyHigh", "IdentityFading"), NIGHT),
    Inhibition("GrpcErrorsFast", ("GrpcErrorsSlow",)),
)

_HEAD: Final = """\
# Made by `make boards` from deploy/grafana/boards/alerting; a test compares them.
# A part of Alertmanager's configuration: give the receivers an address, or copy `inhibit_rules` into yours.
# severity=page (critical elsewhere) calls a person now; severity=ticket (warning) waits until morning.
route:
  receiver: tickets
  group_by: [alertname, instance, dreamscape]
  group_wait: 10s
  repeat_interval: 4h
  routes:
    - matchers: ['severity="page"']
      receiver: pager
      # So long, and what inhibits an alert of the same moment is known before it calls.
      group_wait: 2s
      repeat_interval: 15m

receivers:
  - name: pager
  - name: tickets

inhibit_rules:
"""


def _rule(inhibition: Inhibition) -> str:
    source = f'alertname="{PREFIX}{inhibition.source}"'
    if inhibition.targets:
        targets = [f'alertname=~"{PREFIX}({"|".join(inhibition.targets)})"']
    else:
        targets = [f'alertname=~"{PREFIX}.+"', f'alertname!="{PREFIX}{inhibition.source}"']
    lines = "".join(f"\n      - '{target}'" for target in targets)
    return (
        f"  - source_matchers: ['{source}']\n"
        f"    target_matchers:{lines}\n"
        f"    equal: [{', '.join(inhibition.equal)}]\n"
    )


def alertmanager() -> str:
    """The configuration."""
    return _HEAD + "".join(map(_rule, INHIBITIONS))
