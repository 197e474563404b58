"""The alerts: which page a person, and which can wait until morning.

A page means that a sleeper may be coupled beyond what was granted, that sleepers are cut off while they
dream, that neither can be known any more, or that a person waits for a clinician. Everything else is a
ticket. Other rule sets call a page `critical` and a ticket `warning`.

Each alert has a runbook of its name in deploy/runbooks, and promtool proves that it fires and that it stays
silent. An unknown value is NaN and fires nothing; the loss of all values is `DreamdNothingScraped`.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from boards.links import dashboard_url, runbook_url

PAGE: Final = "page"
TICKET: Final = "ticket"
PREFIX: Final = "Dreamd"
Board = Literal["safety", "dreamscapes", "fleet", "people", "surveillance", "daemon"]
MAPPING: Final = {PAGE: "critical", TICKET: "warning"}
"""Our severities, and what other rule sets call them."""

WHERE: Final = "{{ $labels.instance }}"
NIGHT: Final = "{{ $labels.dreamscape }}"
NUMBER: Final = '{{ printf "%.0f" $value }}'
SHARE: Final = "{{ $value | humanizePercentage }}"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    held: how long the expression must hold. summary: one line without a number. description: one or two
    sentences; `{{ }}` is filled by Prometheus. board: the board to open first.
    """

    name: str
    severity: Literal["page", "ticket"]
    expr: str
    held: str
    summary: str
    description: str
    board: Board = "safety"

    @property
    def runbook(self) -> str:
        """The file in deploy/runbooks: DreamdSeversUnconfirmed has severs-unconfirmed.md."""
        words = re.findall(r"[A-Z][a-z]*", self.name.removeprefix(PREFIX))
        return "-".join(words).lower() + ".md"

    @property
    def annotations(self) -> dict[str, str]:
        """The texts that Alertmanager and Grafana show."""
        return {
            "summary": self.summary,
            "description": self.description,
            "runbook_url": runbook_url(self.runbook),
            "dashboard_url": dashboard_url(self.board),
        }


def page(
    name: str,
    expr: str,
    held: str,
    summary: str,
    description: str,
    board: Board = "safety",
) -> Alert:
    """An alert that pages."""
    return Alert(f"{PREFIX}{name}", PAGE, expr, held, summary, description, board)


def ticket(
    name: str,
    expr: str,
    held: str,
    summary: str,
    description: str,
    board: Board = "safety",
) -> Alert:
    """An alert that waits for the morning."""
    return Alert(f"{PREFIX}{name}", TICKET, expr, held, summary, description, board)


def counted(one: str, many: str) -> str:
    """A template: the value as a whole number, and the words for one or for many."""
    return f"{NUMBER} {{{{ if eq $value 1.0 }}}}{one}{{{{ else }}}}{many}{{{{ end }}}}"


def _rule(alert: Alert) -> str:
    expr = "\n".join(f"          {line}" for line in alert.expr.splitlines())
    quoted = {name: text.replace("'", "''") for name, text in alert.annotations.items()}
    annotations = "\n".join(f"          {name}: '{text}'" for name, text in quoted.items())
    return (
        f"      - alert: {alert.name}\n"
        f"        expr: |-\n{expr}\n"
        f"        for: {alert.held}\n"
        f"        labels:\n          severity: {alert.severity}\n"
        f"        annotations:\n{annotations}\n"
    )


def rules(pages: tuple[Alert, ...], tickets: tuple[Alert, ...]) -> str:
    """The rules as Prometheus reads them."""
    head = (
        "# Made by `make boards` from deploy/grafana/boards; a test compares them.\n"
        f"# severity page ({MAPPING[PAGE]}) calls a person now; ticket ({MAPPING[TICKET]}) waits until "
        "morning.\n# Each alert has its runbook in deploy/runbooks. The addresses in the links are in "
        "boards/links.py.\ngroups:\n"
    )
    groups = (("dreamd pages", pages), ("dreamd tickets", tickets))
    return head + "\n".join(
        f"  - name: {name}\n    rules:\n" + "".join(map(_rule, alerts)) for name, alerts in groups
    )
