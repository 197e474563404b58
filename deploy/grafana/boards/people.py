"""People: consents, doses and the clauses that refuse, as counts; no panel names a sleeper."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from boards.kit import BLUE, GREEN, ORANGE, RED, ZERO_IS_WELL, Panel, Query, board, lines, number

SEATS = "dreamd dreamscapes get NAME"
WHY = "dreamd dreamscapes explain NAME POD"
SPAN = "[$__rate_interval]"
DAY_S = 24 * 3600.0


def _now() -> list[Panel]:
    return [
        number(
            "Consents given",
            "Sleepers with a grant that holds now.",
            'sum(dreamd_consents{state="given"}) or vector(-1)',
            lists=[SEATS],
            width=5,
        ),
        number(
            "Consents suspended",
            "Sleepers that are to be asked anew, as the ledger was restored from a copy.",
            'sum(dreamd_consents{state="suspended"}) or vector(-1)',
            lists=[SEATS],
            width=5,
            steps=((0.0, GREEN), (1.0, ORANGE)),
        ),
        number(
            "Consents not written",
            "Withdrawals and ends that hold already, and that the ledger does not have yet.",
            "sum(dreamd_consents_unwritten) or vector(-1)",
            lists=["dreamd top"],
            width=5,
            steps=ZERO_IS_WELL,
        ),
        number(
            "Doses near a limit",
            "Sleepers from 80 % of a limit on: they are not admitted anew.",
            "sum(dreamd_doses_near_limit) or vector(-1)",
            lists=[SEATS, WHY],
            width=5,
            steps=((0.0, GREEN), (1.0, ORANGE)),
        ),
        number(
            "Doses at a limit",
            "Sleepers that have merged a whole limit: they were released.",
            "sum(dreamd_doses_at_limit) or vector(-1)",
            lists=[SEATS, WHY],
            width=4,
            steps=((0.0, GREEN), (1.0, ORANGE)),
        ),
    ]


def _house() -> list[Panel]:
    return [
        number(
            "Guidelines in force",
            "Number of the revision that holds for every admission from now on.",
            "max(dreamd_guidelines_revision) or vector(-1)",
            lists=["dreamd guidelines list"],
            width=6,
        ),
        number(
            "Moratoria",
            "They act now: no sleeper of their site, or of the fleet, merges.",
            "sum(dreamd_moratoria) or vector(-1)",
            lists=["dreamd moratorium list --acting"],
            width=6,
            steps=((0.0, GREEN), (1.0, ORANGE)),
        ),
        number(
            "Provisional: lapses in",
            "Time until the revision in force lapses, unless a clinician and an advocate confirm it.",
            "min(dreamd_guidelines_lapse_seconds)",
            lists=["dreamd guidelines list"],
            width=6,
            unit="s",
            nothing="not provisional",
            steps=((0.0, RED), (3 * DAY_S, ORANGE), (7 * DAY_S, BLUE)),
        ),
        number(
            "Letters waiting",
            "Nights that are over and have no letter yet: the ledger is slow, or an account is open.",
            "sum(dreamd_letters_waiting) or vector(-1)",
            lists=["dreamd top"],
            width=6,
            steps=((0.0, GREEN), (1.0, BLUE), (20.0, ORANGE)),
        ),
        number(
            "Cases not answered",
            "Cases of level 1 that no clinician has triaged in 15 minutes.",
            "sum(dreamd_cases_unanswered) or vector(-1)",
            lists=["dreamd clinic cases"],
            width=8,
            steps=((0.0, GREEN), (1.0, RED)),
        ),
        number(
            "Rounds of berths",
            "Rounds of the exchange between their plan and the noon after their last night.",
            "sum(dreamd_rounds) or vector(-1)",
            lists=["dreamd exchange rounds"],
            width=8,
        ),
    ]


def _over_time() -> list[Panel]:
    return [
        lines(
            "Open cases by level",
            "Cases of the clinic that have not ended: 1 is answered now, 4 closes by itself.",
            Query("sum by (level) (dreamd_cases)", "level {{level}}"),
            lists=["dreamd clinic cases"],
        ),
        lines(
            "Consents by state",
            "Every sleeper that has ever granted, or withdrawn, once.",
            Query("sum by (state) (dreamd_consents)", "{{state}}"),
            lists=[SEATS],
        ),
        lines(
            "Changes of consent",
            "Grants that hold, grants that narrow, withdrawals, and ends by time.",
            Query(f"sum by (change) (increase(dreamd_consent_changes_total{SPAN})) > 0", "{{change}}"),
            lists=["dreamd dreamscapes watch NAME --events"],
            unit="short",
            bars=True,
        ),
        lines(
            "Refusals by clause",
            "Calls and seats that a clause of the guidelines has refused, by its number.",
            Query(f"sum by (clause) (increase(dreamd_guideline_refusals_total{SPAN})) > 0", "{{clause}}"),
            lists=[WHY],
            unit="short",
            bars=True,
        ),
    ]


def people() -> Dashboard:
    """The board."""
    says = "How many agree, how near are doses to their limits, and which clause refuses? Counts alone."
    return board("people", "People", says, [*_now(), *_house(), *_over_time()], span="now-6h")
