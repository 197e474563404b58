"""Scores: the line at fault, the slew of the clauses, the way between moves."""

from typing import Final

from mutate.mutation import Mutation

_SCORE: Final = "daemon/dreamd/stage/score/score.py"
_READING: Final = "daemon/dreamd/stage/score/reading.py"
_JUDGED: Final = "daemon/dreamd/stage/score/judgement.py"
_LINES: Final = "daemon/dreamd/core/toml_lines.py"

SCORES: Final = (
    *(
        Mutation(f"score.{name}", broken, path, old, new, ("tests/stage/test_score.py",))
        for name, broken, path, old, new in (
            (
                "steepest",
                "a cosine is judged by its average",
                _JUDGED,
                "change * end.curve.steepest / seconds",
                "change / seconds",
            ),
            ("slew", "a score of any speed passes", _JUDGED, "if rate <= bound.limit * MOST:", "if True:"),
            (
                "share",
                "a score passes above the share of the clauses",
                _JUDGED,
                "if not move.share <= limits.share.limit * MOST:",
                "if False:",
            ),
            (
                "over",
                "the last move is held for ever",
                _SCORE,
                "if not 0.0 <= at_s <= self.duration_s:",
                "if at_s < 0.0:",
            ),
            (
                "finite",
                "a NaN is a feature",
                _READING,
                "_is_number(number) and -X_LIMIT <= number <= X_LIMIT",
                "_is_number(number) and not abs(number) > X_LIMIT",
            ),
            (
                "begins",
                "a score begins with a jump of the share",
                _READING,
                "if first.at_s == 0.0 and first.share > 0.0:",
                "if False:",
            ),
            (
                "order",
                "two moves stand at one instant",
                _READING,
                "if at and not at_s > times[at - 1]:",
                "if at and not at_s >= times[at - 1]:",
            ),
        )
    ),
    *(
        Mutation(
            f"score-player.{name}",
            broken,
            "daemon/dreamd/stage/score/player.py",
            old,
            new,
            ("tests/stage/test_score_player.py",),
        )
        for name, broken, old, new in (
            (
                "blind",
                "a score leads on although no tick comes",
                "moment.now_s - self._seen_s <= BLIND_S):",
                "moment.now_s >= 0.0):",
            ),
            (
                "over",
                "a hand leads on after the score has ended",
                "        if self._score.duration_s < at_s:\n            return None\n",
                "",
            ),
            (
                "from-here",
                "a message about one feature sets the others to zero",
                "self._live.vector, self._live.share = list(vector), share",
                "self._live.vector, self._live.share = [0.0] * len(vector), share",
            ),
            ("once", "a cue comes at every tick", "        self._told_s = at_s\n", ""),
        )
    ),
    Mutation(
        "toml-lines.table",
        "the second table of a list has the first one's lines",
        _LINES,
        "place = (*place, self._tables[place] - 1)",
        "place = (*place, 0)",
        ("tests/core/test_toml_lines.py",),
    ),
)
