"""The text lines of a log file, for crawls that load no more than that."""

from archive.dump.grammar import clean

MAX_LOG_BYTES = 2_000_000


def text_line(at: str, level: str, message: str) -> str:
    """Return a line of a text log, without its end; ``at`` is a stamp."""
    return f"{at} {level} {clean(message)}"
