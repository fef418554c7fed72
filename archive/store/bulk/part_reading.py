"""Read the captures of a page, one by one: their bytes need not be in memory together."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from archive.model import Article, Kind, Menu, Outcome, PageKey
from archive.renditions.read_capture import ParsedCapture, read_capture
from archive.store.bulk.capture_fact import CaptureFact
from archive.store.bulk.part_payloads import PartPayloads
from archive.store.ingest.deriving import Form, form_of

KILLED_REASON = "cannot be parsed: its process was killed"
KILLED = ParsedCapture(None, Outcome.UNREADABLE, KILLED_REASON)
Placed = tuple[int, CaptureFact]  # a capture, and its place in the part


class ReadCapture(NamedTuple):
    """A capture of a page, and what it was read as. ``fact`` has no bytes any more."""

    id: int
    fact: CaptureFact
    payload: int | None
    form: Form
    found: ParsedCapture

    @property
    def article(self) -> Article | None:
        """The article that it shows."""
        return self.found.page if isinstance(self.found.page, Article) else None

    @property
    def menu(self) -> Menu | None:
        """The menu that it shows."""
        return self.found.page if isinstance(self.found.page, Menu) else None


class PartReader:
    """Reads the captures of pages. ``unparsed`` are the places of captures that are not to be parsed."""

    def __init__(self, payloads: PartPayloads, unparsed: Collection[int]) -> None:
        self._payloads = payloads
        self._unparsed = unparsed

    def read(self, key: PageKey | None, captures: Iterable[Placed]) -> Iterator[ReadCapture]:
        """Yield the captures of a page. Those of an article that have the same form are parsed once.

        A menu can have very many captures, so only the last form is remembered.
        """
        self._payloads.begin_page()
        known: dict[Form, ParsedCapture] = {}
        for id_, fact in captures:
            payload = None if fact.body is None else self._payloads.add(fact.digest or b"", fact.body)
            form = form_of(payload, fact.rendition, fact.url)
            found = self._found(id_, fact, known.get(form))
            if found is not KILLED and fact.outcome == Outcome.OK:
                if key is None or key.kind is not Kind.ARTICLE:
                    known.clear()
                known[form] = found
            yield ReadCapture(id_, fact._replace(body=None), payload, form, found)

    def _found(self, id_: int, fact: CaptureFact, known: ParsedCapture | None) -> ParsedCapture:
        """Return what a capture is read as; ``known`` is what another one of its form was read as."""
        if id_ in self._unparsed:
            return KILLED
        return known if known and fact.outcome == Outcome.OK else read_capture(fact.capture)
