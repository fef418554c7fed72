"""Sorts captures of many files. A merge would need memory for a row group of each of them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from tempfile import TemporaryFile, gettempdir
from typing import IO, NamedTuple

import zstandard

from archive.errors import DatasetError
from archive.store import CaptureFact

_LEVEL = 1
_KEPT_BODIES = 4  # captures of a page often have the same bytes


class _Place(NamedTuple):
    """Where a body is in the file: its first byte, and the number of compressed bytes."""

    start: int
    size: int


def sorted_facts(facts: Iterable[CaptureFact]) -> Iterator[CaptureFact]:
    """Yield captures in order. Their bodies are in a temporary file meanwhile, each once."""
    with TemporaryFile() as file, _translated():
        places = dict[bytes, _Place]()
        known = sorted((_without_body(fact, file, places) for fact in facts), key=lambda fact: fact.order)
        body = lru_cache(_KEPT_BODIES)(partial(_body, file))
        for fact in known:
            yield fact if fact.digest is None else fact._replace(body=body(places[fact.digest]))


def _without_body(fact: CaptureFact, file: IO[bytes], places: dict[bytes, _Place]) -> CaptureFact:
    """Write the body of a capture to the file, unless the file has it."""
    if fact.digest is not None and fact.body is not None and fact.digest not in places:
        packed = zstandard.compress(fact.body, _LEVEL)
        places[fact.digest] = _Place(file.tell(), len(packed))
        file.write(packed)
    return fact._replace(body=None)


def _body(file: IO[bytes], place: _Place) -> bytes:
    file.seek(place.start)
    return zstandard.decompress(file.read(place.size))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatasetError(f"{gettempdir()}: {error.strerror}: cannot sort captures") from error
