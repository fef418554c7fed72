"""Captures, added to a dataset of Parquet files in a folder or at a URL. `import` recreates the archive.

Of each part, what the dataset has is known from its manifests, so that what is exported already costs little.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from archive.bulk.captures.capture_file import CaptureFile
from archive.bulk.captures.capture_manifests import MANIFESTS
from archive.bulk.captures.dataset import capture_files, read_facts, write_facts, write_manifest
from archive.bulk.captures.fact_checks import FactChecks
from archive.bulk.storage import Storage, open_storage
from archive.errors import DamagedArchive, ExportError, NothingFound
from archive.export.manifest import LICENCE, TOOL
from archive.paper import FULL_NAME
from archive.progress import Watching
from archive.store import CaptureFact, FactsSummary, Part, Reader, RunningSummary, Selection, StoredFact

FILES_PER_MANIFEST = 200  # a manifest is written after so many files, so that less is lost if a store fails
_CACHED_BODIES = 4  # several captures of a page have the same bytes

_ABOUT = {"paper": FULL_NAME, "licence": LICENCE, "tool": TOOL}

Choice = Callable[[CaptureFact], bool]


@dataclass(slots=True)
class AddedCaptures:
    """What an export added to a dataset, and how many captures were damaged."""

    url: str
    captures: int = 0
    files: int = 0
    damaged: int = 0

    @property
    def sentence(self) -> str:
        """Return a sentence: "1,200 captures in 40 files added to captures"."""
        if not self.captures:
            return f"{self.url} has these captures already: nothing was added"
        captures = f"{self.captures:,} {'capture' if self.captures == 1 else 'captures'}"
        return f"{captures} in {self.files:,} {'file' if self.files == 1 else 'files'} added to {self.url}"


def add_captures(
    archive: Reader, url: str, selection: Selection, *, watching: Watching, warn: Callable[[str], None]
) -> AddedCaptures:
    """Add the selected captures to the dataset at a path or URL, unless it has them.

    ``watching`` is called with the number of captures, ``warn`` with a line for each damaged capture, which
    is left out. Raise :exc:`DatasetError` if the dataset cannot be read or written; what was added until then
    is complete, and the next export adds the rest. Raise :exc:`NothingFound` if nothing is selected.
    """
    storage = open_storage(url)
    _refuse_other(storage)
    storage.remove_leftovers()
    known = capture_files(storage)
    with archive.snapshot():
        archive.facts.select(selection)
        adding = _Adding(archive, storage, warn)
        selected = 0
        with watching(archive.facts.count()) as advance:
            for part in archive.facts.parts():
                captures = adding.add(part, known.get(part, ()))
                advance(captures)
                selected += captures
        adding.list_files()
    if not selected:
        raise NothingFound("nothing to export: the archive has no such captures")
    return adding.added


def _refuse_other(storage: Storage) -> None:
    """Raise :exc:`ExportError` for a folder with anything but parts and manifests."""
    for name in storage.entries():
        if name != MANIFESTS and not _is_part(name):
            raise ExportError(
                f"{storage.url}: is not a dataset of captures: it has {name}; give the folder of a dataset,"
                " or a new one"
            )


def _is_part(name: str) -> bool:
    try:
        Part.named(name)
    except ValueError:
        return False
    return True


class _Adding:
    """Adds captures to a dataset, part by part."""

    def __init__(self, archive: Reader, storage: Storage, warn: Callable[[str], None]) -> None:
        self.added = AddedCaptures(storage.url)
        self._facts, self._storage, self._warn = archive.facts, storage, warn
        self._body = lru_cache(_CACHED_BODIES)(archive.facts.body)
        self._unlisted: list[CaptureFile] = []

    def add(self, part: Part, known: tuple[CaptureFile, ...]) -> int:
        """Add the captures of a part that none of its files has. Return how many the part has."""
        captures, is_new = self._compare(part, known)
        if is_new:
            files = write_facts(self._storage, part, self._sound(part, is_new))
            self._unlisted += files
            self.added.files += len(files)
            self.added.captures += sum(file.rows for file in files)
            if len(self._unlisted) >= FILES_PER_MANIFEST:
                self.list_files()
        return captures

    def list_files(self) -> None:
        """List the files that were written; they count from then on."""
        write_manifest(self._storage, self._unlisted, _ABOUT)
        self._unlisted = []

    def _compare(self, part: Part, known: tuple[CaptureFile, ...]) -> tuple[int, Choice | None]:
        """Return how many captures a part has, and which of them are new; None: none is.

        Only if earlier captures were added since the last export, as by a merge, the files are read.
        """
        exported = _joined(known)
        last = max((file.last for file in known), default="")
        earlier, total = RunningSummary(), RunningSummary()
        for one in self._facts.of(part):
            identity = one.fact.identity
            total.add(identity)
            if one.fact.captured_at <= last:
                earlier.add(identity)
        if total.total == exported:
            return exported.captures, None
        if earlier.total == exported:
            return total.total.captures, lambda fact: fact.captured_at > last
        identities = {fact.identity for fact in read_facts(self._storage, known)}
        return total.total.captures, lambda fact: fact.identity not in identities

    def _sound(self, part: Part, is_new: Choice) -> Iterator[CaptureFact]:
        """Yield the new captures of a part with their bytes. Report damaged ones and leave them out."""
        checks = FactChecks(part)
        for one in self._facts.of(part):
            if not is_new(one.fact):
                continue
            try:
                yield self._with_body(one, checks)
            except DamagedArchive as error:
                self.added.damaged += 1
                self._warn(f"{one.fact.url}, {one.fact.captured_at}: {error}; it is left out")

    def _with_body(self, one: StoredFact, checks: FactChecks) -> CaptureFact:
        """Return a capture with its bytes. Raise :exc:`DamagedArchive` if it is damaged."""
        fact = one.fact if one.payload is None else one.fact._replace(body=self._body(one.payload))
        if fault := checks.fault(fact):
            raise DamagedArchive(f"the capture {fault}")
        return fact


def _joined(files: tuple[CaptureFile, ...]) -> FactsSummary:
    summary = FactsSummary()
    for file in files:
        summary = summary.joined(file.summary)
    return summary
