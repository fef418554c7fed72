"""Run ``taz-archive`` or a script in processes forked from one that has imported it, which saves a second.

Each is a process of its own, with the environment, output, signals and exit code of a command line. The
server forks before any thread or reactor starts, and ends with the process that started it.
"""

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module

from tests.support import ROOT

LARGEST = 1 << 20  # bytes of a request: words and environment
# What a crawl imports after its command is known. Scrapy imports the last two even where they are disabled.
PRELOADED = (
    "archive.cli.main crawler.commands.crawl crawler.commands.run_scrapy crawler.pipelines"
    " crawler.fingerprints crawler.extensions.progress crawler.handlers.gopher crawler.handlers.gemini"
    " scrapy.core.downloader.handlers.http11 scrapy.pqueues scrapy.extensions.feedexport"
    " scrapy.extensions.remote_control scrapy.downloadermiddlewares.cookies datasette.cli"
    " tests.support.servers.gopher_faults tests.support.servers.other_sources tests.support.tables"
)
PROGRAM = "from archive.__main__ import main; main()"


def run_forked(
    words: Sequence[str], *, longest: float, code: str = PROGRAM
) -> "subprocess.CompletedProcess[str]":
    """Run a command, or ``code`` with these words as ``sys.argv[1:]``, to its end.

    Kill it and raise :exc:`TimeoutError` after ``longest`` seconds.
    """
    return run_measured(words, longest=longest, code=code)[0]


def run_measured(
    words: Sequence[str], *, longest: float, code: str = PROGRAM
) -> "tuple[subprocess.CompletedProcess[str], int]":
    """Run what :func:`run_forked` runs; return its peak memory in kB too."""
    answers, answering = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err, answers:
        with answering:
            request = json.dumps([code, list(words), dict(os.environ)]).encode()
            socket.send_fds(_server(), [request], [answering.fileno(), out.fileno(), err.fileno()])
        answers.settimeout(longest)
        process = int(answers.recv(LARGEST))
        try:
            ended, memory = map(int, answers.recv(LARGEST).split())
        except TimeoutError:
            os.kill(process, signal.SIGKILL)
            raise
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(words, ended, out.read(), err.read()), memory


@cache
def _server() -> socket.socket:
    """Start the fork server of this process; return the socket that takes requests."""
    asking, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with asked:
        server = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", __name__, str(asked.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            pass_fds=[asked.fileno()],
        )
    atexit.register(server.wait)
    atexit.register(asking.close)
    return asking


def serve(asked: socket.socket) -> tuple[str, list[str]]:
    """Fork a process for each request; return in it with its code and words."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, descriptors, _, _ = socket.recv_fds(asked, LARGEST, 3)
        if not request:
            sys.exit()
        if not os.fork():
            return _start(*json.loads(request), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _start(
    code: str, words: list[str], environ: dict[str, str], answering: int, out: int, err: int
) -> tuple[str, list[str]]:
    """Return in a forked process. Its parent waits for it and answers with its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if process := os.fork():
        os.write(answering, str(process).encode())
        _, status, usage = os.wait4(process, 0)
        os.write(answering, f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}".encode())
        os._exit(0)
    os.close(answering)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.environ.clear()
    os.environ.update(environ)
    return code, words


if __name__ == "__main__":
    for name in PRELOADED.split():
        with suppress(ImportError):  # of what Scrapy has only since a later release
            import_module(name)
    gc.freeze()  # forked processes need not look for garbage in what was imported
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        code, words = serve(asked)
    sys.argv = [sys.argv[0], *words]
    exec(code, {"__name__": "__main__"})
