"""The versions that any set of captures of an article amounts to. Pure."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archive.model import Article
from archive.reading.healing import HealedRange, best_reading
from archive.reading.paragraph_breaks import restore_paragraphs
from archive.reading.same_wording import Wording, merge_wordings, wording_of

# Readings of one wording that are kept apart, beside the last; more would only be made to take time.
MAX_ALTERNATIVES = 8
# Different pages that are read to know and heal one wording; after them only those that lost nothing are. An
# article that a source truncates in ever other ways would else take longer with each capture.
MAX_DISTINCT_PAGES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one capture says of its article. ``capture`` is the capture's id, ``at`` its time.

    Readings of one ``form`` were read from the same bytes in the same way; None is a form of its own.
    """

    captured_at: datetime
    capture_id: int
    article: Article
    form: Hashable = None


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
    capture_id: int
    capture_ids: tuple[int, ...]
    healed_ranges: tuple[HealedRange, ...] = ()
    is_healed: bool = False


def derive_versions(readings: Sequence[Reading]) -> list[Version]:
    """The versions of one article, oldest first. ``readings`` are in order of time.

    What can be of the wording before extends it, so A→B→A is three versions.
    """
    stretches: list[_Stretch] = []
    for reading in readings:
        if not (stretches and stretches[-1].takes(reading)):
            stretches.append(_Stretch([reading], [0], {_form(reading)}, [wording_of(reading.article)]))
    return [_version(stretch.readings, stretch.counted) for stretch in stretches]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Readings of one wording, and what is known of it by those that are ``counted``, places in them."""

    readings: list[Reading]
    counted: list[int]
    forms: set[Hashable]
    wordings: list[Wording]

    def takes(self, reading: Reading) -> bool:
        """Take in one more reading; return False, and leave all as it was, if it is of another wording."""
        both = merge_into(self.wordings, wording_of(reading.article))
        if both is None:
            return False
        if _form(reading) not in self.forms and (
            len(self.forms) < MAX_DISTINCT_PAGES or _is_whole(reading.article)
        ):
            self.counted.append(len(self.readings))
            self.forms.add(_form(reading))
            self.wordings[:] = both
        self.readings.append(reading)
        return True


def _form(reading: Reading) -> Hashable:
    return (reading.capture_id,) if reading.form is None else reading.form


def _is_whole(article: Article) -> bool:
    """Whether a reading lost nothing, so that no other one can make it better."""
    return not (article.truncations or article.transliterated or article.paragraphs_inferred)


def merge_into(so_far: Sequence[Wording], said: Wording) -> list[Wording] | None:
    """What is known of a wording and what one more reading said, as one; None if that is of another wording.

    Two of which nobody can say what they are together are kept apart, and the next must agree with both.
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
    """The version that one reading amounts to."""
    return _version([reading], [0])


def _version(stretch: Sequence[Reading], counted: Sequence[int]) -> Version:
    """All that readings of one wording amount to; ``counted`` are the places of those it is made of."""
    articles = [stretch[at].article for at in counted]
    best = restore_paragraphs(best_reading(articles), articles)
    return Version(
        first_seen=stretch[0].captured_at,
        last_seen=stretch[-1].captured_at,
        article=best.article,
        capture_id=stretch[counted[best.base_index]].capture_id,
        capture_ids=tuple(reading.capture_id for reading in stretch),
        healed_ranges=tuple(
            replace(words, reading_index=counted[words.reading_index]) for words in best.healed_ranges
        ),
        is_healed=best.article != articles[best.base_index],
    )
