"""Captures as facts, as datasets have them, grouped by part."""

from collections import defaultdict
from collections.abc import Iterable

from archive.model import Capture
from archive.store import CaptureFact, Part, digest_of
from archive.timestamps import stamp


def fact_of(capture: Capture) -> CaptureFact:
    kind, number = (capture.key.kind.value, capture.key.number) if capture.key else (None, None)
    return CaptureFact(
        kind=kind,
        number=number,
        captured_at=stamp(capture.captured_at),
        digest=None if capture.body is None else digest_of(capture.body),
        source=capture.source,
        url=capture.url,
        rendition=capture.rendition,
        outcome=capture.outcome.value,
        problem=capture.problem,
        body=capture.body,
    )


def facts_by_part(captures: Iterable[Capture]) -> dict[Part, list[CaptureFact]]:
    """Return different captures as facts, in order, by the part that they belong to."""
    found = defaultdict[Part, dict[object, CaptureFact]](dict)
    for capture in captures:
        fact = fact_of(capture)
        found[Part.of(capture.key)][fact.order] = fact
    return {
        part: sorted(facts.values(), key=lambda fact: fact.order) for part, facts in sorted(found.items())
    }
