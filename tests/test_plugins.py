"""Packages that extend the program: one that adds a bit of everything, and ones that are broken."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from archive.pagekey import selector
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from tests.support.running.crawls import PYTHON
from tests.support.running.plugins import install, install_source, run_with_plugins
from tests.support.servers.other_sources import shown, web
from tests.support.tables import rows

EXAMPLE = Path(__file__).parent / "plugin_example"
NEWSPAPER = Newspaper(seed=3, articles=4, daily=0)
ARTICLES = NEWSPAPER.articles_there(START)
HOOK = "from archive.hookspecs import hookimpl\n@hookimpl\ndef {}:\n    {}\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    install(EXAMPLE, folder)
    return folder


@pytest.fixture(scope="module")
def archive(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive crawled from the example's source."""
    path = tmp_path_factory.mktemp("crawled") / "taz.db"

    def numbered(lines: Sequence[str]) -> bytes:
        return "".join(f"{number}: {line}\n" for number, line in enumerate(lines, start=1)).encode()

    with web(shown(NEWSPAPER, numbered)) as server:
        seeds = [word for key in ARTICLES for word in ("--seed", server.url + selector(key)[1:])]
        done = run_with_plugins(site, "crawl", path, "--via", f"numbered={server.url}", *seeds, "--delay", 0)
    assert (done.returncode, done.stderr) == (0, "")
    return path


def titles_in(archive: Path) -> list[str]:
    return sorted(title for (title,) in rows(archive, "SELECT title FROM versions"))


def test_a_plugins_source_is_crawled_and_its_rendition_read(archive: Path) -> None:
    pages = [NEWSPAPER.page(key, START) for key in ARTICLES]
    assert titles_in(archive) == sorted(page.title or "" for page in pages if page)
    assert rows(archive, "SELECT DISTINCT source, rendition FROM captures") == [
        ("numbered", "numbered-lines")
    ]


def test_a_plugins_export_format_is_written(site: Path, archive: Path) -> None:
    done = run_with_plugins(site, "export", archive, "-", "--format", "titles")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == titles_in(archive)


def test_a_plugins_command_runs(site: Path) -> None:
    assert run_with_plugins(site, "greet").stdout == "Moin\n"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--help"], "greet"),
        (["crawl", "--help"], "numbered"),
        (["crawl", "--help"], "lines"),
        (["import", "--help"], "numbered-lines"),
        (["export", "--help"], "titles"),
    ],
)
def test_help_lists_what_a_plugin_adds(site: Path, words: list[str], found: str) -> None:
    assert found in "".join(run_with_plugins(site, *words).stdout.split())  # a line may break at a hyphen


def test_urls_of_a_plugins_gateway_name_pages(site: Path) -> None:
    code = (
        "from archive.pagekey import page_key; print(page_key('https://lines.example/taz.de/1/%215').number)"
    )
    assert run_with_plugins(site, "-c", code, before=PYTHON).stdout == "5\n"


GATEWAY = """\
from archive.gateways import IN_PATH, WebGateway
    return [WebGateway(name="{name}", home="{home}", form=IN_PATH, rendition="mills")]"""
TAKEN = {
    "a command": ("register_commands(cli)", "cli.command('status')(lambda: None)", ["--help"], "status"),
    "a source": (
        "register_sources()",
        "import archive.sources as s; return [s.SourceKind(name='gopher', home='', read_seed=print)]",
        ["crawl", "--help"],
        "gopher",
    ),
    "a gateway": (
        "register_gateways()",
        "from archive.gateways import GATEWAYS; return GATEWAYS[:1]",
        ["crawl", "--help"],
        "meulie",
    ),
    "a gateway like a source": (
        "register_gateways()",
        "import archive.gateways as g, dataclasses as d; return [d.replace(g.GATEWAYS[0], name='gemini')]",
        ["crawl", "--help"],
        "gemini",
    ),
    "a host of a gateway": (
        "register_gateways()",
        GATEWAY.format(name="theirs", home="https://gopher.mills.io/"),
        ["crawl", "--help"],
        "gopher.mills.io",
    ),
    "the paper's host": (
        "register_gateways()",
        GATEWAY.format(name="theirs", home="https://taz.de/"),
        ["crawl", "--help"],
        "taz.de",
    ),
    "a rendition": (
        "register_renditions()",
        "from archive.renditions.forms import text; return [text.RENDITION]",
        ["import", "--help"],
        "text",
    ),
    "a format": (
        "register_export_formats()",
        "from archive.export.formats import FORMATS; return [FORMATS['csv']]",
        ["export", "--help"],
        "csv",
    ),
}


@pytest.mark.parametrize("kind", TAKEN)
def test_a_name_that_is_taken_ends_in_one_line_that_names_the_plugin(kind: str, tmp_path: Path) -> None:
    hook, body, words, name = TAKEN[kind]
    done = run_with_plugins(install_source(tmp_path, HOOK.format(hook, body)), *words)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("taz-archive: plugin broken (broken_plugin): ")
    assert f'"{name}"' in line


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import nothing_of_this_name", "cannot be loaded: ModuleNotFoundError: No module named"),
        ("1 / 0", "cannot be loaded: ZeroDivisionError"),
        (HOOK.format("register_sources()", "raise ValueError('no luck\\ntoday')"), "ValueError: no luck"),
        (HOOK.format("register_sources()", "yield 1 / 0"), "register_sources failed: ZeroDivisionError"),
        (HOOK.format("register_sources()", "return ['gofer']"), "must return SourceKinds, found 'gofer'"),
        (HOOK.format("register_sorces()", "return []"), "register_sorces"),
    ],
)
def test_a_broken_plugin_ends_in_one_line_that_names_it(source: str, problem: str, tmp_path: Path) -> None:
    done = run_with_plugins(install_source(tmp_path, source), "crawl", tmp_path / "taz.db", "--via", "gofer")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("taz-archive: plugin broken (broken_plugin): ")
    assert problem in line


def test_pages_of_our_forms_are_read_in_spite_of_a_broken_plugin(tmp_path: Path) -> None:
    page = b"# taz.de -- Murr: Es regnet\n\nDie Murr steigt.\n\n10 Apr 2025\n"
    code = f"from archive.renditions.decode import read_page; print(read_page({page!r}, key=None).title)"
    done = run_with_plugins(install_source(tmp_path, "1 / 0"), "-c", code, before=PYTHON)
    assert (done.stdout, done.stderr) == ("Murr: Es regnet\n", "")


def test_two_plugins_with_one_host_are_both_named(tmp_path: Path) -> None:
    for name in ("first", "second"):
        gateway = GATEWAY.format(name=name, home="https://zettel.example/")
        site = install_source(tmp_path, HOOK.format("register_gateways()", gateway), name)
    done = run_with_plugins(site, "crawl", "--help")
    assert done.stderr == (
        "taz-archive: plugin second (second_plugin): register_gateways:"
        ' the name "zettel.example" is taken by plugin first (first_plugin)\n'
    )


@pytest.mark.parametrize("home", ["https://[broken/", "zettel.example"])
def test_a_gateway_without_a_host_is_refused(tmp_path: Path, home: str) -> None:
    gateway = GATEWAY.format(name="first", home=home)
    site = install_source(tmp_path, HOOK.format("register_gateways()", gateway), "first")
    done = run_with_plugins(site, "crawl", "--help")
    assert done.stderr.startswith("taz-archive: plugin first (first_plugin): register_gateways: WebGateway(")
    assert done.stderr.count("\n") == 1


def test_two_plugins_with_one_name_are_both_named(tmp_path: Path) -> None:
    source = HOOK.format(
        "register_sources()",
        "from archive.sources import SourceKind; return [SourceKind(name='x', home='', read_seed=print)]",
    )
    install_source(tmp_path, source, "first")
    done = run_with_plugins(install_source(tmp_path, source, "second"), "crawl", "--help")
    assert done.stderr == (
        "taz-archive: plugin second (second_plugin): register_sources:"
        ' the name "x" is taken by plugin first (first_plugin)\n'
    )
