"""Reads datasets of captures that an export wrote, in folders or at URLs."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from archive.batching import in_batches
from archive.bulk.captures.dataset import capture_files, read_facts
from archive.bulk.storage import open_storage
from archive.errors import DatasetError
from archive.model import Capture
from archive.progress import Advance
from archive.store import CaptureFact

# Captures that are held at once, so that those of different pages can be recorded together.
_CAPTURES_AHEAD = 4_000
_BYTES_AHEAD = 32 * 2**20


class CaptureDataset:
    """A dataset of captures. Raises :exc:`DatasetError` for one without captures."""

    def __init__(self, url: str) -> None:
        self.storage = open_storage(url)
        self.files = capture_files(self.storage)
        if not self.files:
            raise DatasetError(
                f"{url}: has no captures; expected a dataset that `export --format captures` wrote"
            )

    @property
    def file_count(self) -> int:
        """The number of its files."""
        return sum(map(len, self.files.values()))

    @property
    def capture_count(self) -> int:
        """The number of captures; one in several files counts several times."""
        return sum(file.rows for files in self.files.values() for file in files)

    def captures(self, advance: Advance) -> Iterator[Capture]:
        """Yield all captures, those that name no page last; call ``advance`` with how many were read."""
        for files in self.files.values():
            facts = ((fact, len(fact.body or b"")) for fact in read_facts(self.storage, files))
            for batch in in_batches(facts, _CAPTURES_AHEAD, _BYTES_AHEAD):
                yield from (fact.capture for fact in by_turns(batch))
                advance(len(batch))


def by_turns(facts: Iterable[CaptureFact]) -> list[CaptureFact]:
    """Return the first capture of each page, then the second of each, and so on.

    Captures of different pages are recorded together, which takes a fraction of the time.
    """
    turns = (
        (turn, fact)
        for _, of_page in groupby(facts, key=lambda fact: fact.key)
        for turn, fact in enumerate(of_page)
    )
    return [fact for _, fact in sorted(turns, key=lambda pair: pair[0])]
