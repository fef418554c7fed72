"""Run crawls as users do, each in a process of its own, and check the archive afterwards."""

import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from archive.model import PageKey
from archive.pagekey import selector
from archive.servers.gopher import GopherResponder, text_file
from archive.servers.server import Address
from archive.servers.site import ROBOTS
from archive.store import open_reader
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from tests.support import ROOT
from tests.support.running.forking import run_forked
from tests.support.running.time_limit import LONGEST
from tests.support.servers.gopher_faults import FaultyServer, Page, serving
from tests.support.tables import rows

LOOPBACK = "127.0.0.1"
KILLS = int(os.environ.get("KILLS", "5"))  # of each command that is killed
# Warnings are errors: a socket or a task left behind would be seen on stderr.
PYTHON = (sys.executable, "-W", "error")
COMMAND = (*PYTHON, "-m", "archive")
# Even root, so that it may not write what is read-only.
AS_ANYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()

Done = subprocess.CompletedProcess[str]
Process: TypeAlias = "subprocess.Popen[str]"


def command(archive: Path, *words: str) -> list[str]:
    """Return the words of ``taz-archive crawl``, with ``--delay 0`` unless ``words`` set a delay."""
    pause = () if "--delay" in words else ("--delay", "0")
    return [*COMMAND, "crawl", str(archive), *pause, *words]


def crawl(archive: Path, *words: str) -> Done:
    """Run a crawl to its end."""
    return run(command(archive, *words))


def run(words: Sequence[str], *, env: Mapping[str, str] | None = None) -> Done:
    """Run a program to its end; fork a plain ``taz-archive``, which is quicker."""
    if env is None and tuple(words[: len(COMMAND)]) == COMMAND:
        return run_forked(words[len(COMMAND) :], longest=LONGEST)
    return subprocess.run(
        words, capture_output=True, text=True, timeout=LONGEST, check=False, cwd=ROOT, env=env
    )


def run_script(code: str, *words: str) -> Done:
    """Run Python code in a process that has imported the program and can import what tests can."""
    return run_forked(words, longest=LONGEST, code=code)


def scrapy(*words: str) -> Done:
    """Run a command of Scrapy to its end."""
    return run_script("from scrapy.cmdline import execute; execute()", *words)


def run_fresh_script(code: str, *words: str) -> Done:
    """Run Python code in a process that has imported nothing yet and can import what tests can."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return run([*PYTHON, "-c", code, *words], env=env)


@contextmanager
def crawling(archive: Path, *words: str) -> Iterator[Process]:
    """Run a crawl while the block runs; kill it afterwards if it is still running."""
    with running(command(archive, *words)) as process:
        yield process


def crawl_limited(archive: Path, *words: str) -> Done:
    """Crawl where no file may grow past 400 kB."""
    return subprocess.run(
        command(archive, *words),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
        cwd=ROOT,
        preexec_fn=_limit_files,
    )


def _limit_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))


_BROKEN = """
import sys
import {module} as broken
def fail(*_args, **_keywords):
    raise RuntimeError("broken on purpose")
broken.{name} = fail
from archive.cli.main import main
main()
"""


def crawl_broken(part: tuple[str, str], archive: Path, *words: str) -> Done:
    """Crawl with a program of which a ``part``, a module and a name in it, raises an error."""
    module, name = part
    return run_script(_BROKEN.format(module=module, name=name), "crawl", str(archive), *words)


@contextmanager
def running(line: Sequence[str], *, env: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run a program while the block runs; kill it afterwards if it is still running."""
    pipe = subprocess.PIPE
    with subprocess.Popen(line, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=env) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: Process) -> Done:
    """Wait for a process to end."""
    out, err = process.communicate(timeout=LONGEST)
    return Done(process.args, process.returncode, out, err)


def failed_with(done: Done, code: int, what: str) -> None:
    """Assert that a command failed with ``code`` and one line on stderr, which contains ``what``."""
    assert done.returncode == code, done
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert what in done.stderr


def quiet(done: Done, code: int = 0) -> None:
    """Assert that a command ended with ``code`` and printed nothing."""
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def end(process: Process, number: signal.Signals) -> Done:
    """Send a signal to a process and wait for its end."""
    process.send_signal(number)
    return ended(process)


def await_captures(archive: Path, count: int) -> None:
    """Wait until an archive holds ``count`` captures."""
    wait_for(lambda: captures_in(archive) >= count, f"{count} captures in {archive}")


def captures_in(archive: Path) -> int:
    return count_in(archive, "captures")


def count_in(archive: Path, table: str) -> int:
    """Count the rows of a table, in an archive that may be just being created."""
    try:
        return int(rows(archive, f"SELECT count(*) FROM {table}")[0][0])
    except sqlite3.OperationalError:
        return 0


def has_begun(archive: Path, before: int, process: Process) -> bool:
    """Return whether an archive has more than ``before`` crawls, or the process of a crawl has ended."""
    return process.poll() is not None or count_in(archive, "crawls") > before


def wait_for(claim: Callable[[], bool], what: str, *, longest: float = LONGEST) -> None:
    deadline = time.monotonic() + longest
    while not claim():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def is_whole(archive: Path) -> None:
    """Assert that an archive is sound and that its derived rows follow from its captures."""
    with open_reader(archive) as opened:
        everything = opened.checks.plan(every=True)
        assert list(opened.checks.faults(everything, lambda _: None)) == []


@contextmanager
def paper_served(
    newspaper: Newspaper, faults: Mapping[PageKey, Page | PageKey] | None = None, robots: str = ROBOTS
) -> Iterator[FaultyServer]:
    """Serve the newspaper as of its start from a server that counts requests and misbehaves for some pages.

    A fault that is a page's key has that page served instead.
    """
    pages: dict[bytes, Page] = {}
    with serving(pages) as server:
        hole = GopherResponder(
            Edition(newspaper, PaperClock(newspaper.start)), Address(LOOPBACK, server.port), robots
        )
        for key in newspaper.keys(newspaper.start):
            pages[selector(key).encode()] = hole.answer(selector(key).encode())
        for key, fault in (faults or {}).items():
            page = pages[selector(fault).encode()] if isinstance(fault, PageKey) else fault
            pages[selector(key).encode()] = page
        pages[b"robots.txt"] = text_file(robots)
        yield server


def root_of(server: FaultyServer) -> str:
    return f"gopher://{LOOPBACK}:{server.port}/"


class Bystander:
    """A server that no crawl may ask."""

    def __init__(self) -> None:
        self.callers = 0
        self._socket = socket.create_server((LOOPBACK, 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed
                return
            self.callers += 1
            connection.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@contextmanager
def bystander() -> Iterator[Bystander]:
    server = Bystander()
    try:
        yield server
    finally:
        server.close()
