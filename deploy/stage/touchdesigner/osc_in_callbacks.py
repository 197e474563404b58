"""Callbacks of an OSC In DAT: what a stage tells is kept, and one breath of ten seconds leads alpha.

The network holds an OSC In DAT (port 9001) with this text as its callbacks, an OSC Out DAT called
`dreamd_out` (address 127.0.0.1, port 9000), and a Script CHOP with the text of `script_chop.py`. README.md
beside this file has the steps.

Set the share in the Textport: `op('dreamd_callbacks').module.breathe(0.2)`; 0 gives up. The beat of the
daemon is the clock, so a stream that freezes leads nothing.
"""

import math

ROOT = "/dreamd/"
ALPHA = (2, 8)  # anterior and posterior alpha, in the order of bands6x2
FEATURES = 12
DEPTH = 1.0  # standard deviations
PERIOD = 40  # beats of 0.25 s

kept = {}  # the address without /dreamd/, and the list of its values
share = 0.0


def onReceiveOSC(dat, rowIndex, message, byteData, timeStamp, address, args, peer):
    """Keep what has come; on a beat, lead."""
    if not address.startswith(ROOT):
        return
    name = address[len(ROOT) :]
    kept[name] = list(args)
    if name == "beat":
        kept["beat_at_s"] = [absTime.seconds]
        if share > 0.0 and dreams():
            send("share", share)  # each time: UDP may lose one, and the stage may start later
            lead(breath(args[0]))
    elif name in ("severed", "refused"):
        debug("dreamd", name, *args)


def dreams():
    """Whether the sleepers dream."""
    return kept.get("state") == ["dreaming"]


def breath(beat):
    """Return the vector of one breath at this beat."""
    vector = [0.0] * FEATURES
    for feature in ALPHA:
        vector[feature] = DEPTH * math.sin(2.0 * math.pi * beat / PERIOD)
    return vector


def send(address, *values):
    """Send one message to the stage."""
    op("dreamd_out").sendOSC(ROOT + address, list(values))


def breathe(wanted):
    """Lead with this share of the blend; 0 gives up."""
    global share
    share = float(wanted)
    send("share", share)


def lead(vector):
    """Lead with this vector, twelve numbers."""
    send("lead", *map(float, vector))


def feature(name, value):
    """Set one feature, such as 'posterior/alpha'."""
    send("lead/" + name, float(value))


def cue(name):
    """Write a marker into the journal."""
    send("cue", str(name))


def sever():
    """Sever everyone now; they sleep on."""
    send("sever")


def wake():
    """Sever everyone now, and wake them."""
    send("wake")
