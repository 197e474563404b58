"""The files of a festival: the scenario that ships and its score, and the scores beside a scenario's file."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from dreamd.adapters.documents.shipped import shipped_bundle
from dreamd.core.toml_lines import read_toml
from dreamd.festival.scenario.fields import FestivalFileError
from dreamd.festival.scenario.plan import Festival
from dreamd.stage.score.judgement import judge, score_limits
from dreamd.stage.score.reading import ScoreError, read_score
from dreamd.stage.score.score import Score

SHIPPED: Final = "shipped"
"""The name of the shipped score in an act."""


def shipped_text() -> str:
    """Return the scenario that ships, as it is written."""
    return files(__package__).joinpath("shipped.toml").read_text(encoding="utf-8")


def read_scores(plan: Festival, beside: Path | None = None) -> Mapping[str, Score]:
    """Return the scores of a scenario by the name that its acts have for them.

    beside: the folder of the scenario's file; None: it has none, and only the shipped score is found.

    Raises:
        FestivalFileError: one is missing, is no score, or asks for more than the guidelines allow.
    """
    found = {}
    for name in sorted({act.score for act in plan.acts if act.score}):
        try:
            found[name] = _read(name, beside)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            no = f"the score {name!r} cannot be read ({reason})"
            raise FestivalFileError(f"{no}; name a file beside the scenario, or {SHIPPED!r}") from error
        except ScoreError as error:
            raise FestivalFileError(f"the score {name!r}: {error}") from error
    return found


def check_shares(text: str, plan: Festival, scores: Mapping[str, Score]) -> None:
    """Refuse an act that allows its artist less than the score asks for. text: of the scenario.

    Raises:
        FestivalFileError: the act, with the line of its share.
    """
    for act in plan.acts:
        score = scores.get(act.score)
        if score is not None and not score.share_most <= act.share:
            _, lines = read_toml(text, len(text))
            line = lines.line_of("act", act.number - 1, "share")
            asks = f"the score {act.score!r} asks for a share of {score.share_most:g}"
            raise FestivalFileError(f"line {line}: act.share: {asks}, the act allows {act.share:g}")


def _read(name: str, beside: Path | None) -> Score:
    if name == SHIPPED:
        data = files(__package__).joinpath("low-tide.toml").read_bytes()
    elif beside is None:
        raise FestivalFileError(f"the score {name!r} is a file, and this scenario has none; take {SHIPPED!r}")
    else:
        data = (beside / name).read_bytes()
    score = read_score(data)
    judge(score, score_limits(shipped_bundle()))
    return score
