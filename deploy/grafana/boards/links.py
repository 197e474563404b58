"""Where the links of alerts and boards lead, and the name of the scrape job: the one place to change them.

After a change: `make boards`. compose.yaml serves the runbooks from Grafana's own static files, so the links
below work in that set-up as they are.
"""

from typing import Final

JOB: Final = "dreamd"
"""The `job_name` in prometheus.yml."""

GRAFANA_URL: Final = "http://127.0.0.1:3000"
RUNBOOKS_URL: Final = f"{GRAFANA_URL}/public/dreamd-runbooks"


def runbook_url(file: str) -> str:
    """The address of a runbook."""
    return f"{RUNBOOKS_URL}/{file}"


def dashboard_url(board: str) -> str:
    """The address of a board, on the daemon that an alert is about (a template of Prometheus)."""
    return f"{GRAFANA_URL}/d/dreamd-{board}?var-job={JOB}&var-instance={{{{ $labels.instance }}}}"
