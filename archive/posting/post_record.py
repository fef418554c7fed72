"""What has been posted: a file of JSON lines next to the archive, ``taz.db.posted``.

It is not in the archive. A backup that is restored must not make a bot post again what it posted since, and a
crawl that writes to the archive must not keep it from posting.

Lines are only added. A line that a kill left incomplete counts as not written: it is the line of a post that
``sending`` announced, for which the service is asked.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.errors import ArchiveBusy, PostingError
from archive.posting.edit import PostableEdit
from archive.posting.service import PublishedPost
from archive.timestamps import parse_stamp, stamp


def posted_path(archive: Path) -> Path:
    """Return the record next to an archive."""
    real = archive.resolve()
    return real.with_name(f"{real.name}.posted")


class PostRecord:
    """The posts of all accounts, in the order in which they were published.

    A ``login`` stands for credentials, an ``account`` is theirs, a ``stream`` is a login and a choice
    of edits to post there.
    """

    def __init__(self, file: Path, content: bytes, handle: int | None = None) -> None:
        self._file = file
        self._handle = handle
        self._accounts: dict[str, str] = {}
        self._sending: set[tuple[str, str]] = set()
        self._posted: set[tuple[str, str]] = set()
        self._moments: set[tuple[str, int, str]] = set()
        self._latest: dict[tuple[str, int], PublishedPost] = {}
        self._starts: dict[str, datetime] = {}
        self._complete: dict[str, datetime] = {}
        self._read(content)

    @classmethod
    def read(cls, file: Path) -> "PostRecord":
        """Read a record that may be missing, without locking it. Raise :exc:`PostingError`."""
        try:
            return cls(file, file.read_bytes())
        except FileNotFoundError:
            return cls(file, b"")
        except OSError as error:
            raise PostingError(f"{file}: cannot be read: {error.strerror}") from error

    @classmethod
    @contextmanager
    def locked(cls, file: Path) -> Iterator["PostRecord"]:
        """Open a record to add to it, and create it if it is missing.

        Raise :exc:`ArchiveBusy` if another run posts, and :exc:`PostingError` if it cannot be written.
        """
        try:
            handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise PostingError(
                f"{file}: cannot be written: {error.strerror}; give another file with --posted"
            ) from error
        try:
            _lock(handle, file)
            yield cls(file, file.read_bytes(), handle)
        finally:
            os.close(handle)

    def account_of(self, login: str) -> str | None:
        """Return the account of a login that was used before."""
        return self._accounts.get(login)

    def start_of(self, stream: str) -> datetime | None:
        """Return the time from which edits are posted, since the first run."""
        return self._starts.get(stream)

    def complete_until(self, stream: str) -> datetime | None:
        """Return until when all edits have been posted."""
        return self._complete.get(stream)

    def has(self, account: str, edit: PostableEdit) -> bool:
        """Return whether an edit has been posted.

        It has if the same edit was posted, at whatever time, or another one of the article at that time: what
        the edit changed may be known better by now.
        """
        return (account, edit.key) in self._posted or (
            account,
            edit.article,
            stamp(edit.at),
        ) in self._moments

    def is_sending(self, account: str, edit: PostableEdit) -> bool:
        """Return whether a run that did not record the end has begun to post an edit."""
        return (account, edit.key) in self._sending

    def latest(self, account: str, article: int) -> PublishedPost | None:
        """Return the latest post about an article."""
        return self._latest.get((account, article))

    def add_account(self, login: str, account: str) -> None:
        self._add({"login": login, "account": account})

    def add_start(self, stream: str, start: datetime) -> None:
        self._add({"stream": stream, "start": stamp(start)})

    def add_complete(self, stream: str, until: datetime) -> None:
        self._add({"stream": stream, "complete": stamp(until)})

    def add_sending(self, account: str, edit: PostableEdit) -> None:
        """Announce that a post is about to be sent."""
        self._add({"sending": edit.key, "account": account})

    def add_posted(self, account: str, edit: PostableEdit, post: PublishedPost, at: datetime) -> None:
        known = {"account": account, "article": edit.article, "at": stamp(edit.at), "posted_at": stamp(at)}
        self._add({"posted": edit.key, **known, "post": post._asdict()})

    def _add(self, line: Mapping[str, Any]) -> None:
        """Write a line to the disk, so that it survives a crash of the machine, and apply it."""
        if self._handle is None:
            raise PostingError(f"{self._file}: was opened to read only")
        encoded = (json.dumps(line) + "\n").encode()
        size = os.fstat(self._handle).st_size
        try:
            written = os.write(self._handle, encoded)
            os.fsync(self._handle)
        except OSError as error:
            raise PostingError(f"{self._file}: cannot be written: {error.strerror}") from error
        if written != len(encoded):
            os.ftruncate(self._handle, size)  # the next line, of another service, must not continue this one
            raise PostingError(f"{self._file}: cannot be written: the disk is full")
        self._apply(line)

    def _read(self, content: bytes) -> None:
        *lines, rest = content.split(b"\n")
        for number, line in enumerate(lines, 1):
            try:
                self._apply(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise PostingError(
                    f"{self._file}: line {number} is damaged; remove it if you know what was posted"
                ) from error
        if rest and self._handle is not None:  # of a run that was killed, or of a full disk
            os.ftruncate(self._handle, len(content) - len(rest))

    def _apply(self, line: Mapping[str, Any]) -> None:
        if "login" in line:
            self._accounts[line["login"]] = line["account"]
        elif "start" in line:
            self._starts[line["stream"]] = parse_stamp(line["start"])
        elif "complete" in line:
            self._complete[line["stream"]] = parse_stamp(line["complete"])
        elif "sending" in line:
            self._sending.add((line["account"], line["sending"]))
        else:
            self._apply_posted(line)

    def _apply_posted(self, line: Mapping[str, Any]) -> None:
        account, key = line["account"], line["posted"]
        self._sending.discard((account, key))
        self._posted.add((account, key))
        self._moments.add((account, line["article"], line["at"]))
        self._latest[account, line["article"]] = PublishedPost(**line["post"])


def _lock(handle: int, file: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ArchiveBusy(f"{file}: another run is posting; wait for it to finish") from error
