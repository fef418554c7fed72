"""Readings of an article → its versions. Pure."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archive.model import Article
from archive.reading.healing import HealedRange, best_reading
from archive.reading.paragraph_breaks import restore_paragraphs
from archive.reading.same_wording import Wording, merge_wordings, wording_of
from archive.text.indexed_text import IndexedText

# Alternatives kept besides the latest where readings cannot be merged with certainty; bounds the time taken.
MAX_ALTERNATIVES = 8
# Different pages compared to heal one wording. Later ones count only if they lost nothing: an article that a
# source truncates differently each time would otherwise take longer with every capture.
MAX_DISTINCT_PAGES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one capture says of its article.

    Readings of one ``form`` were parsed from the same bytes in the same way; None is a form of its own.
    ``indexed`` is how the article's text is indexed, None if that was not worked out ahead.
    """

    captured_at: datetime
    capture_id: int
    article: Article
    form: Hashable = None
    indexed: IndexedText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A period in which every reading has the same wording.

    ``article`` is the reading of capture ``capture_id``, with ``healed_ranges`` filled from other readings.
    ``is_healed`` is also true if only paragraph breaks were taken from them. ``capture_ids`` are all captures
    of the version, in order of time. ``indexed`` is how the text of ``article`` is indexed, None if that was
    not worked out ahead.
    """

    first_seen: datetime
    last_seen: datetime
    article: Article
    capture_id: int
    capture_ids: tuple[int, ...]
    healed_ranges: tuple[HealedRange, ...] = ()
    is_healed: bool = False
    indexed: IndexedText | None = None


def derive_versions(readings: Sequence[Reading]) -> list[Version]:
    """Return the versions of one article, oldest first. ``readings`` are in order of time.

    A reading that fits the version before extends it, so A→B→A is three versions.
    """
    stretches: list[_Stretch] = []
    for reading in readings:
        if not (stretches and stretches[-1].takes(reading)):
            stretches.append(_Stretch([reading], [0], {_form(reading)}, []))
    return [_version(stretch.readings, stretch.counted) for stretch in stretches]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Readings of one wording; ``counted`` are the indexes of those that ``wordings`` was merged from.

    ``wordings`` is empty until there is a reading of another form to compare with.
    """

    readings: list[Reading]
    counted: list[int]
    forms: set[Hashable]
    wordings: list[Wording]

    def takes(self, reading: Reading) -> bool:
        """Add a reading and return True; return False and change nothing if its wording differs."""
        if self.forms == {_form(reading)}:
            self.readings.append(reading)
            return True
        if not self.wordings:
            self.wordings.append(wording_of(self.readings[0].article))
        both = merge_into(self.wordings, wording_of(reading.article))
        if both is None:
            return False
        if _form(reading) not in self.forms and (
            len(self.forms) < MAX_DISTINCT_PAGES or _is_lossless(reading.article)
        ):
            self.counted.append(len(self.readings))
            self.forms.add(_form(reading))
            self.wordings[:] = both
        self.readings.append(reading)
        return True


def _form(reading: Reading) -> Hashable:
    return (reading.capture_id,) if reading.form is None else reading.form


def _is_lossless(article: Article) -> bool:
    """Return whether a reading lost nothing, so that no other one can improve it."""
    return not (article.truncations or article.transliterated or article.paragraphs_inferred)


def merge_into(so_far: Sequence[Wording], said: Wording) -> list[Wording] | None:
    """Return what is known of a wording merged with one more reading; None if they are different wordings.

    Two that cannot be merged with certainty are both kept, and the next reading must fit both.
    """
    apart: list[Wording] = []
    for one in so_far:
        both = merge_wordings(one, said)
        if both is None:
            return None
        if both.is_certain:
            said = both
        else:
            apart.append(one)
    return [*apart[:MAX_ALTERNATIVES], said] if so_far else None


def single_version(reading: Reading) -> Version:
    return _version([reading], [0])


def _version(stretch: Sequence[Reading], counted: Sequence[int]) -> Version:
    """Return the version of readings of one wording, healed from those with the indexes ``counted``."""
    articles = [stretch[at].article for at in counted]
    best = restore_paragraphs(best_reading(articles), articles)
    base = stretch[counted[best.base_index]]
    is_healed = best.article != base.article
    return Version(
        first_seen=stretch[0].captured_at,
        last_seen=stretch[-1].captured_at,
        article=best.article,
        capture_id=base.capture_id,
        capture_ids=tuple(reading.capture_id for reading in stretch),
        healed_ranges=tuple(
            replace(words, reading_index=counted[words.reading_index]) for words in best.healed_ranges
        ),
        is_healed=is_healed,
        indexed=None if is_healed else base.indexed,
    )
