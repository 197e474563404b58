"""A lab's computer that knows nothing of dreamd: it receives LSL streams and sends markers of its own.

    foreign_lab.py STREAMS [NAME]

It sends text markers as NAME; each line `STAMP TEXT` of its standard input is one. It waits for so many
streams of others, prints `{"stream": NAME, "xml": DESCRIPTION}` of each, and then a line for each sample: its
stream, its stamp after clock correction, the correction, and its values (null: NaN).
"""

import json
import math
import sys
import threading

import pylsl

CORRECTED_EVERY = 4
"""Samples of a stream between two questions for its clock."""


def sent(outlet: pylsl.StreamOutlet) -> None:
    """Send each line of standard input."""
    for line in sys.stdin:
        stamp, _, text = line.rstrip("\n").partition(" ")
        outlet.push_sample([text], float(stamp))


def plain(value: object) -> object:
    """A value for JSON."""
    return None if isinstance(value, float) and math.isnan(value) else value


def main() -> None:
    """Receive until killed."""
    count, own = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    if own:
        outlet = pylsl.StreamOutlet(pylsl.StreamInfo(own, "Markers", 1, 0.0, pylsl.cf_string, "stimuli-1"))
        threading.Thread(target=sent, args=(outlet,), daemon=True).start()
        print(json.dumps({"sending": own}), flush=True)
    found: dict[str, pylsl.StreamInfo] = {}
    while len(found) < count:
        found |= {info.name(): info for info in pylsl.resolve_streams(0.5) if info.name() != own}
    inlets = {name: pylsl.StreamInlet(info) for name, info in found.items()}
    for name, inlet in inlets.items():
        print(json.dumps({"stream": name, "xml": inlet.info(5.0).as_xml()}), flush=True)
        inlet.open_stream(5.0)
    corrections_s = {name: inlet.time_correction(5.0) for name, inlet in inlets.items()}
    taken = dict.fromkeys(inlets, 0)
    print(json.dumps({"receiving": sorted(inlets)}), flush=True)
    while True:
        for name, inlet in inlets.items():
            try:
                sample, stamp_s = inlet.pull_sample(0.02)
                if sample is None:
                    continue
                if taken[name] % CORRECTED_EVERY == 0:
                    corrections_s[name] = inlet.time_correction(0.5)
            except RuntimeError:  # its sender was killed, or stands still
                continue
            taken[name] += 1
            told = {
                "stream": name,
                "at_s": stamp_s + corrections_s[name],
                "correction_s": corrections_s[name],
            }
            print(json.dumps({**told, "values": [plain(value) for value in sample]}), flush=True)


if __name__ == "__main__":
    main()
