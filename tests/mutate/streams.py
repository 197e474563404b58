"""Guards of the streams over Lab Streaming Layer: stamps, rows, sources."""

from typing import Final

from mutate.mutation import Mutation

_TIME: Final = "daemon/dreamd/lsl/session_time.py"
_ROWS: Final = "daemon/dreamd/lsl/regular_rows.py"
_LAYOUTS: Final = "daemon/dreamd/lsl/layouts.py"
_TIME_TESTS: Final = ("tests/lsl/test_session_time.py",)
_ROW_TESTS: Final = ("tests/lsl/test_rows.py",)

STREAMS: Final = (
    *(
        Mutation(f"lsl.{name}", broken, _TIME, old, new, _TIME_TESTS)
        for name, broken, old, new in (
            (
                "bound-low",
                "a slow answer sets the session clock back",
                "least_s = max(p.session_s",
                "least_s = min(p.session_s",
            ),
            (
                "bound-high",
                "a slow answer sets the session clock ahead",
                "most_s = min(p.session_s",
                "most_s = max(p.session_s",
            ),
            (
                "drift",
                "an old answer counts as if crystals agreed",
                "- DRIFT * (now_s - p.received_s)",
                "- 0.0 * (now_s - p.received_s)",
            ),
            (
                "slow",
                "an answer of seconds, or of NaN, is counted",
                "if not (isfinite(probe.session_s) and 0.0 <= round_trip_s <= ANSWERS_WITHIN_S):",
                "if round_trip_s < 0.0:",
            ),
        )
    ),
    *(
        Mutation(f"lsl.{name}", broken, _ROWS, old, new, _ROW_TESTS)
        for name, broken, old, new in (
            (
                "filled",
                "an outage of a day is filled with rows",
                "if gap_s <= FILLED_S else 0",
                "if gap_s <= 1e9 else 0",
            ),
            (
                "order",
                "a stamp goes back",
                "if gap_s <= NEAR * self._period_s:",
                "if False:",
            ),
        )
    ),
    Mutation(
        "lsl.hidden",
        "a hidden centre is on the network as numbers",
        _LAYOUTS,
        "told = len(tick.centre) == schema.size and not tick.centre_hidden",
        "told = len(tick.centre) == schema.size",
        _ROW_TESTS,
    ),
    Mutation(
        "lsl.ours",
        "our own markers come back for ever",
        "daemon/dreamd/lsl/marker_source.py",
        "if str(info.source_id()).startswith(OURS):",
        "if False:",
        ("tests/lsl/test_marker_source.py",),
    ),
)
