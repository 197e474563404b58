"""The ledger's tables in SQLAlchemy Core: one definition, from which each engine's SQL is made.

The room `migrations/versions` holds the same tables as the steps from each version to the next; a test
compares the two, on both engines. A new ledger is made from this module and stamped; an older one takes the
steps.
"""

from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger.people_keys.subject_column import Subject, ToldName

HEAD: Final = 18
"""The newest schema version: the number of steps in `migrations/versions`."""

WHOLE: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64 bits on every engine: a counter is up to 2^63."""
REAL: Final[sa.types.TypeEngine[float]] = sa.Double().with_variant(sa.REAL(), "sqlite")
"""A double on every engine; PostgreSQL's REAL has half the digits."""

SUBJECT: Final = Subject()
BEGINS: Final = Subject(begins=True)

metadata: Final = sa.MetaData()


def _table(name: str, *columns: Any) -> sa.Table:  # noqa: ANN401 -- columns, constraints and indexes
    return sa.Table(name, metadata, *columns, sqlite_with_rowid=False)


def _text(name: str, *, key: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, primary_key=key, nullable=False)


def _subject(name: str, *, key: bool = False, begins: bool = False) -> "sa.Column[str]":
    """The subject of a sleeper in the row; the pseudonym in the program. begins: as of `Subject`."""
    return sa.Column(name, BEGINS if begins else SUBJECT, primary_key=key, nullable=False)


def _whole(name: str, *, key: bool = False) -> "sa.Column[int]":
    return sa.Column(name, WHOLE, primary_key=key, nullable=False, autoincrement=False)


def _real(name: str) -> "sa.Column[float]":
    return sa.Column(name, REAL, nullable=False)


def _one_row() -> "tuple[sa.Column[int], sa.CheckConstraint]":
    """The key of a table with one row."""
    return sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), sa.CheckConstraint("id = 1")


terms: Final = _table("terms", _text("dreamscape", key=True), _whole("cohort", key=True), _whole("term"))
counters: Final = sa.Table("counters", metadata, *_one_row(), _whole("next"))
dreamscapes: Final = _table(
    "dreamscapes", _text("name", key=True), _text("record"), sa.Column("ended_s", REAL, nullable=True)
)
living: Final = sa.Index(
    "living",
    dreamscapes.c.name,
    sqlite_where=dreamscapes.c.ended_s.is_(None),
    postgresql_where=dreamscapes.c.ended_s.is_(None),
)
ended: Final = sa.Index(
    "ended",
    dreamscapes.c.ended_s,
    sqlite_where=dreamscapes.c.ended_s.is_not(None),
    postgresql_where=dreamscapes.c.ended_s.is_not(None),
)
seats: Final = _table(
    "seats", _text("dreamscape", key=True), _whole("number", key=True), _text("pod"), _subject("sleeper")
)
beds: Final = _table("beds", _text("pod", key=True), _subject("sleeper", begins=True))
locks: Final = _table("locks", _text("pod", key=True), _text("cause"), _real("since_s"), _text("evidence"))
marks: Final = _table(
    "marks", _text("pod", key=True), _text("cause"), _real("tripped_s"), _whole("term"), _whole("tick")
)
wake_orders: Final = _table("wake_orders", _text("id", key=True), _whole("revision"), _text("kept"))
moratoria: Final = _table("moratoria", _text("id", key=True), _whole("revision"), _text("kept"))
moratorium_seconds: Final = _table(
    "moratorium_seconds", _text("moratorium", key=True), _subject("sleeper", key=True)
)
invitations: Final = _table("invitations", _text("dreamscape", key=True), _whole("revision"))
guests: Final = _table(
    "guests",
    _text("dreamscape", key=True),
    _subject("sleeper", key=True),
    _whole("since"),
    _whole("accepted"),
    _whole("declined"),
    _real("at_s"),
)
exposure_buckets: Final = _table(
    "exposure_buckets", _subject("sleeper", key=True), _whole("bucket", key=True), _real("minutes")
)
exposure_days: Final = _table(
    "exposure_days", _subject("sleeper", key=True), _whole("day", key=True), _real("minutes")
)
planned_doses: Final = _table(
    "planned_doses",
    _text("dreamscape", key=True),
    _subject("sleeper", key=True),
    _real("minutes"),
    _real("at_s"),
)
merging: Final = _table("merging", _subject("sleeper", key=True), _real("since_s"))
anchor_buckets: Final = _table(
    "anchor_buckets", _subject("sleeper", key=True), _whole("bucket", key=True), _real("minutes")
)
anchor_marks: Final = _table("anchor_marks", _subject("sleeper", key=True), _real("since_s"))
generation: Final = sa.Table(
    "generation",
    metadata,
    *_one_row(),
    _whole("writes"),
    sa.Column("lived_s", REAL, nullable=False, server_default=sa.text("0")),
    sa.Column("epoch", WHOLE, nullable=False, server_default=sa.text("0")),
)
houses: Final = sa.Table(
    "houses",
    metadata,
    *_one_row(),
    _text("house"),
    _whole("term"),
    _text("owner"),
    _text("address"),
    _text("key"),
    _text("state"),
    _real("lease_until_s"),
)
house_orders: Final = _table(
    "house_orders",
    *(_text("id", key=True), _text("method"), _text("scope"), _text("target")),
    sa.Column("sleeper", ToldName(), nullable=False),
    _text("issuer"),
    sa.Column("own", ToldName(), nullable=False),
    *(_text("role"), _text("told"), _text("reason"), _text("request_id"), _text("via")),
    *(_real("at_s"), _real("acted_s"), _whole("zeroed"), _whole("confirmed")),
    *(_text("unconfirmed"), _text("outcome")),
)
handovers: Final = _table("handovers", _text("dreamscape", key=True), _whole("term"), _text("kept"))
standbys: Final = _table(
    "standbys", _text("process", key=True), _text("address"), _text("lacks"), _real("seen_s")
)
principals: Final = _table("principals", _text("name", key=True), _text("kind"), _text("kept"))
credentials: Final = _table(
    "credentials",
    _text("id", key=True),
    _text("principal"),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    _real("issued_s"),
    _real("expires_s"),
    _real("revoked_s"),
    _real("ends_s"),
)
codes: Final = _table(
    "codes",
    _text("id", key=True),
    _text("principal"),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    _real("expires_s"),
    _whole("tries"),
    _text("made"),
)
audit: Final = _table("audit", _whole("n", key=True), _text("record"))
audit_texts: Final = _table(
    "audit_texts",
    _whole("n", key=True),
    _text("salt"),
    _text("reason"),
    sa.Column("sleeper", ToldName(), nullable=False),
)
checkpoints: Final = _table("checkpoints", _whole("n", key=True), _text("note"))
consents: Final = _table(
    "consents", _subject("sleeper", key=True), _whole("revision"), _whole("granted"), _text("kept")
)
grants: Final = _table(
    "grants", _subject("sleeper", key=True, begins=True), _whole("revision", key=True), _text("kept")
)
personal: Final = _table(
    "personal",
    _subject("sleeper", key=True),
    _text("kind", key=True),
    sa.Column("at_s", REAL, primary_key=True, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)
erasures: Final = _table("erasures", _text("subject", key=True), _real("at_s"))
guidelines: Final = _table(
    "guidelines", _whole("revision", key=True), _text("digest"), _text("bundle"), _text("course")
)
comments: Final = _table(
    "comments",
    _whole("revision", key=True),
    _whole("n", key=True),
    _text("person"),
    _real("at_s"),
    _text("text"),
)
calibration_days: Final = _table("calibration_days", _subject("sleeper", key=True), _whole("day", key=True))
admissions: Final = _table(
    "admissions",
    _whole("n", key=True),
    _real("at_s"),
    _text("site"),
    sa.Column("facts", sa.LargeBinary, nullable=False),
)
report_marks: Final = _table(
    "report_marks",
    _whole("day", key=True),
    _text("site", key=True),
    _text("kind", key=True),
    _subject("sleeper", key=True),
)
cases: Final = _table(
    "cases",
    _text("id", key=True),
    _subject("sleeper"),
    sa.Column("mark", sa.LargeBinary, nullable=False),
    _real("opened_s"),
    _real("ended_s"),
    _text("kept"),
)
fault_nights: Final = _table(
    "fault_nights", _subject("sleeper", key=True), _whole("night"), _whole("running")
)
rounds: Final = _table("rounds", _text("id", key=True), _real("planned_s"), _text("kept"))
round_offers: Final = _table("round_offers", _text("round", key=True), _text("id", key=True), _text("kept"))
round_asks: Final = _table(
    "round_asks", _text("round", key=True), _text("id", key=True), _whole("gone"), _text("kept")
)
public_reports: Final = _table("public_reports", _whole("first", key=True), _whole("end"), _text("text"))
pieces: Final = _table("pieces", _text("id", key=True), _text("dreamscape"), _real("ended_s"), _text("text"))
dreamscape_nights: Final = _table(
    "dreamscape_nights",
    _whole("night", key=True),
    _text("dreamscape", key=True),
    _whole("sleepers"),
    _text("cases"),
    _whole("answers"),
)
watches: Final = _table("watches", _text("kind", key=True), _text("kept"))
judged_nights: Final = _table(
    "judged_nights", _whole("night", key=True), _text("kind", key=True), _text("kept")
)
