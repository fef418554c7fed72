"""A file of captures, as a manifest lists it."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from archive.bulk.json_fields import parsed_count, parsed_digest
from archive.bulk.storage import ROWS_ENDING
from archive.store import FactsSummary, Part

MAX_FILE_BYTES = 256 * 2**20  # those written here have less: bodies of 64 MiB and one page more, compressed
MAX_FILE_ROWS = 10_000_000
_NAME = re.compile(rf"([a-z]+-[0-9]+)/([0-9a-f]{{64}}){re.escape(ROWS_ENDING)}")
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


class CaptureFile(NamedTuple):
    """A file of captures of one part: its name in the dataset, rows, size in bytes, and what it has.

    ``last`` is the time of its latest capture.
    """

    part: Part
    name: str
    rows: int
    size: int
    summary: FactsSummary
    last: str

    @classmethod
    def of(cls, part: Part, digest: str, size: int, summary: FactsSummary, last: str) -> Self:
        """Return the file whose bytes have a digest, in hexadecimal digits."""
        return cls(part, f"{part.name}/{digest}{ROWS_ENDING}", summary.captures, size, summary, last)

    @property
    def digest(self) -> str:
        """The SHA-256 of the file's bytes, in hexadecimal digits, which is its name."""
        return self.name.rpartition("/")[2].removesuffix(ROWS_ENDING)

    @property
    def fields(self) -> dict[str, object]:
        """What a manifest says of the file."""
        return {
            "name": self.name,
            "rows": self.rows,
            "size": self.size,
            "last": self.last,
            "xor": self.summary.xor.hex(),
        }

    @classmethod
    def parsed(cls, fields: Mapping[str, Any]) -> Self:
        """Parse what a manifest says of a file. Raise :exc:`ValueError`, which says what is wrong."""
        name = _NAME.fullmatch(str(fields["name"]))
        if name is None:
            raise ValueError(f"expected PART/SHA256{ROWS_ENDING}, found {str(fields['name'])[:200]!r}")
        rows = parsed_count(fields["rows"], MAX_FILE_ROWS)
        size = parsed_count(fields["size"], MAX_FILE_BYTES)
        if not _STAMP.fullmatch(str(fields["last"])):
            raise ValueError(f"expected a time, found {str(fields['last'])[:200]!r}")
        summary = FactsSummary(rows, bytes.fromhex(parsed_digest(fields["xor"])))
        return cls.of(Part.named(name[1]), name[2], size, summary, fields["last"])
