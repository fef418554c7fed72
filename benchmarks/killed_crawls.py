"""A crawl killed every few seconds until it is complete, compared with an undisturbed one."""

import random
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from archive.pagekey import selector
from archive.servers.gopher import GopherResponder
from archive.servers.server import Address
from archive.servers.site import ROBOTS
from archive.store.db.connection import open_to_read
from benchmarks.threads import in_thread
from benchmarks.timing import show
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock

LOOPBACK = "127.0.0.1"
ARTICLES = 4400  # with their menus about 5,000 pages
SECONDS_UNTIL_KILL = 2.0, 6.0
# Results that must be equal: all derived rows, and which pages are known and read.
SAME = (
    "SELECT id, number, title, lead, caption, dateline, published, text FROM versions ORDER BY id",
    "SELECT id, title, published, version_count, state FROM articles ORDER BY id",
    "SELECT kind, number, checked_at IS NULL, failure_count FROM pages ORDER BY kind, number",
    "SELECT version_id, position, text, target, article_id FROM links ORDER BY version_id, position, start",
)


class Counting(socketserver.ThreadingTCPServer):
    """The paper, counting the requests for each selector."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, newspaper: Newspaper) -> None:
        super().__init__((LOOPBACK, 0), Answering)
        self.asked: Counter[bytes] = Counter()
        self._lock = threading.Lock()
        edition = Edition(newspaper, PaperClock(newspaper.start))
        hole = GopherResponder(edition, Address(LOOPBACK, self.server_address[1]), ROBOTS)
        keys = newspaper.keys(newspaper.start)
        self.pages = {line: hole.answer(line) for line in (selector(key).encode() for key in keys)}

    def answer(self, line: bytes) -> bytes:
        with self._lock:
            self.asked[line] += 1
        return self.pages.get(line, b"3Not found\t\terror.host\t1\r\n.\r\n")


class Answering(socketserver.StreamRequestHandler):
    server: Counting

    def handle(self) -> None:
        self.wfile.write(self.server.answer(self.rfile.readline(10_000).rstrip(b"\r\n")))


def main() -> None:
    paper = Counting(Newspaper(articles=ARTICLES, daily=0))
    with tempfile.TemporaryDirectory() as folder, in_thread(paper) as server:
        disturbed, other = Path(folder) / "disturbed.db", Path(folder) / "other.db"
        kills = kill_until_done(server, disturbed)
        asked = Counter({line: count for line, count in server.asked.items() if line in server.pages})
        subprocess.run(_command(server, other), check=True)
        again = asked.total() - len(asked)
        show("a crawl killed every few seconds", kills, "kills", f"{len(asked):,} pages")
        show("  fetched more than once", 100 * again / len(asked), "% of its pages", f"{again:,} fetches")
        show("  archive equals that of an undisturbed crawl", float(same(disturbed, other)), "(1: yes)")


def kill_until_done(server: Counting, archive: Path) -> int:
    """Crawl and kill until a crawl ends by itself; return the number of kills."""
    dice, kills = random.Random(1), 0
    while True:
        with subprocess.Popen(_command(server, archive)) as process:
            try:
                process.wait(_start_up() + dice.uniform(*SECONDS_UNTIL_KILL))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                kills += 1
                continue
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        return kills


def _start_up() -> float:
    """Return the seconds until a crawl sends its first request, on this machine now."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import archive.cli.main, crawler.commands.run_scrapy"], check=True)
    return time.perf_counter() - begun


def _command(server: Counting, archive: Path) -> list[str]:
    home = f"gopher=gopher://{LOOPBACK}:{server.server_address[1]}/"
    return [sys.executable, "-m", "archive", "crawl", str(archive), "--via", home, "--delay", "0"]


def same(one: Path, other: Path) -> bool:
    """Whether two archives have equal results."""
    with closing(open_to_read(one)) as first, closing(open_to_read(other)) as second:
        return all(first.execute(query).fetchall() == second.execute(query).fetchall() for query in SAME)
