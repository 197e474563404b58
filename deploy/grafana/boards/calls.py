"""gRPC: the API, as whoever calls it meets it."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from boards.kit import ORANGE, Query, board, choice, lines

OF = '{grpc_service=~"$service"}'
FAULTS = "Internal|Unavailable|DeadlineExceeded|ResourceExhausted"
"""Statuses that are the daemon's fault and not the caller's."""
NAMES = ["dreamd dreamscapes list"]


def calls() -> Dashboard:
    """The board."""
    faulty = f'{{grpc_service=~"$service", grpc_code=~"{FAULTS}"}}'
    rate = f"sum by (le) (rate(grpc_server_handling_seconds_bucket{OF}[$__rate_interval]))"
    panels = [
        lines(
            "Calls",
            "Calls a second, by method.",
            Query(
                f"sum by (grpc_method) (rate(grpc_server_started_total{OF}[$__rate_interval])) > 0",
                "{{grpc_method}}",
            ),
            lists=NAMES,
        ),
        lines(
            "How calls end",
            "Calls a second by status; a refusal is an answer, not a fault.",
            Query(
                f"sum by (grpc_code) (rate(grpc_server_handled_total{OF}[$__rate_interval])) > 0",
                "{{grpc_code}}",
            ),
            lists=NAMES,
        ),
        lines(
            "Share that failed by our fault",
            f"Of the calls that ended: {FAULTS.replace('|', ', ')}.",
            Query(
                f"sum(rate(grpc_server_handled_total{faulty}[$__rate_interval])) "
                f"/ sum(rate(grpc_server_handled_total{OF}[$__rate_interval]))",
                "share",
            ),
            lists=NAMES,
            unit="percentunit",
            bounds=((0.001, ORANGE),),
        ),
        lines(
            "How long calls take",
            "Unary calls. Severing answers at once and is sent before it answers.",
            Query(f"histogram_quantile(0.5, {rate})", "p50"),
            Query(f"histogram_quantile(0.99, {rate})", "p99"),
            lists=NAMES,
            unit="s",
        ),
        lines(
            "Refusals by code",
            "What callers were refused, and why.",
            Query("sum by (code) (increase(dreamd_refused_total[$__rate_interval])) > 0", "{{code}}"),
            lists=["dreamd dreamscapes explain NAME POD"],
            bars=True,
        ),
        lines(
            "Watches that are open",
            "Streams that began and have not ended.",
            Query(
                'sum by (grpc_method) (grpc_server_started_total{grpc_type="server_stream"}) - '
                'sum by (grpc_method) (grpc_server_handled_total{grpc_type="server_stream"})',
                "{{grpc_method}}",
            ),
            lists=NAMES,
        ),
    ]
    service = choice("service", "service", "label_values(grpc_server_started_total, grpc_service)")
    return board("grpc", "gRPC", "The API, as its callers meet it.", panels, [service])
