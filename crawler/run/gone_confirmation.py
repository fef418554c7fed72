"""Whether it is believed that an article is gone: not at a first "not found", which may be an error."""

from dataclasses import replace
from datetime import timedelta

from archive.model import Capture, Kind, Outcome
from archive.renditions.read_capture import read_capture
from archive.store import Writer
from crawler.run.failover import Visit

LONGEST = 2000  # bytes; "not found" is said in a row, and no article is so short


# So much later than it was is noted of what was asked once more: the same bytes of the same instant would be
# the same capture, and a clock may stand, or be coarse.
APART = timedelta(milliseconds=1)


def doubted(capture: Capture, visit: Visit, archive: Writer) -> Capture:
    """A first "not found" of an article that was there when last seen is no word of its absence yet.

    It is kept, as a fetch that failed; other sources are asked, then the first one once more.
    """
    key = capture.key
    if visit.doubted:
        return replace(capture, captured_at=capture.captured_at + APART)
    if key is None or key.kind is not Kind.ARTICLE or len(capture.body or b"") > LONGEST:
        return capture
    found = read_capture(capture)
    if found.outcome is not Outcome.ABSENT or not archive.articles.is_present(key.number):
        return capture
    return replace(capture, outcome=Outcome.FAILED, problem=f"{found.problem}; it was there before")
