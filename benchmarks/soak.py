"""Half an hour of crawls, readers and faults, and what was lost: nothing may be.

An archive is crawled every few seconds while its newspaper publishes edits and breaks connections; some
crawls are killed. ``serve`` and ``republish`` answer readers from the same archive. ``SOAK_MINUTES=5``, or
``python -m benchmarks.soak 5``, runs it for five minutes.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from pathlib import Path
from typing import Any

from archive.store.db.connection import open_to_read
from benchmarks.faulty_paper import FaultyPaper
from benchmarks.soak_losses import Remembered, faults, invented, misread
from benchmarks.soak_readers import Readers, Resources, readers, resources_of
from benchmarks.threads import in_thread
from benchmarks.timing import show
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import PaperClock
from crawler.demo.newspaper.serving.server import serving

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
ARTICLES, DAILY = 150, 60
STEP = timedelta(hours=2)  # paper time between two crawls
PAUSE_SECONDS = 2.0  # between two crawls
SAMPLE_SECONDS = 0.1  # between two samples of a crawl's memory
FAULTY_SHARE = 0.03  # of the paper's answers
KILLED_SHARE = 0.25  # of the crawls
SECONDS_BEFORE_KILL = 0.5, 6.0
REQUESTS = 20  # per protocol, after each crawl
CALM_CRAWLS = 3  # at the end, without faults
WORDS = ("--delay", "0", "--timeout", "2s", "--max-time", "60s", "--quiet")


@dataclass(frozen=True, slots=True)
class Soak:
    """A running soak test. ``ends`` counts how crawls ended; ``samples`` are samples of each program."""

    path: Path
    newspaper: Newspaper
    clock: PaperClock
    gopher: FaultyPaper
    gemini: str
    dice: random.Random
    ends: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[Resources]] = field(default_factory=dict)
    remembered: Remembered = field(default_factory=Remembered)

    def crawl(self, *words: str, seconds: float = inf) -> None:
        """Crawl to the end, or kill the crawl after ``seconds``."""
        sources = ("--via", f"gopher={self.gopher.url}", "--via", f"gemini={self.gemini}")
        command = [sys.executable, "-m", "archive", "crawl", str(self.path), *sources, *WORDS, *words]
        most, end = Resources(0, 0), time.monotonic() + seconds
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, text=True) as process:
            while process.poll() is None:
                time.sleep(SAMPLE_SECONDS)
                with suppress(OSError):
                    most = max(most, resources_of(process))
                if time.monotonic() > end:
                    process.kill()
        self.ends["killed" if process.returncode < 0 else f"exit code {process.returncode}"] += 1
        self._note("crawl", most)

    def cycle(self, people: Readers) -> None:
        """Advance the paper by STEP, crawl, and send requests to the readers."""
        self.clock.step(STEP)
        is_killed = self.dice.random() < KILLED_SHARE
        everything = ("--ignore-schedule",) if self.dice.random() < 1 / 2 else ()
        self.crawl(*everything, seconds=self.dice.uniform(*SECONDS_BEFORE_KILL) if is_killed else inf)
        self.remembered.update(self.path)
        with closing(open_to_read(self.path)) as db:
            articles = [number for (number,) in db.execute("SELECT id FROM articles")]
        for _ in range(REQUESTS):
            people.ask(articles, self.dice)
        for name, process in people.programs.items():
            self._note(name, resources_of(process))

    def _note(self, program: str, found: Resources) -> None:
        self.samples.setdefault(program, []).append(found)


def main(minutes: float = MINUTES) -> None:
    newspaper, clock, dice = Newspaper(5, ARTICLES, daily=DAILY), PaperClock(START), random.Random(1)
    with (
        tempfile.TemporaryDirectory() as folder,
        in_thread(FaultyPaper(Edition(newspaper, clock), dice)) as gopher,
        serving(newspaper, clock, via=["gemini"]) as gemini,
    ):
        soak = Soak(Path(folder) / "taz.db", newspaper, clock, gopher, gemini.url, dice)
        soak.crawl()
        gopher.share = FAULTY_SHARE
        with readers(soak.path) as people:
            end = time.monotonic() + 60 * minutes
            while time.monotonic() < end:
                soak.cycle(people)
                time.sleep(PAUSE_SECONDS)
        gopher.share = 0
        for _ in range(CALM_CRAWLS):
            soak.crawl("--ignore-schedule")
        soak.remembered.update(soak.path)
        _show_load(soak, people)
        _show_losses(soak)


def _show_load(soak: Soak, people: Readers) -> None:
    faulty = soak.gopher.faults
    show("soak test: crawls", soak.ends.total(), "crawls", _summary(soak.ends))
    show("  faulty answers of the paper", faulty.total(), "pages", _summary(faulty))
    show("  requests by readers", people.answers.total(), "pages", _summary(people.answers))
    for program, samples in soak.samples.items():
        for what, unit, held in (
            ("memory", "MB", [each.memory for each in samples]),
            ("open files", "files", [each.files for each in samples]),
        ):
            half = len(held) // 2
            early = f"{max(held[:half], default=0):,.0f} in the first half"
            show(f"  {program}: {what} in the second half", max(held[half:]), unit, early)


def _show_losses(soak: Soak) -> None:
    path, newspaper, now = soak.path, soak.newspaper, soak.clock.now()
    captures, articles = len(soak.remembered.captures), len(newspaper.articles_there(now))
    show("captures lost", soak.remembered.lost(path), "captures", f"of {captures:,}")
    for what, found in (
        ("articles that differ from the paper", misread(path, newspaper, now)),
        ("articles with a version never printed", invented(path, newspaper, now)),
    ):
        named = [f"!{key.number}" for key in found]
        show(what, len(named), "articles", f"of {articles:,} {', '.join(named[:5])}")
    wrong = faults(path)
    show("faults that verify --all finds", len(wrong), "faults", wrong[0] if wrong else "")


def _summary(counted: Counter[Any]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counted.most_common())


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
