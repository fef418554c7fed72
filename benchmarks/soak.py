"""Half an hour of crawls, readers and trouble, and what was lost by it: nothing may be.

An archive is crawled every few seconds, while its newspaper edits and breaks connections, and some crawls
are killed. All the while ``serve`` and ``republish`` answer readers from the same archive.
``SOAK_MINUTES=5``, or ``python -m benchmarks.soak 5``, makes it five minutes.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import Any

from archive.store import open_reader
from benchmarks.faulty_paper import FaultyPaper
from benchmarks.soak_losses import Remembered, faults, invented, misread
from benchmarks.soak_readers import Look, Readers, look, readers
from benchmarks.threads import in_thread
from benchmarks.timing import show
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.server import serving

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
ARTICLES, DAILY = 150, 60
STEP = timedelta(hours=2)  # of the paper's time, from one crawl to the next
PAUSE = 2.0  # seconds from the end of one crawl to the next
BETWEEN = 0.1  # seconds, from one look at a crawl to the next
SHARE = 0.03  # of the pages that the paper does not send whole
KILLED = 0.25  # of the crawls
BEFORE_KILL = 0.5, 6.0  # seconds
ASKED = 20  # pages by each of three ways, after each crawl
CALM = 3  # crawls at the end without faults
WORDS = ("--delay", "0", "--timeout", "2s", "--max-time", "60s", "--quiet")


@dataclass(frozen=True, slots=True)
class Soak:
    """A soak that is going on. ``ends`` counts how crawls ended; ``looks`` are at each program, in order."""

    path: Path
    newspaper: Newspaper
    clock: PaperClock
    gopher: FaultyPaper
    gemini: str
    dice: random.Random
    ends: Counter[str] = field(default_factory=Counter)
    looks: dict[str, list[Look]] = field(default_factory=dict)
    remembered: Remembered = field(default_factory=Remembered)

    def crawl(self, *words: str, seconds: float = inf) -> None:
        """Crawl to the end, or until the crawl is killed after so many seconds."""
        sources = ("--via", f"gopher={self.gopher.url}", "--via", f"gemini={self.gemini}")
        command = [sys.executable, "-m", "archive", "crawl", str(self.path), *sources, *WORDS, *words]
        most, end = Look(0, 0), time.monotonic() + seconds
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, text=True) as process:
            while process.poll() is None:
                time.sleep(BETWEEN)
                with suppress(OSError):
                    most = max(most, look(process))
                if time.monotonic() > end:
                    process.kill()
        self.ends["killed" if process.returncode < 0 else f"exit code {process.returncode}"] += 1
        self._note("crawl", most)

    def cycle(self, people: Readers) -> None:
        """Let two hours pass, crawl, and let readers ask for what is there."""
        self.clock.step(STEP)
        is_killed = self.dice.random() < KILLED
        everything = ("--ignore-schedule",) if self.dice.random() < 1 / 2 else ()
        self.crawl(*everything, seconds=self.dice.uniform(*BEFORE_KILL) if is_killed else inf)
        self.remembered.update(self.path)
        with open_reader(self.path) as archive:
            articles = [number for (number,) in archive.db.execute("SELECT id FROM articles")]
        for _ in range(ASKED):
            people.ask(articles, self.dice)
        for name, process in people.programs.items():
            self._note(name, look(process))

    def _note(self, program: str, found: Look) -> None:
        self.looks.setdefault(program, []).append(found)


def main(minutes: float = MINUTES) -> None:
    newspaper, clock, dice = Newspaper(5, ARTICLES, daily=DAILY), PaperClock(START), random.Random(1)
    with (
        tempfile.TemporaryDirectory() as folder,
        in_thread(FaultyPaper(Edition(newspaper, clock), dice)) as gopher,
        serving(newspaper, clock, via=["gemini"]) as gemini,
    ):
        soak = Soak(Path(folder) / "taz.db", newspaper, clock, gopher, gemini.url, dice)
        soak.crawl()
        gopher.share = SHARE
        with readers(soak.path) as people:
            end = time.monotonic() + 60 * minutes
            while time.monotonic() < end:
                soak.cycle(people)
                time.sleep(PAUSE)
        gopher.share = 0
        for _ in range(CALM):
            soak.crawl("--ignore-schedule")
        soak.remembered.update(soak.path)
        _show_trouble(soak, people)
        _show_losses(soak)


def _show_trouble(soak: Soak, people: Readers) -> None:
    faulty = soak.gopher.faults
    show("a soak: crawls, one after the other", soak.ends.total(), "crawls", _told(soak.ends))
    show("  pages that the paper did not send whole", faulty.total(), "pages", _told(faulty))
    show("  pages asked for by readers meanwhile", people.answers.total(), "pages", _told(people.answers))
    for program, looks in soak.looks.items():
        for what, unit, held in (
            ("memory", "MB", [each.memory for each in looks]),
            ("open files", "files", [each.files for each in looks]),
        ):
            half = len(held) // 2
            early = f"{max(held[:half], default=0):,.0f} in the first"
            show(f"  {program}: {what} in the second half of the time", max(held[half:]), unit, early)


def _show_losses(soak: Soak) -> None:
    path, newspaper, now = soak.path, soak.newspaper, soak.clock.now()
    captures, articles = len(soak.remembered.captures), len(newspaper.articles_there(now))
    show("captures lost", soak.remembered.lost(path), "captures", f"of {captures:,}")
    for what, found in (
        ("articles that do not read as in the paper", misread(path, newspaper, now)),
        ("articles with a version that the paper never printed", invented(path, newspaper, now)),
    ):
        named = [f"!{key.number}" for key in found]
        show(what, len(named), "articles", f"of {articles:,} {', '.join(named[:5])}")
    wrong = faults(path)
    show("faults that verify --all finds", len(wrong), "faults", wrong[0] if wrong else "")


def _told(counted: Counter[Any]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counted.most_common())


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
