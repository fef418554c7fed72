"""Which edits are of typography only: marks spelled in another way, and nothing added or removed."""

from dataclasses import replace

import pytest

from archive.model import Article, Cut, Paragraph
from archive.reading.edits import edits
from archive.reading.typography import plain

SAME = [
    ("„Nein“, sagte er", "«Nein», sagte er"),
    ("„Nein“, sagte er", '"Nein", sagte er'),
    ("„Nein“, sagte er", "‚Nein‘, sagte er"),
    ("„Nein“, sagte er", ",,Nein'', sagte er"),
    ("Wie geht’s?", "Wie geht's?"),
    ("Berlin – Bonn", "Berlin - Bonn"),
    ("Berlin–Bonn", "Berlin - Bonn"),
    ("Er kam -- und ging", "Er kam — und ging"),
    ("Und dann...", "Und dann …"),
    ("Und dann . . .", "Und dann…"),
    ("z. B. heute", "z.B. heute"),
    ("10 % mehr", "10% mehr"),
    ("E‑Mail", "E-Mail"),
]
OTHER = [
    ("Der Retter", "Der „Retter“"),
    ("in dem", "indem"),
    ("E-Mail", "EMail"),
    ("Er kam.", "Er kam!"),
    ("Er kam.", "Er kam…"),
    ("10 000", "10000"),
    ("Nein, nein", "Nein nein"),
    ("masse", "maße"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_marks_spelled_in_another_way_are_typography(one: str, other: str) -> None:
    assert plain(one) == plain(other)
    assert typography(Article(title=one), Article(title=other)) == [True]


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_whatever_is_added_or_removed_is_more_than_typography(one: str, other: str) -> None:
    assert typography(Article(title=one), Article(title=other)) == [False]


def test_each_field_is_judged_for_itself() -> None:
    old = Article(title="„Nein“", blocks=(Paragraph("Er kam - und ging."),))
    new = replace(old, title="»Nein«", blocks=(Paragraph("Er kam – und blieb."),))
    assert typography(old, new) == [True, False]


def test_a_truncated_title_can_be_edited_in_typography_only() -> None:
    old = Article(title="„Nein“, sagte er am Abend")
    new = Article(title="»Nein«, sagte …", cuts=(Cut("title", 14),))
    assert typography(old, new) == [True]
    assert typography(old, replace(new, title="»Doch«, sagte …")) == [False]


def typography(old: Article, new: Article) -> list[bool]:
    return [edit.typography for edit in edits([old, new])[1]]
