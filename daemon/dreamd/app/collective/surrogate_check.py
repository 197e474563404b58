"""The check of synchrony by circular shifts: once a minute, beside the tick.

The closed form's z rests on the phases' autocorrelation; shifts rest on nothing and cost half a second. So a
bounded copy of the phases goes to the worker, one Dreamscape's at a time, and the answer is shown beside the
z. It decides nothing. Where the worker has no time for it, nothing is shown.
"""

from functools import partial

from dreamd.fusion.synchrony import surrogate_z
from dreamd.fusion.synchrony_tracker import SynchronyTracker
from dreamd.ports.worker import Worker


def check(chorus: SynchronyTracker, instant: int, aside: Worker) -> None:
    """Have this Dreamscape's synchrony checked by shifts, if it is due and there is time.

    Args:
        chorus: holds the phases; gets the answer.
        instant: the grid instant now; seeds the shifts as well.
        aside: where it is done.
    """
    if chorus.shifts_due(instant) and aside.free:
        aside.do(partial(surrogate_z, chorus.lend(instant), chorus.lags, instant), chorus.shifts_told)
