"""The row gRPC: the API as its callers meet it."""

from grafana_foundation_sdk.builders.timeseries import Panel

from boards.kit import ORANGE, Query, lines

OF = '{grpc_service=~"$service"}'
FAULTS = "Internal|Unavailable|DeadlineExceeded|ResourceExhausted"
"""Statuses that are the daemon's fault and not the caller's."""
NAMES = ["dreamd dreamscapes list"]


def call_panels() -> list[Panel]:
    """The panels."""
    faulty = f'{{grpc_service=~"$service", grpc_code=~"{FAULTS}"}}'
    rate = "sum by (le) (rate(grpc_server_handling_seconds_bucket[$__rate_interval]))"
    return [
        lines(
            "Calls",
            "Calls a second, by method.",
            Query(
                f"sum by (grpc_method) (rate(grpc_server_started_total{OF}[$__rate_interval])) > 0",
                "{{grpc_method}}",
            ),
            lists=NAMES,
            unit="reqps",
        ),
        lines(
            "How calls end",
            "Calls a second by status; a refusal is an answer, not a fault.",
            Query(
                f"sum by (grpc_code) (rate(grpc_server_handled_total{OF}[$__rate_interval])) > 0",
                "{{grpc_code}}",
            ),
            lists=NAMES,
            unit="reqps",
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
            "Unary calls of all services. A sever is sent before its call is answered, and answered at once.",
            Query(f"histogram_quantile(0.5, {rate})", "p50"),
            Query(f"histogram_quantile(0.99, {rate})", "p99"),
            lists=NAMES,
            unit="s",
        ),
        lines(
            "Refusals by code",
            "Calls that were refused, by the code of the refusal.",
            Query("sum by (code) (increase(dreamd_refused_total[$__rate_interval])) > 0", "{{code}}"),
            lists=["dreamd dreamscapes explain NAME POD"],
            unit="short",
            bars=True,
        ),
        lines(
            "Watches that are open",
            "Streams that began and have not ended.",
            Query(
                'sum by (grpc_service) (grpc_server_started_total{grpc_type="server_stream"}) - '
                'sum by (grpc_service) (grpc_server_handled_total{grpc_type="server_stream"})',
                "{{grpc_service}}",
            ),
            lists=NAMES,
            unit="short",
        ),
    ]
