"""Daemon: the tick, the process, what it depends on, and its API, a row each."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from boards.calls import call_panels
from boards.kit import Panel, board, choice, row
from boards.process import dependency_panels, process_panels
from boards.tick import tick_panels


def daemon() -> Dashboard:
    """The board."""
    panels: list[Panel | Row] = []
    panels += [row("Tick"), *tick_panels()]
    panels += [row("Broker and ledger"), *dependency_panels()]
    panels += [row("Process"), *process_panels()]
    panels += [row("gRPC"), *call_panels()]
    service = choice("service", "gRPC service", "label_values(grpc_server_started_total, grpc_service)")
    says = "Does the daemon keep its time, and do broker, ledger, machine and API work?"
    return board("daemon", "Daemon", says, panels, [service])
