"""A PostgreSQL server of Debian's package for one session of tests: in memory where it can be, on a socket.

PostgreSQL refuses to run as root, so root starts it as the package's own user.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

USER = "postgres"
MISSING = "PostgreSQL is missing; run: make system-packages"


def programs() -> Path | None:
    """The directory of PostgreSQL's programs, the newest; None where there are none."""
    found = shutil.which("initdb")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    place = Path(found).resolve().parent if found else (places[-1] if places else None)
    return place if place is not None and (place / "postgres").exists() else None


class Cluster:
    """A server's data directory with its socket; `url` is an address on it."""

    def __init__(self, programs: Path, data: Path) -> None:
        self._programs, self.data = programs, data
        self._schemas = 0

    def run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's programs, never as root."""
        user = USER if os.geteuid() == 0 else None
        subprocess.run(
            [self._programs / program, *words],
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=self.data,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-k {self.data} -c listen_addresses='' -c shared_buffers=8MB -c max_connections=60"
        self.run("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")

    def stop(self) -> None:
        """Stop as a crash would."""
        self.run("pg_ctl", "-D", "data", "-m", "immediate", "stop")

    @property
    def whole(self) -> str:
        """The address without a schema."""
        return f"postgresql://{USER}@/postgres?host={quote(str(self.data), safe='')}"

    def url(self) -> str:
        """The address of a new empty place on it: a schema of its own."""
        self._schemas += 1
        name = f"of_test_{self._schemas}"
        self.execute(f"CREATE SCHEMA {name}")
        return f"{self.whole}&options={quote(f'-c search_path={name}')}"

    def execute(self, statement: str, url: str = "") -> list[tuple[object, ...]]:
        """Run a statement in a session of its own."""
        address = sa.make_url(url or self.whole).set(drivername="postgresql+psycopg")
        engine = sa.create_engine(address, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as base:
            found = base.exec_driver_sql(statement)
            return [tuple(row) for row in found] if found.returns_rows else []


@contextmanager
def cluster(folder: Path | None = None) -> Iterator[Cluster]:
    """A server, started; removed at the end. folder: of its directory, else memory where it can be."""
    place = programs()
    assert place is not None
    memory = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
    data = Path(tempfile.mkdtemp(prefix="dreamd-pg-", dir=folder or memory))
    one = Cluster(place, data)
    try:
        if os.geteuid() == 0:
            os.chown(data, pwd.getpwnam(USER).pw_uid, -1)
        words = ("--no-sync", "--no-locale", "-E", "UTF8", "-A", "trust", "-U", USER, "-D", "data")
        one.run("initdb", *words)
        one.start()
        try:
            yield one
        finally:
            if (data / "data" / "postmaster.pid").exists():
                one.stop()
    finally:
        shutil.rmtree(data, ignore_errors=True)
