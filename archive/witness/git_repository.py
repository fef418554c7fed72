"""A git repository: records are lines of a file in it, each committed, and pushed if there is where to."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from archive.dump.grammar import clean
from archive.errors import WitnessError
from archive.witness.kept_records import KeptRecord
from archive.witness.publication import ALREADY_PUBLISHED, Publication
from archive.witness.record_lines import append_record

RECORDS_NAME = "roots.jsonl"
GIT_TIMEOUT_SECONDS = 120.0  # for one command
_MAX_MESSAGE_LENGTH = 200
# Variables of a hook from which this may run: they name another repository.
_OTHER_REPOSITORY = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"}
_SETTINGS = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "LC_ALL": "C",  # since messages are parsed
}
_SSH_COMMAND = "ssh -o BatchMode=yes"  # which asks for no password
_NAME = ("-c", "user.name=taz-archive", "-c", "user.email=taz-archive@localhost")  # if none is configured


class GitRepository:
    """A witness: the file ``roots.jsonl`` in a folder of a git working tree."""

    def __init__(self, folder: Path, *, timeout: float = GIT_TIMEOUT_SECONDS) -> None:
        self.name = str(folder)
        self._folder = folder
        self._timeout = timeout

    def publish(self, kept: KeptRecord) -> Publication:
        """Append a record and commit the file, unless it has the root; push what was not pushed yet.

        Raise :exc:`WitnessError`.
        """
        if not self._folder.is_dir():
            raise WitnessError(f"{self._folder}: no such folder")
        if self._run("rev-parse", "--is-inside-work-tree", "--show-cdup").partition("\n")[0] != "true":
            raise WitnessError(f"{self._folder}: is not in a working tree of git")
        if (self._folder / RECORDS_NAME).is_symlink():  # of which git would keep the name it leads to
            raise WitnessError(f"{self._folder / RECORDS_NAME}: is a link; replace it with its file")
        append_record(self._folder / RECORDS_NAME, kept)
        done = ["committed"] if self._commit(kept) else []
        self._refuse_missing(kept)
        if remote := self._push():
            done.append(f"pushed to {clean(remote)}")
        return Publication(" and ".join(done)) if done else ALREADY_PUBLISHED

    def _commit(self, kept: KeptRecord) -> bool:
        """Commit the file of records and nothing else, if it has changed. Return whether it had."""
        if not self._run("status", "--porcelain", "--ignored", "--", RECORDS_NAME):
            return False
        self._run("add", "--intent-to-add", "--", RECORDS_NAME)
        subject = f"Record a root of all captures: {kept.record.captures:,}"
        body = f"{kept.record.root}\nof {kept.record.computed_at}"
        settings = () if self._answer("config", "--get", "user.email") else _NAME
        self._run(*settings, "commit", "--quiet", "--only", "-m", subject, "-m", body, "--", RECORDS_NAME)
        return True

    def _refuse_missing(self, kept: KeptRecord) -> None:
        """Raise :exc:`WitnessError` unless the commit has the record: git may have been set to ignore it."""
        words = ("grep", "--quiet", "--fixed-strings", "-e", kept.record.root, "HEAD", "--", RECORDS_NAME)
        if self._answer(*words) is None:
            raise WitnessError(
                f"{self._folder}: the record is not in the commit; see `git ls-files -v {RECORDS_NAME}` and"
                " .gitattributes there"
            )

    def _push(self) -> str | None:
        """Push commits that the branch's upstream lacks; return its remote, or None if there was nothing."""
        branch = self._answer("symbolic-ref", "--quiet", "--short", "HEAD")
        remote = branch and self._answer("config", "--get", f"branch.{branch}.remote")
        target = branch and self._answer("config", "--get", f"branch.{branch}.merge")
        if not remote or not target or self._answer("rev-list", "--count", "@{upstream}..HEAD") == "0":
            return None
        self._run("push", "--quiet", "--", remote, f"HEAD:{target}")
        return remote

    def _answer(self, *words: str) -> str | None:
        """Return what a command prints; None if it fails."""
        code, printed, _ = self._git(words)
        return None if code else printed

    def _run(self, *words: str) -> str:
        """Return what a command prints. Raise :exc:`WitnessError` if it fails."""
        code, printed, message = self._git(words)
        if code:
            raise WitnessError(f"{self._folder}: git: {_reason(message) or f'it exited with {code}'}")
        return printed

    def _git(self, words: tuple[str, ...]) -> tuple[int, str, str]:
        try:
            started = subprocess.Popen(  # noqa: S603 - our words, and names that git gave
                ["git", "-C", self._folder, *words],  # noqa: S607 - wherever the system has it
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # without a terminal to ask for a password
            )
        except OSError as error:
            raise WitnessError(f"cannot start git ({error.strerror}); install it") from error
        with started:
            try:
                printed, message = started.communicate(timeout=self._timeout)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(started.pid, signal.SIGKILL)
                raise WitnessError(
                    f"{self._folder}: git did not finish within {self._timeout:.0f} s"
                ) from None
        return started.returncode, _text(printed), _text(message)


def _environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name not in _OTHER_REPOSITORY}
    return {"GIT_SSH_COMMAND": _SSH_COMMAND, **ours, **_SETTINGS}


def _text(printed: bytes) -> str:
    return printed.decode("utf-8", "replace").strip()


def _reason(message: str) -> str:
    """Return the line of an error message that says what is wrong."""
    if "[rejected]" in message:
        return "the upstream has other commits; run `git pull --rebase` there"
    lines = [line for line in message.splitlines() if line and not line.startswith(("hint:", "To "))]
    marked = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return clean(next(iter(marked or lines), ""))[:_MAX_MESSAGE_LENGTH]
