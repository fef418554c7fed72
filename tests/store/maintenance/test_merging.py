"""``merge``: the union of captures, whatever is merged into what, in what order, how often."""

import json
import re
import sqlite3
import tempfile
import tracemalloc
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.cli.main import cli
from archive.dump.writer import write_menu
from archive.model import Article, Capture, Kind, Menu, Outcome, PageKey, Paragraph, Teaser
from archive.renditions.forms import gopher
from archive.store import open_writer
from archive.store.maintenance.foreign_archive import ForeignArchive
from tests.support.running.maintenance import FLIP, FOLLOWING, MEMORY, contents, copy, damage, merge, verify
from tests.support.samples.captures import BASE, MENU, START, archive_of, capture, page_of
from tests.support.samples.histories import ABSENT, LONG, READINGS, histories
from tests.support.samples.sample_archive import make_sample_archive
from tests.support.tables import rows

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def merged(into: Path, *others: Path) -> Path:
    done = merge(into, *others)
    assert done.exit_code == 0, done.output
    return into


# -- The laws of a union ------------------------------------------------------------------------------------

TICKER = Article(title="+++ Nachrichten +++", blocks=(Paragraph("Es regnet."),), published=START.date())
OTHER_DAY = replace(TICKER, published=START.date() + timedelta(days=1))
CUT = replace(BASE, title="Wetter in der Stadt: Großer Regen über der …")
NAMED = [*READINGS[:5], TICKER, OTHER_DAY, replace(TICKER, published=None), CUT]


@st.composite
def archives(draw: st.DrawFn) -> list[list[Capture]]:
    """Three archives' captures: pages of known and of unknown number, some in more than one archive."""
    found = draw(histories())
    for hour in draw(st.lists(st.integers(0, 12), max_size=4)):
        found.append(capture(draw(st.sampled_from(NAMED)), hour, None, url=draw(st.sampled_from("ab"))))
    for hour in draw(st.lists(st.integers(0, 12), max_size=3)):
        number = draw(st.sampled_from([6080003, 6080004]))
        found.append(capture(draw(st.sampled_from([TICKER, OTHER_DAY, BASE])), hour, number))
    homes = st.sets(st.sampled_from(range(3)), min_size=1)
    where = [draw(homes) for _ in found]
    return [[one for one, at in zip(found, where, strict=True) if n in at] for n in range(3)]


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(archives())
def test_merging_is_commutative_associative_and_idempotent(found: list[list[Capture]]) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        home = Path(folder)
        a, b, c = (archive_of(home / f"{name}.db", some) for name, some in zip("abc", found, strict=True))
        left = merged(merged(home / "left.db", a, b), c)
        right = merged(copy(c, "right.db"), merged(copy(b, "ba.db"), a))
        expected = contents(left)
        assert contents(right) == expected
        assert contents(merged(left, a, right, b)) == expected


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.randoms(use_true_random=False))
def test_it_is_as_if_one_archive_had_recorded_it_all(found: list[Capture], random: object) -> None:
    """But for when to look again, which a visit says that comes after all others."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        home = Path(folder)
        halves = [archive_of(home / f"{n}.db", found[n::2]) for n in range(2)]
        expected = contents(archive_of(home / "one.db", found))
        report = contents(merged(home / "all.db", *halves))
        assert [row[:2] for row in report["pages"]] == [row[:2] for row in expected["pages"]]
        assert {name: report[name] for name in FOLLOWING} == {name: expected[name] for name in FOLLOWING}


# -- Which article a page without a number is of -----------------------------------------------------------


def articles(path: Path) -> dict[int, list[str]]:
    """The texts of each article there is."""
    found: dict[int, list[str]] = {}
    with closing(sqlite3.connect(path)) as db:
        for article, text in db.execute("SELECT article_id, text FROM versions ORDER BY id"):
            found.setdefault(article, []).append(text)
    return found


def reading(text: str, **changes: object) -> Article:
    return replace(TICKER, blocks=(Paragraph(text),), **changes)  # type: ignore[arg-type]  # parts of an article


def test_a_page_without_a_number_finds_its_article_in_another_archive(tmp_path: Path) -> None:
    file = archive_of(tmp_path / "file.db", [capture(reading("Alt."), 0, None, url="a.txt")])
    crawled = archive_of(tmp_path / "crawled.db", [capture(reading("Neu."), 1, 6080003)])
    for into, other in ((file, crawled), (crawled, copy(file, "copy.db"))):
        assert articles(merged(into, other)) == {6080003: ["Alt.", "Neu."]}


def test_of_two_articles_of_one_title_and_date_it_is_neither(tmp_path: Path) -> None:
    """Day tickers: an archive that knew one of them had taken the page for it, and lets go of it."""
    tickers = [capture(reading(text), 1, n) for text, n in (("Drei.", 6080003), ("Vier.", 6080004))]
    page = capture(reading("Datei."), 0, None, url="a.txt")
    one = archive_of(tmp_path / "one.db", [page, tickers[0]])
    assert articles(one) == {6080003: ["Datei.", "Drei."]}
    other = archive_of(tmp_path / "other.db", [tickers[1]])
    for into, from_ in ((copy(one, "a.db"), other), (copy(other, "b.db"), one)):
        found = articles(merged(into, from_))
        assert found.pop(6080003) == ["Drei."]
        assert found.pop(6080004) == ["Vier."]
        [(number, texts)] = found.items()
        assert (number < 0, texts) == (True, ["Datei."])


def test_the_same_title_on_another_day_is_another_article(tmp_path: Path) -> None:
    days = [START.date() + timedelta(days=n) for n in range(3)]
    pages = [capture(reading(f"Tag {n}.", published=day), n, None, url="a.txt") for n, day in enumerate(days)]
    found = [archive_of(tmp_path / f"{n}.db", [page]) for n, page in enumerate(pages)]
    numbered = archive_of(tmp_path / "n.db", [capture(reading("Tag 0.", published=days[0]), 5, 6080003)])
    report = articles(merged(tmp_path / "all.db", *found, numbered))
    assert sorted(texts for texts in report.values()) == [["Tag 0."], ["Tag 1."], ["Tag 2."]]
    assert report[6080003] == ["Tag 0."]


def test_undated_pages_of_one_title_stay_away_from_dated_ones(tmp_path: Path) -> None:
    undated = archive_of(tmp_path / "u.db", [capture(reading("Ohne.", published=None), 0, None, url="a")])
    dated = archive_of(tmp_path / "d.db", [capture(reading("Mit."), 0, 6080003)])
    assert len(articles(merged(dated, undated))) == 2


# -- What comes along -------------------------------------------------------------------------------------


def test_a_merge_copies_everything_except_crawls(tmp_path: Path) -> None:
    make_sample_archive(tmp_path / "taz.db")
    expected = contents(tmp_path / "taz.db")
    assert contents(merged(tmp_path / "new.db", tmp_path / "taz.db")) == expected
    assert verify(tmp_path / "new.db").exit_code == 0


def test_the_later_look_says_when_to_look_next(tmp_path: Path) -> None:
    early = archive_of(tmp_path / "early.db", [capture(BASE, 0)])
    late = archive_of(
        tmp_path / "late.db", [capture(BASE, 9, body=None, outcome=Outcome.FAILED, problem="x")]
    )
    query = "SELECT due_at, checked_at, failure_count FROM pages WHERE number = 6081430"
    with closing(sqlite3.connect(late)) as db:
        expected = db.execute(query).fetchone()
    for into, other in ((copy(early, "a.db"), late), (copy(late, "b.db"), early)):
        with closing(sqlite3.connect(merged(into, other))) as db:
            assert db.execute(query).fetchone() == expected


def test_certificates_come_along_and_a_known_one_stays(tmp_path: Path) -> None:
    for name, hosts in {"a": {"x:1965": "aa", "y:1965": "aa"}, "b": {"y:1965": "bb", "z:1965": "bb"}}.items():
        with open_writer(tmp_path / f"{name}.db") as archive:
            for host, fingerprint in hosts.items():
                archive.certificates.trust(host, fingerprint, at=NOON)
    done = merge(tmp_path / "a.db", tmp_path / "b.db")
    assert "trusts another certificate for y:1965; the one known here stays" in done.stderr
    report = contents(tmp_path / "a.db")["certificates"]
    assert [row[:2] for row in report] == [("x:1965", "aa"), ("y:1965", "aa"), ("z:1965", "bb")]


def test_menus_come_along_with_what_they_lead_to(tmp_path: Path) -> None:
    topic = PageKey(Kind.TOPIC, 5008001)
    menus = [Menu(title="T", entries=(Teaser(f"Nr. {n}", "Text.", f"/!{6080100 + n}"),)) for n in range(250)]
    pages = [
        capture(
            BASE,
            n,
            key=topic,
            url="gopher://taz.de/1/!t5008001",
            body=gopher.encode(write_menu(menu), host="taz.de", port=70),
        )
        for n, menu in enumerate(menus)
    ]
    one = archive_of(tmp_path / "one.db", pages)
    expected = contents(one)
    halves = [archive_of(tmp_path / f"{n}.db", pages[n::2]) for n in range(2)]
    report = contents(merged(tmp_path / "all.db", *halves))
    assert report["captures"] == expected["captures"]
    assert [row[:2] for row in report["pages"]] == [row[:2] for row in expected["pages"]]


# -- What is refused, and what is damaged --------------------------------------------------------------------


def test_one_that_cannot_be_merged_leaves_all_as_it_was(tmp_path: Path) -> None:
    one = archive_of(tmp_path / "one.db", [capture(BASE, 0)])
    (tmp_path / "text.db").write_text("no archive at all, and long enough to be looked at" * 9)
    for other in (tmp_path / "text.db", tmp_path / "none.db"):
        done = merge(tmp_path / "new.db", one, other)
        assert done.exit_code == 1
        [line] = done.stderr.splitlines()
        assert str(other) in line
        assert not (tmp_path / "new.db").exists()


def test_a_newer_archive_is_refused(tmp_path: Path) -> None:
    one = archive_of(tmp_path / "one.db", [capture(BASE, 0)])
    with closing(sqlite3.connect(one)) as db:
        db.execute("INSERT INTO _sqlite_migrations SELECT 99, migration_set, '9.9', applied_at"
                   " FROM _sqlite_migrations LIMIT 1")  # fmt: skip
        db.commit()
    done = merge(tmp_path / "new.db", one)
    assert done.exit_code == 1
    assert "written by taz-archive 9.9, newer than this one" in done.stderr


def test_an_archive_is_not_merged_into_itself(tmp_path: Path) -> None:
    one = archive_of(tmp_path / "one.db", [capture(BASE, 0)])
    (tmp_path / "link.db").symlink_to(one)
    done = merge(one, tmp_path / "link.db")
    assert (done.exit_code, "skipped, since it is the archive to merge into" in done.stderr) == (0, True)


@pytest.mark.parametrize(("payload", "lost"), [(2, 1), (1, 2)])  # the second is a patch against the first
def test_damaged_bytes_of_the_other_are_left_out_and_reported(
    tmp_path: Path, payload: int, lost: int
) -> None:
    found = [capture(BASE, 0), capture(READINGS[4], 1), capture(READINGS[1], 2, 6080003)]
    other = damage(archive_of(tmp_path / "o.db", found[:2]), FLIP, payload)
    with open_writer(other) as archive:
        archive.record(found[2:])
    done = merge(tmp_path / "new.db", other, words=["--json"])
    assert done.exit_code == 5
    report = json.loads(done.stdout)
    assert (report["captures"], report["damaged"]) == (3 - lost, lost)
    assert f"payload {payload}" in report["lost"][0]
    assert verify(tmp_path / "new.db").exit_code == 0


@pytest.mark.slow
@pytest.mark.parametrize("harm", [FLIP, "DELETE FROM payloads WHERE id = ?"])
@pytest.mark.parametrize("number", [6081430, None])
def test_damaged_bytes_are_mended_by_an_archive_that_has_them(
    tmp_path: Path, harm: str, number: int | None
) -> None:
    found = [capture(BASE, 0, number), capture(READINGS[4], 1, number), capture(BASE, 2, number)]
    one = archive_of(tmp_path / "one.db", found)
    whole = copy(one, "whole.db")
    expected = contents(one)
    damage(one, harm, 1)
    assert verify(one).exit_code == 5
    done = merge(one, whole)
    assert "repaired" in done.stdout
    assert verify(one).exit_code == 0, verify(one).output
    assert contents(one) == expected


def test_bytes_damaged_here_do_not_keep_other_captures_out(tmp_path: Path) -> None:
    one = damage(archive_of(tmp_path / "one.db", [capture(BASE, 0)]), FLIP, 1)
    other = archive_of(tmp_path / "o.db", [capture(READINGS[4], 1), capture(READINGS[1], 1, 6080003)])
    done = merge(one, other)
    assert done.exit_code == 5
    assert "cannot be derived: article 6081430: payload 1 " in done.stderr
    assert done.stdout.endswith(", 1 article not derived\n")
    assert contents(one)["captures"][-1][0] in (None, 6080003, 6081430)
    merged(one, archive_of(tmp_path / "whole.db", [capture(BASE, 0)]))
    assert verify(one).exit_code == 0
    assert len(articles(one)[6081430]) == 2


MANY = """
INSERT INTO captures (page_id, source, url, captured_at, outcome)
WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000)
SELECT 1, 'gopher', 'u', strftime('%Y-%m-%dT%H:%M:%fZ', 1700000000 + x, 'unixepoch'), 'failed' FROM n
"""


def test_few_captures_of_a_page_are_in_memory_at_once_however_many_it_has(tmp_path: Path) -> None:
    path = damage(archive_of(tmp_path / "many.db", [capture(BASE, 0)]), MANY)
    with ForeignArchive.opened(path) as other:
        (pages,) = other.pages()
        tracemalloc.start()
        try:
            captures = sum(1 for page in pages for _ in other.captures_of(page))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert captures == 20_001
    assert most < 2 * 2**20


def test_of_very_many_captures_at_one_instant_few_are_taken(tmp_path: Path) -> None:
    at_once = re.sub(r"strftime\(.*'unixepoch'\)", "'2025-01-01T00:00:00.000Z'", MANY).replace(
        "'u'", "'u' || x"
    )
    found = [capture(BASE, 0), capture(replace(BASE, title="Danach"), 99)]
    other = damage(archive_of(tmp_path / "many.db", found), at_once)
    done = merge(tmp_path / "new.db", other)
    assert done.exit_code == 5
    assert "is one of more than 100 captures of one page at 2025-01-01T00:00:00.000Z" in done.output
    assert verify(tmp_path / "new.db").exit_code == 0
    assert len(contents(tmp_path / "new.db")["captures"]) < 200
    assert rows(tmp_path / "new.db", "SELECT title FROM versions ORDER BY id") == [(BASE.title,), ("Danach",)]


def test_foreign_values_within_an_archive_are_reported_as_damage(tmp_path: Path) -> None:
    for query in ("UPDATE captures SET captured_at = 'noon'", "UPDATE pages SET kind = 'x'"):
        other = damage(archive_of(tmp_path / f"{len(query)}.db", [capture(BASE, 0)]), query)
        done = merge(tmp_path / f"new{len(query)}.db", other)
        assert done.exit_code == 5, done.output
        assert "damaged" in done.stderr


def test_an_archive_is_merged_while_it_is_written_to(tmp_path: Path) -> None:
    with open_writer(tmp_path / "busy.db") as archive:
        archive.record([capture(BASE, 0)])
        done = merge(tmp_path / "new.db", tmp_path / "busy.db")
        assert (done.exit_code, done.stdout.split(",")[0]) == (0, "1 capture added")
        assert merge(tmp_path / "busy.db", tmp_path / "new.db").exit_code == 75


def merged_facts(into: Path, one: Path) -> Path:
    """Merge what another archive holds, and stop before anything is derived."""
    with ForeignArchive.opened(one) as other, open_writer(into) as new:
        new.maintenance.merge(other, lambda _: None)
    return into


@pytest.mark.parametrize(
    "found",
    [[capture(BASE, 0), page_of(MENU, 1)], [capture(BASE, 0, None)]],
    ids=["with a number", "without"],
)
def test_what_an_interrupted_merge_left_is_derived_by_the_next_command_that_writes(
    tmp_path: Path, found: list[Capture]
) -> None:
    one = archive_of(tmp_path / "one.db", found)
    new = merged_facts(tmp_path / "new.db", one)
    count = len(found)
    checked = verify(new)
    assert (checked.exit_code, checked.stdout.split(":")[0]) == (0, "sound")
    assert f"not checked: {count} pending page" in checked.stderr
    status = json.loads(CliRunner().invoke(cli, ["status", str(new), "--json"]).stdout)
    assert status["pending"] == count
    assert rows(new, "SELECT * FROM articles") == []
    assert contents(new) == contents(one)  # opened to write
    assert rows(new, "SELECT * FROM pending") == []
    assert verify(new).stderr == ""


@pytest.mark.parametrize(
    "mark",
    [
        ("menu", 99999, 1),
        ("menu", 2**63 - 1, 2**63 - 1),
        ("menu", 1, 1),
        ("article", 2**63 - 1, 0),
        ("article", -(2**63), 0),
        ("foreign", 1, 1),
    ],
    ids=str,
)
def test_a_mark_that_names_nothing_that_can_be_derived_is_deleted(
    tmp_path: Path, mark: tuple[object, ...]
) -> None:
    """As in a damaged archive. Page 1 is of an article, so capture 1 is of no menu."""
    one = archive_of(tmp_path / "one.db", [capture(BASE, 0), capture(replace(BASE, lead="Neu."), 1)])
    before = contents(one)
    damage(one, "INSERT INTO pending VALUES (?, ?, ?)", *mark)
    assert contents(one) == before
    assert rows(one, "SELECT * FROM pending") == []


@pytest.mark.parametrize("article", [None, 6081430])
def test_a_repair_derives_articles_whose_marks_are_lost(tmp_path: Path, article: int | None) -> None:
    """As if deriving them had failed. Captures of one may even be filed under another."""
    one = archive_of(tmp_path / "one.db", [capture(BASE, 0), capture(BASE, 0, 6080009), capture(LONG, 1)])
    new = merged_facts(tmp_path / "new.db", one)
    damage(new, "DELETE FROM pending")
    damage(new, "UPDATE captures SET article_id = ?", article)
    assert verify(new).exit_code != 0
    done = CliRunner().invoke(cli, ["verify", "--repair", str(new)])
    assert (done.exit_code, done.stderr) == (0, "")
    assert contents(new) == contents(one)


def test_absences_come_along(tmp_path: Path) -> None:
    a = archive_of(tmp_path / "a.db", [capture(BASE, 0)])
    b = archive_of(tmp_path / "b.db", [capture(BASE, 1, **ABSENT)])
    for into, other in ((copy(a, "c.db"), b), (copy(b, "d.db"), a)):
        assert contents(merged(into, other))["articles"][0][7] == "gone"
