"""Made-up edits to post."""

from archive.posting.edit import FieldEdit, PostableEdit
from archive.text.letter_diff import split_corrected_words
from archive.text.word_diff import word_diff
from tests.support.samples.captures import NOON, NUMBER


def field_edit(old: str, new: str, field: str = "title") -> FieldEdit:
    return FieldEdit(field, [split_corrected_words(block) for block in word_diff(old, new)])


def edit_of(*fields: FieldEdit, title: str = "Brücke in Großau: Neue Brücke") -> PostableEdit:
    """An edit of one article at noon."""
    return PostableEdit(
        key="k", article=NUMBER, at=NOON, title=title, url=f"https://taz.de/!{NUMBER}/", fields=fields
    )
