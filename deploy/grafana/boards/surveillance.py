"""Surveillance: whether harm comes more often than declared, by kind; no panel names a sleeper."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from boards.kit import GREEN, ORANGE, ZERO_IS_WELL, Panel, Query, board, lines, number

WATCH = "dreamd clinic watch"


def _now() -> list[Panel]:
    return [
        number(
            "Alarms that stand",
            "Kinds of harm with an alarm: the cap of the guidelines is held to its share.",
            "sum(dreamd_surveillance_alarm) or vector(-1)",
            lists=[WATCH],
            width=8,
            steps=ZERO_IS_WELL,
        ),
        number(
            "Blind kinds",
            "Kinds of harm without a rate yet: no night of theirs is judged. Blind is not quiet.",
            "sum(dreamd_surveillance_blind) or vector(-1)",
            lists=[WATCH],
            width=8,
            steps=((0.0, GREEN), (1.0, ORANGE)),
        ),
        number(
            "Own rate above the clause",
            "Kinds whose own rate is above the one that the guidelines declare.",
            "sum(dreamd_surveillance_above_clause) or vector(-1)",
            lists=[WATCH],
            width=8,
            steps=((0.0, GREEN), (1.0, ORANGE)),
        ),
    ]


def _over_time() -> list[Panel]:
    return [
        lines(
            "Evidence by kind",
            "That harm is above its rate, judged each noon. At the line `alarm` one is raised.",
            Query("max by (kind) (dreamd_surveillance_evidence)", "{{kind}}"),
            Query("max(dreamd_surveillance_threshold)", "alarm"),
            lists=["dreamd clinic watch --plot FILE"],
            width=24,
        ),
        lines(
            "Rate by kind",
            "Cases a sleeper-night by which the next night is judged; a kind without a line is blind.",
            Query("max by (kind) (dreamd_surveillance_rate)", "{{kind}}"),
            lists=[WATCH],
            width=12,
        ),
        lines(
            "Sleeper-nights gathered",
            "Of which the own rate is made; at the dashed line there is one.",
            Query("max by (kind) (dreamd_surveillance_sleeper_nights)", "{{kind}}"),
            lists=[WATCH],
            width=12,
            bounds=((500.0, "green"),),
        ),
    ]


def surveillance() -> Dashboard:
    """The board."""
    says = "Does harm come more often than declared? Nights are judged at noon. Counts alone."
    return board("surveillance", "Surveillance", says, [*_now(), *_over_time()], span="now-90d")
