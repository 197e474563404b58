"""An LSL sender as a process of its own, configured by one JSON object: it can be killed and return.

Sample n of every channel is n plus a hundred times the channel's number, sent when its time has come; with
`alpha` it is a rhythm of 10 Hz and some noise instead. With `hsi`, a second stream `<person>: HSI` beside it
sends that value at 10 Hz, for `hsi_for_s` seconds.
"""

import json
import math
import random
import sys
import time

import pylsl

CONFIG = """[ports]
IPv6 = disable
[multicast]
ResolveScope = machine
AddressesOverride = {{127.0.0.1}}
[lab]
KnownPeers = {{127.0.0.1}}
SessionID = {session}
[log]
level = -3
"""
"""Found by address, not by multicast: works without any network."""


def stream(told: dict, labels: list[str]) -> pylsl.StreamInfo:
    """A stream's announcement with its description."""
    info = pylsl.StreamInfo(
        told["name"], told.get("type", "EEG"), told.get("channels", len(labels)), told.get("rate_hz", 256.0),
        told.get("format", "float32"), told.get("source_id", ""),
    )  # fmt: skip
    channels = info.desc().append_child("channels")
    for label in labels:
        channel = channels.append_child("channel")
        channel.append_child_value("label", label)
        channel.append_child_value("unit", told.get("unit", "microvolts"))
        channel.append_child_value("type", told.get("channel_type", "EEG"))
    if "maker" in told:
        info.desc().append_child_value("manufacturer", told["maker"])
    return info


def main() -> None:
    """Send until killed, or for so many seconds."""
    told = json.loads(sys.argv[1])
    labels = told.get("labels", ["TP9", "AF7", "AF8", "TP10"])
    count, rate_hz = told.get("channels", len(labels)), told.get("rate_hz", 256.0)
    outlet = pylsl.StreamOutlet(stream(told, labels))
    beside = None
    if "hsi" in told:
        person = told["name"].rpartition(":")[0]
        announced = pylsl.StreamInfo(f"{person}: HSI", "Markers", len(told["hsi"]), 10.0, "float32", "")
        beside = pylsl.StreamOutlet(announced)
    begun_s, sent, said = pylsl.local_clock(), 0, 0
    print("sending", flush=True)
    while pylsl.local_clock() - begun_s < told.get("for_s", 60.0):
        elapsed_s = pylsl.local_clock() - begun_s
        while rate_hz > 0 and sent < int(elapsed_s * rate_hz):
            sent += 1
            value = [float(sent + 100 * channel) for channel in range(count)]
            if told.get("alpha"):
                rhythm = 20.0 * math.sin(2 * math.pi * 10.0 * sent / rate_hz)
                value = [rhythm + random.gauss(0.0, 5.0) for _ in range(count)]
            text = [str(one) for one in value]
            outlet.push_sample(text if told.get("format") == "string" else value, begun_s + sent / rate_hz)
        speaking = beside is not None and elapsed_s < told.get("hsi_for_s", 60.0)
        if speaking and said < int(elapsed_s * 10):
            said += 1
            beside.push_sample([float(one) for one in told["hsi"]])
        time.sleep(0.004)


if __name__ == "__main__":
    main()
