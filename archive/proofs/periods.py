"""The tree of all captures: lines of captures in minutes, of minutes in hours, up to months. Pure.

``docs/identifiers.md`` specifies it, so that programs in other languages can check a proof.
"""

import json
from typing import NamedTuple

# A stamp such as 2025-04-10T12:00:00.000Z begins with its minute, hour, day and month: characters of each.
MINUTE, HOUR, DAY, MONTH, ALL = 16, 13, 10, 7, 0
LEVELS = (MINUTE, HOUR, DAY, MONTH, ALL)


class CaptureLine(NamedTuple):
    """What a proof says of a capture.

    ``digest`` is the SHA-256 of the bytes received in hexadecimal digits; empty if there were none.
    """

    captured_at: str
    digest: str
    source: str
    url: str

    @property
    def line(self) -> str:
        """The capture as a line of the tree of its minute."""
        return _json(self)


class PeriodLine(NamedTuple):
    """The captures of a period, such as ``2025-04-10T12``.

    ``root`` is the root of the period's tree in hexadecimal digits.
    """

    period: str
    captures: int
    root: str

    @property
    def line(self) -> str:
        """The period as a line of the tree of the next longer period."""
        return _json(self)


def _json(values: tuple[object, ...]) -> str:
    return json.dumps(values, separators=(",", ":"))
