"""A capture as a fact: what was asked for and received, and nothing that a parser decides."""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, NamedTuple

from archive.model import Capture, Kind, Outcome, PageKey
from archive.store.data_dictionary.column import ColumnType, Stamp
from archive.timestamps import parse_stamp

_DIGEST_BYTES = 32


class CaptureFact(NamedTuple):
    """One row per capture. Captures are ordered by page, then by time, digest, source and URL."""

    kind: Annotated[
        str | None,
        "Kind of the page: `root`, `section`, `topic`, `author` or `article`. NULL: a file that does not"
        " name its page.",
    ]
    number: Annotated[int | None, "Number in the page's address; 0 for the root. NULL as for `kind`."]
    captured_at: Annotated[Stamp, "When the last byte arrived, UTC."]
    digest: Annotated[bytes | None, ColumnType.BYTES, "SHA-256 of `body`, 32 bytes. NULL: no bytes."]
    source: Annotated[str, "Source: `gopher`, `gemini`, `import` or the name of a gateway."]
    url: Annotated[str, "Requested URL, or path of the imported file."]
    rendition: Annotated[
        str | None,
        "Format of the bytes: `gopher`, `gemini`, `text`, `table`. NULL: to be detected from the bytes.",
    ]
    outcome: Annotated[
        str,
        "`ok`: a complete answer, which is yet to be parsed. `absent`: the server answered that the page"
        " does not exist. `failed`: no complete answer. `forbidden`: not requested, because robots.txt"
        " forbids it.",
    ]
    problem: Annotated[str | None, "What went wrong, in one line. NULL: nothing, or `body` shows it."]
    body: Annotated[bytes | None, "The bytes received. NULL: none."]

    @property
    def key(self) -> PageKey | None:
        """The page."""
        return None if self.kind is None or self.number is None else PageKey(Kind(self.kind), self.number)

    @property
    def capture(self) -> Capture:
        """The capture, as it is recorded and parsed."""
        return Capture(
            source=self.source,
            url=self.url,
            captured_at=parse_stamp(self.captured_at),
            key=self.key,
            body=self.body,
            outcome=Outcome(self.outcome),
            problem=self.problem,
            rendition=self.rendition,
        )

    @property
    def order(self) -> tuple[str, int, str, bytes, str, str, str, str, str]:
        """What captures are ordered by, and no two of a dataset have in common."""
        return (
            self.kind or "",
            self.number or 0,
            self.captured_at,
            self.digest or b"",
            self.source,
            self.url,
            self.rendition or "",
            self.outcome,
            self.problem or "",
        )

    @property
    def identity(self) -> bytes:
        """The digest of everything but the body, whose digest is part of it."""
        return sha256(json.dumps([*self.order[:3], self.order[3].hex(), *self.order[4:]]).encode()).digest()


class FactsSummary(NamedTuple):
    """The number of captures, and the XOR of their identities: equal for the same captures in any order."""

    captures: int = 0
    xor: bytes = bytes(_DIGEST_BYTES)

    def joined(self, other: "FactsSummary") -> "FactsSummary":
        """Return the summary of two sets of captures that have none in common."""
        both = int.from_bytes(self.xor) ^ int.from_bytes(other.xor)
        return FactsSummary(self.captures + other.captures, both.to_bytes(_DIGEST_BYTES))


class RunningSummary:
    """Sums up different captures, one after the other."""

    def __init__(self) -> None:
        self._captures = self._xor = 0

    def add(self, identity: bytes) -> None:
        """Add a capture, given by its identity."""
        self._captures += 1
        self._xor ^= int.from_bytes(identity)

    @property
    def total(self) -> FactsSummary:
        """The summary of the captures so far."""
        return FactsSummary(self._captures, self._xor.to_bytes(_DIGEST_BYTES))


def summary_of(identities: Iterable[bytes]) -> FactsSummary:
    """Return the summary of different captures, given by their identities."""
    summary = RunningSummary()
    for identity in identities:
        summary.add(identity)
    return summary.total
