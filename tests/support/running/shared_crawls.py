"""Several crawls of the sample newspaper at once, each a process, that share a frontier."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from archive.servers.gopher import gopher_endpoint
from crawler.demo.newspaper.gateways.mills import CORTEX, MILLS
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.web import gateway_endpoint
from tests.support.running.crawls import COMMAND, Done, Process, command, ended, run, running
from tests.support.running.judge import Verdict
from tests.support.servers.logged_servers import (
    AskedOfOrigin,
    BeforeAnswer,
    LoggedEndpoint,
    LoggedServer,
    serving_logged,
)
from tests.support.servers.postgres import PostgresServer
from tests.support.servers.request_log import LoggedRequest, RequestLog

ORIGIN = "127.0.0.2"  # the paper's machine
GATEWAYS = {"mills": ("127.0.0.3", MILLS), "cortex": ("127.0.0.4", CORTEX)}


@dataclass(frozen=True, slots=True)
class LoggedPaper:
    """A served newspaper: its own gopher server at :data:`ORIGIN`, and gateways that ask this server."""

    log: RequestLog
    origin: LoggedServer
    gateways: Mapping[str, LoggedServer]

    @property
    def gopher(self) -> tuple[str, ...]:
        """How a crawl asks the paper's own server."""
        return "--via", f"gopher={self.origin.url}"

    def through(self, gateway: str) -> tuple[str, ...]:
        """Return how a crawl asks a gateway."""
        return "--via", f"{gateway}={self.gateways[gateway].url}"


@contextmanager
def logged_paper(
    newspaper: Newspaper, gateways: Sequence[str] = (), before_answer: BeforeAnswer | None = None
) -> Iterator[LoggedPaper]:
    """Serve the newspaper as of its start.

    ``before_answer`` sees the requests to the gateways, or without gateways those to the paper's own server.
    """

    def edition() -> Edition:
        return Edition(newspaper, PaperClock(newspaper.start))

    log, at_origin = RequestLog(), None if gateways else before_answer
    gopher = LoggedEndpoint(endpoint=gopher_endpoint(edition()), host=ORIGIN, before_answer=at_origin)
    with serving_logged([gopher], log) as [origin]:
        endpoints = []
        for name in gateways:
            host, gateway = GATEWAYS[name]
            pages = AskedOfOrigin(edition(), origin.address, host)
            endpoint = gateway_endpoint(gateway, pages)
            endpoints.append(LoggedEndpoint(endpoint=endpoint, host=host, before_answer=before_answer))
        with serving_logged(endpoints, log) as servers:
            yield LoggedPaper(log, origin, dict(zip(gateways, servers, strict=True)))


def new_frontier(postgres: PostgresServer) -> str:
    """Return the URL of a database of its own, after ``taz-archive frontier init``."""
    url = postgres.new_database()
    done = run([*COMMAND, "frontier", "init", url])
    assert done.returncode == 0, done
    return url


def shared_command(archive: Path, frontier: str, *words: str) -> list[str]:
    """Return the words of a crawl that shares a frontier."""
    return command(archive, "--frontier", frontier, *words)


def in_time(shift: str, words: Sequence[str]) -> list[str]:
    """Return the words of a program whose clock is at ``shift``, such as ``+20m``, but waits in true time."""
    if not shutil.which("faketime"):
        pytest.skip("no faketime; Debian's package faketime has it")
    return ["env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_RESET=1", "faketime", "-f", shift, *words]


@contextmanager
def crawling_together(commands: Iterable[Sequence[str]]) -> Iterator[list[Process]]:
    """Run crawls while the block runs; kill those that are left afterwards."""
    with ExitStack() as stack:
        yield [stack.enter_context(running(words)) for words in commands]


def crawl_together(commands: Iterable[Sequence[str]]) -> None:
    """Run crawls at once to their end; all must succeed."""
    with crawling_together(commands) as crawls:
        for done in all_ended(crawls):
            assert (done.returncode, done.stderr) == (0, ""), done


def is_polite(verdict: Verdict) -> None:
    """Assert that a host was asked once at a time, with pauses."""
    assert verdict.overlaps == []
    assert verdict.short_pauses == []


def all_ended(processes: Iterable[Process]) -> list[Done]:
    """Wait for crawls to end."""
    return [ended(process) for process in processes]


def process_of(request: LoggedRequest, processes: Iterable[Process]) -> Process:
    """Return the process whose connection a request came through, which is still open."""
    socket = f"socket:[{_inode_of(request.client.port)}]"
    for process in processes:
        if process.poll() is None and socket in _descriptors(process.pid):
            return process
    raise AssertionError(f"no crawler has a connection from port {request.client.port}")


def _inode_of(port: int) -> str:
    """Return the inode of the socket with a local port, as Linux lists it."""
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        words = line.split()
        if words[1].endswith(f":{port:04X}"):
            return words[9]
    raise AssertionError(f"no connection from port {port}")


def _descriptors(pid: int) -> set[str]:
    found = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(path.readlink()))
        except FileNotFoundError:  # closed meanwhile
            continue
    return found


Claim = Callable[[list[LoggedRequest]], bool]


def asked_at_least(count: int) -> Claim:
    """Return the claim that so many requests have begun."""
    return lambda requests: len(requests) >= count
