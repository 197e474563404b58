"""A minute of rows, gathered tick by tick and turned into the four tables of one part."""

import json
from collections.abc import Sequence
from math import isfinite, nan
from typing import Any, Final

import numpy as np
import pyarrow as pa

from dreamd.adapters.recordings.arrow_schema import schema_of
from dreamd.adapters.recordings.columns import TABLES
from dreamd.adapters.recordings.manifest import Features
from dreamd.adapters.recordings.row_changes import RowChanges, Rows
from dreamd.core.dreamscapes.views import Event
from dreamd.core.group_streams import told_cause
from dreamd.core.limits import HOP_S
from dreamd.fusion.collective import Fused
from dreamd.fusion.frame_table import Mask
from dreamd.ports.recordings import Calibrated, RecordedTick, TableRows
from dreamwire.schema import INSTANTS_PER_HOP

Columns = dict[str, Any]
"""Arrays of one length by the name of their column."""


class Minute:
    """The rows of the part in hand.

    first: the instant of its first tick; None: it is empty. frames: rows of `frames` so far.
    """

    def __init__(self, features: Features) -> None:
        self._features = features
        self._changes = RowChanges()
        self._clear()

    def _clear(self) -> None:
        self.first: int | None = None
        self.frames = 0
        self._rows: dict[str, list[Columns]] = {"frames": [], "inputs": []}
        self._lists: dict[str, dict[str, list[Any]]] = {
            table: {column.name: [] for column in TABLES[table]} for table in ("ticks", "events")
        }

    def add_tick(self, step: int, segment: int, tick: RecordedTick) -> None:
        """Add one tick with this number in the recording, of this run of the daemon."""
        self.first = tick.instant if self.first is None else self.first
        parts = []
        for number, rows in enumerate(tick.tables):
            changed, new = self._changes.changed(number, rows)
            own = [one for one in tick.calibrated if one.table == number and one.row < rows.used]
            self._rows["inputs"].append(_inputs(step, number, rows, changed, own))
            parts.append(_frames(tick, number, rows, new))
        self._add_frames(step, tick, parts)
        for name, value in _tick_row(step, segment, tick, self._features).items():
            self._lists["ticks"][name].append(value)

    def _add_frames(self, step: int, tick: RecordedTick, parts: list[Columns]) -> None:
        """Add the frames of all tables, by subject: their order shows no slot."""
        if not parts:
            return
        together = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        order = np.argsort(together["subject"], kind="stable")
        frames = {name: values[order] for name, values in together.items()}
        count = len(order)
        grid = {"step": step, "tick": tick.tick, "instant": tick.instant}
        frames |= {name: np.full(count, value, dtype=np.int64) for name, value in grid.items()}
        self._rows["frames"].append(frames)
        self.frames += count

    def add_event(self, step: int, event: Event) -> None:
        """Add one event, without the names in it; step: of the last tick before it."""
        values = {name: value for name, value in event.values.items() if isfinite(value)}
        row = {
            "session_s": event.at_s,
            "acted_s": event.acted_s or nan,
            "step": step,
            "kind": event.kind,
            "subject": event.seat or None,
            "cause": told_cause(event.kind, event.cause),
            "values": json.dumps(values, allow_nan=False),
        }
        for name, value in row.items():
            self._lists["events"][name].append(value)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return self.first is None and not self._lists["events"]["step"]

    def take_tables(self) -> dict[str, Any]:
        """Return the four tables, and begin the next part."""
        tables = {table: self._gathered(table) for table in self._rows}
        tables |= {
            table: pa.table(lists, schema=schema_of(table, self._features))
            for table, lists in self._lists.items()
        }
        self._clear()
        return tables

    def _gathered(self, table: str) -> Any:  # noqa: ANN401 - pyarrow ships no types
        schema, parts = schema_of(table, self._features), self._rows[table]
        if not parts:
            return schema.empty_table()
        together = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        unsound = together.pop("unsound", None)
        arrays = []
        for field in schema:
            values, mask = together[field.name], unsound if field.name == "features" else None
            arrays.append(_array(values, field.type, mask))
        return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: Any, kind: Any, mask: Any) -> Any:  # noqa: ANN401 - pyarrow ships no types
    if not pa.types.is_fixed_size_list(kind):
        return pa.array(values, type=kind)
    flat = pa.array(values.reshape(-1), type=kind.value_type)
    missing = None if mask is None or not mask.any() else pa.array(mask)
    return pa.FixedSizeListArray.from_arrays(flat, type=kind, mask=missing)


def _inputs(step: int, table: int, rows: TableRows, at: Rows, own: Sequence[Calibrated]) -> Columns:
    if own:
        at = np.union1d(at, [one.row for one in own])
    count = len(at)
    template, scale = (np.full(count, None, dtype=object) for _ in range(2))
    for one in own:
        place = int(np.searchsorted(at, one.row))
        template[place], scale[place] = one.template_db, one.scale_db
    return {
        "step": np.full(count, step, dtype=np.int64),
        "bank": np.full(count, table, dtype=np.int32),
        "row": at.astype(np.int32),
        "subject": rows.subject[at],
        "number": rows.seq[at].astype(np.int64),
        "captured": rows.instant[at],
        "quality": rows.quality[at],
        **{name: getattr(rows, name)[at] for name in ("present", "finite", "frozen", "good", "allowed")},
        "template": template,
        "scale": scale,
    }


def _frames(tick: RecordedTick, number: int, rows: TableRows, new: Mask) -> Columns:
    """The frames of one table that are new, or have weight in this tick."""
    fused, used = tick.fused, rows.used
    no, unknown = np.zeros(used, dtype=np.bool_), np.full(used, nan, dtype=np.float32)
    here = fused is not None and number < len(fused.included)
    included = fused.included[number][:used] if fused is not None and here else no
    at = np.flatnonzero(new | (included & (rows.subject > 0)))
    unsound = ~rows.finite[at]
    bands = rows.phasors.shape[2]
    phasors = rows.phasors[at].view(np.float32).reshape(len(at), INSTANTS_PER_HOP * bands * 2)
    phasors[unsound] = nan
    return {
        "subject": rows.subject[at],
        "captured": rows.instant[at],
        "features": rows.db[at],
        "unsound": unsound,
        "phasors": phasors,
        "quality": rows.quality[at],
        "applied": rows.applied[at],
        "granted": rows.granted[at] / np.float32(255.0),
        "included": included[at],
        "outlier": (fused.outliers[number][:used] if fused is not None and here else no)[at],
        "own_synchrony": (fused.own_synchrony[number][:used] if fused is not None and here else unknown)[at],
        "distance": (fused.residuals[number][:used] if fused is not None and here else unknown)[at],
    }


def _tick_row(step: int, segment: int, tick: RecordedTick, features: Features) -> Columns:
    runaway, identity = tick.runaway, tick.identity
    return {
        "step": step,
        "tick": tick.tick,
        "instant": tick.instant,
        "session_s": tick.instant * HOP_S,
        "segment": segment,
        "skipped": tick.skipped,
        "fused": tick.fused is not None,
        "level": tick.level,
        **collective_of(tick.fused, features),
        "assigned": tick.assigned,
        "healthy": tick.healthy,
        "merged": tick.merged,
        "energy": runaway.energy,
        "energy_limit": runaway.energy_limit,
        "lag_correlation": runaway.lag_correlation,
        "dispersion_ratio": identity.dispersion_ratio,
        "rank_ratio": identity.rank_ratio,
        "i_self": identity.i_self,
        "i_others": identity.i_others,
        "i_diff": identity.i_diff,
        "identified": identity.identified,
        "artist_share": tick.artist_share,
        "artist": tick.artist,
        "used": [rows.used for rows in tick.tables],
    }


def collective_of(fused: Fused | None, features: Features) -> dict[str, Any]:
    """Return what the fusion gave, by the columns of `ticks`; NaN, and none included, where there is none."""
    size, bands = len(features.names), len(features.phase_bands)
    if fused is None:
        return {
            **{name: _unknown(size) for name in ("r", "m", "sum")},
            **dict.fromkeys(("weight", "dispersion", "mean_distance", "median_distance"), nan),
            "included": 0,
            "phase_means": _unknown(2 * bands),
            **{name: _unknown(bands) for name in _BY_BAND},
        }
    told = fused.synchrony
    return {
        "r": fused.r,
        "m": fused.m,
        "sum": fused.s,
        "weight": fused.w,
        "included": fused.n,
        "dispersion": fused.dispersion,
        "mean_distance": fused.mean_distance,
        "median_distance": fused.median,
        "phase_means": fused.phase_means.reshape(-1),
        **dict(zip(_BY_BAND, (fused.order, told.ppc, told.z, told.dof), strict=True)),
    }


_BY_BAND: Final = ("order", "synchrony_ppc", "synchrony_z", "synchrony_dof")


def _unknown(count: int) -> Sequence[float]:
    return [nan] * count


assert INSTANTS_PER_HOP == 2, "the columns of phasors hold two instants"  # noqa: PLR2004 - as documented
