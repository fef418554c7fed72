"""``--check``, ``--notify`` and ``--prometheus``: health is reported once per change, whatever fails."""

import fcntl
import json
import re
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.cli.monitoring.notifications import notify
from archive.cli.output.health import Checkup
from archive.policy.health import HealthProblem
from archive.store import open_writer
from archive.store.db.lock import writing
from benchmarks.threads import in_thread
from crawler.demo.newspaper.pages.newspaper import Newspaper
from tests.support import ROOT
from tests.support.running.crawls import PYTHON, Done, crawl, paper_served, root_of, run
from tests.support.samples.captures import BRIDGE, capture_of
from tests.support.servers.free_ports import free_port
from tests.support.servers.gopher_faults import LOOPBACK

pytestmark = pytest.mark.slow

PAPER = Newspaper(seed=3, articles=10, daily=0)
ILL, WELL = ("--max-age", "0s"), ()
Requests = list[tuple[str, str]]


@contextmanager
def listening(status: int = 200) -> Iterator[tuple[str, Requests]]:
    """A server that takes whatever is posted, and answers with a status: its URL, and paths with bodies."""
    received: Requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.path, body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with in_thread(HTTPServer((LOOPBACK, 0), Handler)) as server:
        yield f"http://{LOOPBACK}:{server.server_port}/ping/uuid", received


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One that was crawled just now."""
    path = tmp_path / "Große Zeitung.db"
    now = datetime.now(UTC)
    with open_writer(path) as opened:
        number = opened.runs.begin(source="gopher", at=now - timedelta(minutes=1))
        opened.record([capture_of(BRIDGE, at=now, source="gopher")], crawl=number)
        opened.runs.finish(number, at=now, reason="finished", stats={})
    return path


def status(archive: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["status", str(archive), "--check", *words], catch_exceptions=False)


# -- --check ------------------------------------------------------------------------------------------


def test_a_check_of_a_healthy_archive_prints_nothing(archive: Path) -> None:
    done = status(archive)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


def test_a_check_of_an_unhealthy_archive_prints_the_problem_and_exits_with_3(archive: Path) -> None:
    done = status(archive, *ILL)
    assert done.exit_code == 3
    head, ailment, *facts = done.stdout.splitlines()
    assert head == f"{archive} is unhealthy"
    assert ailment.startswith("- no crawl since ")
    assert [fact.split()[0] for fact in facts] == ["activity", "news", "disk", "fetched"]


def test_a_check_prints_all_facts_as_json(archive: Path) -> None:
    done = status(archive, *ILL, "--json")
    fields = json.loads(done.stdout)
    assert (done.exit_code, fields["healthy"]) == (3, False)
    assert [problem["kind"] for problem in fields["problems"]] == ["overdue"]
    assert fields["new_in_a_day"] == 1


def test_status_begins_with_the_health(archive: Path) -> None:
    done = CliRunner().invoke(cli, ["status", str(archive), *ILL])
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "health    unhealthy"
    assert lines[1].startswith("          - no crawl since ")
    assert lines[2].startswith("activity  last crawl 20")
    assert json.loads(CliRunner().invoke(cli, ["status", str(archive), "--json"]).stdout)["health"]["healthy"]


def test_a_missing_archive_is_notified_as_unhealthy(tmp_path: Path) -> None:
    with listening() as (url, received):
        done = status(tmp_path / "none.db", "--notify", url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no such archive" in done.stderr
    assert received[0][0] == "/ping/uuid/fail"


@pytest.mark.parametrize("size", ["10 Zoll", "-1", "", "MB"])
def test_an_invalid_size_is_wrong_usage(archive: Path, size: str) -> None:
    assert status(archive, f"--min-free={size}").exit_code == 2


def test_a_check_reports_a_running_crawl(archive: Path) -> None:
    with open_writer(archive) as opened:
        opened.runs.begin(source="gopher", at=datetime.now(UTC))
        fields = json.loads(status(archive, "--json").stdout)
    assert (fields["running"], fields["healthy"]) == (True, True)
    assert json.loads(status(archive, "--json").stdout)["running"] is False


# -- --notify -----------------------------------------------------------------------------------------


def test_each_change_of_state_is_notified_once(archive: Path) -> None:
    with listening() as (url, received):
        for state in (WELL, ILL, ILL, WELL, WELL, ILL, WELL):
            status(archive, "--notify", url, *state)
    assert [path for path, _ in received] == ["/ping/uuid/fail", "/ping/uuid"] * 2
    assert received[0][1].splitlines()[0] == f"{archive} is unhealthy"
    assert received[1][1].splitlines()[0] == f"{archive} is healthy"


def test_a_further_problem_is_notified_but_not_the_end_of_one_of_several(archive: Path) -> None:
    both = (*ILL, "--min-free", "9000TB")
    with listening() as (url, received):
        for state in (ILL, both, ILL, both, WELL):
            status(archive, "--notify", url, *state)
    assert [path.rpartition("/")[2] for path, _ in received] == ["fail", "fail", "fail", "uuid"]


def test_each_target_is_notified_independently(archive: Path) -> None:
    with listening() as (url, received):
        status(archive, "--notify", url, *ILL)
        done = status(archive, "--notify", url, "--notify", "-", *ILL)
    assert len(received) == 1
    assert done.stdout.count("is unhealthy") == 1, "on stdout it is not said twice"


def test_a_failed_notification_is_repeated(archive: Path) -> None:
    with listening(503) as (url, received):
        done = status(archive, "--notify", url, *ILL)
    assert len(received) == 1
    assert done.stderr.startswith(f"taz-archive: notification to {LOOPBACK} ")
    assert "failed: HTTP 503" in done.stderr
    assert done.exit_code == 3
    unreachable = f"http://{LOOPBACK}:{free_port()}/"
    for _ in range(2):
        assert f"notification to {LOOPBACK} failed: " in status(archive, "--notify", unreachable, *ILL).stderr
    assert "uuid" not in done.stderr, "an address may be a secret"


ADDRESSES = {
    "ftp://example.org/x": "ftp URLs are not supported: use http or https, or a shell command",
    "FILE:/tmp/x": "file URLs are not supported",
    "mailto:jo@example.org": "mailto URLs are not supported",
    "": "empty: use an http or https URL",
    "  ": "empty",
    "http:x": "invalid URL",
    "http://": "invalid URL: use http://HOST/PATH or https://HOST/PATH",
    "http://[": "invalid URL",
    "https://x y/": "invalid URL",
    "https://x/\x1b": "invalid URL",
    "http://127.0.0.1:99999/": "invalid URL",
    "http://127.0.0.1:sesam/": "invalid URL",
    "https://jo:sesam@example.org/": "invalid URL: use http://HOST/PATH or",
}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("command", ["status", "crawl"])
def test_an_invalid_target_is_wrong_usage(tmp_path: Path, command: str, address: str) -> None:
    done = CliRunner().invoke(cli, [command, str(tmp_path / "none.db"), "--notify", address])
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"Invalid value for '--notify': {ADDRESSES[address]}" in done.stderr
    assert "sesam" not in done.stderr


def test_a_target_is_read_from_a_file(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "url"
    with listening() as (url, received):
        file.write_text(f"{url}\n")
        for state in (ILL, WELL):
            status(archive, "--notify", f"@{file}", *state)
    assert [path for path, _ in received] == ["/ping/uuid/fail", "/ping/uuid"]


FILES = {
    "relative": ("@url", b"-", "@url is relative: use an absolute path"),
    "missing": ("@{folder}/none", b"-", "none: cannot be read: No such file"),
    "no text": ("@{folder}/url", b"sesam\xff", "url: expected UTF-8 text"),
    "no address": ("@{folder}/url", b"ftp://sesam", "ftp URLs are not supported"),
    "long": ("@{folder}/url", b"x" * 5000, "url: expected at most 4,096 bytes"),
    "empty": ("@{folder}/url", b"\n", "empty: use an http or https URL"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_a_target_is_wrong_usage(tmp_path: Path, name: str) -> None:
    address, held, said = FILES[name]
    (tmp_path / "url").write_bytes(held)
    words = ["status", str(tmp_path / "none.db"), "--notify", address.format(folder=tmp_path)]
    done = CliRunner().invoke(cli, words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "sesam" not in done.stderr


def test_the_scheme_of_a_url_may_be_in_capitals(archive: Path) -> None:
    with listening() as (url, received):
        status(archive, "--notify", url.replace("http", "HTTP"), *ILL)
    assert [path for path, _ in received] == ["/ping/uuid/fail"]


def test_a_command_gets_the_report_and_the_state(archive: Path, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    command = f'(echo "$TAZ_ARCHIVE_STATE $TAZ_ARCHIVE"; cat) >> {heard}'
    for state in (ILL, ILL, WELL):
        status(archive, "--notify", command, *state)
    lines = heard.read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"unhealthy {archive}"
    assert lines[1] == f"{archive} is unhealthy"
    assert f"healthy {archive}" in lines
    assert len([line for line in lines if "unhealthy" in line]) == 2


def test_a_command_that_fails_is_run_again_by_the_next_check(archive: Path, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    for _ in range(2):
        done = status(archive, "--notify", f"echo >> {heard}; exit 7", *ILL)
        assert done.stderr == "taz-archive: the command of --notify exited with 7\n"
    assert heard.read_text() == "\n\n"


def test_a_command_need_not_read_the_report(archive: Path) -> None:
    assert status(archive, "--notify", "exec true", *ILL).stderr == ""


@pytest.mark.parametrize("memory", [b"", b"{", b"[1]", b"\xff\x00" * 9, b"{}" + b" " * 99_999])
def test_a_damaged_state_file_is_replaced(archive: Path, memory: bytes) -> None:
    file = archive.with_name(f"{archive.name}.notified")
    file.write_bytes(memory)
    said = [status(archive, "--notify", "-", *ILL).stdout for _ in range(2)]
    assert [bool(text) for text in said] == [True, False]
    assert json.loads(file.read_bytes())


def test_without_a_state_file_nothing_is_notified(archive: Path) -> None:
    archive.with_name(f"{archive.name}.notified").mkdir()
    with listening() as (url, received):
        done = status(archive, "--notify", url, *ILL)
    assert received == []
    assert done.stderr == f"taz-archive: {archive}.notified: Is a directory\n"


@contextmanager
def answering(answer: Callable[[Callable[[bytes], None]], None]) -> Iterator[str]:
    """A server that sends of each answer what it is given, as it likes: its URL."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            with suppress(OSError):  # the client may have disconnected
                answer(self.request.sendall)

    with in_thread(socketserver.TCPServer((LOOPBACK, 0), Handler)) as server:
        yield f"http://{LOOPBACK}:{server.server_address[1]}/sesam"


ILL_CHECKUP = [HealthProblem("overdue", "no crawl since long")]
DRIP, DROPS = 0.1, 300  # seconds, and how many of them


def test_a_server_that_responds_byte_by_byte_times_out(archive: Path) -> None:
    given_up = threading.Event()

    def drip(send: Callable[[bytes], None]) -> None:
        send(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(DROPS):
            send(b"a")
            if given_up.wait(DRIP):
                return
        send(b"\r\nContent-Length: 0\r\n\r\n")

    with answering(drip) as url:
        problem = notify(
            Checkup(archive, ILL_CHECKUP, None, datetime.now(UTC)), url, server_timeout=10 * DRIP
        )
        given_up.set()
    assert problem == f"notification to {LOOPBACK} failed: no response within 1 s"


def test_no_lock_is_held_during_a_notification(archive: Path) -> None:
    waited = []

    def answer(send: Callable[[bytes], None]) -> None:
        with archive.with_name(f"{archive.name}.notified").open("rb") as memory:
            try:
                fcntl.flock(memory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waited.append("another look waits")
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with answering(answer) as url:
        assert status(archive, "--notify", url, *ILL).stderr == ""
    assert waited == []


def test_text_from_a_server_is_not_printed(archive: Path) -> None:
    hostile = b"HTTP/1.1 404 \x1b]0;PWN\x07 away\r\nContent-Length: 0\r\n\r\n"
    with answering(lambda send: send(hostile)) as url:
        done = status(archive, "--notify", url, *ILL)
    assert done.stderr == f"taz-archive: notification to {LOOPBACK} failed: HTTP 404\n"


def test_the_message_about_a_timeout_does_not_contain_the_command(archive: Path) -> None:
    checkup = Checkup(archive, ILL_CHECKUP, None, datetime.now(UTC))
    problem = notify(checkup, "exec sleep 30 # sesam", command_timeout=0.01)
    assert problem == "the command of --notify did not end within 0 s"


def test_a_link_in_place_of_the_state_file_is_not_followed(archive: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious " * 2000)
    archive.with_name(f"{archive.name}.notified").symlink_to(precious)
    done = status(archive, "--notify", "-", *ILL)
    assert precious.read_bytes() == b"precious " * 2000
    assert done.stderr == f"taz-archive: {archive}.notified: Too many levels of symbolic links\n"


def test_line_breaks_in_stored_text_do_not_add_lines_to_a_report(archive: Path) -> None:
    with open_writer(archive) as opened:
        number = opened.runs.begin(source="gopher", at=datetime.now(UTC))
        opened.runs.fail(number, at=datetime.now(UTC), problem="eins\n- zwei\x1b[31m")
    lines = status(archive).stdout.splitlines()
    assert [line for line in lines if line.startswith("-")] == ["- the last crawl failed: eins - zwei [31m"]


# -- --prometheus -------------------------------------------------------------------------------------

# https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
SAMPLE = re.compile(
    r'taz_archive_\w+\{\w+="(?:[^"\\\n]|\\[\\"n])*"(?:,\w+="(?:[^"\\\n]|\\[\\"n])*")*\} -?[0-9.e+]+'
)


def test_a_textfile_is_valid_and_complete(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "taz.prom"
    assert status(archive, "--prometheus", str(file)).exit_code == 0
    lines = file.read_text(encoding="utf-8").splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    assert all(SAMPLE.fullmatch(line) for line in samples)
    names = [line.split("{")[0] for line in samples]
    assert [name for at, name in enumerate(names) if name in names[:at] and names[at - 1] != name] == []
    for kind in ("HELP", "TYPE"):
        metrics = [line.split()[2] for line in lines if line.startswith(f"# {kind}")]
        assert metrics == list(dict.fromkeys(names))
    assert f'taz_archive_healthy{{archive="{archive}"}} 1' in lines
    assert f'taz_archive_new_articles_day{{archive="{archive}"}} 1' in lines
    assert f'taz_archive_source_up{{archive="{archive}",source="gopher"}} 1' in lines
    assert [path.name for path in tmp_path.iterdir() if "prom" in path.name] == ["taz.prom"]


def test_a_textfile_contains_the_problems(archive: Path, tmp_path: Path) -> None:
    status(archive, "--prometheus", str(tmp_path / "taz.prom"), *ILL)
    text = (tmp_path / "taz.prom").read_text(encoding="utf-8")
    assert f'taz_archive_healthy{{archive="{archive}"}} 0\n' in text
    assert f'taz_archive_problem{{archive="{archive}",kind="overdue"}} 1\n' in text


def test_a_textfile_that_cannot_be_written_is_a_warning(archive: Path, tmp_path: Path) -> None:
    done = status(archive, "--prometheus", str(tmp_path / "none" / "taz.prom"))
    assert done.stderr == f"taz-archive: {tmp_path}/none/taz.prom: No such file or directory\n"


# -- crawl ----------------------------------------------------------------------------------------------


def unattended(archive: Path, url: str, *words: str) -> Done:
    return crawl(archive, "--seed", url, "--ignore-schedule", "--quiet", "--notify", "-", *words)


@pytest.mark.parametrize("limit", [(), ("--max-pages", "5"), ("--max-time", "50s")])
def test_a_quiet_crawl_prints_each_change_of_health_once(tmp_path: Path, limit: tuple[str, ...]) -> None:
    archive = tmp_path / "taz.db"
    with paper_served(PAPER) as server:
        url = root_of(server)
        said = [unattended(archive, url)]
    said += [unattended(archive, url, *limit) for _ in range(3)]
    assert [done.returncode for done in said] == [0, 4, 4, 4]
    assert [done.stderr for done in said] == [""] * 4
    assert [done.stdout.count("\n- ") for done in said] == [0, 0, 1, 0]
    with paper_served(PAPER) as server:
        [back, after] = [unattended(archive, root_of(server)) for _ in range(2)]
    assert back.stdout.splitlines()[0] == f"{archive} is healthy"
    assert (after.stdout, after.stderr) == ("", "")


def test_a_quiet_crawl_during_another_prints_nothing_and_exits_with_75(tmp_path: Path) -> None:
    with writing(tmp_path / "taz.db"):
        done = unattended(tmp_path / "taz.db", f"gopher://{LOOPBACK}:{free_port()}/")
    assert (done.returncode, done.stdout, done.stderr) == (75, "", "")


def test_a_quiet_crawl_prints_a_fatal_error_once(tmp_path: Path) -> None:
    archive = tmp_path / "taz.db"
    archive.write_text("kein Archiv" * 99)
    url = f"gopher://{LOOPBACK}:{free_port()}/"
    first, second = unattended(archive, url), unattended(archive, url)
    assert (first.returncode, second.returncode) == (1, 1)
    assert f"- the last crawl failed: {archive}: not an archive" in first.stdout
    assert (first.stderr, second.stdout, second.stderr) == ("", "", "")
    without = crawl(archive, "--seed", url, "--quiet")
    assert without.stderr.startswith(f"taz-archive: {archive}: not an archive")


# -- Where output goes ----------------------------------------------------------------------------------


def test_a_closed_stdout_is_not_an_error(archive: Path) -> None:
    words = [sys.executable, "-m", "archive", "status", str(archive)]
    command = " ".join(f"'{word}'" for word in words)
    for shell in (f"{command} >&-", f"{command} | head -n 1; exit $?", f"{command} --check --max-age 0s >&-"):
        done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.stderr == "", shell
        assert done.returncode == (3 if "--check" in shell else 0)


def test_the_c_locale_is_not_an_error(archive: Path) -> None:
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PATH": "/usr/bin:/bin"}
    done = run([*PYTHON, "-m", "archive", "status", str(archive), "--check", *ILL], env=env)
    assert (done.returncode, done.stderr) == (3, "")
    assert "is unhealthy" in done.stdout
