"""`make boards`: write the boards and the alerts."""

from pathlib import Path
from typing import Final

from boards.alerts import rules
from boards.calls import calls
from boards.dreamscapes import dreamscapes
from boards.fleet import fleet
from boards.kit import written
from boards.process import process
from boards.safety import safety
from boards.tick import tick

DEPLOY: Final = Path(__file__).resolve().parents[2]
BOARDS: Final = {
    "safety": safety,
    "tick": tick,
    "fleet": fleet,
    "dreamscapes": dreamscapes,
    "grpc": calls,
    "process": process,
}


def files() -> dict[Path, str]:
    """Every file that is made from this code, and what stands in it."""
    made = {DEPLOY / "grafana/dashboards" / f"{name}.json": written(of()) for name, of in BOARDS.items()}
    return {**made, DEPLOY / "prometheus/alerts.yml": rules()}


def main() -> None:
    """Write them all."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
