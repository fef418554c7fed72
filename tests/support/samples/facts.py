"""Made-up facts of captures, and datasets of them."""

from pathlib import Path

from archive.bulk.captures.dataset import write_facts, write_manifest
from archive.bulk.storage import Storage, open_storage
from archive.model import Kind
from archive.store import CaptureFact, Part, digest_of

PART = Part(Kind.ARTICLE.value, 6_080_000)
FIRST = CaptureFact(
    kind=PART.kind,
    number=6_080_001,
    captured_at="2025-04-10T12:00:00.000Z",
    digest=digest_of(b"a page"),
    source="gopher",
    url="gopher://taz.de/1/!6080001",
    rendition=None,
    outcome="ok",
    problem=None,
    body=b"a page",
)
FAILED = FIRST._replace(
    captured_at="2025-04-11T12:00:00.000Z", digest=None, body=None, outcome="failed", problem="timed out"
)


def fact(number: int, body: bytes, at: str = FIRST.captured_at) -> CaptureFact:
    """Return a capture of an article."""
    url = f"gopher://taz.de/1/!{number}"
    return FIRST._replace(number=number, url=url, body=body, digest=digest_of(body), captured_at=at)


def dataset(folder: Path, *facts: CaptureFact, part: Part = PART) -> Storage:
    """Write a dataset of captures of one part, or add them to it."""
    storage = open_storage(str(folder))
    write_manifest(storage, write_facts(storage, part, sorted(facts, key=lambda one: one.order)))
    return storage
