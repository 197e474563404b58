"""Anchor sessions: the own template in the place of the others, and what is counted of them."""

from typing import Final

from mutate.mutation import Mutation

_TETHER, _DOSE = "edge/dreamedge/core/merging/tether.py", "edge/dreamedge/core/merging/dose.py"
_COUPLING, _AT_THE_POD = "edge/dreamedge/core/merging/coupling.py", ("tests/edge/test_anchor.py",)

_SESSIONS = ("tests/app/test_anchor_sessions.py",)
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
        "anchor.quorum",
        "the quorum of a group severs an anchor session of which the bed's breaker has opened",
        _LOOP,
        "            if not dreamscape.plan.kind.alone:\n                self._judge_quorum()\n",
        "            self._judge_quorum()\n",
        _SESSIONS,
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
)
