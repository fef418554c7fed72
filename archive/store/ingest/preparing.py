"""Prepare captures in worker processes, before they are recorded."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from archive.model import Article, Capture, Kind, Outcome
from archive.renditions.read_capture import ParsedCapture, read_capture
from archive.store.db.connection import open_to_read
from archive.store.ingest.prepared import PreparedCapture
from archive.store.payloads.compression import FAST_LEVEL
from archive.store.payloads.payloads import Packer, PreparedPayload, digest_of, known_ids
from archive.text.indexed_text import index_text
from archive.worker_processes import Work, Workers, work_ahead
from archive.worker_serving import WorkerFailure

PreparingWork = Work[Capture | None, PreparedCapture | None]
Prepared = Sequence[PreparedCapture | None]  # one for each capture; None: it is prepared when it is recorded


def prepare_ahead(
    path: Path, db: Database, batches: Iterable[Sequence[Capture]], workers: Workers
) -> Iterator[tuple[Sequence[Capture], Prepared]]:
    """Yield batches of captures, in order, with what workers prepared for the archive at ``path``.

    A capture that kills the process that reads it becomes unreadable. ``db`` is the connection that records.
    """
    if workers.jobs == 1:
        yield from ((batch, [None] * len(batch)) for batch in batches)
        return
    waiting = deque[Sequence[Capture]]()
    for _, found in work_ahead(preparing_work(path), _unread(db, batches, waiting), workers):
        yield waiting.popleft(), [prepared_or_unreadable(one) for one in found]


def preparing_work(path: Path) -> PreparingWork:
    """Return the work of preparing captures for the archive at ``path`` in other processes."""
    return Work(
        here=_nothing,
        there=_prepare,
        begin=_begin,
        arguments=(path,),
        imports=(__name__,),
        size=_size,
    )


def prepared_or_unreadable(result: PreparedCapture | WorkerFailure | None) -> PreparedCapture | None:
    """Return what a worker prepared; a capture that killed its process is unreadable."""
    return _failed(result) if isinstance(result, WorkerFailure) else result


def _unread(
    db: Database, batches: Iterable[Sequence[Capture]], waiting: deque[Sequence[Capture]]
) -> Iterator[list[Capture | None]]:
    """Yield the captures of each batch for workers: None in place of those whose bytes were read before.

    The batches are appended to ``waiting``.
    """
    for batch in batches:
        waiting.append(batch)
        ids = known_ids(db, [digest_of(one.body) for one in batch if one.body is not None])
        yield [None if ids and one.body and _was_read(db, one, ids) else one for one in batch]


def _was_read(db: Database, capture: Capture, ids: dict[bytes, int]) -> bool:
    """Return whether the archive has an article from the same bytes, read in the same rendition."""
    payload = ids.get(digest_of(capture.body or b""))
    if payload is None or capture.key is None or capture.key.kind is not Kind.ARTICLE:
        return False
    same = db.execute(
        "SELECT 1 FROM captures WHERE article_id = ? AND payload_id = ? AND outcome = 'ok'"
        " AND rendition IS ?",
        [capture.key.number, payload, capture.rendition],
    )
    return same.fetchone() is not None


def _nothing(_: object) -> None:
    return None


def _size(capture: Capture | None) -> int:
    return len(capture.body or b"") if capture else 0


def _failed(failure: WorkerFailure) -> PreparedCapture:
    problem = f"cannot be parsed: {failure.reason}"
    return PreparedCapture(ParsedCapture(None, Outcome.UNREADABLE, problem))


# -- In a worker process ----------------------------------------------------------------------------------

_packers: list[Packer] = []


def _begin(path: Path) -> None:
    with closing(open_to_read(path)) as db:
        _packers.append(Packer(db, FAST_LEVEL))


def _prepare(capture: Capture | None) -> PreparedCapture | None:
    if capture is None:
        return None
    found, body = read_capture(capture), capture.body
    indexed = index_text(found.page) if isinstance(found.page, Article) else None
    payload = None if body is None else PreparedPayload(digest_of(body), _packers[0].pack(body))
    return PreparedCapture(found, indexed, payload)
