"""A stimulus computer: an outlet of markers, by one JSON object; each line it reads is sent at once.

A line is `STAMP TEXT`, the stamp on LSL's clock. With `number` the markers are whole numbers.
"""

import json
import sys

import pylsl


def main() -> None:
    """Send what comes."""
    told = json.loads(sys.argv[1])
    format_ = pylsl.cf_int32 if told.get("number") else pylsl.cf_string
    rate_hz = told.get("rate_hz", 0.0)
    info = pylsl.StreamInfo(told["name"], "Markers", 1, rate_hz, format_, told.get("source_id", ""))
    outlet = pylsl.StreamOutlet(info)
    print("sending", flush=True)
    for line in sys.stdin:
        stamp, _, text = line.rstrip("\n").partition(" ")
        outlet.push_sample([int(text) if told.get("number") else text], float(stamp))


if __name__ == "__main__":
    main()
