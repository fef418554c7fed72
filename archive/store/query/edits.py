"""What each version edited, as :mod:`archive.reading.edits` decided when it was derived."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from sqlite_utils import Database

from archive.reading.edits import EDITORIAL_FIELDS
from archive.store.data_dictionary.derived_tables import VersionRow
from archive.store.query.versions import Versions
from archive.text.article_sentences import split_sentences
from archive.text.sentence_edits import SentenceEdits, compare_sentences
from archive.text.word_diff import FieldChange, compare_field, is_changed


class EditedField(NamedTuple):
    """A field that was edited, and the two versions to compare it in. See :meth:`Edits.between`."""

    field: str
    old: VersionRow
    new: VersionRow


class EditBrief(NamedTuple):
    """What a version edited, in brief.

    ``titles`` are the title before and after, if it was edited. ``fields`` are all edited fields, in the
    page's order. ``more`` is how many more words the text has: negative if it has fewer, None if unknown.
    """

    titles: tuple[str, str] | None
    fields: tuple[str, ...]
    more: int | None


class Edits:
    """Edits between versions."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def between(self, old: VersionRow, new: VersionRow) -> Iterator[EditedField]:
        """Yield the fields edited from one version to another of the same article, in the page's order.

        The old version of a field is the one that shows it best among those that had no later edit of it.
        A field that was edited and then reverted in between is yielded too.
        """
        if old.number > new.number:
            yield from (
                EditedField(field, new=one, old=other) for field, one, other in self.between(new, old)
            )
            return
        rows = self._db.execute(_FIRST_EDITS, [old.id, new.id]).fetchall()
        before = {
            number: Versions(self._db).numbered(old.article_id, number) for number in {row[1] for row in rows}
        }
        for field, number in sorted(rows, key=lambda row: EDITORIAL_FIELDS.index(row[0])):
            yield EditedField(field, before[number], new)

    def changes(self, old: VersionRow, new: VersionRow) -> list[FieldChange]:
        """Return the fields edited from one version to another, with the words that differ in each."""
        found = (
            compare_field(field, Versions(self._db).wording(one), Versions(self._db).wording(other))
            for field, one, other in self.between(old, new)
        )
        return [each for each in found if any(map(is_changed, each.blocks))]

    def sentences(self, old: VersionRow, new: VersionRow) -> SentenceEdits:
        """Return what became of the sentences of the text from one version to another of the same article.

        The older text is that of the version which :meth:`between` compares it with.
        """
        found = [each for each in self.between(old, new) if each.field == "text"]
        rows = (found[0].old, found[0].new) if found else (old, new)
        one, other = (split_sentences(Versions(self._db).wording(row)) for row in rows)
        return compare_sentences(one, other, edited=bool(found))

    def of_version(self, article: int, number: int) -> list[FieldChange]:
        """Return what a version edited of the one before it; nothing for the first."""
        if number == 1:
            return []
        before, after = (Versions(self._db).numbered(article, which) for which in (number - 1, number))
        return self.changes(before, after)

    def brief(self, article: int, number: int) -> EditBrief:
        """Return in brief what a version edited; nothing for the first."""
        row = self._db.execute(_BRIEF, [article, number]).fetchone()
        if row is None:
            return EditBrief(None, (), 0)
        fields, title_edited, before, after, more = row
        names = (fields or "").split(", ")
        in_order = tuple(field for field in EDITORIAL_FIELDS if field in names)
        return EditBrief((before, after) if title_edited else None, in_order, more)

    def sentences_of_version(self, article: int, number: int) -> SentenceEdits | None:
        """Return what a version did to the sentences of the one before it; None for the first."""
        if number == 1:
            return None
        before, after = (Versions(self._db).numbered(article, which) for which in (number - 1, number))
        return self.sentences(before, after)

    def truncated_fields(self, *versions: VersionRow) -> list[str]:
        """Return the fields of which a source truncated any of these versions, in the page's order."""
        ids = json.dumps([row.id for row in versions])
        rows = self._db.execute(
            "SELECT DISTINCT field FROM version_truncations WHERE version_id IN (SELECT value FROM"
            " json_each(?))",
            [ids],
        ).fetchall()
        return [field for field in EDITORIAL_FIELDS if (field,) in rows]

    def is_typography(self, version: int) -> bool:
        """Return whether a version (an id) changed only typography."""
        query = "SELECT min(typography) FROM version_edits WHERE version_id = ?"
        (only,) = self._db.execute(query, [version]).fetchone()
        return bool(only)


# With min(), SQLite takes the other columns from the row with the minimum.
_FIRST_EDITS = """
SELECT field, number FROM
  (SELECT field, before_id, min(version_id) FROM version_edits WHERE version_id > ?
    AND version_id <= ? GROUP BY field)
JOIN versions ON id = before_id
"""
_BRIEF = """
SELECT fields_edited, title_edited, title_before, title_after, words_more FROM changes
WHERE article_id = ? AND version = ?
"""
