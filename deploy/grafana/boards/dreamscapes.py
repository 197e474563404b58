"""Dreamscapes: who is where, how far they are drawn, and whether they stay who they are."""

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
            width=6,
        ),
        lines(
            "Where sleepers are",
            "Everyone with a seat, each counted once.",
            Query(f"sum by (state) (dreamd_sleepers{OF})", "{{state}}"),
            lists=ONE,
            width=6,
            bars=True,
        ),
        lines(
            "Coupling granted",
            "To whoever is included. Zero: nobody is granted anything.",
            Query(f"max by (dreamscape) (dreamd_coupling_level{OF})", "{{dreamscape}}"),
            lists=ONE,
            width=6,
            bounds=((CEILING, ORANGE),),
        ),
        lines(
            "Halved",
            "1 while every coupling of the Dreamscape is halved because the crowd ran away; "
            "then it calms, or is "
            "severed.",
            Query(f"max by (dreamscape) (dreamd_halved{OF})", "{{dreamscape}}"),
            lists=ONE,
            width=6,
            top=1.0,
        ),
    ]


def _crowd() -> list[Panel]:
    return [
        lines(
            "Synchrony z by band",
            "Agreement of phases against chance, over the last 10 s.",
            Query(f"max by (dreamscape, band) (dreamd_synchrony_z{OF})", "{{dreamscape}} {{band}}"),
            lists=ONE,
            signed=True,
            bounds=((SYNCHRONY_Z_MOST, RED),),
        ),
        lines(
            "PPC, the highest band",
            "The same agreement as a number that does not grow with the crowd; 0 is chance.",
            Query(f"max by (dreamscape) (dreamd_synchrony_ppc{OF})", "{{dreamscape}}"),
            lists=ONE,
            signed=True,
        ),
        lines(
            "Energy over its limit",
            "Above 1 the loop runs away: everyone is halved at once.",
            Query(
                f"max by (dreamscape) (dreamd_energy{OF} / dreamd_energy_limit{OF})",
                "{{dreamscape}}",
            ),
            lists=ONE,
            bounds=((1.0, RED),),
            top=1.2,
        ),
        lines(
            "Spread of people over its value at Start",
            f"Healthy people keep .54 to 1.97. Below {DISPERSION_HALVE} halved, below "
            f"{DISPERSION_SEVER} severed.",
            Query(f"min by (dreamscape) (dreamd_dispersion_ratio{OF})", "{{dreamscape}}"),
            lists=ONE,
            bounds=((DISPERSION_SEVER, RED), (DISPERSION_HALVE, ORANGE)),
            top=1.2,
        ),
        lines(
            "Effective rank over its value at Start",
            f"How many ways people differ in. Below {RANK_HALVE} halved, below {RANK_SEVER} severed.",
            Query(f"min by (dreamscape) (dreamd_rank_ratio{OF})", "{{dreamscape}}"),
            lists=ONE,
            bounds=((RANK_SEVER, RED), (RANK_HALVE, ORANGE)),
            top=1.2,
        ),
        lines(
            "Identifiability",
            "Likeness of people to themselves at the beginning, less their likeness to the others.",
            Query(f"min by (dreamscape) (dreamd_identifiability{OF})", "{{dreamscape}}"),
            lists=ONE,
            signed=True,
            top=1.0,
        ),
    ]


def dreamscapes() -> Dashboard:
    """The board."""
    names = choice("dreamscape", "Dreamscape", "label_values(dreamd_sleepers, dreamscape)")
    says = "Who is where, how far they are drawn, and whether they stay who they are."
    return board("dreamscapes", "Dreamscapes", says, [*_seats(), *_crowd()], [names])
