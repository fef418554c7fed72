"""What is wrong with a capture of a dataset, whose content is untrusted."""

from datetime import UTC, datetime

from archive.model import Outcome
from archive.store import MAX_PAYLOAD_BYTES, CaptureFact, Part, digest_of, is_page
from archive.timestamps import stamp

MAX_TEXT_CHARACTERS = 2**20  # of a URL or a problem
_FIRST_STAMP = "0001-01-01T00:00:00.000Z"
_OUTCOMES = frozenset(outcome.value for outcome in Outcome if outcome is not Outcome.UNREADABLE)


class FactChecks:
    """Checks captures of one part. A body that captures share is digested once, if they follow each other."""

    def __init__(self, part: Part, *, now: datetime | None = None) -> None:
        self._part = part
        self._now = stamp(now or datetime.now(UTC))
        self._body: bytes | None = None
        self._digest: bytes | None = None

    def fault(self, fact: CaptureFact) -> str | None:
        """Return what is wrong with a capture: the predicate of a sentence; None if it is sound."""
        return (
            _text_fault(fact)
            or _page_fault(fact, self._part)
            or self._time_fault(fact)
            or _outcome_fault(fact)
            or self._body_fault(fact)
        )

    def _time_fault(self, fact: CaptureFact) -> str | None:
        at = fact.captured_at
        if len(at) != len(_FIRST_STAMP) or at < _FIRST_STAMP:
            return f"has a time that no calendar has: {at[:40]}"
        return f"is from the future: {at}" if at > self._now else None

    def _body_fault(self, fact: CaptureFact) -> str | None:
        if fact.body is None:
            return None if fact.digest is None else "has a digest but no bytes"
        if len(fact.body) > MAX_PAYLOAD_BYTES:
            return f"has {len(fact.body):,} bytes, more than any page"
        if fact.body is not self._body:
            self._body, self._digest = fact.body, digest_of(fact.body)
        return None if fact.digest == self._digest else "has bytes whose digest differs"


def _text_fault(fact: CaptureFact) -> str | None:
    required = (fact.captured_at, fact.source, fact.url, fact.outcome)
    if None in required:
        return "lacks its time, source, URL or outcome"
    texts = (fact.source, fact.url, fact.rendition or "", fact.problem or "")
    return "has too long a text" if max(map(len, texts)) > MAX_TEXT_CHARACTERS else None


def _page_fault(fact: CaptureFact, part: Part) -> str | None:
    if fact.kind is None and fact.number is None:
        return None if part.has(None) else "names no page"
    if not is_page(fact.kind, fact.number):
        return f"has an invalid page: {fact.kind} {fact.number}"
    return None if part.has(fact.key) else f"is of another part: {fact.kind} {fact.number}"


def _outcome_fault(fact: CaptureFact) -> str | None:
    if fact.outcome not in _OUTCOMES:
        return f"has an unknown outcome: {fact.outcome[:40]}"
    return "has the outcome ok but no bytes" if fact.outcome == Outcome.OK and fact.body is None else None
