"""The versions that any set of captures of an article amounts to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.model import Article
from archive.reading.breaks import with_breaks
from archive.reading.healing import Healed, best_of
from archive.reading.wording import Known, joined, known

# Readings of one wording that are kept apart, beside the last; more would only be made to take time.
MOST_APART = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one capture says of its article. ``capture`` is the capture's id, ``at`` its time."""

    at: datetime
    capture: int
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A stretch of time in which every reading says the same.

    ``article`` is the best its readings amount to: that of ``capture``, with what that had lost ``healed``
    from others; ``mended`` says that these gave it anything at all, were it but paragraphs. ``captures``
    are all that say it, in order of time.
    """

    first_seen: datetime
    last_seen: datetime
    article: Article
    capture: int
    captures: tuple[int, ...]
    healed: tuple[Healed, ...] = ()
    mended: bool = False


def versions(readings: Sequence[Reading]) -> list[Version]:
    """The versions of one article, oldest first. ``readings`` are in order of time.

    What can be of the wording before extends it, so A→B→A is three versions.
    """
    stretches: list[list[Reading]] = []
    so_far: list[Known] = []
    for reading in readings:
        said = known(reading.article)
        both = agreed(so_far, said)
        if both:
            stretches[-1].append(reading)
        else:
            stretches.append([reading])
        so_far = both or [said]
    return [version_of(stretch) for stretch in stretches]


def agreed(so_far: Sequence[Known], said: Known) -> list[Known] | None:
    """What is known of a wording and what one more reading said, as one; None if that is of another wording.

    Two of which nobody can say what they are together are kept apart, and the next must agree with both.
    """
    apart: list[Known] = []
    for one in so_far:
        both = joined(one, said)
        if both is None:
            return None
        if both.sure:
            said = both
        else:
            apart.append(one)
    return [*apart[:MOST_APART], said] if so_far else None


def version_of(stretch: Sequence[Reading]) -> Version:
    """All that readings of one wording amount to."""
    articles = [reading.article for reading in stretch]
    best = with_breaks(best_of(articles), articles)
    return Version(
        first_seen=stretch[0].at,
        last_seen=stretch[-1].at,
        article=best.article,
        capture=stretch[best.base].capture,
        captures=tuple(reading.capture for reading in stretch),
        healed=best.healed,
        mended=best.article != articles[best.base],
    )
