"""A service manager that keeps its notices: a datagram socket, as systemd has one."""

import socket
from pathlib import Path


class FakeManager:
    """Listens at `path`; `deep` false: its queue holds as little as the system allows."""

    def __init__(self, path: Path, *, deep: bool = True) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if not deep:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.heard: list[str] = []

    def listen(self) -> list[str]:
        """Every notice so far, the newest last; one may have several lines."""
        while True:
            try:
                self.heard.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return self.heard

    def lines(self, key: str) -> list[str]:
        """The values of a key so far."""
        return [
            line.removeprefix(f"{key}=")
            for word in self.listen()
            for line in word.splitlines()
            if line.startswith(f"{key}=")
        ]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
