"""Pictures of edits: what was removed is struck out and red, what was added underlined and green."""

from io import BytesIO
from itertools import groupby

import pytest
from PIL import Image

from archive.posting.picture import PICTURE_WIDTH, draw_edit
from tests.support.samples.edits import edit_of, field_edit

RED, GREEN, WHITE = (0xB0, 0x00, 0x20), (0x00, 0x66, 0x2B), (255, 255, 255)
Colour = tuple[int, int, int]


def drawn(old: str, new: str, field: str = "title") -> Image.Image:
    return Image.open(BytesIO(draw_edit(edit_of(field_edit(old, new, field))).png))


def rows(image: Image.Image, colour: Colour) -> list[list[bool]]:
    """Where each row of an image has a colour."""
    data, wanted = image.tobytes(), bytes(colour)
    length = 3 * image.width
    starts = range(0, len(data), length)
    return [[data[at : at + 3] == wanted for at in range(start, start + length, 3)] for start in starts]


def lines(image: Image.Image, colour: Colour) -> list[tuple[int, int]]:
    """The first and last column of each horizontal line of a colour, longer than any stroke of a letter."""
    found = []
    for row in rows(image, colour):
        x = 0
        for is_of_it, run in groupby(row):
            length = len(list(run))
            if is_of_it and length > 60:
                found.append((x, x + length))
            x += length
    return found


def columns(image: Image.Image, colour: Colour) -> tuple[int, int]:
    """The first and last column with a colour."""
    found = [x for row in rows(image, colour) for x, is_of_it in enumerate(row) if is_of_it]
    return min(found), max(found)


def test_removed_words_are_struck_out_and_added_ones_underlined() -> None:
    image = drawn("Die Brücke bleibt", "Die Straße bleibt")
    [struck], [underlined] = (set(lines(image, colour)) for colour in (RED, GREEN))
    assert struck[1] < underlined[0]  # the old word stands before the new one
    for colour, line in ((RED, struck), (GREEN, underlined)):
        first, last = columns(image, colour)
        assert line[0] <= first + 2
        assert last - 2 <= line[1]


def test_an_added_word_strikes_out_nothing() -> None:
    image = drawn("Regen", "Regen fällt")
    assert lines(image, RED) == []
    assert len(set(lines(image, GREEN))) == 1


def test_a_line_runs_through_the_spaces_between_words() -> None:
    assert len(set(lines(drawn("Es regnet ja doch heute", "Es schneit"), RED))) == 1


@pytest.mark.parametrize("sign", "äöüÄÖÜßẞ„“‚‘»«–…€éğŁž")
def test_the_font_has_what_german_headlines_need(sign: str) -> None:
    lacking = drawn("x", "x \U0001f642")
    assert drawn("x", f"x {sign}").tobytes() != lacking.tobytes()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Lange Überschrift " * 12, "Längere Überschrift " * 14),
        ("Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 3, "Kürzer"),
        ("Familie 👨‍👩‍👧 und 🏳️‍🌈", "Familien 👨‍👩‍👧 und 🏳️‍🌈"),
        ("\x1b[31m\u202eabc", "<b>abc</b> 中文 עברית"),
        ("Nur", ""),
    ],
)
def test_no_text_leaves_the_picture(old: str, new: str) -> None:
    image = drawn(old, new)
    assert image.width == PICTURE_WIDTH
    for x in (*range(60), *range(PICTURE_WIDTH - 60, PICTURE_WIDTH)):
        assert {image.getpixel((x, y)) for y in range(0, image.height, 3)} == {WHITE}


def test_a_rewritten_text_gives_a_picture_of_bounded_size() -> None:
    picture = draw_edit(edit_of(field_edit("alt " * 3000, "neu " * 3000, "text")))
    assert picture.height < 2500
    assert len(picture.png) < 1_000_000  # Bluesky's limit
    assert "Text geändert" in picture.alt


def test_a_picture_has_its_description_and_is_the_same_each_time() -> None:
    edit = edit_of(field_edit("Alt", "Neu"))
    picture = draw_edit(edit)
    image = Image.open(BytesIO(picture.png))
    image.load()
    assert image.info["Description"] == picture.alt
    assert draw_edit(edit).png == picture.png


@pytest.mark.parametrize("word", ["W" * 1_100_000, "W" * 100 + "\u0301" * 100_000])
def test_a_picture_of_a_very_long_word_is_drawn_at_once(word: str) -> None:
    assert drawn(word, "kurz").width == PICTURE_WIDTH
