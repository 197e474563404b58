"""Anchor sessions: the own template in the place of the others, and what is counted of them."""

from typing import Final

from mutate.mutation import Mutation

_TETHER, _DOSE = "edge/dreamedge/core/merging/tether.py", "edge/dreamedge/core/merging/dose.py"
_COUPLING, _AT_THE_POD = "edge/dreamedge/core/merging/coupling.py", ("tests/edge/test_anchor.py",)

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
)
