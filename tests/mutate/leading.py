"""The artist's lead: within the plan, fresh, one at a time (DESIGN 7.4)."""

from typing import Final

from mutate.mutation import Mutation

_LEADING, _TESTS = "daemon/dreamd/app/stage/live_lead.py", "tests/app/test_live_lead.py"
_PIECES: Final = "tests/app/test_pieces.py"
_OWN, _SEVERED = "daemon/dreamd/app/stage/leader_seat.py", ("tests/app/test_severed_leaders.py",)
_MARKERS: Final = "daemon/dreamd/app/stage/stimulus_markers.py"

LEADING: Final = (
    *(
        Mutation(f"lead.{name}", broken, _LEADING, old, new, (_TESTS,))
        for name, broken, old, new in (
            ("fresh", "a vector counts for ever", "fresh = 0.0 <= age_s <= ARTIST_FRESH_S", "fresh = True"),
            (
                "finite",
                "a NaN leads",
                "if not np.isfinite(np.asarray(vector, dtype=np.float32)).all():",
                "if False:",
            ),
            ("length", "another schema's vector leads", "if len(vector) != self._size:", "if False:"),
            ("share", "an artist has more than the plan", "if not 0.0 <= share <= self._most:", "if False:"),
            ("one", "the second artist takes the lead", "if self._lead is not None and ", "if False and "),
            ("plan", "an artist leads where the plan has none", "if not self._most > 0.0:", "if False:"),
            (
                "refused-ends",
                "after a refusal the last vector stands",
                "            self.end_lead(lead)\n            return refusal\n",
                "            return refusal\n",
            ),
            (
                "ended",
                "an artist that has disconnected still leads",
                "            self._newest = NO_ARTIST\n            self._keep_lead()",
                "            self._keep_lead()",
            ),
        )
    ),
    *(
        Mutation(f"leader.{name}", broken, path, old, new, _SEVERED)
        for name, broken, path, old, new in (
            (
                "seat",
                "an artist whose seat is at zero leads on",
                _OWN,
                'return held.cause if is_cause(held.cause) else ""',
                'return ""',
            ),
            (
                "breaker",
                "an artist with an open breaker leads on",
                _OWN,
                "if record is not None and record.breaker.state is not BreakerState.CLOSED:",
                "if False:",
            ),
            (
                "up",
                "an artist that was severed gets up and leads",
                _OWN,
                "return cause in IN_PEACE and ",
                "return ",
            ),
            (
                "tick",
                "an artist that was severed in a tick is in its message",
                "daemon/dreamd/app/stage/live_lead.py",
                "        self._stop_severed()\n        age_s",
                "        age_s",
            ),
        )
    ),
    *(
        Mutation(f"markers.{name}", broken, _MARKERS, old, new, ("tests/app/test_stimulus_markers.py",))
        for name, broken, old, new in (
            (
                "bounded",
                "a program floods the journal",
                "        if self._places >= 1.0:",
                "        if True:",
            ),
            (
                "burst",
                "a silence of a night earns a flood",
                "min(float(MARKERS_AT_ONCE), self._places + earned)",
                "self._places + earned",
            ),
            (
                "instant",
                "a marker of NaN or of last year is written",
                "not -MARKER_AHEAD_S <= age_s <= MARKER_AGE_S",
                "(age_s < -MARKER_AHEAD_S or age_s > 1e9)",
            ),
        )
    ),
    Mutation(
        "markers.apart",
        "markers push severs out of the journal",
        "daemon/dreamd/app/events/journal.py",
        '"planned", "gathering", "marker"),',
        '"planned", "gathering"),',
        ("tests/app/test_stimulus_markers.py",),
    ),
    Mutation(
        "markers.logged",
        "a marker's text stands in the log",
        "daemon/dreamd/adapters/log_events.py",
        '"" if event.kind in FOREIGN_CAUSES else event.cause',
        "event.cause",
        ("tests/app/test_stimulus_markers.py",),
    ),
    Mutation(
        "piece.granted",
        "ticks after a sever are in the piece",
        "daemon/dreamd/app/dreamscapes/drivers/control_loop.py",
        "if cohorts.granting and not dreamscape.ownership.lost:",
        "if not dreamscape.ownership.lost:",
        (_PIECES,),
    ),
    Mutation(
        "piece.applied",
        "a piece is of what the artist asked, not of what was broadcast",
        _LEADING,
        "self._piece.add_tick(self._now_s(), tick, vector.tolist(), share, revision)",
        "self._piece.add_tick(self._now_s(), tick, self._newest[0].tolist(), share, revision)",
        (_PIECES,),
    ),
    Mutation(
        "piece.sleeper",
        "the piece of an artist in a pod has the pseudonym",
        "daemon/dreamd/app/api/dreamscapes.py",
        'begin("" if asleep else caller.name, words, own)',
        "begin(caller.name, words, own)",
        (_PIECES,),
    ),
    Mutation(
        "piece.chained",
        "each tick stands for itself, and can be left out of a piece",
        "daemon/dreamd/core/pieces/chain.py",
        "sha256(self.value + link(tick, vector, share)).digest()",
        "sha256(link(tick, vector, share)).digest()",
        ("tests/core/test_pieces.py",),
    ),
    Mutation(
        "lead.severed",
        "the zero of a sever holds an artist's vector",
        "daemon/dreamd/app/collective/cohorts.py",
        "artist, share = self.artist if self.granting else NO_ARTIST",
        "artist, share = self.artist",
        (_TESTS,),
    ),
    Mutation(
        "lead.plan-half",
        "a plan gives an artist more than half",
        "daemon/dreamd/core/dreamscapes/admission.py",
        "if not 0.0 <= plan.artist_share <= ARTIST_SHARE_MOST:",
        "if False:",
        (_TESTS,),
    ),
)
