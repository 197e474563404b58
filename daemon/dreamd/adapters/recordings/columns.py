"""The columns of a recording: name, type, unit and meaning of each, in four tables.

The order of a list's entries is written in recording.json: `features.names`, and the bands with phases in
`features.phase_bands`. Tables are joined by `step`; a person is a `subject` in all of them.

Rules
- `subject` is the number of the person's seat in this Dreamscape. No table holds a pseudonym, a pod, a site
  or a word that a person has written; markers alone carry the text of the computer that sent them.
- Raw signals are in no table: the daemon never receives them.
- Times are session seconds: Unix time, anchored when the daemon started, and slewed by 500 ppm at most.
- A number that is not known is NaN in a column of floats, and null in every other column.
- `inputs` exists for `dreamd replay` alone. Leave it out of what you give away.
"""

from dataclasses import dataclass
from typing import Final

VERSION: Final = 4
"""Of the tables and of recording.json; a reader refuses a greater one."""
EXTRA: Final = "pip install 'dreamd[recordings]'"
"""The command that installs the libraries of this room."""

DB: Final = "dB re 1 uV^2"
SCALE: Final = "shared scale"
SECONDS: Final = "s"
SHARE: Final = "0..1"
HOP: Final = "hop of 250 ms"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. kind: a word of `arrow_schema.types`; unit: empty for a count, a name, a truth."""

    name: str
    kind: str
    unit: str
    meaning: str


STEP: Final = Column("step", "int64", "", "number of the recorded tick, from 1; a hole leaves numbers out")
TICK: Final = Column("tick", "int64", "", "number of the newest message of the term, as watchers see it")
INSTANT: Final = Column("instant", "int64", HOP, "grid instant that the tick closed")
SUBJECT: Final = Column("subject", "int32", "", "number of the person in this Dreamscape, 1 or more")

FRAMES: Final = (
    STEP,
    TICK,
    INSTANT,
    SUBJECT,
    Column("captured", "int64", HOP, "grid instant of the frame; below `instant` for one that was late"),
    Column("features", "features", DB, "power by region and band; null where a number is unsound"),
    Column("phasors", "phasors", "", "phasors of 2 instants, older first: re, im by band; NaN: not sent"),
    Column("quality", "float32", SHARE, "quality of the signal, by the pod"),
    Column("applied", "float32", SHARE, "share of the collective that the pod rendered at the capture"),
    Column("granted", "float32", SHARE, "coupling granted in this tick's message"),
    Column("included", "bool", "", "the frame has weight in this tick's collective"),
    Column("outlier", "bool", "", "left out for being far from all others"),
    Column("own_synchrony", "float32", "PPC", "phase agreement with all others, mean over bands"),
    Column("distance", "float32", SCALE, "distance to `r` before the clip; NaN: not eligible"),
)
TICKS: Final = (
    STEP,
    TICK,
    INSTANT,
    Column("session_s", "float64", SECONDS, "session time of `instant`"),
    Column("segment", "int32", "", "number of the daemon's run, from 1: each begins a new fusion"),
    Column("skipped", "int64", HOP, "instants before this one that the daemon was too late for"),
    Column("fused", "bool", "", "the frames were fused; not where the daemon had lost its term"),
    Column("level", "float64", SHARE, "coupling that each included sleeper is granted at most"),
    Column("r", "feature_values", SCALE, "reference centre, at which `sum` and `weight` were taken"),
    Column("m", "feature_values", SCALE, "new centre of the collective"),
    Column("sum", "feature_values", SCALE, "weighted sum of the included states"),
    Column("weight", "float64", "", "sum of the weights"),
    Column("included", "int32", "", "sleepers with weight"),
    Column("assigned", "int32", "", "sleepers with a slot"),
    Column("healthy", "int32", "", "of these, with a closed breaker"),
    Column("merged", "int32", "", "of these, reporting a rendered share above zero"),
    Column("dispersion", "float64", "shared scale ^2", "mean squared distance to `m`"),
    Column("mean_distance", "float64", SCALE, "mean distance to `r`"),
    Column("median_distance", "float64", SCALE, "median distance to `r` of all eligible sleepers"),
    Column("phase_means", "phase_pairs", "", "mean unit phasor, re and im by band"),
    Column("order", "phase_values", SHARE, "Kuramoto's order parameter by band"),
    Column("synchrony_ppc", "phase_values", "PPC", "agreement of all pairs over 10 s by band, once a second"),
    Column("synchrony_z", "phase_values", "z", "the same against chance"),
    Column("synchrony_dof", "phase_values", "", "effective number of independent instants in it"),
    Column("energy", "float64", "", "4 s mean of |mean own z| / sqrt(D)"),
    Column("energy_limit", "float64", "", "limit of `energy`"),
    Column("lag_correlation", "float64", "r", "correlation of the centre with itself 4 s earlier, over 60 s"),
    Column("dispersion_ratio", "float64", "ratio", "spread of 60 s means over that of their first minute"),
    Column("rank_ratio", "float64", "ratio", "effective rank of 60 s means over that of their first minute"),
    Column("i_self", "float64", "r", "identifiability: likeness to the own first minute"),
    Column("i_others", "float64", "r", "likeness to the first minutes of the others"),
    Column("i_diff", "float64", "r", "i_self - i_others"),
    Column("identified", "float64", SHARE, "share of sleepers that are most like themselves"),
    Column("artist_share", "float64", SHARE, "share of an artist in what is blended"),
    Column("artist", "feature_values", SCALE, "vector of an artist as broadcast; null where none leads"),
    Column("used", "counts", "row", "for the replay: rows in use of each of the fusion's tables"),
)
EVENTS: Final = (
    Column("session_s", "float64", SECONDS, "time of the journal's entry"),
    Column("acted_s", "float64", SECONDS, "time of the act by the pod's own report; NaN: not reported"),
    Column("step", "int64", "", "number of the last recorded tick before it"),
    Column("kind", "string", "", "public kind of the event, as in the API's journal"),
    Column("subject", "int32", "", "number of the person it concerns; null: the whole Dreamscape"),
    Column("cause", "string", "", "one word of the causes, states or classes; of a marker its text"),
    Column("values", "string", "", "figures of the event by name, a JSON object"),
)
INPUTS: Final = (
    STEP,
    Column("bank", "int32", "", "number of the fusion's table"),
    Column("row", "int32", "", "row in it; rows are added in this order"),
    Column("subject", "int32", "", "number of the person in this row; 0: none"),
    Column("number", "int64", "", "the frame's own number"),
    Column("captured", "int64", HOP, "the frame's own instant"),
    Column("quality", "float32", SHARE, "the frame's quality"),
    Column("present", "bool", "", "a frame has arrived since the row was given"),
    Column("finite", "bool", "", "the frame's numbers are sound"),
    Column("frozen", "bool", "", "the same features came three times"),
    Column("good", "bool", "", "quality is good enough, by its hysteresis"),
    Column("allowed", "bool", "", "breaker, consent, guidelines and the way to its broker allow weight"),
    Column("template", "calibration", DB, "own calibration, in the tick that gave the row; else null"),
    Column("scale", "calibration", "dB", "spread of each feature in it; null as `template`"),
)
TABLES: Final = {"frames": FRAMES, "ticks": TICKS, "events": EVENTS, "inputs": INPUTS}
"""Every table by the name of its folder."""
PURPOSES: Final = {
    "frames": "a row for each frame that a tick took up, also where it had no weight",
    "ticks": "a row for each tick: the collective, its synchrony, the signs of the group",
    "events": "a row for each event of the journal from the start on, without names",
    "inputs": "a row for each change of the fusion's input, for `dreamd replay`",
}


def markdown() -> str:
    """Return the tables as Markdown, for the documentation."""
    lines = ["| table | column | type | unit | meaning |", "|---|---|---|---|---|"]
    for table, columns in TABLES.items():
        for one in columns:
            kind = _TYPES.get(one.kind, one.kind)
            lines.append(f"| {table} | `{one.name}` | {kind} | {one.unit or '-'} | {one.meaning} |")
    return "\n".join(lines) + "\n"


_TYPES: Final = {
    "features": "float32[D]",
    "feature_values": "float32[D]",
    "phasors": "float32[4 B]",
    "phase_pairs": "float32[2 B]",
    "phase_values": "float64[B]",
    "counts": "list of int32",
    "calibration": "list of float32",
}
"""D: features, B: bands with phases."""
