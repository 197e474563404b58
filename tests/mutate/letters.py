"""Nights and letters: one a night, true numbers, own facts alone; a cut of one sleeper alone."""

from typing import Final

from mutate.mutation import Mutation

_NIGHTS: Final = "daemon/dreamd/app/people/nights.py"
_OPEN: Final = "daemon/dreamd/core/letters/open_night.py"
_LETTER: Final = "daemon/dreamd/core/letters/letter.py"
_CUT: Final = "edge/dreamedge/adapters/recorder/edf_cut.py"
_APP: Final = ("tests/app/test_nights.py",)
_CORE: Final = ("tests/core/test_letters.py",)
_EDGE: Final = ("tests/edge/test_edf_cut.py",)

LETTERS: Final = (
    Mutation(
        "letters.before-the-account",
        "a letter is made before the last minutes are charged",
        _NIGHTS,
        " and not self._exposures.marked(night.sleeper)",
        "",
        _APP,
    ),
    Mutation(
        "letters.night-stays",
        "a letter leaves its night behind, and the next start makes it again",
        _NIGHTS,
        'NIGHT, night.begin_s, b"")',
        'NIGHT, night.begin_s, b"{}")',
        _APP,
    ),
    Mutation(
        "letters.lost-with-a-write",
        "a letter that could not be written is forgotten",
        _NIGHTS,
        "                for night in again[0]:\n                    self._end(night)\n",
        "",
        _APP,
    ),
    Mutation(
        "letters.check-out-missed",
        "a check-out that the daemon has missed leaves no letter",
        _NIGHTS,
        "                night.ended(now_s, known=False)\n            self._end(night)\n",
        "                continue\n            self._end(night)\n",
        _APP,
    ),
    Mutation(
        "letters.of-the-next-sleeper",
        "a late report of a bed is told to the sleeper that lies there now",
        _NIGHTS,
        "        if night is None or at_s < night.begin_s:\n",
        "        if night is None:\n",
        _APP,
    ),
    Mutation(
        "letters.minutes-of-before",
        "merge-minutes of before the check-in count as lived in the night",
        _NIGHTS,
        "_since(account, night.begin_s) - night.before_min",
        "_since(account, 0.0)",
        _APP,
    ),
    Mutation(
        "letters.after-an-erasure",
        "a night in memory writes a row of an erased sleeper",
        _NIGHTS,
        "            del self._dirty[key]\n",
        "            pass\n",
        _APP,
    ),
    Mutation(
        "letters.restart-untold",
        "a letter does not tell that something may be missing",
        _OPEN,
        "self.missed = self.missed or not whole",
        "self.missed = self.missed",
        _APP,
    ),
    Mutation(
        "letters.end-made-up",
        "the end of a merge that no bed reported is the check-out",
        _OPEN,
        "            self._end(nan if self.doubted or not known else at_s)\n",
        "            self._end(at_s)\n",
        _APP,
    ),
    Mutation(
        "letters.vague-cause",
        "the first word stands, although it names no reason",
        _OPEN,
        "self.stops[-1].cause in VAGUE and cause not in VAGUE",
        "False",
        _CORE,
    ),
    Mutation(
        "letters.long",
        "a letter lists every stop",
        _LETTER,
        "LISTED_MOST: Final = 3\n",
        "LISTED_MOST: Final = 30\n",
        _CORE,
    ),
    Mutation(
        "letters.distress-and-goodnight",
        "a sleeper in distress is told that nothing else is needed",
        _LETTER,
        "any(stop.cause in CARED_FOR for stop in night.stops) or ",
        "",
        _CORE,
    ),
    Mutation(
        "letters.lead-of-another-hour",
        "an artist is named that led while the sleeper was not merged",
        _LETTER,
        "[one for one in night.leads if any(_meets(one, span) for span in night.spans)]",
        "list(night.leads)",
        _CORE,
    ),
    Mutation(
        "cut.record-of-before",
        "a cut begins with a record of the sleeper before",
        _CUT,
        "_records(part, begin, ROUND_CEILING)",
        "_records(part, begin, ROUND_FLOOR)",
        _EDGE,
    ),
    Mutation(
        "cut.mark-of-before",
        "a cut tells a mark of the sleeper before",
        _CUT,
        "        if at >= first:\n",
        "        if at >= shift:\n",
        _EDGE,
    ),
)
