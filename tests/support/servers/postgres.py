"""A PostgreSQL server of its own on loopback, in a temporary folder, that tests may kill and start again."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.support.running.time_limit import LONGEST
from tests.support.servers.free_ports import free_port
from tests.support.servers.other_servers import LOOPBACK

PACKAGE = "postgresql"
USER = "postgres"
_DEBIAN = Path("/usr/lib/postgresql")  # has a folder for each release, whose programs are not in PATH
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "autovacuum_naptime": "10s",
}


def postgres_folder() -> Path:
    """Return the folder of PostgreSQL's programs. Skip the test without them; in CI, fail."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    releases = [path.parent for path in _DEBIAN.glob("*/bin/initdb")]
    if releases:
        return max(releases, key=lambda folder: int(folder.parent.name))
    message = f"PostgreSQL is not installed: apt-get install {PACKAGE}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


class PostgresServer:
    """A server that runs from :meth:`start` to :meth:`stop` or :meth:`kill`, with its data in ``folder``."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self._programs = postgres_folder()
        self._data = folder / "data"
        self._log = folder / "log"
        self._settings = {**_SETTINGS, **(settings or {})}
        self._names = (f"test{number}" for number in count(1))
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:  # as which PostgreSQL refuses to run
            shutil.chown(folder, USER)
        self._log.touch()
        self._run_as_user(
            "initdb", "-D", str(self._data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"
        )

    def _command(self, program: str, *words: str) -> list[str]:
        return [str(self._programs / program), *words]

    def _run_as_user(self, program: str, *words: str) -> None:
        command = self._command(program, *words)
        done = subprocess.run(
            command, user=_user(), cwd=self._data.parent, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def url(self, database: str = USER) -> str:
        return f"postgresql://{USER}@{LOOPBACK}:{self.port}/{database}"

    def new_database(self, template: str = "template0") -> str:
        """Create a database, as a copy of another, and return its URL."""
        name = next(self._names)
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return self.url(name)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process, "the server was not started"
        return self._process

    def start(self) -> None:
        """Start the server, and return when it answers. After a kill that may need several tries."""
        deadline = time.monotonic() + LONGEST
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = self._command("postgres", "-D", str(self._data), "-p", str(self.port), *settings)
        while time.monotonic() < deadline:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    command, user=_user(), cwd=self._data.parent, stdout=log, stderr=log
                )
            if self._is_answering(deadline):
                return
        pytest.fail(f"PostgreSQL does not start: {self._log.read_text(encoding='utf-8', errors='replace')}")

    def _is_answering(self, deadline: float) -> bool:
        """Wait until the server answers. Return False if it ended."""
        while self.process.poll() is None and time.monotonic() < deadline:
            with suppress(psycopg.OperationalError), psycopg.connect(self.url(), connect_timeout=5):
                return True
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        """End the server at once: its data is not needed any more."""
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(LONGEST)
        self._process = None

    def kill(self) -> None:
        """Kill the server and all its processes, as a machine that loses power does."""
        self._signal(signal.SIGKILL)
        self.process.wait(LONGEST)
        self._process = None

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let the server answer nothing while the block runs, though its connections stay open."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the server, then to the processes that it had then."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii")
        self.process.send_signal(number)
        for child in children.split():
            with suppress(ProcessLookupError):
                os.kill(int(child), number)


def _user() -> str | None:
    return USER if os.geteuid() == 0 else None


@contextmanager
def running_postgres(settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """Run a server while the block runs."""
    # Not in pytest's folder, which other users must not enter.
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder), settings)
        try:
            server.start()
            yield server
        finally:
            server.stop()
