"""Times as the tables hold them: UTC, ISO 8601, to the millisecond, so that text order is time order."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=64)  # one capture's time stands in each of its rows
def stamp(moment: datetime) -> str:
    """An aware time → ``2025-04-10T12:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The mirror of :func:`stamp`."""
    return datetime.fromisoformat(text)
