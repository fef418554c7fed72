"""An article is gone only if it is not found twice: the first "not found" may be an error."""

from dataclasses import replace
from datetime import timedelta

from archive.model import Capture, Kind, Outcome
from archive.renditions.read_capture import ParsedCapture
from archive.store import Reader
from crawler.fetch import WantedPage

# Added to the time of the second answer: the same bytes at the same time would be the same capture, and a
# clock may be coarse.
CONFIRMATION_OFFSET = timedelta(milliseconds=1)


def as_unconfirmed(capture: Capture, found: ParsedCapture, wanted: WantedPage, archive: Reader) -> Capture:
    """Return a first "not found" of a present article as a failed fetch, and any other capture as it is.

    ``found`` is what the capture holds. Other sources are then asked for the article, and finally the first
    one again.
    """
    key = capture.key
    if wanted.unconfirmed:
        return replace(capture, captured_at=capture.captured_at + CONFIRMATION_OFFSET)
    if found.outcome is not Outcome.ABSENT or key is None or key.kind is not Kind.ARTICLE:
        return capture
    is_known_elsewhere = wanted.lease is not None and wanted.lease.is_present
    if not (is_known_elsewhere or archive.articles.is_present(key.number)):
        return capture
    return replace(capture, outcome=Outcome.FAILED, problem=f"{found.problem}; the article was there before")
