"""``schedule``: lines for every cron, installed without changes to the rest of the crontab."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from archive.cli.main import cli
from archive.errors import ScheduleError
from archive.schedule import crontab, systemd
from archive.schedule.ephemeral_programs import ephemeral_kind, program_folders
from archive.schedule.interval import EVEN_INTERVALS, Rhythm, daily, every, short
from archive.schedule.jobs import ScheduledJob
from tests.support import ROOT
from tests.support.running.crawls import Done
from tests.support.running.fake_programs import FAKE_CRONTAB, FAKE_SYSTEMCTL
from tests.support.samples.captures import archive_of

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
COMMAND = (sys.executable, "-m", "archive")
OFFSETS = st.integers(0, 24 * 60)
NONE = {"debian": "no crontab for jo", "busybox": "crontab: can't open 'jo': No such file or directory"}


# -- When ---------------------------------------------------------------------------------------------


def minutes_of(rhythm: Rhythm) -> list[int]:
    """All minutes of a day that a rhythm's line of a crontab names."""
    minute, hour, *rest = rhythm.crontab.split()
    assert rest == ["*", "*", "*"]
    hours = range(24) if hour == "*" else map(int, hour.split(","))
    minutes = range(60) if minute == "*" else list(map(int, minute.split(",")))
    return [60 * each + at for each in hours for at in minutes]


def length(words: str) -> timedelta:
    return {"m": MINUTE, "h": 60 * MINUTE, "d": DAY}[words[-1]] * int(words[:-1])


ALLOWED = [length(words) // MINUTE for words in EVEN_INTERVALS.split()]


@pytest.mark.parametrize("words", EVEN_INTERVALS.split())
@given(offset=OFFSETS)
def test_runs_are_an_interval_apart_around_the_clock(words: str, offset: int) -> None:
    interval = length(words)
    rhythm = every(interval, offset=offset)
    found = minutes_of(rhythm)
    following = [*found[1:], found[0]]
    gaps = {(after - at) % 1440 or 1440 for at, after in zip(found, following, strict=True)}
    assert gaps == {interval // MINUTE}
    assert timedelta(0) < rhythm.longest_run < interval


@given(st.integers(-10, 3 * 24 * 60))
def test_an_uneven_interval_is_refused_with_the_even_ones(minutes: int) -> None:
    if minutes in ALLOWED:
        every(minutes * MINUTE)
    else:
        with pytest.raises(
            ValueError, match=f"does not divide an hour or a day; use one of {EVEN_INTERVALS}"
        ):
            every(minutes * MINUTE)


@pytest.mark.parametrize("seconds", [0.5, 30, 90, 61])
def test_an_interval_with_a_fraction_of_a_minute_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="does not divide"):
        every(timedelta(seconds=seconds))


def test_a_daily_job_runs_at_one_minute() -> None:
    assert minutes_of(daily(time(4, 10))) == [250]
    assert short(daily(time(4, 10)).longest_run) == "360m"


def test_a_run_ends_before_the_next_begins() -> None:
    longest = {words: short(every(timedelta(minutes=words)).longest_run) for words in (1, 5, 30, 60)}
    assert longest == {1: "45s", 5: "225s", 30: "25m", 60: "55m"}


# -- What a line means ----------------------------------------------------------------------------------

WORDS = st.lists(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), max_size=8))
HOURLY = every(60 * MINUTE)
SHELLS = [words for words in (["dash"], ["bash", "--posix"], ["busybox", "ash"]) if shutil.which(words[0])]


@given(words=WORDS)
def test_a_line_has_no_character_that_cron_interprets(words: list[str]) -> None:
    line = crontab.line(ScheduledJob("x", HOURLY, ["printf", *words], None, {"A": "5 %"}))
    assert not set("%\n\r") & set(line)


ODD = [
    "ä ö",
    "%d%%",
    "%",
    "",
    "a'b",
    '"',
    "$HOME",
    "`id`",
    "\\",
    "*",
    "!",
    "# x",
    "~",
    "-n",
    "a\tb",
    "%\u00e9%",
]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: str(words[0]))
def test_the_shell_gets_the_words_unchanged(shell: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "100% Größe"
    folder.mkdir()
    show = [sys.executable, "-c", "import os, sys; print([os.getcwd(), os.environ['A'], *sys.argv[1:]])"]
    line = crontab.line(ScheduledJob("x", HOURLY, [*show, *ODD], folder, {"A": "5 % $x"}))
    command = line.split(maxsplit=5)[5]
    done = subprocess.run([*shell, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == f"{[str(folder), '5 % $x', *ODD]}\n"


@pytest.mark.parametrize("word", ["a\nb", "a\rb"])
def test_a_line_break_is_refused(word: str) -> None:
    with pytest.raises(ScheduleError, match="line break"):
        crontab.line(ScheduledJob("x", HOURLY, ["x", word]))
    with pytest.raises(ScheduleError, match="line break"):
        systemd.units(Path("taz.db"), [ScheduledJob("x", HOURLY, ["x", word])])


# -- The crontab ------------------------------------------------------------------------------------------

ARCHIVE = Path("/home/jo/Große Zeitung.db")
LINES = st.lists(st.text(st.characters(exclude_characters="\n"), max_size=9))


@given(others=LINES, ends=st.booleans(), one=LINES, two=LINES)
def test_other_lines_stay_byte_for_byte(
    others: list[str], ends: bool, one: list[str], two: list[str]
) -> None:
    before = "\n".join(others) + ("\n" if ends and others else "")
    first = crontab.with_block(before, ARCHIVE, in_block(one))
    second = crontab.with_block(first, ARCHIVE, in_block(two))
    third = crontab.with_block(second, Path("/other.db"), in_block(one, Path("/other.db")))
    assert crontab.with_block(first, ARCHIVE, in_block(one)) == first, "again is as once"
    assert second.replace("\n".join(in_block(two)), "") == first.replace("\n".join(in_block(one)), "")
    assert crontab.with_block(third, Path("/other.db"), []) == second
    after = crontab.with_block(second, ARCHIVE, [])
    assert after in (before, f"{before}\n")


def in_block(lines: list[str], archive: Path = ARCHIVE) -> list[str]:
    return [crontab.OPENING_MARK.format(archive), *lines, crontab.CLOSING_MARK.format(archive)]


@pytest.mark.parametrize("at", [0, -1])
def test_half_a_block_is_an_error(at: int) -> None:
    torn = "\n".join(in_block(["x"])[slice(1, None) if at == 0 else slice(0, -1)])
    for lines in (in_block(["y"]), []):
        with pytest.raises(ScheduleError, match="half a block"):
            crontab.with_block(torn, ARCHIVE, lines)


class Home(NamedTuple):
    """A user's, with a crontab program that keeps its table here."""

    folder: Path

    @property
    def archive(self) -> Path:
        return self.folder / "Große Zeitung.db"

    @property
    def table(self) -> bytes | None:
        path = self.folder / "table"
        return path.read_bytes() if path.exists() else None

    def schedule(
        self, *words: str, path: str | None = None, archive: Path | None = None, **environment: str
    ) -> Done:
        env = {"PATH": path or f"{self.folder}/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
        env |= {"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / "config")}
        env |= {"TMPDIR": str(self.folder / "tmp"), **environment}
        command = [*COMMAND, "schedule", str(archive or self.archive), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


@pytest.fixture(params=NONE)
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Home:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "crontab"
    program.write_text(FAKE_CRONTAB.format(folder=tmp_path))
    program.chmod(0o755)
    (tmp_path / "none").write_text(f"{NONE[request.param]}\n")
    archive_of(Home(tmp_path).archive, [])
    return Home(tmp_path)


@pytest.fixture(autouse=True)
def checkout_that_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the tests run from a clone in the system's temporary folder, say, is no matter."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))


MINE = "MAILTO=jo\n# \xff Größe\r\n17 3 * * * true\n".encode("latin-1")


def test_the_printed_lines_are_installed_and_removed(home: Home) -> None:
    (home.folder / "table").write_bytes(MINE)
    printed = home.schedule("--every", "15m")
    assert home.table == MINE, "printing changes nothing"
    assert (printed.returncode, printed.stderr) == (0, "")
    installed = home.schedule("--every", "15m", "--install")
    assert (installed.stdout, installed.stderr) == (printed.stdout, "Installed.\n")
    assert home.table == MINE + printed.stdout.encode()
    assert home.schedule("--every", "15m", "--install").stderr == "Already installed; nothing changed.\n"
    assert home.schedule("--every", "1h", "--install").stderr == "Installed.\n"
    assert (home.table or b"").count(b">>> taz-archive") == 1
    assert home.schedule("--remove").stderr == "Removed.\n"
    assert home.table == MINE
    assert (
        home.schedule("--remove").stderr
        == f"Nothing to remove: your crontab has no block for {home.archive.name}.\n"
    )


def test_a_crontab_is_created_and_removed_if_there_was_none(home: Home) -> None:
    assert home.schedule("--install").stderr == "Installed.\n"
    assert home.schedule("--remove").stderr == "Removed.\n"
    assert home.table is None


REFUSALS = {
    "not allowed": "You (jo) are not allowed to use this program (crontab)\nSee crontab(1) for more\n",
    "denied": "/var/spool/cron/: mkstemp: Permission denied\n",
    "busybox's": "crontab: can't open 'jo': Permission denied\n",
    "silent": "",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_crontab_that_cannot_be_read_is_an_error_of_one_line(home: Home, name: str) -> None:
    (home.folder / "table").write_bytes(MINE)
    (home.folder / "refusal").write_text(REFUSALS[name])
    for words in (["--install"], ["--remove"]):
        done = home.schedule(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("taz-archive: the crontab cannot be read: ")
    assert home.table == MINE


def test_a_missing_crontab_program_is_an_error(home: Home) -> None:
    done = home.schedule("--install", path="/nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot start crontab (No such file or directory); install cron" in done.stderr


@pytest.mark.parametrize("home", ["debian"], indirect=True)
def test_two_simultaneous_installs_both_succeed(home: Home) -> None:
    program = home.folder / "bin" / "crontab"
    program.write_text(program.read_text().replace("-) cat", "-) sleep 0.5; cat"))  # once both have read it
    (home.folder / "table").write_bytes(MINE)
    others = home.folder / "other.db"
    archive_of(others, [])
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(home.schedule, "--install", archive=path) for path in (home.archive, others)]
    assert [done.result().stderr for done in both] == ["Installed.\n"] * 2
    table = (home.table or b"").decode("utf-8", "surrogateescape")
    assert [f">>> taz-archive {path} >>>" in table for path in (home.archive, others)] == [True, True]


@pytest.mark.parametrize("home", ["debian"], indirect=True)
def test_a_notify_url_that_is_not_in_a_file_gets_a_warning(home: Home) -> None:
    secret = home.folder / "url"
    secret.write_text("https://example.org/sesam\n")
    held = home.schedule("--", "--notify", f"@{secret}")
    assert (held.returncode, held.stderr, "sesam" in held.stdout) == (0, "", False)
    words = line_of(held)
    assert words[words.index("--notify") + 1] == f"@{secret}"
    shown = home.schedule("--", "--notify=https://example.org/sesam")
    assert shown.returncode == 0
    assert "the URL of --notify is visible in the crontab or unit" in shown.stderr


# -- What is scheduled ----------------------------------------------------------------------------------


def line_of(done: Done, command: str = "crawl") -> list[str]:
    """The words of the one line with this command, as a shell reads them."""
    [line] = [line for line in done.stdout.splitlines() if f" {command} " in line and line[0] != "#"]
    return shlex.split(line)


def test_an_unattended_crawl_ends_in_time_logs_and_is_quiet(home: Home) -> None:
    words = line_of(home.schedule())
    at = words.index("crawl")
    log = str(home.archive.with_suffix(".log"))
    assert words[at:] == [
        *("crawl", str(home.archive), "--max-time", "25m", "--quiet", "--log", log, "--notify", "-")
    ]
    assert words[words.index("archive") - 2] == sys.executable
    assert f"PYTHONPATH={ROOT}" in words


def test_options_of_the_user_are_kept(home: Home) -> None:
    options = ("-v", "--log", "x.log", "--notify", "mail me", "--max-time", "5m", "--via", "gemini")
    done = home.schedule("--", *options)
    assert tuple(line_of(done)[-len(options) :]) == options
    assert line_of(done)[5:7] == ["cd", str(Path.cwd())], "x.log is meant from here"


def test_each_archive_has_its_own_constant_minutes(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c", "d", "e", "f")]
    for folder in folders:
        folder.mkdir()
        archive_of(folder / "taz.db", [])
    lines = [printed(folder / "taz.db") for folder in folders]
    assert lines == [printed(folder / "taz.db") for folder in folders]
    assert len({line.split()[0] for line in lines}) > 1


def printed(archive: Path) -> str:
    """The line of the crontab that crawls."""
    done = CliRunner().invoke(cli, ["schedule", str(archive)])
    [line] = [line for line in done.stdout.splitlines() if " crawl " in line]
    return line


def test_jobs_have_intervals_of_their_own(home: Home) -> None:
    jobs = ("--job", "07:05", "changes --since yesterday --format markdown", "--job", "1d", "verify")
    done = home.schedule(*jobs[:3])
    words = line_of(done, "changes")
    assert words[:2] == ["5", "7"]
    assert words[words.index("changes") :] == [
        *("changes", str(home.archive), "--since", "yesterday", "--format", "markdown")
    ]
    assert line_of(home.schedule(*jobs), "verify")[-1] == "--quiet"


def test_a_job_with_a_relative_path_among_repeated_ones_runs_in_this_folder(home: Home) -> None:
    words = line_of(home.schedule("--job", "1d", "witness --git /srv/roots --file roots.jsonl"), "witness")
    assert words[words.index("witness") + 1 :] == [
        *(str(home.archive), "--git", "/srv/roots", "--file", "roots.jsonl", "--quiet")
    ]
    assert f"cd {Path.cwd()}" in " ".join(words)


@pytest.mark.parametrize("name", ["a\fb.db", "a\u2028.db", "back\\"])
def test_a_name_with_line_breaks_or_a_final_backslash_is_refused(home: Home, name: str) -> None:
    done = CliRunner().invoke(cli, ["schedule", str(home.folder / name)])
    assert (done.exit_code, "cannot be part of a crontab or unit" in done.stderr) == (2, True)


def test_the_time_zone_is_passed_on_and_that_of_one_job_stays_with_it(home: Home) -> None:
    zones = home.schedule(
        *("--job", "07:00", "changes --tz America/New_York"), *("--job", "1d", "status"), TAZ_ARCHIVE_TZ="UTC"
    )
    for name in ("crawl", "changes", "status"):
        assert "TAZ_ARCHIVE_TZ=UTC" in line_of(zones, name)
    assert line_of(zones, "changes")[-2:] == ["--tz", "America/New_York"]


def test_variables_without_secrets_are_passed_on(home: Home) -> None:
    line = line_of(
        home.schedule(
            TAZ_ARCHIVE_CONTACT="jo@example.org",
            TAZ_ARCHIVE_CREDENTIALS="/srv/posts",
            TAZ_ARCHIVE_MASTODON_TOKEN="5f2e-9c1d",
        )
    )
    assert {"TAZ_ARCHIVE_CONTACT=jo@example.org", "TAZ_ARCHIVE_CREDENTIALS=/srv/posts"} <= set(line)
    assert not any("5f2e-9c1d" in word for word in line)


WRONG = {
    "an interval that makes no sense": (["--every", "7m"], "7m does not divide"),
    "no interval at all": (["--every", "0"], "0m does not divide"),
    "seconds": (["--every", "30s"], "30s does not divide"),
    "an invalid time": (["--daily", "25:00"], 'invalid time of day "25:00": use 04:10'),
    "two rhythms": (["--every", "1h", "--daily", "04:10"], "give one of them"),
    "in and out": (["--install", "--remove"], "exclude each other"),
    "an unknown option of crawl": (["--", "--vai", "gopher"], "crawl: No such option '--vai'"),
    "a run longer than the interval": (["--", "--max-time", "30m"], "use 25m"),
    "no job": (["--job", "1h", "demo"], '"demo" cannot be scheduled; use one of crawl, '),
    "an empty job": (["--job", "1h", ""], '"" cannot be scheduled'),
    "help": (["--job", "1h", "status --help"], "--help cannot be scheduled"),
    "an unknown source": (["--", "--via", "foo"], '--via: unknown source "foo": use one of gopher, '),
    "a source given twice": (["--", "--via", "mills", "--via", "mills"], "mills is given twice"),
    "a seed that is no address": (["--", "--seed", "taz"], "--seed: "),
    "no pause for the paper": (
        ["--", "--delay", "0"],
        "only allowed for your own servers, not for taz.de",
    ),
    "a log in a folder that is not there": (
        ["--", "--log", "/nowhere/taz.log"],
        "/nowhere: no such directory",
    ),
    "no time for a page": (["--", "--timeout", "0"], "--timeout 0 would wait forever"),
    "another crawl of an unknown source": (["--job", "1d", "crawl --via foo"], 'unknown source "foo"'),
    "an unsupported monitor": (["--", "--notify", "ftp://x"], "ftp URLs are not supported"),
    "two forms": (
        ["--job", "1d", "changes --json --format html"],
        "--format html exclude each other",
    ),
    "a day before a day": (
        ["--job", "1d", "changes --since today --until yesterday"],
        "changes: --since ",
    ),
    "a file in place of a stream": (
        ["--job", "1d", "export - --format epub"],
        "cannot be written to stdout",
    ),
    "a choice that chooses nothing": (
        ["--job", "1d", "export x.warc --format warc --versions all"],
        "does not apply to warc, which holds captures",
    ),
    "an invalid time in a job": (["--job", "1d", "changes --since soon"], 'invalid time "soon"'),
    "a zone that does not exist": (
        ["--job", "1d", "changes --tz Europe/Bonn"],
        'unknown time zone "Europe/Bonn": use a name such as Europe/Berlin or UTC',
    ),
    "a backup to nowhere": (["--job", "1d", "backup"], "Missing argument 'OUT'"),
    "a torn job": (["--job", "1h", "status 'x"], "No closing quotation"),
    "a job at no time": (["--job", "soon", "status"], 'invalid duration "soon"'),
}


@pytest.mark.parametrize("name", WRONG)
def test_invalid_jobs_are_refused_when_scheduled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")  # so that a crontab would be missed
    words, said = WRONG[name]
    done = CliRunner().invoke(cli, ["schedule", str(tmp_path / "taz.db"), "--install", *words])
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())


@pytest.mark.parametrize("install", [(), ("--install",)])
def test_a_missing_archive_cannot_be_scheduled(home: Home, install: tuple[str, ...]) -> None:
    home.archive.unlink()
    done = home.schedule(*install)
    assert (done.returncode, done.stdout, home.table) == (1, "", None)
    makes_one = f"`taz-archive crawl {shlex.quote(str(home.archive))}` creates one"
    assert f"{home.archive}: no such archive; {makes_one}" in done.stderr
    home.archive.write_text("kein Archiv" * 99)
    done = home.schedule(*install)
    assert (done.returncode, done.stdout, home.table) == (1, "", None)
    assert "not an archive" in done.stderr


def test_a_missing_folder_is_wrong_usage() -> None:
    done = CliRunner().invoke(cli, ["schedule", "/nowhere/taz.db"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "/nowhere: no such directory" in done.stderr


# -- Whether the program stays --------------------------------------------------------------------------

LASTS = {
    "/home/jo/.local/share/uv/tools/taz-archive": None,
    "/home/jo/.local/share/pipx/venvs/taz-archive": None,
    "/home/jo/taz/.venv": None,
    "/opt/taz-archive": None,
    "/usr": None,
    "/home/jo/.cache/uv/archive-v0/Xy12": "cache",
    "/home/jo/.cache/pipx/0123456789abcde": "cache",
    "/home/jo/.local/share/pipx/.cache/0123456789abcde": "cache",
    "/Users/jo/Library/Caches/uv/archive-v0/Xy12": "cache",
    "/home/jo/taz/.tox/py311": "cache",
    "/data/uv/builds-v0/.tmpXy12": "cache",
    "/data/caches/pipx/0123": "cache",
    "/tmp/venv": "temporary folder",
    "/var/tmp/venv": "temporary folder",
    "/dev/shm/venv": "temporary folder",
    "/run/user/1000/venv": "temporary folder",
}


@pytest.mark.parametrize("folder", LASTS)
def test_a_cache_or_temporary_folder_is_recognised(folder: str) -> None:
    environment = {"UV_CACHE_DIR": "/data/uv", "XDG_CACHE_HOME": "/data/caches"}
    assert ephemeral_kind(Path(folder), environment) == LASTS[folder]


def kinds_of(environment: Path, package: Path) -> list[str | None]:
    return [ephemeral_kind(each, {"TMPDIR": "/nowhere"}) for each in program_folders(environment, package)]


def test_a_uv_environment_is_not_ephemeral(tmp_path: Path) -> None:
    """As `uv tool install` and `uv venv` do it: the tag is in the environment itself."""
    environment = tmp_path / "uv" / "tools" / "taz-archive"
    package = environment / "lib" / "python3.11" / "site-packages" / "archive"
    package.mkdir(parents=True)
    (environment / "CACHEDIR.TAG").touch()
    assert kinds_of(environment, package) == [None]
    (tmp_path / "uv" / "CACHEDIR.TAG").touch()  # as uv's own cache has it
    assert kinds_of(environment, package) == ["cache"]
    link = tmp_path / "link"
    link.symlink_to(environment)
    assert kinds_of(link, link / "lib") == ["cache"]


def test_a_package_in_a_cache_is_ephemeral(tmp_path: Path) -> None:
    assert kinds_of(tmp_path / ".venv", tmp_path / ".cache" / "taz" / "archive") == [None, "cache"]


@pytest.mark.parametrize("words", [(), ("--install",), ("--systemd", "--install")])
def test_a_program_in_the_uv_cache_is_not_scheduled(home: Home, words: tuple[str, ...]) -> None:
    if not (uv := shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")):
        pytest.skip("no uv; `pip install uv` has it")
    packages = [str(ROOT), *(path for path in sys.path if path.endswith("-packages"))]
    env = {"PATH": f"{home.folder}/bin:/usr/bin:/bin", "HOME": str(home.folder)}
    env |= {"PYTHONPATH": ":".join(packages), "UV_CACHE_DIR": str(home.folder / "uv")}
    env |= {"TMPDIR": str(home.folder / "tmp")}
    isolated = [uv, "run", "--quiet", "--offline", "--no-project", "--isolated", "--python", sys.executable]
    command = [*isolated, "python", "-m", "archive", "schedule", str(home.archive), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=home.folder)
    assert (done.returncode, done.stdout, home.table) == (1, "", None)
    assert f"this program runs from a cache, {home.folder}/uv/" in done.stderr
    assert "`uv tool install` or `pipx install`" in done.stderr


# -- systemd ----------------------------------------------------------------------------------------------


def test_units_are_valid_for_systemd(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze")
    words = ["/usr/bin/printf", "%s|", *ODD]
    rhythms = [every(30 * MINUTE), every(DAY, offset=700), daily(time(4, 10)), every(MINUTE)]
    jobs = [ScheduledJob("crawl", rhythm, words, tmp_path, {"A": '5 % "x"'}) for rhythm in rhythms]
    files = systemd.units(Path("/home/jo/Große %d Zeitung.db"), jobs)
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    paths = [str(tmp_path / name) for name in files]
    done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "taz-archive" in line or str(tmp_path) in line]
    assert ours == []
    for rhythm in rhythms:
        subprocess.run(["systemd-analyze", "calendar", rhythm.calendar], check=True, capture_output=True)


def units_in(home: Home) -> list[str]:
    return sorted(path.name for path in (home.folder / "config" / "systemd" / "user").glob("*"))


@pytest.fixture
def own_units(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """As a user who is not root has them."""
    program = home.folder / "bin" / "systemctl"
    program.write_text(FAKE_SYSTEMCTL.format(folder=home.folder))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home.folder}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home.folder / "config"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return home


def test_units_are_installed_and_removed_but_not_other_files(own_units: Home) -> None:
    archive = str(own_units.archive)
    schedule = ["schedule", archive, "--systemd"]
    printed = CliRunner().invoke(cli, schedule)
    assert units_in(own_units) == []
    done = CliRunner().invoke(cli, [*schedule, "--job", "04:10", "changes", "--install"])
    assert (done.exit_code, done.stderr) == (0, "Installed.\n")
    names = units_in(own_units)
    assert [re.sub(r"-[0-9a-f]{6}-", "-", name) for name in names] == [
        *("taz-archive-gro-e-zeitung-1-crawl.service", "taz-archive-gro-e-zeitung-1-crawl.timer"),
        *("taz-archive-gro-e-zeitung-2-changes.service", "taz-archive-gro-e-zeitung-2-changes.timer"),
    ]
    again = CliRunner().invoke(cli, [*schedule, "--job", "04:10", "changes", "--install"])
    assert again.stderr == "Already installed; nothing changed.\n"
    stranger = own_units.folder / "config" / "systemd" / "user" / names[0].replace("1-crawl", "mine")
    stranger.write_text("[Unit]\n")
    assert CliRunner().invoke(cli, [*schedule, "--install"]).stderr == "Installed.\n"
    assert units_in(own_units) == sorted([*names[:2], stranger.name])
    assert CliRunner().invoke(cli, [*schedule, "--remove"]).stderr == "Removed.\n"
    assert units_in(own_units) == [stranger.name]
    assert "[Timer]" in printed.stdout
    said = (own_units.folder / "systemctl.said").read_text().splitlines()
    assert said[:2] == ["--user daemon-reload", f"--user enable --now {names[1]} {names[3]}"]


def test_a_failure_of_systemctl_is_an_error_of_one_line(own_units: Home) -> None:
    (own_units.folder / "refusal").write_text("Failed to connect to bus: No medium found\n")
    done = CliRunner().invoke(cli, ["schedule", str(own_units.archive), "--systemd", "--install"])
    assert done.exit_code == 1
    assert (
        done.stderr
        == "taz-archive: systemctl --user daemon-reload: Failed to connect to bus: No medium found\n"
    )


def test_an_unwritable_unit_folder_is_an_error_of_one_line(own_units: Home) -> None:
    (own_units.folder / "config").write_text("")
    done = CliRunner().invoke(cli, ["schedule", str(own_units.archive), "--systemd", "--install"])
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"taz-archive: {own_units.folder}/config")
