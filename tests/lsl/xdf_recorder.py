"""A recorder that knows nothing of dreamd: every LSL stream on the network into one XDF file (XDF 1.0).

    xdf_recorder.py FILE STREAMS

It waits until that many streams are there, subscribes, prints `recording`, and records until standard input
closes. Clock offsets are measured every half second and written as LabRecorder does.
"""

import struct
import sys
import threading
import time
from pathlib import Path

import pylsl

OFFSETS_EVERY_S = 0.5


def chunk(tag: int, content: bytes) -> bytes:
    """One chunk with its length."""
    return b"\x04" + struct.pack("<IH", len(content) + 2, tag) + content


def variable(length: int) -> bytes:
    """A length as XDF writes it."""
    return b"\x04" + struct.pack("<I", length)


def values(sample: list[object], *, text: bool) -> bytes:
    """The numbers or texts of one sample."""
    if not text:
        return struct.pack(f"<{len(sample)}d", *sample)
    raw = [str(one).encode() for one in sample]
    return b"".join(variable(len(one)) + one for one in raw)


def main() -> None:
    """Record."""
    path, count = sys.argv[1], int(sys.argv[2])
    found: dict[str, pylsl.StreamInfo] = {}
    while len(found) < count:
        found |= {info.uid(): info for info in pylsl.resolve_streams(1.0)}
    inlets = [pylsl.StreamInlet(info) for info in found.values()]
    infos = [inlet.info(5.0) for inlet in inlets]
    for inlet in inlets:
        inlet.open_stream(5.0)
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    with Path(path).open("wb") as file:
        file.write(b"XDF:" + chunk(1, b'<?xml version="1.0"?><info><version>1.0</version></info>'))
        headers = [struct.pack("<I", number) + info.as_xml().encode() for number, info in enumerate(infos, 1)]
        file.write(b"".join(chunk(2, header) for header in headers))
        offsets_s = 0.0
        stopping = False
        print("recording", flush=True)
        while not stopping:
            stopping = over.wait(0.05)
            if not stopping and time.monotonic() - offsets_s > OFFSETS_EVERY_S:
                offsets_s = time.monotonic()
                for number, inlet in enumerate(inlets, 1):
                    try:
                        offset_s = inlet.time_correction(0.5)
                    except RuntimeError:  # the sender has ended
                        continue
                    measured = struct.pack("<dd", pylsl.local_clock(), offset_s)
                    file.write(chunk(4, struct.pack("<I", number) + measured))
            for number, (inlet, info) in enumerate(zip(inlets, infos, strict=True), 1):
                samples, stamps = inlet.pull_chunk(0.0)
                if samples:
                    text = info.channel_format() == pylsl.cf_string
                    rows = b"".join(
                        b"\x08" + struct.pack("<d", stamp) + values(sample, text=text)
                        for sample, stamp in zip(samples, stamps, strict=True)
                    )
                    file.write(chunk(3, struct.pack("<I", number) + variable(len(samples)) + rows))
        numbers = range(1, len(infos) + 1)
        file.write(b"".join(chunk(6, struct.pack("<I", number) + b"<info></info>") for number in numbers))


if __name__ == "__main__":
    main()
