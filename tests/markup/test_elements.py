"""Elements: text is escaped, and loses what XML forbids, wherever it is put."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.markup.diff import diff_content
from archive.markup.elements import XHTML, clean_xml, xhtml_page, xml_file
from archive.text.word_diff import Mark, Piece

PREFIX = "{http://www.w3.org/1999/xhtml}"


@pytest.mark.parametrize("character", ["\0", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_what_xml_forbids_is_dropped(character: str) -> None:
    assert clean_xml(f"a{character}b\t\n") == "ab\t\n"


@given(st.text(st.characters(codec=None, exclude_characters="\r\n\t"), max_size=40))
def test_any_text_can_be_read_back_from_text_tails_and_attributes(text: str) -> None:
    made = xhtml_page(XHTML("p", {"title": text}, text, XHTML("b"), text, text))
    read = ET.fromstring(made)
    assert read.get("title") == clean_xml(text)
    assert (read.text or "") == clean_xml(text)
    assert (read[0].tail or "") == clean_xml(text + text)


def test_an_element_without_text_has_an_end_tag_which_browsers_need() -> None:
    assert b"<title></title>" in xhtml_page(XHTML("html", XHTML("head", XHTML("title", ""))))


def test_a_page_starts_with_its_doctype_and_an_xml_file_with_its_declaration() -> None:
    assert xhtml_page(XHTML("p", "ä")).startswith(b"<!DOCTYPE html>\n<p ")
    assert xml_file(XHTML("ul", XHTML("li", "ä"))).decode().splitlines()[2] == "  <li>ä</li>"


def test_old_and_new_words_are_marked_and_spaced_as_in_the_text() -> None:
    pieces = [Piece(Mark.SAME, "a"), Piece(Mark.OLD, "b<"), Piece(Mark.NEW, "c"), Piece(Mark.SAME, "d")]
    made = ET.fromstring(xhtml_page(XHTML("p", *diff_content(pieces))))
    assert "".join(made.itertext()) == "a b< c d"
    assert [(each.tag, each.text) for each in made] == [(f"{PREFIX}del", "b<"), (f"{PREFIX}ins", "c")]
