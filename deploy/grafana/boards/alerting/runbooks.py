"""The list of runbooks: deploy/runbooks/README.md."""

from collections.abc import Iterable
from typing import Final

from boards.alerting.alertmanager import INHIBITIONS
from boards.alerting.rules import MAPPING, PAGE, PREFIX, Alert

_HEAD: Final = f"""\
# Runbooks

Made by `make boards`; a test compares it. One file an alert, each in the same order: what it means for
sleepers, how long it may wait, what to do first and then, the likely causes in their order, what to tell the
night nurse, and when it is over.

Severity `page` calls a person now; other rule sets call it `{MAPPING["page"]}`. Severity `ticket` waits until
morning; elsewhere it is `{MAPPING["ticket"]}`. Alertmanager's part, with what inhibits what, is
[alertmanager.yml](../prometheus/alertmanager.yml). The addresses in the alerts are in
[links.py](../grafana/boards/links.py).

The commands are typed on the daemon's machine. `command not found`: the programs are in `/opt/dreamd/bin`.

```
export PATH=$PATH:/opt/dreamd/bin
```

"""


def _row(alert: Alert) -> str:
    follows = [one.source for one in INHIBITIONS if alert.name.removeprefix(PREFIX) in one.targets]
    hidden = ", ".join(f"{PREFIX}{source}" for source in follows) or "-"
    return f"| [{alert.name}]({alert.runbook}) | {alert.summary} | {hidden} |\n"


def contents(alerts: Iterable[Alert]) -> str:
    """The list, pages first."""
    known = tuple(alerts)
    parts = []
    for title, of in (("Pages", True), ("Tickets", False)):
        rows = "".join(_row(alert) for alert in known if (alert.severity == PAGE) is of)
        parts.append(f"## {title}\n\n| alert | summary | not sent while |\n|---|---|---|\n{rows}")
    return _HEAD + "\n".join(parts)
