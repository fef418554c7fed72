"""The versions that any set of captures of an article amounts to. Pure."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archive.model import Article
from archive.reading.healing import Healed, best_of
from archive.reading.paragraph_breaks import with_breaks
from archive.reading.same_wording import Known, joined, known

# Readings of one wording that are kept apart, beside the last; more would only be made to take time.
MOST_APART = 8
# Different pages that are read to know and heal one wording; after them only those that lost nothing are. An
# article that a source truncates in ever other ways would else take longer with each capture.
MOST_PAGES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one capture says of its article. ``capture`` is the capture's id, ``at`` its time.

    Readings of one ``form`` were read from the same bytes in the same way; None is a form of its own.
    """

    at: datetime
    capture: int
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
    capture: int
    captures: tuple[int, ...]
    healed: tuple[Healed, ...] = ()
    mended: bool = False


def versions(readings: Sequence[Reading]) -> list[Version]:
    """The versions of one article, oldest first. ``readings`` are in order of time.

    What can be of the wording before extends it, so A→B→A is three versions.
    """
    stretches: list[_Stretch] = []
    for reading in readings:
        if not (stretches and stretches[-1].takes(reading)):
            stretches.append(_Stretch([reading], [0], {_form(reading)}, [known(reading.article)]))
    return [_version(stretch.readings, stretch.counted) for stretch in stretches]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Readings of one wording, and what is known of it by those that are ``counted``, places in them."""

    readings: list[Reading]
    counted: list[int]
    forms: set[Hashable]
    known: list[Known]

    def takes(self, reading: Reading) -> bool:
        """Take in one more reading; return False, and leave all as it was, if it is of another wording."""
        both = agreed(self.known, known(reading.article))
        if both is None:
            return False
        if _form(reading) not in self.forms and (len(self.forms) < MOST_PAGES or _is_whole(reading.article)):
            self.counted.append(len(self.readings))
            self.forms.add(_form(reading))
            self.known[:] = both
        self.readings.append(reading)
        return True


def _form(reading: Reading) -> Hashable:
    return (reading.capture,) if reading.form is None else reading.form


def _is_whole(article: Article) -> bool:
    """Whether a reading lost nothing, so that no other one can make it better."""
    return not (article.truncations or article.transliterated or article.paragraphs_inferred)


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


def version_of(reading: Reading) -> Version:
    """The version that one reading amounts to."""
    return _version([reading], [0])


def _version(stretch: Sequence[Reading], counted: Sequence[int]) -> Version:
    """All that readings of one wording amount to; ``counted`` are the places of those it is made of."""
    articles = [stretch[at].article for at in counted]
    best = with_breaks(best_of(articles), articles)
    return Version(
        first_seen=stretch[0].at,
        last_seen=stretch[-1].at,
        article=best.article,
        capture=stretch[counted[best.base]].capture,
        captures=tuple(reading.capture for reading in stretch),
        healed=tuple(replace(words, by=counted[words.by]) for words in best.healed),
        mended=best.article != articles[best.base],
    )
