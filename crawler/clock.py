"""The clocks of a crawl."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


def elapsed_seconds() -> float:
    """Return the seconds since some time in the past, those in which the process or the machine slept too."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
