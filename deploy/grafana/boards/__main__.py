"""`make boards`: write the boards, the alerts, Alertmanager's part and the list of runbooks."""

from pathlib import Path
from typing import Final

from boards.alerting.alertmanager import alertmanager
from boards.alerting.pages import PAGES
from boards.alerting.rules import rules
from boards.alerting.runbooks import contents
from boards.alerting.tickets import TICKETS
from boards.daemon import daemon
from boards.dreamscapes import dreamscapes
from boards.fleet import fleet
from boards.kit import written
from boards.people import people
from boards.safety import safety
from boards.surveillance import surveillance

DEPLOY: Final = Path(__file__).resolve().parents[2]
BOARDS: Final = {
    "safety": safety,
    "fleet": fleet,
    "dreamscapes": dreamscapes,
    "people": people,
    "surveillance": surveillance,
    "daemon": daemon,
}


def files() -> dict[Path, str]:
    """Every file that is made from this code, and what stands in it."""
    made = {DEPLOY / "grafana/dashboards" / f"{name}.json": written(of()) for name, of in BOARDS.items()}
    return {
        **made,
        DEPLOY / "prometheus/alerts.yml": rules(PAGES, TICKETS),
        DEPLOY / "prometheus/alertmanager.yml": alertmanager(),
        DEPLOY / "runbooks/README.md": contents((*PAGES, *TICKETS)),
    }


def main() -> None:
    """Write them all."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
