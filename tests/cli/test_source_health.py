"""The health of each source: counts, the alarm when its pages change, and what `status` shows."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archive.cli.main import cli
from archive.model import Capture, Outcome, Paragraph
from archive.pagekey import key_in
from archive.policy.layout_change import COUNT_NAMES, Counts
from archive.store import Reader, Writer, digest_of, open_reader, open_writer
from archive.store.runs import source_health
from archive.timestamps import stamp
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support.running.crawls import crawl, paper_served, quiet, root_of, run_script
from tests.support.running.maintenance import NOW, reparse
from tests.support.samples.captures import BASE, MENU, START, capture, page_of
from tests.support.samples.histories import from_gateway
from tests.support.servers.gopher_faults import FaultyServer, Page
from tests.support.tables import database, derived_rows, is_sound, rows

PAPER = Newspaper(seed=4, articles=100, daily=0)
KEYS = PAPER.keys(PAPER.start)
ARTICLES = PAPER.articles_there(PAPER.start)

NOT_FOUND: dict[str, Any] = {"body": b"3Not found\t\tx\t70\r\n.\r\n"}
FAILED: dict[str, Any] = {"body": None, "outcome": Outcome.FAILED, "problem": "refused"}
FORBIDDEN: dict[str, Any] = {"body": None, "outcome": Outcome.FORBIDDEN, "problem": "forbidden"}
GARBAGE: dict[str, Any] = {"body": b"\x89PNG\0"}


def counts_of(archive: Reader) -> dict[str, dict[str, int]]:
    """What is not zero, by source, of the last run."""
    with database(archive) as db:
        found = list(db["crawl_sources"].rows_where("crawl_id = (SELECT max(id) FROM crawls)"))
    return {row["source"]: {name: row[name] for name in COUNT_NAMES if row[name]} for row in found}


def run_of(archive: Writer, *captures: Capture, at: float = 0) -> Any:
    """One crawl that brings these; what it says of its sources."""
    crawl = archive.runs.begin(source="gopher", at=START + timedelta(hours=at))
    archive.record(captures, crawl=crawl)
    return archive.runs.finish(crawl, at=START + timedelta(hours=at + 1), reason="finished", stats={})


# -- Counting -----------------------------------------------------------------------------------------


def test_every_capture_is_counted_in_one_way(tmp_path: Path) -> None:
    nothing = replace(BASE, blocks=(), dateline=None, links=(), authors=(), published=None)
    odd = capture(BASE, 6, 7, body=(capture(BASE, 0).body or b"").replace(b"1\xc3\x84nne", b"Z\xc3\x84nne"))
    with open_writer(tmp_path / "taz.db") as archive:
        run_of(
            archive,
            page_of(MENU, 0),
            capture(BASE, 0),
            capture(BASE, 1),  # the same bytes
            capture(nothing, 2, 2),
            capture(BASE, 3, 3, **NOT_FOUND),
            capture(BASE, 3, 4, **FAILED),
            capture(BASE, 3, 5, **FORBIDDEN),
            capture(BASE, 4, 6, **GARBAGE),
            odd,
            from_gateway(replace(BASE, title="Ein langer Titel " * 9), 5, 8),
        )
        said = counts_of(archive)
        [(rows_of_gopher, rows_of_meulie)] = [
            (said["gopher"].pop("row_count"), said["meulie"].pop("row_count"))
        ]
    assert said == {
        "gopher": {
            "page_count": 9,
            "failed": 1,
            "forbidden": 1,
            "absent": 1,
            "repeated": 1,
            "unreadable": 1,
            "article_count": 3,
            "without_text": 1,
            "without_date": 1,
            "without_authors": 1,
            "unknown_row_count": 1,
            "pages_with_unknown_rows": 1,
        },
        "meulie": {"page_count": 1, "article_count": 1, "truncated": 1},
    }
    assert rows_of_gopher > 3 * rows_of_meulie > 0


@pytest.mark.parametrize(
    ("first", "changes"), [(capture(BASE, 0), {}), (page_of(MENU, 0), {}), (capture(BASE, 0, **GARBAGE), {})]
)
def test_known_bytes_do_not_count_as_new(tmp_path: Path, first: Capture, changes: dict[str, Any]) -> None:
    again = replace(first, captured_at=first.captured_at + timedelta(hours=1), **changes)
    elsewhere = replace(again, source="mills", captured_at=again.captured_at + timedelta(hours=1))
    with open_writer(tmp_path / "taz.db") as archive:
        run_of(archive, first)
        assert "repeated" not in counts_of(archive)["gopher"]
        run_of(archive, again)
        assert counts_of(archive)["gopher"] == {"page_count": 1, "repeated": 1}
        run_of(archive, elsewhere)
        assert "repeated" not in counts_of(archive)["mills"]
        run_of(archive, again)  # this very capture
        assert counts_of(archive)["gopher"] == {"page_count": 1, "repeated": 1}


def test_a_repeated_absence_or_failure_is_not_counted(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        for hour in (0, 1):
            run_of(archive, capture(BASE, hour, 2, **NOT_FOUND), capture(BASE, hour, 3, **FAILED))
            assert counts_of(archive)["gopher"] == {"page_count": 2, "failed": 1, "absent": 1}


def test_batches_add_up(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        crawl = archive.runs.begin(source="gopher", at=START)
        for hour in range(3):
            archive.record([capture(BASE, hour, 2 + hour)], crawl=crawl)
        archive.record([capture(BASE, 4, 9, **FAILED)], crawl=crawl)
        times = rows(archive, "SELECT asked_at, answered_at FROM crawl_sources")
        assert counts_of(archive)["gopher"]["article_count"] == 3
    assert times == [(stamp(START + timedelta(hours=4)), stamp(START + timedelta(hours=2)))]


def test_an_import_is_not_a_source(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        archive.record([capture(BASE, 0, None)])
        assert archive.status.sources() == []


@pytest.mark.slow
def test_a_crawl_counts_what_is_in_the_archive(tmp_path: Path) -> None:
    with paper_served(PAPER) as server:
        quiet(crawl(tmp_path / "taz.db", "--seed", root_of(server)))
    with open_reader(tmp_path / "taz.db") as archive:
        said = counts_of(archive)["gopher"]
    without = rows(
        tmp_path / "taz.db",
        "SELECT sum(text = ''), sum(published IS NULL),"
        " sum(NOT EXISTS (SELECT 1 FROM version_authors WHERE version_id = v.id)) FROM versions v",
    )
    assert said["page_count"] - said.get("absent", 0) == len(KEYS)
    assert said["article_count"] == len(ARTICLES)
    shares = ("without_text", "without_date", "without_authors")
    assert [tuple(said.get(name, 0) for name in shares)] == without
    assert "unknown_row_count" not in said


# -- When pages change their form -----------------------------------------------------------------------


def iso_dates(body: bytes) -> bytes:
    months = {name: n for n, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
    pattern = rb"(?m)^i(\d+) (%s) (\d{4})\t" % b"|".join(months)
    return re.sub(pattern, lambda m: b"i%s-%02d-%02d\t" % (m[3], months[m[2]], int(m[1])), body)


def new_titles(body: bytes) -> bytes:
    return body.replace(b"i# taz.de", b"i# taz: ", 1)


def no_authors(body: bytes) -> bytes:
    return body.replace(b"i## AUTOREN", b"i## VON", 1)


def new_items(body: bytes) -> bytes:
    return re.sub(rb"(?m)^1", b"+", body)


# For each change: the parser that reads it, the reported line, and whether pages become unreadable.
TAUGHT_DATES = """
from archive.dump import grammar, sections
from datetime import date
real = grammar.parse_date
def parse_date(text):
    try:
        return real(text) or date.fromisoformat(text)
    except ValueError:
        return None
sections.parse_date = parse_date
"""
TAUGHT_TITLES = """
import re
from archive.dump import reader
reader.TITLE_LINE = re.compile(r"# taz(?:\\.de|:)(?: -- ?(?P<title>.*))?")
"""
TAUGHT_AUTHORS = """
from dataclasses import replace
from archive.renditions.decode import RENDITIONS
real = RENDITIONS["gopher"].decode
def decode(body, home):
    return [line._replace(text=line.text.replace("## VON", "## AUTOREN")) for line in real(body, home)]
RENDITIONS["gopher"] = replace(RENDITIONS["gopher"], decode=decode)
"""
FORMS: list[tuple[Callable[[bytes], bytes], str, str]] = [
    (iso_dates, TAUGHT_DATES, r"\d+ of \d+ articles have no date \(.*0 % before\)"),
    (new_titles, TAUGHT_TITLES, r"\d+ of \d+ pages cannot be read \(0 % before\)"),
    (no_authors, TAUGHT_AUTHORS, r"\d+ of \d+ articles name no author \(.* % before\)"),
    (new_items, "", r"\d+ of \d+ pages have lines of an unknown form \(0 % before\)"),
]
REDEEM = """
import sys
sys.argv = ["taz-archive", "reparse", *sys.argv[1:]]
from archive.cli.main import main
{taught}
main()
"""
# The same captures into an archive, by a parser that always knew.
ALWAYS = """
import sys
from pathlib import Path
from archive.model import Capture, Kind, Outcome, PageKey
from archive.store import open_writer
from archive.store.payloads import payloads
from archive.timestamps import parse_stamp
from tests.support.tables import database
{taught}
with database(Path(sys.argv[1])) as old, open_writer(Path(sys.argv[2])) as new:
    for source, rendition, url, at, payload_id, kind, number in old.execute(
        "SELECT source, rendition, url, captured_at, payload_id, kind, number FROM captures c"
        " JOIN pages p ON p.id = c.page_id ORDER BY c.id"
    ):
        body = payloads.load(old, payload_id)
        key = PageKey(Kind(kind), number)
        captured_at = parse_stamp(at)
        new.record([
            Capture(source=source, rendition=rendition, url=url, captured_at=captured_at, key=key, body=body)
        ])
"""


def change(server: FaultyServer, form: Callable[[bytes], bytes]) -> None:
    """From now on the server sends its pages in another form; but not robots.txt."""
    for selector_, body in server.pages.items():
        if isinstance(body, bytes) and b"robots" not in selector_:
            changed: dict[bytes, Page] = server.pages  # type: ignore[assignment]  # the test's own dict
            changed[selector_] = form(body)


@pytest.mark.parametrize(("form", "taught", "line"), FORMS)
def test_changed_pages_raise_an_alarm_and_are_derived_later(
    tmp_path: Path, form: Callable[[bytes], bytes], taught: str, line: str
) -> None:
    path, always = tmp_path / "taz.db", tmp_path / "always.db"
    with paper_served(PAPER) as server:
        seed = ("--seed", root_of(server), "--ignore-schedule")
        quiet(crawl(path, *seed))
        change(server, form)
        done = crawl(path, *seed)
        pages = {name: body for name, body in server.pages.items() if key_in(name.decode()) or not name}
        sent = {digest_of(body) for body in pages.values() if isinstance(body, bytes)}
    assert done.returncode == 3
    lines = [said for said in done.stderr.splitlines() if "taz-archive reparse" in said]
    assert len(lines) == 1
    assert re.fullmatch(
        f"taz-archive: gopher: .*{line}.*: its layout may have changed; all pages.*", lines[0]
    )
    [(layout_change,)] = rows(path, "SELECT layout_change FROM crawl_sources WHERE crawl_id = 2")
    assert f"gopher: {layout_change}: " in lines[0]
    kept = {digest for (digest,) in rows(path, "SELECT digest FROM payloads")}
    assert sent <= kept
    shown = CliRunner().invoke(cli, ["status", str(path)]).stdout
    assert f"layout changed: {layout_change}" in shown

    redeemed = run_script(REDEEM.format(taught=taught), str(path))
    assert (redeemed.returncode, redeemed.stderr) == (0, "")
    quiet(run_script(ALWAYS.format(taught=taught), str(path), str(always)))
    assert derived_rows(path) == derived_rows(always)
    assert is_sound(path)
    assert "layout changed" not in CliRunner().invoke(cli, ["status", str(path)]).stdout


def test_a_run_says_early_that_nothing_can_be_read_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        seed = ("--seed", root_of(server), "--ignore-schedule")
        quiet(crawl(path, *seed))
        change(server, new_titles)
        done = crawl(path, *seed)
    early = [line for line in done.stderr.splitlines() if "so far" in line]
    assert len(early) == 1
    assert re.fullmatch(
        r"taz-archive: gopher: so far (\d+) of \1 pages cannot be read \(0 % before\);"
        r" the run continues and stores all pages",
        early[0],
    )
    assert rows(path, "SELECT unreadable FROM crawl_sources WHERE crawl_id = 2") == [(len(KEYS),)]


def test_an_unchanged_paper_raises_no_alarm(tmp_path: Path) -> None:
    with paper_served(PAPER) as server:
        for _ in range(3):
            quiet(crawl(tmp_path / "taz.db", "--seed", root_of(server), "--ignore-schedule"))
    assert rows(tmp_path / "taz.db", "SELECT count(layout_change) FROM crawl_sources") == [(0,)]


STORIES = [replace(BASE, title=f"Fall: Nummer {n}") for n in range(60)]


def fetched(hours: float, *, bad: int, source: str = "gopher", first: int = 0) -> list[Capture]:
    """60 articles as never before, the first so many of them without a text."""
    found = []
    for n, story in enumerate(STORIES):
        text = () if n < bad else (Paragraph(f"Text um {hours}."),)
        said = replace(story, blocks=text, dateline=None, links=(), lead=f"Stand {hours}.")
        found.append(capture(said, hours, 6080000 + first + n, source=source))
    return found


def test_each_source_is_measured_by_its_own_past(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        for hour in range(3):
            past = [*fetched(hour, bad=0), *fetched(hour, bad=30, source="mills", first=100)]
            assert run_of(archive, *past, at=hour) == {}
        now = [*fetched(5, bad=30), *fetched(5, bad=31, source="mills", first=100)]
        assert run_of(archive, *now, at=5) == {"gopher": "30 of 60 articles have no text (0 % before)"}


def test_an_alarm_is_repeated_until_a_reparse_ends_it(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        run_of(archive, *fetched(0, bad=0))
        for hour in range(1, 4):
            assert set(run_of(archive, *fetched(hour, bad=30), at=hour)) == {"gopher"}
        assert archive.status.sources()[0].layout_change
        reparse(archive)
        assert archive.status.sources()[0].layout_change is None
        for hour in range(5, 8):
            assert run_of(archive, *fetched(hour, bad=30), at=hour) == {}
        assert set(run_of(archive, *fetched(9, bad=60), at=9)) == {"gopher"}


def test_a_reparse_forgets_no_past_that_was_well(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        run_of(archive, *fetched(0, bad=0))
        reparse(archive)
        assert set(run_of(archive, *fetched(1, bad=20), at=1)) == {"gopher"}


def test_a_run_that_died_is_judged_by_the_next(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        run_of(archive, *fetched(0, bad=0))
        crawl = archive.runs.begin(source="gopher", at=START)
        archive.record(fetched(1, bad=40), crawl=crawl)
        archive.runs.begin(source="gopher", at=NOW)
        changed = rows(archive, "SELECT crawl_id FROM crawl_sources WHERE layout_change IS NOT NULL")
        assert changed == [(crawl,)]


# -- What status shows ----------------------------------------------------------------------------------


def test_status_shows_the_health_of_each_source(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    with open_writer(path) as archive:
        run_of(
            archive,
            *(capture(BASE, 0, n) for n in range(1, 4)),
            capture(BASE, 0, 9, **GARBAGE),
            from_gateway(replace(BASE, title="Ein langer Titel " * 9), 0, 8),
        )
        for hour in (2, 4):
            run_of(archive, capture(BASE, hour, **FAILED), at=hour)
        run_of(archive, capture(BASE, 6, **FORBIDDEN), at=6)
    done = CliRunner().invoke(cli, ["status", str(path)])
    lines = [line.split(maxsplit=10) for line in done.stdout.splitlines() if line[:6] in ("gopher", "meulie")]
    at = "2025-04-10"
    assert lines == [
        ["gopher", at, "12:00", at, "08:00", "7", "33", "%", "25", "%", "0 %  down since 2025-04-10 10:00"],
        ["meulie", at, "08:00", at, "08:00", "1", "0", "%", "0", "%", "100 %  ok"],
    ]
    gopher, meulie = json.loads(CliRunner().invoke(cli, ["status", str(path), "--json"]).stdout)["sources"]
    assert gopher["state"] == "down"
    assert "counts" not in gopher
    assert gopher["down_since"] == stamp(START + timedelta(hours=2))
    assert (gopher["page_count"], gopher["failed"], gopher["forbidden"], gopher["unreadable"]) == (7, 2, 1, 1)
    assert (meulie["state"], meulie["truncated"], meulie["runs"], meulie["layout_change"]) == (
        "ok",
        1,
        1,
        None,
    )


def test_status_counts_truncated_articles_and_versions_apart(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    long = replace(BASE, title="Ein langer Titel " * 9)
    with open_writer(path) as archive:
        run_of(archive, from_gateway(replace(long, lead="Früh."), 0, 8), capture(long, 1, 8))
    lines = CliRunner().invoke(cli, ["status", str(path)]).stdout.splitlines()
    [articles] = [line for line in lines if line.startswith("articles")]
    [versions] = [line for line in lines if line.startswith("versions")]
    assert articles.endswith("1, of which 1 edited, 0 gone, 0 truncated in their latest version")
    assert versions.endswith("2, of which 1 truncated")
    fields = json.loads(CliRunner().invoke(cli, ["status", str(path), "--json"]).stdout)
    assert (fields["articles"]["truncated"], fields["versions"], fields["truncated_versions"]) == (
        0,
        2,
        1,
    )


def test_a_source_is_down_in_the_table_when_that_is_an_alarm_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    now = datetime.now(UTC) - START
    before = now / timedelta(hours=1)
    shown = []
    for hours in (3, 2, 1):
        with open_writer(path) as archive:
            run_of(
                archive, capture(BASE, before - hours, **({} if hours == 3 else FAILED)), at=before - hours
            )
        done = CliRunner().invoke(cli, ["status", str(path)])
        fields = json.loads(CliRunner().invoke(cli, ["status", str(path), "--json"]).stdout)
        [line] = [line for line in done.stdout.splitlines() if line.startswith("gopher ")]
        shown.append(
            (fields["health"]["healthy"], fields["sources"][0]["state"], line.rpartition("%  ")[2][:12])
        )
    assert [healthy for healthy, _, _ in shown] == [True, True, False]
    assert [state for _, state, _ in shown] == ["ok", "silent", "down"]
    assert [words for _, _, words in shown] == ["ok", "silent since", "down since 2"]


def test_a_source_that_the_last_crawl_did_not_use_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "taz.db"
    with open_writer(path) as archive:
        for hour in range(2):
            run_of(archive, capture(BASE, hour, **FAILED), at=hour)
        crawl = archive.runs.begin(source="mills", at=START + timedelta(hours=3))
        archive.record([capture(BASE, 3, source="mills")], crawl=crawl)
        archive.runs.finish(crawl, at=START + timedelta(hours=3), reason="finished", stats={})
    done = CliRunner().invoke(cli, ["status", str(path)])
    [line] = [line for line in done.stdout.splitlines() if line.startswith("gopher ")]
    assert line.endswith("; not used by the last crawl")


def test_a_source_that_never_answered_is_down_from_the_first_run_on(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        for hour in range(12):
            run_of(archive, capture(BASE, hour, **FAILED), at=hour)
        [source] = archive.status.sources()
    assert (source.down_since, source.answered, source.runs) == (
        stamp(START),
        None,
        source_health.RUNS_COUNTED,
    )
    assert source.counts == Counts(page_count=10, failed=10)


def test_a_source_that_responds_again_is_ok(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        run_of(archive, capture(BASE, 0, **FAILED))
        run_of(archive, capture(BASE, 1), capture(BASE, 2, 7, **FAILED), at=1)
        [source] = archive.status.sources()
    assert source.down_since is None
    assert source.answered == stamp(START + timedelta(hours=1))
