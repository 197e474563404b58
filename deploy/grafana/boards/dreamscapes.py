"""Dreamscapes: where sleepers are, how strongly they are coupled, and whether they stay themselves."""

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.builders.timeseries import Panel

from boards.kit import ORANGE, RED, Query, board, choice, lines
from dreamd.core.limits import (
    CEILING,
    DISPERSION_HALVE,
    DISPERSION_SEVER,
    RANK_HALVE,
    RANK_SEVER,
    SYNCHRONY_Z_MOST,
)

OF = '{dreamscape=~"$dreamscape"}'
ONE = ["dreamd dreamscapes get NAME", "dreamd dreamscapes watch NAME"]


def _seats() -> list[Panel]:
    return [
        lines(
            "Dreamscapes by state",
            "Those that have ended are left out.",
            Query("sum by (state) (dreamd_dreamscapes)", "{{state}}"),
            lists=["dreamd dreamscapes list"],
        ),
        lines(
            "Where sleepers are",
            "Every sleeper with a slot, each counted once.",
            Query(f"sum by (state) (dreamd_sleepers{OF})", "{{state}}"),
            lists=ONE,
            bars=True,
        ),
        lines(
            "Coupling granted",
            "The largest coupling granted now. Zero: no pod is granted anything.",
            Query(f"max by (dreamscape) (dreamd_coupling_level{OF})", "{{dreamscape}}"),
            lists=ONE,
            bounds=((CEILING, ORANGE),),
        ),
        lines(
            "Late start",
            "How long a Dreamscape has gathered past the start of its plan.",
            Query(f"max by (dreamscape) (dreamd_start_overdue_seconds{OF})", "{{dreamscape}}"),
            lists=ONE,
            width=6,
            height=4,
            unit="s",
        ),
        lines(
            "Dreaming, no sleeper merged",
            "1 while a Dreamscape dreams, seats are held, and no pod renders the collective: after a minute "
            "it pages.",
            Query(f"max by (dreamscape) (dreamd_alone_while_dreaming{OF})", "{{dreamscape}}"),
            lists=ONE,
            width=6,
            height=4,
            bounds=((1.0, RED),),
            top=1.0,
        ),
        lines(
            "Unreachable while dreaming",
            "Sleepers of a dreaming Dreamscape whose pod has not been heard for three hops: after a minute "
            "it pages.",
            Query(f"max by (dreamscape) (dreamd_unreachable_while_dreaming{OF})", "{{dreamscape}}"),
            lists=["dreamd pods list --state unheard", "dreamd pods list --state offline"],
            width=6,
            height=4,
            bounds=((1.0, RED),),
        ),
        lines(
            "Halved",
            "1 while every coupling of the Dreamscape is halved because the group ran away. It calms down, "
            "or is severed.",
            Query(f"max by (dreamscape) (dreamd_halved{OF})", "{{dreamscape}}"),
            lists=ONE,
            width=6,
            height=4,
            top=1.0,
        ),
    ]


def _crowd() -> list[Panel]:
    return [
        lines(
            "Synchrony z by band",
            "Agreement of phases against chance, over the last 10 s. The daemon acts when it is above the "
            "line in three windows running.",
            Query(f"max by (dreamscape, band) (dreamd_synchrony_z{OF})", "{{dreamscape}} {{band}}"),
            lists=ONE,
            signed=True,
            bounds=((SYNCHRONY_Z_MOST, ORANGE),),
        ),
        lines(
            "PPC, the highest band",
            "The same agreement as a number that does not grow with the group; 0 is chance.",
            Query(f"max by (dreamscape) (dreamd_synchrony_ppc{OF})", "{{dreamscape}}"),
            lists=ONE,
            signed=True,
        ),
        lines(
            "Energy over its limit",
            "Above 1 the loop runs away: every coupling is halved at once.",
            Query(
                f"max by (dreamscape) (dreamd_energy{OF} / dreamd_energy_limit{OF})",
                "{{dreamscape}}",
            ),
            lists=ONE,
            bounds=((1.0, RED),),
            top=1.2,
        ),
        lines(
            "Spread of sleepers, against Start",
            f"Healthy groups keep .54 to 1.97. Below {DISPERSION_HALVE} halved, below "
            f"{DISPERSION_SEVER} severed.",
            Query(f"min by (dreamscape) (dreamd_dispersion_ratio{OF})", "{{dreamscape}}"),
            lists=ONE,
            bounds=((DISPERSION_SEVER, RED), (DISPERSION_HALVE, ORANGE)),
            top=1.2,
        ),
        lines(
            "Effective rank, against Start",
            f"In how many ways sleepers differ. Below {RANK_HALVE} halved, below {RANK_SEVER} severed.",
            Query(f"min by (dreamscape) (dreamd_rank_ratio{OF})", "{{dreamscape}}"),
            lists=ONE,
            bounds=((RANK_SEVER, RED), (RANK_HALVE, ORANGE)),
            top=1.2,
        ),
        lines(
            "Identifiability",
            "Likeness of sleepers to themselves at the beginning, less their likeness to the others.",
            Query(f"min by (dreamscape) (dreamd_identifiability{OF})", "{{dreamscape}}"),
            lists=ONE,
            signed=True,
            top=1.0,
        ),
    ]


def dreamscapes() -> Dashboard:
    """The board."""
    names = choice("dreamscape", "Dreamscape", "label_values(dreamd_sleepers, dreamscape)")
    says = "Where sleepers are, how strongly they are coupled, and whether they stay themselves."
    return board("dreamscapes", "Dreamscapes", says, [*_seats(), *_crowd()], [names])
