"""JSON lines of a process, read while it runs, so that its pipe never fills up."""

import asyncio
import json
import subprocess


class Lines:
    """The lines of a process, one JSON object each, read on a thread of their own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.found: list[dict[str, object]] = []
        self._out = process.stdout
        self._reading = asyncio.get_running_loop().run_in_executor(None, self._read)

    def _read(self) -> None:
        assert self._out is not None
        self.found.extend(map(json.loads, self._out))

    def with_key(self, key: str) -> list[dict[str, object]]:
        """The objects that have this key."""
        return [one for one in self.found if key in one]

    def rows(self, stream: str) -> list[tuple[float, list[object]]]:
        """Stamp and values of each sample of a stream."""
        return [
            (float(str(one["at_s"])), list(one["values"]))  # type: ignore[call-overload]
            for one in self.with_key("values")
            if one["stream"] == stream
        ]
