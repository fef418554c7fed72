"""A git repository as a witness: one file is committed and pushed, and nothing else is touched."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.errors import WitnessError
from archive.store import open_writer
from archive.witness.git_repository import GitRepository
from archive.witness.kept_records import read_kept
from tests.support.samples.captures import HOUR, NOON, absence_of
from tests.support.samples.witnessed_archive import one_capture, records_of, taz_archive

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is missing: apt-get install git")


@pytest.fixture(autouse=True)
def without_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let git find no user's name, as on a server."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    bare = tmp_path / "upstream.git"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    return bare


def clone(upstream: Path, name: str) -> Path:
    folder = upstream.with_name(name)
    git(upstream.parent, "clone", "--quiet", str(upstream), str(folder))
    git(folder, "symbolic-ref", "HEAD", "refs/heads/main")
    return folder


@pytest.fixture
def repository(upstream: Path) -> Path:
    return clone(upstream, "roots")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return one_capture(tmp_path / "taz.db")


def add_capture(archive: Path) -> None:
    with open_writer(archive) as opened:
        opened.record([absence_of(700002, NOON + HOUR)])


def commit(folder: Path, name: str) -> None:
    (folder / name).write_text("x")
    git(folder, "add", name)
    git(folder, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-m", name)


def published(upstream: Path) -> list[bytes]:
    return [f"{line}\n".encode() for line in git(upstream, "show", "main:roots.jsonl").splitlines()]


def test_each_root_is_committed_and_pushed_once(archive: Path, repository: Path, upstream: Path) -> None:
    done = taz_archive("witness", archive, "--git", repository)
    assert (done.exit_code, f"{repository}: committed and pushed to origin" in done.output) == (0, True)
    again = taz_archive("witness", archive, "--git", repository)
    assert (again.exit_code, f"{repository}: published before" in again.output) == (0, True)
    add_capture(archive)
    assert taz_archive("witness", archive, "--git", repository, "--quiet").output == ""
    assert published(upstream) == [file.read_bytes() for file in records_of(archive)]
    assert git(upstream, "log", "--format=%an %s", "main").splitlines() == [
        "taz-archive Record a root of all captures: 2",
        "taz-archive Record a root of all captures: 1",
    ]
    assert taz_archive("verify", archive, "--root", repository / "roots.jsonl").exit_code == 0


def test_other_files_and_staged_changes_stay_as_they_are(archive: Path, repository: Path) -> None:
    commit(repository, "notes")
    (repository / "notes").write_text("staged")
    git(repository, "add", "notes")
    (repository / "notes").write_text("changed")
    (repository / "new").write_text("new")
    before = git(repository, "status", "--porcelain")
    assert taz_archive("witness", archive, "--git", repository).exit_code == 0
    assert git(repository, "status", "--porcelain") == before
    assert git(repository, "show", "--format=", "--name-only", "HEAD") == "roots.jsonl"


def test_a_push_that_failed_is_repeated(archive: Path, repository: Path, upstream: Path) -> None:
    taz_archive("witness", archive, "--git", repository)
    away = upstream.rename(upstream.with_name("away.git"))
    add_capture(archive)
    done = taz_archive("witness", archive, "--git", repository, "--quiet")
    assert done.exit_code == 3
    assert f"taz-archive: {repository}: git: fatal: " in done.output
    assert done.output.count("\n") == 1
    away.rename(upstream)
    assert "pushed to origin" in taz_archive("witness", archive, "--git", repository).output
    assert len(published(upstream)) == 2


def test_an_upstream_with_other_commits_is_not_overwritten(
    archive: Path, repository: Path, upstream: Path
) -> None:
    taz_archive("witness", archive, "--git", repository)
    other = clone(upstream, "other")
    git(other, "pull", "--quiet", "origin", "main")
    commit(other, "theirs")
    git(other, "push", "--quiet", "origin", "main")
    add_capture(archive)
    done = taz_archive("witness", archive, "--git", repository)
    assert done.exit_code == 3
    assert "the upstream has other commits; run `git pull --rebase` there" in done.output
    git(repository, "-c", "user.name=x", "-c", "user.email=x@example.org", "pull", "--quiet", "--rebase")
    assert taz_archive("witness", archive, "--git", repository).exit_code == 0
    assert len(published(upstream)) == 2
    assert git(upstream, "log", "--format=%s", "-1", "main", "--", "theirs") == "theirs"


def test_a_branch_without_upstream_is_not_pushed(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder" / "within"
    folder.mkdir(parents=True)
    git(folder.parent, "init", "--quiet")
    assert f"{folder}: committed\n" in taz_archive("witness", archive, "--git", folder).output
    git(folder, "checkout", "--quiet", "--detach")
    add_capture(archive)
    assert f"{folder}: committed\n" in taz_archive("witness", archive, "--git", folder).output
    assert git(folder.parent, "ls-files") == "within/roots.jsonl"


def test_a_configured_name_is_used(archive: Path, repository: Path) -> None:
    git(repository, "config", "user.name", "Ada")
    git(repository, "config", "user.email", "ada@example.org")
    taz_archive("witness", archive, "--git", repository)
    assert git(repository, "log", "--format=%an %ce") == "Ada ada@example.org"


def test_a_commit_that_failed_is_repeated(archive: Path, repository: Path) -> None:
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    done = taz_archive("witness", archive, "--git", repository)
    assert (done.exit_code, "git: not today" in done.output) == (3, True)
    hook.unlink()
    assert "committed and pushed" in taz_archive("witness", archive, "--git", repository).output
    assert len((repository / "roots.jsonl").read_bytes().splitlines()) == 1


def places(folder: Path) -> Iterator[tuple[Path, str]]:
    yield folder / "missing", "no such folder"
    (folder / "plain").mkdir()
    yield folder / "plain", "not a git repository"
    git(folder, "init", "--quiet", "--bare", str(folder / "bare"))
    yield folder / "bare", "is not in a working tree of git"
    git(folder, "init", "--quiet", str(folder / "ignoring"))
    (folder / "ignoring" / ".gitignore").write_text("roots.jsonl")
    yield folder / "ignoring", "ignored"
    git(folder, "init", "--quiet", str(folder / "linked"))
    (folder / "linked" / "roots.jsonl").symlink_to(folder / "elsewhere")
    yield folder / "linked", "roots.jsonl: is a link; replace it with its file"
    git(folder, "init", "--quiet", str(folder / "own"))
    (folder / "own" / "roots.jsonl").write_text("mine\n")
    yield folder / "own", "roots.jsonl: line 1: this is not a record of a root"


def test_other_places_are_refused_in_one_line(archive: Path, tmp_path: Path) -> None:
    for folder, problem in places(tmp_path):
        done = taz_archive("witness", archive, "--git", folder, "--quiet")
        assert done.exit_code == 3, folder
        assert problem in done.output
        assert done.output.count("\n") == 1
    assert not (tmp_path / "elsewhere").exists()
    assert (tmp_path / "own" / "roots.jsonl").read_text() == "mine\n"


def test_a_record_that_git_was_set_to_ignore_is_not_published(archive: Path, repository: Path) -> None:
    taz_archive("witness", archive, "--git", repository)
    git(repository, "update-index", "--assume-unchanged", "roots.jsonl")
    add_capture(archive)
    done = taz_archive("witness", archive, "--git", repository)
    assert (done.exit_code, "the record is not in the commit" in done.output) == (3, True)
    git(repository, "update-index", "--no-assume-unchanged", "roots.jsonl")
    assert "committed and pushed" in taz_archive("witness", archive, "--git", repository).output


def test_a_git_that_does_not_end_is_ended(archive: Path, repository: Path) -> None:
    taz_archive("witness", archive)
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nsleep 1000\n")
    hook.chmod(0o755)
    with pytest.raises(WitnessError, match="git did not finish within 1 s"):
        GitRepository(repository, timeout=1).publish(read_kept(next(records_of(archive))))


def test_a_machine_without_git_gets_a_clear_error(
    archive: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    done = taz_archive("witness", archive, "--git", repository)
    assert (done.exit_code, "cannot start git (No such file or directory); install it" in done.output) == (
        3,
        True,
    )
