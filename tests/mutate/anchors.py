"""Anchor sessions: the own template in the place of the others, and what is counted of them."""

from typing import Final

from mutate.mutation import Mutation

_TETHER, _DOSE = "edge/dreamedge/core/merging/tether.py", "edge/dreamedge/core/merging/dose.py"
_COUPLING, _AT_THE_POD = "edge/dreamedge/core/merging/coupling.py", ("tests/edge/test_anchor.py",)

_SESSIONS = ("tests/app/test_anchor_sessions.py",)
_SITTINGS = ("tests/app/test_sittings.py",)
_KEPT = "daemon/dreamd/app/clinic/sittings.py"
_RECORD = "daemon/dreamd/core/clinic/restoration.py"
_LOOP = "daemon/dreamd/app/dreamscapes/drivers/control_loop.py"

ANCHORS: Final = (
    Mutation(
        "anchor.unasked",
        "a pod blends with its own template where no anchor session was assigned",
        _TETHER,
        "c_minus = self._anchor if assign.anchor else _others(collective, frame.x)",
        "c_minus = _others(collective, frame.x) if self._anchor is None else self._anchor",
        _AT_THE_POD,
    ),
    Mutation(
        "anchor.artist",
        "an artist leads in an anchor session",
        _TETHER,
        " and collective.share > 0.0 and not assign.anchor",
        " and collective.share > 0.0",
        _AT_THE_POD,
    ),
    Mutation(
        "anchor.ceiling",
        "the pod has no ceiling of its own for an anchor session",
        _COUPLING,
        "most = ANCHOR_CEILING if assign.anchor else 1.0",
        "most = 1.0",
        _AT_THE_POD,
    ),
    Mutation(
        "anchor.minutes",
        "an anchor session is counted in merge-minutes",
        _DOSE,
        "return 1.0 if self._whole and not share <= 0.0 else share",
        "return share",
        _AT_THE_POD,
    ),
    Mutation(
        "anchor.group",
        "the signs of a group sever one sleeper",
        _LOOP,
        "return self._dreamscape.live and not self._dreamscape.plan.kind.alone",
        "return self._dreamscape.live",
        _SESSIONS,
    ),
    Mutation(
        "anchor.account",
        "an anchor session charges merge-minutes",
        "daemon/dreamd/app/dependencies.py",
        "            return self.anchors.exposures, self.anchors.doses\n",
        "            return self.exposures, self.doses\n",
        _SESSIONS,
    ),
    Mutation(
        "anchor.whole",
        "the daemon counts minutes of an anchor session by their share",
        "daemon/dreamd/app/collective/slot_table.py",
        "(np.ceil(self.rate) if whole else self.rate)",
        "self.rate",
        _SESSIONS,
    ),
    Mutation(
        "anchor.scope",
        "an anchor session asks the intimate scope",
        "daemon/dreamd/app/people/asked_consent.py",
        "intimate = not plan.kind.alone and (",
        "intimate = bool(",
        _SESSIONS,
    ),
    Mutation(
        "sittings.own-days",
        "calibrations after a case is opened move the own mean",
        _KEPT,
        "        elif case is None:\n",
        "        else:\n",
        _SITTINGS,
    ),
    Mutation(
        "sittings.centre",
        "the collective of a later night takes the place of that of the case",
        _KEPT,
        " and (case is None or case.night >= night):",
        ":",
        _SITTINGS,
    ),
    Mutation(
        "sittings.unread",
        "a record that is still being read counts as one that cannot be measured",
        _RECORD,
        'PullRecord(restored=False, why="the record',
        'PullRecord(restored=None, why="the record',
        _SITTINGS,
    ),
    Mutation(
        "sittings.few",
        "too few sittings cannot be measured, so that a release needs none",
        _RECORD,
        "return PullRecord(pulled, own_pulls, restored=False, why=why)",
        "return PullRecord(pulled, own_pulls, why=why)",
        ("tests/core/test_restoration.py",),
    ),
    Mutation(
        "centres.merged-time",
        "the centre of a slot is a mean over time in which it was granted nothing",
        "daemon/dreamd/app/collective/merged_centres.py",
        "            self._sums[ended] += self._total\n            self._ticks[ended] += self._many\n",
        "",
        ("tests/app/test_merged_centres.py",),
    ),
)
