"""Arguments and settings of ``scrapy crawl taz``: a wrong one is one line, and nothing is written."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from archive.store import open_writer
from archive.store.db.lock import writing
from crawler.options import ARGUMENTS, SETTINGS, CrawlOptions
from tests.support.running.crawls import Done, scrapy

OWN = "gopher://127.0.0.1:1/"
PAGES = 'invalid number of pages "{}": use 1 or more'
SHARD = 'invalid shard "{}": use 1/3, 2/3 and 3/3 for three machines'
HOURS = 'invalid hours "{}": use 22-6 or 22:00-06:30'
DELAY = 'invalid delay "{}": use seconds, such as 1 or 2.5'
WRONG = {
    # setting: what is said about each value
    "CRAWL_MAX_PAGES": dict.fromkeys(("x", "0", "-1", "1.5", "９"), PAGES),
    "CRAWL_BACKFILL": dict.fromkeys(("x", "0"), PAGES),
    "CRAWL_BUDGET": dict.fromkeys(("x", "-1"), PAGES),
    "CRAWL_SHARD": dict.fromkeys(("0/0", "9/2", "1", "1/2/3", "a/b"), SHARD),
    "CRAWL_QUIET_HOURS": dict.fromkeys(("25-3", "22", "6-6", "-1-3"), HOURS),
    "CRAWL_IGNORE_SCHEDULE": dict.fromkeys(("maybe", "2"), 'invalid value "{}": use 1 or 0'),
    "CRAWL_SOURCES": {" ": "no source is named: use gopher, or several that are separated by spaces"},
    "DOWNLOAD_DELAY": dict.fromkeys(("abc", "", "-1", "nan", "inf", "-inf", "1e400", "1e300"), DELAY),
}
CASES = [(setting, value, said) for setting, values in WRONG.items() for value, said in values.items()]


@pytest.mark.parametrize(("setting", "value", "said"), CASES)
def test_the_error_of_a_wrong_setting_names_it_and_says_what_to_use(
    setting: str, value: str, said: str
) -> None:
    with pytest.raises(ValueError) as error:
        CrawlOptions.from_settings({setting: value})
    assert str(error.value) == f"{setting}: {said.format(value)}"


@pytest.mark.parametrize("setting", sorted({*SETTINGS.values()} - {"DOWNLOAD_DELAY"}))
def test_an_empty_setting_is_its_default(setting: str) -> None:
    assert CrawlOptions.from_settings({setting: ""}) == CrawlOptions()


def test_options_survive_the_way_through_settings() -> None:
    options = CrawlOptions(archive=Path("taz.db"), seeds=(OWN,), pages=3, ignore_schedule=True)
    assert CrawlOptions.from_settings(options.as_settings()) == options


def refused(folder: Path, words: list[str], said: str, archive: Path | None = None) -> None:
    """Assert that a crawl ends with one line, and that no file of a folder has changed."""
    before = contents(folder)
    done = scrapy("crawl", "taz", "-a", f"archive={archive or folder / 'taz.db'}", *words)
    is_refused(done, said)
    assert contents(folder) == before


def is_refused(done: Done, said: str) -> None:
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("scrapy crawl taz: ")
    assert said in line


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("argument", ["shard=0/0", "quiet_hours=25-3", "max_pages=x", "budget=-1"])
def test_a_wrong_argument_is_refused(argument: str, tmp_path: Path) -> None:
    name, _, _ = argument.partition("=")
    refused(tmp_path, ["-a", f"seed={OWN}", "-a", argument], f"{ARGUMENTS[name]}: invalid ")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["archive", "via", "shard"])
def test_an_argument_without_a_value_is_refused(name: str, tmp_path: Path) -> None:
    refused(tmp_path, ["-a", f"{name}="], f"-a {name}= has no value: add one, or leave the argument out")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "delay", "said"),
    [
        (
            "gopher://192.0.2.1/",
            "0",
            "a delay below 1s is only allowed for your own servers, not for 192.0.2.1",
        ),
        ("gopher://192.0.2.1/", "0.99", "a delay below 1s is only allowed"),
        (OWN, "1e9", "a delay of more than a day would never end"),
        (OWN, "inf", 'invalid delay "inf"'),
    ],
)
def test_a_delay_that_is_too_short_or_too_long_is_refused(
    seed: str, delay: str, said: str, tmp_path: Path
) -> None:
    refused(tmp_path, ["-a", f"seed={seed}", "-s", f"DOWNLOAD_DELAY={delay}"], f"DOWNLOAD_DELAY: {said}")


def make_folder(path: Path) -> None:
    path.mkdir()


def make_text(path: Path) -> None:
    path.write_text("Das ist kein Archiv.\n" * 50, encoding="utf-8")


def make_archive(path: Path) -> None:
    with open_writer(path) as opened:
        assert opened.path == path


def make_damaged(path: Path) -> None:
    make_archive(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * 4000 + whole[4100:])


def make_newer(path: Path) -> None:
    make_archive(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE _sqlite_migrations SET name = '9999'")
        connection.commit()


ARCHIVES: dict[str, tuple[Callable[[Path], None], str]] = {
    "folder": (make_folder, "not an archive (not a regular file)"),
    "text": (make_text, "not an archive"),
    "damaged": (make_damaged, "damaged"),
    "newer": (make_newer, "newer"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_file_that_cannot_be_crawled_into_is_refused_and_unchanged(kind: str, tmp_path: Path) -> None:
    make, said = ARCHIVES[kind]
    make(tmp_path / "taz.db")
    refused(tmp_path, ["-a", f"seed={OWN}"], said)


@pytest.mark.slow
def test_an_archive_that_another_run_writes_is_refused(tmp_path: Path) -> None:
    make_archive(tmp_path / "taz.db")
    with writing(tmp_path / "taz.db"):
        refused(tmp_path, ["-a", f"seed={OWN}"], "taz.db")
