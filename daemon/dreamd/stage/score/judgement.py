"""A score held against the clauses on artists: share, slew of vector and share, commercial content.

The daemon keeps all of them whatever a score asks for. A score that passes here is followed exactly; one that
does not would be slewed or refused, so the line at fault is named before it is dreamt.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dreamapi.v1 import guidelines_pb2 as guidelines
from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.limits import FLOAT32_SLACK
from dreamd.stage.score.reading import ScoreError
from dreamd.stage.score.score import Move, Score

MOST: Final = 1.0 + FLOAT32_SLACK


@dataclass(frozen=True, slots=True)
class Bound:
    """The limit of one clause. clause: its number, empty where the revision has none."""

    limit: float
    clause: str = ""

    def __str__(self) -> str:
        """Return the limit with its clause."""
        return f"{self.limit:g} (clause {self.clause})" if self.clause else f"{self.limit:g}"


@dataclass(frozen=True, slots=True)
class ScoreLimits:
    """The clauses on artists of one revision.

    share: 0..1. slew: of each feature a second. share_slew: of the share a second. no_commercial: the number
    of the clause that allows no commercial content; empty without one.
    """

    revision: int
    share: Bound
    slew: Bound
    share_slew: Bound
    no_commercial: str


def score_limits(bundle: Bundle) -> ScoreLimits:
    """Return the limits that a revision sets for scores."""

    def bound(key: str) -> Bound:
        clause = bundle.by_key.get(key)
        return Bound(bundle.number(key), clause.number if clause else "")

    principle = bundle.by_key.get("no_commercial")
    return ScoreLimits(
        bundle.revision,
        bound("artist_share"),
        bound("artist_slew"),
        bound("artist_share_slew"),
        principle.number if principle else "",
    )


def limits_in_force(revision: guidelines.Revision) -> ScoreLimits:
    """Return the limits of a revision as the API shows it; a clause that is missing allows nothing."""
    clauses = {clause.key: clause for clause in revision.clauses if clause.key}

    def bound(key: str) -> Bound:
        clause = clauses.get(key)
        return Bound(clause.limit, clause.number) if clause is not None else Bound(0.0)

    principle = clauses.get("no_commercial")
    return ScoreLimits(
        revision.revision,
        bound("artist_share"),
        bound("artist_slew"),
        bound("artist_share_slew"),
        principle.number if principle is not None else "",
    )


def judge(score: Score, limits: ScoreLimits) -> None:
    """Pass a score that these clauses allow.

    Raises:
        ScoreError: the line at fault, the clause, and the least time that would do.
    """
    if score.commercial and limits.no_commercial:
        clause = f"clause {limits.no_commercial} allows no commercial content"
        raise ScoreError(f"line {score.lines['commercial']}: the score is commercial; {clause}")
    for move in score.moves:
        if not move.share <= limits.share.limit * MOST:
            found = f"the move at {move.at_s:g} s has share {move.share:g}"
            raise ScoreError(f"line {move.line}: {found}; expected at most {limits.share}")
    for start, end in pairwise(score.way):
        _judge_way(score, start, end, limits)


def _judge_way(score: Score, start: Move, end: Move, limits: ScoreLimits) -> None:
    seconds = end.at_s - start.at_s
    for name, change, bound in _changes(score, start, end, limits):
        rate = change * end.curve.steepest / seconds
        if rate <= bound.limit * MOST:
            continue
        way = f"the {end.curve.value} way of {seconds:g} s to the move at {end.at_s:g} s"
        least = f"; {change * end.curve.steepest / bound.limit:.4g} s are enough" if bound.limit > 0.0 else ""
        found = f"{way} changes {name} by up to {rate:.4g} a second"
        raise ScoreError(f"line {end.line}: {found}; expected at most {bound}{least}")


def _changes(score: Score, start: Move, end: Move, limits: ScoreLimits) -> Iterator[tuple[str, float, Bound]]:
    """Yield each thing that moves, how far, and its bound."""
    for name, v, w in zip(score.schema.feature_names(), start.vector, end.vector, strict=True):
        yield name, abs(w - v), limits.slew
    yield "the share", abs(end.share - start.share), limits.share_slew
