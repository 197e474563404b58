"""Callbacks of a Script CHOP: each number that a stage tells as a channel, and `live`.

Channels are named by address and place: `band/alpha0`, `band/alpha1`, `dispersion0`. `live` is 1 while the
sleepers dream and a beat came within the last second; multiply what is seen and heard by it.
"""

FROZEN_AFTER_S = 1.0


def onCook(scriptOp):
    """Write the channels anew."""
    heard = op("dreamd_callbacks").module
    scriptOp.clear()
    scriptOp.numSamples = 1
    beat_at_s = heard.kept.get("beat_at_s", [float("-inf")])[0]
    moves = absTime.seconds - beat_at_s <= FROZEN_AFTER_S
    scriptOp.appendChan("live")[0] = float(moves and heard.dreams())
    for name, values in sorted(heard.kept.items()):
        for place, value in enumerate(values):
            if isinstance(value, (int, float)):
                scriptOp.appendChan(f"{name}{place}")[0] = value
