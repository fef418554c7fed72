"""docs/scale.md: its commands are run in order, with a PostgreSQL server that is set up as the page says."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml

from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support import ROOT
from tests.support.running.crawls import paper_served, root_of
from tests.support.running.fake_programs import FAKE_CRONTAB
from tests.support.running.time_limit import LONGEST
from tests.support.servers.gopher_faults import FaultyServer
from tests.support.servers.other_servers import LOOPBACK
from tests.support.servers.postgres import USER, PostgresServer

PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAPER = Newspaper(seed=3, articles=2, daily=0)
HOST = "db.example"
# Of the machine with docker.
NOT_RUN = ("docker ", "chown ")
# The installed command, with a paper on loopback and without delay.
OURS = """\
#!{python}
import sys
sys.path.insert(0, {root!r})
if sys.argv[1:2] == ["crawl"]:
    sys.argv += ["--via", "gopher={url}", "--delay", "0"]
from archive.cli.main import main
main()
"""


def blocks(kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGE) if found == kind]


def commands(text: str) -> list[str]:
    lines = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
    return [line for line in lines if not line.startswith(NOT_RUN)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with a stand-in for crontab, in which the certificate was made."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "none").write_text("no crontab for jo\n")
    put(tmp_path / "bin" / "crontab", FAKE_CRONTAB.format(folder=tmp_path))
    for command in commands(blocks("console")[0]):
        succeeds(tmp_path, command.replace(f"DNS:{HOST}", f"IP:{LOOPBACK}"))
    return tmp_path


@pytest.fixture
def server(home: Path) -> Iterator[PostgresServer]:
    """A server with TLS that has the page's roles."""
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        hba = Path(folder, "pg_hba.conf")
        hba.write_text(f"host all {USER} {LOOPBACK}/32 trust\n{blocks('text')[0]}", encoding="utf-8")
        for name in ("server.crt", "server.key"):
            shutil.copy(home / name, folder)
            if os.geteuid() == 0:
                shutil.chown(Path(folder, name), USER)
        settings = {"ssl": "on", "hba_file": str(hba)}
        settings |= {"ssl_cert_file": f"{folder}/server.crt", "ssl_key_file": f"{folder}/server.key"}
        server = PostgresServer(Path(folder), settings)
        try:
            server.start()
            run_sql(server.url(), blocks("sql")[0], home)
            yield server
        finally:
            server.stop()


def run_sql(url: str, block: str, home: Path) -> None:
    """Run statements of the page, with passwords of our own."""
    password = (home / "password").read_text().strip()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in block.split(";\n"):
            if statement.strip():
                connection.execute(re.sub(r"PASSWORD '[^']*'", f"PASSWORD '{password}'", statement).encode())


def put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def follow(home: Path, command: str) -> "subprocess.CompletedProcess[str]":
    env = {"HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    env["TMPDIR"] = f"{home}/tmp"
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        env=env,
        cwd=home,
        timeout=LONGEST,
    )


def succeeds(home: Path, command: str) -> str:
    done = follow(home, command)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture
def program(home: Path) -> Iterator[FaultyServer]:
    """Install the program; yield the server of the paper that it crawls."""
    with paper_served(PAPER) as paper:
        ours = OURS.format(python=sys.executable, root=str(ROOT), url=root_of(paper))
        put(home / "bin" / "taz-archive", ours)
        yield paper


def at(server: PostgresServer, command: str) -> str:
    """Return a command of the page for a server that runs here."""
    here = f"{LOOPBACK}:{server.port}"
    return command.replace(f"{HOST}:5432", here).replace(f"@{HOST}/", f"@{here}/")


def test_every_command_of_the_page_succeeds(
    home: Path, server: PostgresServer, program: FaultyServer
) -> None:
    for name in ("taz.db", "laptop.db"):
        succeeds(home, f"taz-archive crawl {name}")
    lines = [line for block in blocks("console")[1:] for line in commands(block)]
    for line in lines:
        succeeds(home, at(server, line))
    assert len(lines) > 15


def test_a_role_with_the_permissions_of_the_page_can_crawl(
    home: Path, server: PostgresServer, program: FaultyServer
) -> None:
    for command in commands(blocks("console")[2]):
        succeeds(home, at(server, command).replace(":taz:", ":*:"))
    url = f"postgresql://taz@{LOOPBACK}:{server.port}/frontier?sslmode=verify-full"
    succeeds(home, f"taz-archive frontier init '{url}'")
    run_sql(server.url("frontier"), blocks("sql")[1], home)
    succeeds(home, f"taz-archive crawl new.db --frontier '{url.replace('taz@', 'crawler@')}'")
    assert len(program.asked) > 10


def test_the_compose_file_is_valid_and_mounts_the_files_of_the_page() -> None:
    [compose] = map(yaml.safe_load, blocks("yaml"))
    service = compose["services"]["frontier"]
    assert set(service["secrets"]) == set(compose["secrets"]) == {"password", "server.crt", "server.key"}
    options = [word.partition("=")[2] for word in service["command"] if word.startswith("ssl_")]
    mounted = [f"/run/secrets/{name}" for name in service["secrets"]]
    assert set(options) <= set(mounted)
