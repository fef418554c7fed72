"""A calendar of OpenTimestamps: it collects digests, and puts their root into a block of Bitcoin hours later.

Until then a stamp is pending: it names the calendar that will know the way to the block. Later runs ask it.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from opentimestamps.calendar import DEFAULT_CALENDAR_WHITELIST

from archive.errors import WitnessError
from archive.proofs.root_record import InvalidRecord
from archive.witness.kept_records import KeptRecord, files_in, read_bounded, write_kept
from archive.witness.publication import ALREADY_PUBLISHED, Publication
from archive.witness.stamps.detached_stamp import DetachedStamp
from archive.witness.stamps.exchange import server_answer
from archive.witness.stamps.stamp_files import DETACHED_STAMP_ENDING, MAX_STAMP_BYTES
from archive.witness.stamps.stamp_problems import InvalidStamp

CALENDAR_TIMEOUT_SECONDS = 30.0  # for one answer
MAX_COMPLETED = 50  # stamps of one run, oldest first
_MAX_ANSWER_BYTES = 10_000  # as OpenTimestamps' own client accepts
_HEADERS = {"Accept": "application/vnd.opentimestamps.v1"}
_OK = 200


class BitcoinCalendar:
    """A witness: a calendar, or a pool of them. Answers are joined in one file next to the record."""

    def __init__(self, url: str, *, timeout: float = CALENDAR_TIMEOUT_SECONDS) -> None:
        self.name = url
        self._timeout = timeout

    def publish(self, kept: KeptRecord) -> Publication:
        """Send the digest of a record, unless the calendar has it, and complete earlier stamps.

        Raise :exc:`WitnessError`.
        """
        is_new = self._submit(kept)
        completed = self._complete(kept.file.parent)
        done = ["submitted; it will be in a block of Bitcoin within hours"] if is_new else []
        if completed:
            done.append(f"earlier stamps completed: {completed:,}")
        return Publication("; ".join(done), is_new) if done else ALREADY_PUBLISHED

    def _submit(self, kept: KeptRecord) -> bool:
        file = kept.file.with_name(f"{kept.file.name}{DETACHED_STAMP_ENDING}")
        stamp = read_detached(file) if file.exists() else DetachedStamp.new(kept.content)
        if not stamp.is_of(kept.content):
            raise WitnessError(f"{file}: is the stamp of another record; move it away")
        if stamp.has(self.name):
            return False
        url = f"{self.name}/digest"
        digest = stamp.commitment(self.name)
        answer = server_answer("POST", url, _HEADERS, self._timeout, _MAX_ANSWER_BYTES, digest)
        with _refusals(url):
            stamp.add(self.name, answer.content)
            write_kept(file, stamp.written())
        return True

    def _complete(self, folder: Path) -> int:
        """Ask for what is pending, of this calendar's branches; return how many stamps were completed."""
        completed = asked = 0
        for file in files_in(folder, DETACHED_STAMP_ENDING):
            with suppress(WitnessError):  # which `verify` reports
                stamp = read_detached(file)
                for uri, commitment in list(stamp.pending(self.name)):
                    if asked < MAX_COMPLETED and self._may_ask(uri):
                        asked += 1
                        completed += self._ask(file, stamp, uri, commitment)
        return completed

    def _may_ask(self, uri: str) -> bool:
        """Return whether to ask a calendar that a stamp names: this one, or one that all clients know."""
        return uri.rstrip("/") == self.name or uri in DEFAULT_CALENDAR_WHITELIST

    def _ask(self, file: Path, stamp: DetachedStamp, uri: str, commitment: bytes) -> bool:
        url = f"{uri.rstrip('/')}/timestamp/{commitment.hex()}"
        answer = server_answer("GET", url, _HEADERS, self._timeout, _MAX_ANSWER_BYTES)
        if answer.status != _OK:  # not in a block yet
            return False
        with _refusals(url):
            stamp.complete(self.name, commitment, answer.content)
            write_kept(file, stamp.written())
        return True


@contextmanager
def _refusals(url: str) -> Iterator[None]:
    """Raise :exc:`WitnessError` for an answer that is not what was asked for."""
    try:
        yield
    except InvalidStamp as error:
        raise WitnessError(f"{url}: the answer is refused: {error}") from error


def read_detached(file: Path) -> DetachedStamp:
    """Return the stamp in a file. Raise :exc:`WitnessError`, with the file's name."""
    try:
        return DetachedStamp.read(read_bounded(file, MAX_STAMP_BYTES))
    except (InvalidRecord, InvalidStamp) as error:
        raise WitnessError(f"{file}: {error}; move it away") from error
