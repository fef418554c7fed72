"""Take screenshots of the reading room for the documentation, docs/pictures/*.webp, of the sample newspaper.

The picture of a post, post.png, is drawn by the program itself.

``python docs/pictures.py [PATH]``. PATH keeps the archive for later runs, and is used if it exists. Requires
the ``dev`` group and Debian's ``chromium``.
"""

import base64
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

from archive.dump.writer import write_dump, write_menu
from archive.model import Article, Capture, Kind, PageKey
from archive.pagekey import article_url, selector
from archive.posting.edit import FieldEdit, PostableEdit
from archive.posting.picture import draw_edit
from archive.renditions.forms.gopher import encode
from archive.store import open_writer
from archive.store.db.connection import open_to_read
from archive.text.word_diff import word_diff
from crawler.demo.newspaper.pages.newspaper import Newspaper

HOME = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PAPER = Newspaper(seed=4, articles=60, daily=14)
DAYS, VISITS = 42, 4  # length of the crawl; crawls per day
YOUNG = timedelta(days=3)  # since an article was first seen: fetched at every visit, later once a week
WIDE, PHONE = (1200, 860), (390, 780)
DARK = ("diff", "search", "topic", "events-de")  # phone screenshots in the dark colour scheme
PHONE_ONLY = ("help", "search-de")
GERMAN = "-de"  # ends the name of a picture with German texts; the others are English


def main(arguments: list[str]) -> None:
    draw_post()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(arguments[0]) if arguments else Path(folder) / "sample.db"
        if not path.exists():
            fill(path)
        with served(path) as home, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for name, page in pages(path).items():
                if name not in PHONE_ONLY:
                    take(browser, home + page, name, WIDE)
                take(browser, home + page, f"phone-{name}", PHONE, dark=name in DARK)
            browser.close()


def draw_post() -> None:
    """Draw the picture of the post that docs/follow.md shows."""
    old, new = (f"Streit um die Brücke: Stadt {what}" for what in ("will klagen", "zieht Klage zurück"))
    edit = PostableEdit(
        key="",
        article=6081430,
        at=datetime(2025, 4, 10, 12, tzinfo=UTC),
        title=new,
        url=article_url(6081430),
        fields=[FieldEdit("title", word_diff(old, new))],
    )
    (HOME / "pictures" / "post.png").write_bytes(draw_edit(edit).png)


def pages(path: Path) -> dict[str, str]:
    """Return the pages to show, name → path."""
    with closing(open_to_read(path)) as db:
        article, count = db.execute(
            "SELECT a.id, a.version_count FROM articles a JOIN links l ON l.version_id = a.latest_version_id"
            " WHERE a.state = 'present' AND l.article_id IS NOT NULL"
            " GROUP BY a.id ORDER BY a.version_count DESC, count(*) DESC, a.id LIMIT 1"
        ).fetchone()
        ((tag,),) = db.execute(
            "SELECT number FROM tags JOIN article_tags ON tag_id = id GROUP BY id ORDER BY count(*)"
            " DESC LIMIT 1"
        )
        ((day,),) = db.execute(
            "SELECT date(first_seen) FROM versions WHERE number > 1 GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        )
    return {
        "paper": "/-/paper/",
        "article": f"/-/article/{article}",
        "diff": f"/-/article/{article}/versions/{count - 2}..{count}",
        "sides": f"/-/article/{article}/versions/1..{count}?view=split",
        "search": "/-/articles?q=Streit+OR+Wahl&edited=1",
        "topic": f"/-/topic/{tag}",
        "section": "/-/section/0",
        "charts": "/-/charts",
        "help": "/-/help",
        f"article{GERMAN}": f"/-/article/{article}",
        f"events{GERMAN}": f"/-/paper/{day}/edited",
        f"search{GERMAN}": "/-/articles?q=Streit+-Wahl",
    }


def fill(path: Path) -> None:
    """Record what some weeks of crawling would have recorded."""
    with open_writer(path) as archive:
        for day in range(DAYS):
            began = PAPER.start + timedelta(days=day)
            crawl = archive.runs.begin(source="gopher", at=began)
            for visit in range(VISITS):
                at = began + timedelta(hours=24 / VISITS * visit)
                archive.record(captures(at, all_of_them=day % 7 == 0 and visit == 0), crawl=crawl)
            archive.runs.finish(crawl, at=at, reason="finished", stats={})
    print(f"filled {path}")


_seen: dict[PageKey, datetime] = {}


def captures(at: datetime, *, all_of_them: bool) -> Iterator[Capture]:
    """Yield captures of the front page, of sections, and of new and young articles, or ``all_of_them``."""
    for key in PAPER.keys(at):
        if key.kind in (Kind.ROOT, Kind.SECTION):
            yield capture(key, at)
    for key in PAPER.articles_there(at):
        _seen.setdefault(key, at)
    for key, first in _seen.items():
        if all_of_them or at - first < YOUNG:
            yield capture(key, at)


def capture(key: PageKey, at: datetime) -> Capture:
    page = PAPER.page(key, at)
    if page is None:
        body = b"3Selector not found\terror\terror\t70\r\n.\r\n"
    else:
        dump = write_dump(page) if isinstance(page, Article) else write_menu(page)
        body = encode(dump, host="taz.de", port=70)
    url = f"gopher://taz.de/1{selector(key)}"
    return Capture(source="gopher", url=url, captured_at=at, key=key, body=body, rendition="gopher")


@contextmanager
def served(path: Path) -> Iterator[str]:
    """Serve an archive with Datasette; yield the base URL once it answers."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "datasette", "serve", str(path), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as server:
        try:
            _wait(f"http://127.0.0.1:{port}/-/versions.json")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def take(browser: Browser, url: str, name: str, size: tuple[int, int], *, dark: bool = False) -> None:
    """Take one screenshot of the first screen as WebP, a format that Chromium writes itself."""
    width, height = size
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale="de-DE" if name.endswith(GERMAN) else "en-GB",
    )
    answer = page.goto(url)
    if answer is None or not answer.ok:
        sys.exit(f"{url}: page could not be loaded")
    taken = page.context.new_cdp_session(page).send(
        "Page.captureScreenshot", {"format": "webp", "quality": 45}
    )
    place = HOME / "pictures" / f"{name}.webp"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(base64.b64decode(taken["data"]))
    print(f"{place.relative_to(HOME.parent)}  {place.stat().st_size / 1000:.0f} kB")
    page.close()


if __name__ == "__main__":
    main(sys.argv[1:])
