"""The rows of moratoria, and of the sleepers that have seconded one. No text of a row names a sleeper."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.gathered_rows import GatheredRows, Row
from dreamd.core.access.caller import Role
from dreamd.core.moratoria.course import Moratorium, MoratoriumScope, MoratoriumState, Signature

Insert = Callable[[sa.Table], Any]
"""The engine's own INSERT, which has ON CONFLICT: `sqlalchemy.dialects.ENGINE.insert`."""
GatherRows = Callable[[GatheredRows, Any], None]

_DROP: Final = tables.moratoria.delete().where(tables.moratoria.c.id == sa.bindparam("of"))
_DROP_SECONDS: Final = tables.moratorium_seconds.delete().where(
    tables.moratorium_seconds.c.moratorium == sa.bindparam("of")
)


class MoratoriumRows:
    """Gathers the rows of moratoria; for one engine."""

    def __init__(self, insert: Insert) -> None:
        """insert: the engine's own INSERT, which has ON CONFLICT."""
        new = insert(tables.moratoria)
        columns = tables.moratoria.c
        changed = {"revision": new.excluded.revision, "kept": new.excluded.kept}
        newer = columns.revision <= new.excluded.revision  # a write that comes late brings none back
        self._keep = new.on_conflict_do_update(index_elements=[columns.id], set_=changed, where=newer)
        self._second = insert(tables.moratorium_seconds).on_conflict_do_nothing()
        self.subjects: Final[tuple[tuple[str, GatherRows], ...]] = (
            ("dropped_moratoria", self._dropped),
            ("moratoria", self._kept),
            ("moratorium_seconds", self._seconded),
        )
        """The fields of a transaction, and what gathers their rows."""

    @staticmethod
    def _dropped(rows: GatheredRows, dropped: Sequence[str]) -> None:
        of = [{"of": one} for one in dropped]
        rows.gather("moratoria", _DROP, of)
        rows.gather("moratorium_seconds", _DROP_SECONDS, of)

    def _kept(self, rows: GatheredRows, moratoria: Sequence[Moratorium]) -> None:
        rows.gather("moratoria", self._keep, [moratorium_row(one) for one in moratoria])

    def _seconded(self, rows: GatheredRows, seconds: Sequence[tuple[str, str]]) -> None:
        of = [{"moratorium": moratorium, "sleeper": sleeper} for moratorium, sleeper in seconds]
        rows.gather("moratorium_seconds", self._second, of)


def moratorium_row(one: Moratorium) -> Row:
    """Return the row of a moratorium, without its sleepers."""
    kept = asdict(replace(one, sleepers=frozenset()))
    del kept["sleepers"]
    return {"id": one.id, "revision": one.revision, "kept": json.dumps(kept, allow_nan=False, default=_word)}


def _word(value: Any) -> str:  # noqa: ANN401 -- a role, a scope or a state
    return str(value.value)


def moratorium_of(text: str, sleepers: Iterable[str]) -> Moratorium:
    """Build a moratorium.

    Raises:
        ValueError, KeyError, TypeError: the text is not a moratorium's.
    """
    kept = json.loads(text)
    acts = {field: tuple(map(_act, kept[field])) for field in ("seconds", "lifting")}
    words = {"scope": MoratoriumScope(kept["scope"]), "state": MoratoriumState(kept["state"])}
    return Moratorium(**{**kept, **acts, **words, "sleepers": frozenset(sleepers)})


def _act(kept: dict[str, Any]) -> Signature:
    return Signature(str(kept["person"]), Role(kept["role"]), float(kept["at_s"]))
